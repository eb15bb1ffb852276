"""Texts of the user's, as a terminal may be given them."""

from __future__ import annotations


def printable(text: str, keep: str = "") -> str:
    """The text with every character escaped that a terminal would obey rather than show.

    A name from a file may hold an escape sequence or half a surrogate pair: `\\x1b[2J` comes out
    as those seven characters. `keep` lists characters to leave alone.
    """
    bare = text
    for kept in keep:
        bare = bare.replace(kept, "")
    if bare.isprintable():  # of a long text, too, this is soon known
        return text
    return "".join(c if c.isprintable() or c in keep else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
