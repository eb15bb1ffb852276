"""Places of a run in the words of a person, and what an answer does not cover."""

from __future__ import annotations

from collections.abc import Sequence

from vliwdbg.inspect.flow import Flow
from vliwdbg.views.places import WordsAt
from vliwdbg.views.radix import Value


def words_at(flow: Flow, memory: bool, start: int, stop: int) -> WordsAt:
    """Words start:stop of scratch or memory."""
    if memory:
        text = f"mem[{start}]" if stop - start == 1 else f"mem[{start}:{stop}]"
        return WordsAt("memory", start, stop, text)
    return WordsAt("scratch", start, stop, flow.names.text(start, stop - start))


def value_of(words: Sequence[int]) -> Value:
    """One word as a number, more as a tuple."""
    return words[0] if len(words) == 1 else tuple(words)


def notes_of(flow: Flow) -> tuple[str, ...]:
    """Where the run was cut off, if it was."""
    notes = []
    if flow.start.position:
        notes.append(f"The answer is about the run from cycle {flow.start.cycle} on.")
    if sentence := flow.ending.sentence:
        notes.append(sentence)
    return tuple(notes)


def runs_of(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as stretches first:stop of consecutive ones."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    return runs
