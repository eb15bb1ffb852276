"""An answer as lines of a pane, each with the place of the run that it is about, if there is one.

What a line is about is told by the view that it was written from: the first of its slots, bundles
and stretches whose cycle and text stand in that line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from vliwdbg.printable import printable
from vliwdbg.render import Columns, lines_of
from vliwdbg.render.answers import slot_line
from vliwdbg.render.diverge import lane_lines, vector_line
from vliwdbg.render.text import written_in
from vliwdbg.views.answers import Answer
from vliwdbg.views.base import field_names
from vliwdbg.views.diverge import Diverge, WrongVector
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
    """All lines of an answer, and what there is more to be told of some of them: of a finding the
    other slots that it is about, of wrong outputs what they should be and are, lane by lane."""
    signs = list(dict.fromkeys(_signs(view)))
    lines = [
        AnswerLine(
            line,
            next((jump for words, jump in signs if all(word in line for word in words)), None),
            isinstance(line, Columns),
        )
        for line in lines_of(view, radix)
    ]
    with written_in(radix):
        more = _more(view, lines)
    return [part for line in lines for part in (line, *more.get(line, ()))]


def _more(view: Answer, lines: Sequence[AnswerLine]) -> Mapping[AnswerLine, Sequence[AnswerLine]]:
    """What is told below some of the lines."""
    if isinstance(view, Lint):
        pairs = zip(lines, view.findings, strict=False)
        return {line: [*_others(finding)] for line, finding in pairs}
    if isinstance(view, Diverge):
        by_text = {line.text: line for line in lines}
        # Of the first vector the answer itself tells the lanes.
        return {
            by_text[printable(vector_line(vector), keep="\t")]: [*_lanes(vector)]
            for vector in view.vectors[1:]
        }
    return {}


def _lanes(vector: WrongVector) -> Iterator[AnswerLine]:
    for line in lane_lines(vector):
        yield AnswerLine(line, None, is_table=True)


def _others(finding: Finding) -> Iterator[AnswerLine]:
    for slot in finding.slots[1:]:
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
