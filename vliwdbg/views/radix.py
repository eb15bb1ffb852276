"""How a word is written: one table for print, x, display, messages and panes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from machine.isa import WORD_MASK

Value = int | tuple[int, ...]
"""One word, or the words of a range."""
Letter = Literal["x", "d", "u", "t", "z"]
"""Of /FMT."""


class Radix(NamedTuple):
    """A letter of /FMT with what it is called, and the most digits that a word takes."""

    letter: Letter
    label: str
    width: int
    digits: Callable[[int], str]
    prefix: str = ""

    def text(self, word: int) -> str:
        """A word as it stands in a sentence; in columns its digits do."""
        return self.prefix + self.digits(word)

    def value_text(self, value: Value) -> str:
        """As gdb has it: `42`, or `{1, 2, 3}`."""
        return self.text(value) if isinstance(value, int) else "{" + self.join(value, ", ") + "}"

    def join(self, words: Sequence[int], between: str = " ") -> str:
        """Words one after another."""
        return between.join(map(self.text, words))


def _signed(word: int) -> str:
    return str(word - WORD_MASK - 1 if word >> 31 else word)


RADIXES: Mapping[str, Radix] = {
    radix.letter: radix
    for radix in (
        Radix("x", "hex", 8, "{:x}".format, "0x"),
        Radix("d", "signed", 11, _signed),
        Radix("u", "decimal", 10, str),
        Radix("t", "binary", 32, "{:b}".format),
        Radix("z", "hex with all zeros", 8, "{:08x}".format, "0x"),
    )
}
HEX, SIGNED, DECIMAL = (RADIXES[letter] for letter in "xdu")
BY_LABEL: Mapping[str, Radix] = {radix.label: radix for radix in (HEX, DECIMAL, SIGNED)}
"""Those in which everything can be written, in turn."""


def after(radix: Radix) -> Radix:
    """The next of them, and after the last the first."""
    choices = [*BY_LABEL.values()]
    return choices[(choices.index(radix) + 1) % len(choices)]
