"""An answer as lines of a pane, each with the place of the run that it is about, if there is one.

What a line is about is told by the view that it was written from: the first of its slots, bundles
and stretches whose cycle and text stand in that line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from vliwdbg.printable import printable
from vliwdbg.render import Columns, lines_of
from vliwdbg.render.answers import slot_line
from vliwdbg.views.answers import Answer
from vliwdbg.views.base import field_names
from vliwdbg.views.lint import Finding, Lint
from vliwdbg.views.places import SlotAt
from vliwdbg.views.radix import Radix


class Jump(NamedTuple):
    """Where a line leads: a cycle, and a slot of the bundle that takes it by engine and number."""

    cycle: int
    engine: str = ""
    slot: int = 0


class AnswerLine(NamedTuple):
    """A line of an answer; a line of a table is left in its columns."""

    text: str
    jump: Jump | None
    is_table: bool


def answer_lines(view: Answer, radix: Radix) -> list[AnswerLine]:
    """All lines of an answer; below each finding of lint the other slots that it is about."""
    signs = list(dict.fromkeys(_signs(view)))
    lines = [
        AnswerLine(
            line,
            next((jump for words, jump in signs if all(word in line for word in words)), None),
            isinstance(line, Columns),
        )
        for line in lines_of(view, radix)
    ]
    if isinstance(view, Lint):
        findings = dict(zip(lines, view.findings, strict=False))
        more = ([line, *_others(findings.get(line))] for line in lines)
        return list(chain.from_iterable(more))
    return lines


def _others(finding: Finding | None) -> Iterator[AnswerLine]:
    for slot in finding.slots[1:] if finding else ():
        yield AnswerLine(printable(f"  {slot_line(slot)}"), _jump(slot), False)


def _jump(slot: SlotAt) -> Jump:
    return Jump(slot.cycle, slot.engine, slot.slot)


def _signs(value: Any) -> Iterator[tuple[tuple[str, ...], Jump]]:
    """What stands in a line about a place, and that place, in the order of the view."""
    if isinstance(value, SlotAt):
        yield (str(value.cycle), value.text), _jump(value)
        return
    cls: Any = type(value)
    names = field_names(cls)
    if isinstance(value, (list, tuple)) and names is None:
        for item in value:
            yield from _signs(item)
        return
    names = names or ()
    for name in names:
        yield from _signs(getattr(value, name))
    if {"cycle", "pc"} <= set(names):
        yield (str(value.cycle), str(value.pc)), Jump(value.cycle)
    elif {"first", "stop"} <= set(names):
        label = getattr(value, "name", None) or getattr(value, "engine", None)
        words = (f"{value.first}–{value.stop - 1}", *([label] if label else []))
        yield words, Jump(value.first)
