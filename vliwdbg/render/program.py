"""Texts of what is known of a program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from vliwdbg.render.text import table, text, words_text
from vliwdbg.views.breakpoints import BreakpointView
from vliwdbg.views.program import (
    ASSUMED,
    Checked,
    CheckpointSet,
    Cycles,
    Dumped,
    Engines,
    History,
    MarkSet,
    ProgramFacts,
    ProgramLoaded,
    Rebuilt,
    Schedulers,
)


@text.register
def _(view: Engines) -> Iterator[str]:
    rows = ((row.engine, row.used, row.limit) for row in view.engines)
    return table(("Engine", "Used", "Limit"), rows)


@text.register
def _(view: History) -> Iterator[str]:
    end = (
        "the end is not known yet" if view.end is None else f"the program ends at cycle {view.end}"
    )
    yield f"Step {view.step}, cycle {view.cycle}; {end}."
    if view.edits:
        yield f"{view.edits} edits."
    if view.marks:
        marks = ", ".join(f"'{name} at step {at}" for name, at in view.marks.items())
        yield f"Marks: {marks}."
    if view.checkpoints:
        numbered = ", ".join(f"{n} at step {at}" for n, at in view.checkpoints.items())
        yield f"Checkpoints: {numbered}."


@text.register
def _(view: Schedulers) -> Iterator[str]:
    rows = ((row.name, row.help) for row in view.schedulers)
    return table(("Scheduler", "What it does"), rows)


@text.register
def _(view: ProgramFacts) -> Iterator[str]:
    size = f"{view.bundles} bundles, {view.slots} slots, {view.names} names"
    yield f"{view.name or 'unnamed'}: {size}."
    if view.problem:
        p = view.problem
        yield f"Problem: height {p.forest_height}, rounds {p.rounds}, batch {p.batch_size}."
    yield f"Claims to leave right: {', '.join(view.outputs)}."
    yield from (f"{key}: {value}" for key, value in view.build.items())
    yield from view.notes


@text.register
def _(view: MarkSet) -> Iterator[str]:
    where = f"cycle {view.cycle}, pc {view.pc}"
    yield f"Mark {view.name}: {where}; `goto '{view.name}` returns here."


@text.register
def _(view: CheckpointSet) -> Iterator[str]:
    where = f"cycle {view.cycle}, pc {view.pc}"
    yield f"Checkpoint {view.number}: {where}; `restart {view.number}` returns here."


@text.register
def _(view: ProgramLoaded) -> Iterator[str]:
    yield f"Loaded {view.name}: {view.bundles} bundles, at the start."
    yield from _unmet_lines(view.unmet)


@text.register
def _(view: Rebuilt) -> Iterator[str]:
    cycles = f"cycles {_cycles(view.before)} → {_cycles(view.after)}"
    yield f"Built {view.name}: {view.bundles} bundles; {cycles}, at the start."
    if view.replaced:
        yield f"It takes the place of {view.replaced}; `file -` returns to that."
    yield from _unmet_lines(view.unmet)


def _cycles(cycles: Cycles) -> str:
    return f"? ({cycles.reason.value})" if cycles.cycles is None else str(cycles.cycles)


def _unmet_lines(unmet: Sequence[BreakpointView]) -> Iterator[str]:
    return (f"{b.label} cannot be met here: {b.cause}" for b in unmet)


@text.register
def _(view: Checked) -> Iterator[str]:
    if not view.ended:
        yield f"The program has not ended: cycle {view.cycle}, pc {view.pc}."
    if view.correct:
        yield f"Correct: {' and '.join(view.outputs)} are what the reference has."
    for wrong in view.wrong:
        kind = "Wrong" if wrong.claimed else "Not claimed, but different"
        yield (
            f"{kind}: {wrong.differ} words of {wrong.area}, the first is element "
            f"{wrong.element}, mem[{wrong.address}]: {words_text(wrong.got)}, "
            f"expected {words_text(wrong.expected)}."
        )
    if view.assumed:
        yield f"But {ASSUMED}; its sizes are options of the command line."


@text.register
def _(view: Dumped) -> Iterator[str]:
    if view.content is not None:
        yield json.dumps(view.content)
    else:
        count = view.words.stop - view.words.start
        yield f"Wrote {count} words of {view.words.text} to {view.file}."
