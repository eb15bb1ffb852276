"""Data: words and what is computed from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from machine.isa import WORD_MASK
from vliwdbg.commands.console import Console, Display
from vliwdbg.commands.info import info
from vliwdbg.commands.listing import listed, pc_of
from vliwdbg.commands.table import Command, Group, find_unique, numbers
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Evaluator, Expression, find_place, parse
from vliwdbg.views.base import View
from vliwdbg.views.data import (
    Assigned,
    Displays,
    Printed,
    RadixSet,
    Setting,
    Undisplayed,
    examined_view,
)
from vliwdbg.views.places import words_at
from vliwdbg.views.radix import BY_LABEL, RADIXES, Letter, Radix, Value


class Form(NamedTuple):
    """What /NFU says: how many, and the letter of a radix, empty where there is none. `of_bundles`
    is /i."""

    number: int
    letter: str
    of_bundles: bool = False

    @property
    def radix(self) -> Letter | None:
        """That of words. Raises DebuggerError for /i."""
        if self.of_bundles:
            raise DebuggerError("/i shows bundles: x/5i pc 30, or list.")
        return cast("Letter", self.letter) if self.letter else None


def split_form(text: str) -> tuple[Form, str]:
    """The form that a text starts with, if it does with `/`, and the rest. Raises DebuggerError."""
    if not text.startswith("/"):
        return Form(1, ""), text
    form, _, rest = text[1:].partition(" ")
    match = re.fullmatch(r"([0-9]{0,6})([xdutzi]?)w?", form)
    if not match:
        known = ", ".join(RADIXES)
        raise DebuggerError(f"/{form} is no format: /N and one of {known}, i, like /8x.")
    count, letter = match.groups()
    return Form(int(count or 1), letter, letter == "i"), rest.strip()


def print_(console: Console, text: str) -> Printed:
    form, text = split_form(text)
    radix = form.radix
    scope = console.session.scope
    if not text and not scope.values:
        raise DebuggerError("Say what: print EXPR, like `print v_val[3] + 1`.")
    value = Expression.parse(text or "$").value(scope)
    scope.values.append(value)
    return Printed(len(scope.values), value, radix)


def examine(console: Console, text: str) -> View:
    form, text = split_form(text)
    if form.of_bundles:
        pc = pc_of(console, text) if text else console.session.core.pc
        return listed(console, pc, form.number)
    if not text:
        raise DebuggerError("Say which words: x/8x PLACE, like `x/8x mem[2310]`.")
    scope = console.session.scope
    place = find_place(text, scope)
    if form.number > 1:
        place = Evaluator(scope, text).within(
            parse(text, "place"), place._replace(stop=place.start + form.number)
        )
    return examined_view(place, form.radix, console.session)


def display(console: Console, text: str) -> Displays:
    if not text:
        return Displays(console.displayed())
    form, expression = split_form(text)
    radix = form.radix
    parsed = Expression.parse(expression)
    parsed.value(console.session.scope)
    shown = Display(console.next_display, radix, parsed)
    console.displays[shown.number] = shown
    console.next_display += 1
    return Displays((shown.row(console.session.scope),))


def undisplay(console: Console, text: str) -> Undisplayed:
    chosen = numbers("The display's number", text) or list(console.displays)
    for number in chosen:
        if number not in console.displays:
            raise DebuggerError(f"No display {number}; `display` lists them.")
    for number in chosen:
        del console.displays[number]
    return Undisplayed(tuple(chosen))


# set


def set_(console: Console, text: str) -> View:
    """`set pauses off`, or `set PLACE = EXPR`: the settings are a table, all else a place."""
    name, _, value = text.partition(" ")
    if name.isalpha() and "=" not in text:
        setting = find_unique(
            "setting", name, SETTINGS, otherwise="words are set with PLACE = EXPR"
        )
        return setting.set(console, find_unique("value", value.strip(), setting.values))
    return _assign(console, text)


def _set_pauses(console: Console, on: bool) -> Setting:
    console.session.pauses = on
    return Setting("pauses", on)


def _set_debug(console: Console, on: bool) -> Setting:
    console.session.debug = on
    return Setting("debug", on)


def _set_radix(console: Console, radix: Radix) -> RadixSet:
    console.radix = radix
    return RadixSet(radix.label)


class _Setting(NamedTuple):
    """What a setting may be, by name, and how it is set."""

    values: Mapping[str, Any]
    set: Callable[[Console, Any], View]


_SWITCH = {"on": True, "off": False}
SETTINGS: Mapping[str, _Setting] = {
    "pauses": _Setting(_SWITCH, _set_pauses),
    "debug": _Setting(_SWITCH, _set_debug),
    "radix": _Setting(BY_LABEL, _set_radix),
}


def _assign(console: Console, text: str) -> Assigned:
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
    old = tuple(place.words_in(session.core))
    session.set_words(place, words)
    cycle = session.core.cycle
    return Assigned(words_at(place, session.names), _value(old), _value(words), cycle)


def _value(words: Sequence[int]) -> Value:
    return words[0] if len(words) == 1 else tuple(words)


def _assign_pc(
    console: Console, evaluator: Evaluator, target: object, expression: Expression
) -> Assigned:
    session = console.session
    if str(target) != "$pc":
        raise evaluator.wrong(target, f"{target} cannot be set; $pc, scratch and memory can.")
    pc = expression.word(session.scope) & WORD_MASK
    old = session.core.pc
    session.set_pc(pc)
    return Assigned(None, old, pc, session.core.cycle)


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
            "set PLACE = EXPR | set pauses|debug on|off | set radix hex|decimal|signed",
            "overwrite words, which forks history; or change how moves stop, how words are written",
            set_,
            "setting",
        ),
        info,
    ),
)
