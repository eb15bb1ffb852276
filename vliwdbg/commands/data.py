"""Data: words and what is computed from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from machine.isa import VLEN, WORD_MASK
from vliwdbg.commands.console import Console, Display
from vliwdbg.commands.info import info
from vliwdbg.commands.listing import bundle_lines, pc_of
from vliwdbg.commands.table import Command, Group, Reply, find_unique, numbers, said
from vliwdbg.session.breakpoints import format_value
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Evaluator, Expression, Place, Scope, Value, find_place, parse

FORMATS: Mapping[str, Callable[[int], str]] = {
    "x": hex,
    "d": lambda word: str(word - 2**32 if word >> 31 else word),
    "u": str,
    "t": lambda word: f"{word:b}",
    "z": lambda word: f"0x{word:08x}",
}
"""Letters of /FMT: hexadecimal, signed, unsigned, binary, hexadecimal with all zeros."""


class Form(NamedTuple):
    """What /NFU says: how many, and a letter of FORMATS, or i for bundles."""

    number: int
    letter: str

    def show(self, value: Value) -> str:
        return format_value(value, FORMATS[self.letter])


def split_form(text: str) -> tuple[Form, str]:
    """The form that a text starts with, if it does with `/`, and the rest. Raises DebuggerError."""
    if not text.startswith("/"):
        return Form(1, "u"), text
    form, _, rest = text[1:].partition(" ")
    match = re.fullmatch(r"([0-9]{0,6})([xdutzi]?)w?", form)
    if not match:
        known = ", ".join(FORMATS)
        raise DebuggerError(f"/{form} is no format: /N and one of {known}, i, like /8x.")
    count, letter = match.groups()
    return Form(int(count or 1), letter or "u"), rest.strip()


def print_(console: Console, text: str) -> Reply:
    form, text = split_form(text)
    _refuse_bundles(form)
    scope = console.session.scope
    if not text and not scope.values:
        raise DebuggerError("Say what: print EXPR, like `print v_val[3] + 1`.")
    value = Expression.parse(text or "$").value(scope)
    scope.values.append(value)
    number = len(scope.values)
    return said(f"${number} = {form.show(value)}", number=number, value=value)


def _refuse_bundles(form: Form) -> None:
    if form.letter == "i":
        raise DebuggerError("/i shows bundles: x/5i pc 30, or list.")


def examine(console: Console, text: str) -> Reply:
    form, text = split_form(text)
    if form.letter == "i":
        pc = pc_of(console, text) if text else console.session.core.pc
        return Reply(tuple(bundle_lines(console.session, pc, form.number)))
    if not text:
        raise DebuggerError("Say which words: x/8x PLACE, like `x/8x mem[2310]`.")
    scope = console.session.scope
    place = find_place(text, scope)
    if form.number > 1:
        place = Evaluator(scope, text).within(
            parse(text, "place"), place._replace(stop=place.start + form.number)
        )
    words = place.words_in(scope.core)
    lines = tuple(_rows(place, words, FORMATS[form.letter], scope))
    return Reply(lines, data={"memory": place.memory, "start": place.start, "words": list(words)})


def _rows(
    place: Place, words: Sequence[int], show: Callable[[int], str], scope: Scope
) -> Iterator[str]:
    """A vector a row, each with the name of its words."""
    for first in range(0, place.width, VLEN):
        row = words[first : first + VLEN]
        start = place.start + first
        at = Place(place.memory, start, start + len(row))
        yield f"{at.text(scope.names)}: {' '.join(map(show, row))}"


def display(console: Console, text: str) -> Reply:
    if not text:
        return Reply(tuple(console.shown()) or ("Nothing is displayed.",))
    form, expression = split_form(text)
    _refuse_bundles(form)
    parsed = Expression.parse(expression)
    parsed.value(console.session.scope)
    row = Display(console.next_display, form.letter, parsed)
    console.displays[row.number] = row
    console.next_display += 1
    return said(displayed(console, row))


def displayed(console: Console, row: Display) -> str:
    """`1: v_val[0] = 42`, or why it cannot be had now."""
    try:
        value = row.expression.value(console.session.scope)
    except DebuggerError as wrong:
        return f"{row.number}: {row.expression.text}: {wrong.message}"
    shown = format_value(value, FORMATS[row.form])
    return f"{row.number}: {row.expression.text} = {shown}"


def undisplay(console: Console, text: str) -> Reply:
    chosen = numbers("The display's number", text) or list(console.displays)
    for number in chosen:
        if number not in console.displays:
            raise DebuggerError(f"No display {number}; `display` lists them.")
    for number in chosen:
        del console.displays[number]
    shown = ", ".join(map(str, chosen))
    return said(f"Deleted display {shown}." if chosen else "Nothing is displayed.")


# set


def set_(console: Console, text: str) -> Reply:
    """`set pauses off`, or `set PLACE = EXPR`: the settings are a table, all else a place."""
    name, _, value = text.partition(" ")
    if name.isalpha() and "=" not in text:
        setting = find_unique(
            "setting", name, SETTINGS, otherwise="words are set with PLACE = EXPR"
        )
        return setting(console, find_unique("value", value.strip(), {"on": True, "off": False}))
    return _assign(console, text)


def _set_pauses(console: Console, on: bool) -> Reply:
    console.session.pauses = on
    return said("Pauses stop." if on else "Pauses are passed over.")


def _set_debug(console: Console, on: bool) -> Reply:
    console.session.debug = on
    return said("Compares are checked." if on else "Compares are passed over.")


SETTINGS: Mapping[str, Callable[[Console, bool], Reply]] = {
    "pauses": _set_pauses,
    "debug": _set_debug,
}


def _assign(console: Console, text: str) -> Reply:
    session = console.session
    target, tree = parse(text, "assignment").children
    expression = Expression.part(text, tree)
    assert expression is not None
    evaluator = Evaluator(session.scope, text)
    if not hasattr(target, "data"):
        return _assign_pc(console, evaluator, target, expression)
    place = evaluator.place(target)
    value = expression.value(session.scope)
    words = [value] * place.width if isinstance(value, int) else list(value)
    if len(words) != place.width:
        raise evaluator.wrong(
            tree,
            f"{len(words)} words do not fill the {place.width} of {place.text(session.names)}.",
        )
    before = place.words_in(session.core)
    old = format_value(before[0] if place.width == 1 else tuple(before))
    session.set_words(place, words)
    new = format_value(words[0] if place.width == 1 else tuple(words))
    return said(f"{place.text(session.names)}: {old} → {new}. {_forked(console)}")


def _assign_pc(
    console: Console, evaluator: Evaluator, target: object, expression: Expression
) -> Reply:
    session = console.session
    if str(target) != "$pc":
        raise evaluator.wrong(target, f"{target} cannot be set; $pc, scratch and memory can.")
    pc = expression.word(session.scope) & WORD_MASK
    old = session.core.pc
    session.set_pc(pc)
    return said(f"pc: {old} → {pc}. {_forked(console)}")


def _forked(console: Console) -> str:
    return f"History goes on from cycle {console.session.core.cycle} anew."


_FMT = "/FMT is one of x (hexadecimal), d (signed), u, t (binary), z (with all zeros)."
GROUP = Group(
    "Data",
    (
        Command(("print", "p"), "print[/FMT] EXPR", "compute and show", print_, "place", _FMT),
        Command(("x",), "x/NFU PLACE", "show N words, or bundles with /Ni", examine, "place", _FMT),
        Command(
            ("display", "disp"), "display[/FMT] [EXPR]", "show after each move", display, "place"
        ),
        Command(("undisplay", "und"), "undisplay [N…]", "no longer", undisplay),
        Command(
            ("set",),
            "set PLACE = EXPR | set pauses|debug on|off",
            "overwrite words, which forks history; or change how moves stop",
            set_,
            "setting",
        ),
        info,
    ),
)
