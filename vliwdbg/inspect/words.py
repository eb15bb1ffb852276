"""Places of a run in the words of a person, and what an answer does not cover."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from machine.program import Program
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


def with_room(program: Program, image: array[int]) -> array[int]:
    """Another input of a program's problem, with as much memory behind it as the program brought:
    the public simulator leaves some, and kernels may use it."""
    missing = len(program.memory or ()) - len(image)
    return image + array("I", bytes(4 * missing)) if missing > 0 else image


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
