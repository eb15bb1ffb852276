"""Right programs made wrong, so that an output is wrong and nothing faults.

    field      one field of one slot changed
    early      a slot issued one to three bundles before its own
    late       the same after its own
    dropped    a slot left out
    all        one field changed, so that no output is right

python -m tests.inspect.mutations [SEED] > wrong.json
"""

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from kernels.catalog import build
from machine import Machine, Problem, Program
from machine.codec import write_program
from machine.core.inputs import memory_of
from machine.errors import ProgramError
from machine.isa import OPCODES, Opcode, Role
from vliwdbg.inspect import Flow
from vliwdbg.inspect.case import expected_words
from vliwdbg.inspect.replay import replay

SHIFTS = (-16, -8, -1, 1, 8, 16)
FARTHEST = 3
"""Bundles that a slot is moved by."""
INPUTS = 4
DIVIDING = ("//", "cdiv", "%")
ROWS = {(row.engine, row.name): row for row in OPCODES}

At = tuple[int, str, int]
"""A slot by its pc, its engine and its place there."""
Bundles = list[dict[str, list[Any]]]


class Mutant(NamedTuple):
    """`at` is the slot that was changed, where it is now; of one that was dropped, where it was.
    `readers` are the slots that read what it wrote, or now read what it writes."""

    program: Program
    at: At | None
    readers: frozenset[At]
    kind: str
    before: list[Any]
    after: list[Any]


class Drawing:
    """A right program of which wrong ones are drawn.

    Bundle, engine and slot are drawn in this order, so that engines with few slots are drawn as
    often as others. What the slots are is not told to the mutant.
    """

    def __init__(self, program: Program, seed: int) -> None:
        self.rng = random.Random(seed)
        self.program = program
        self.bundles: Bundles = list(program.written())
        problem = program.problem
        assert problem is not None
        self.problem = problem
        self.inputs = [memory_of(replace(problem, seed=problem.seed + k)) for k in range(INPUTS)]
        self.outputs = [expected_words(program, problem.layout, image) for image in self.inputs]

    @cached_property
    def flow(self) -> Flow:
        """The run of the right program."""
        return replay(self.program, self.inputs[0])

    def mutants(self, kind: str) -> Iterator[Mutant]:
        """Wrong programs of a kind, without end."""
        change = CHANGES[kind]
        while True:
            pc = self.rng.randrange(len(self.bundles))
            engines = [e for e, slots in self.bundles[pc].items() if slots and e != "debug"]
            if not engines:
                continue
            engine = self.rng.choice(engines)
            index = self.rng.randrange(len(self.bundles[pc][engine]))
            try:
                mutant = change(self, (pc, engine, index))
            except ProgramError:
                continue
            if mutant is None:
                continue
            least = len(self.outputs[0]) if kind == "all" else 1
            if self.is_wrong(mutant.program, least):
                yield mutant

    def is_wrong(self, program: Program, least: int) -> bool:
        """Whether so many outputs of the first input are wrong, and no input faults or never
        ends."""
        for number, (image, expected) in enumerate(zip(self.inputs, self.outputs, strict=True)):
            machine = Machine(program, image, debug=False, pauses=False)
            stop = machine.run(2 * len(self.flow.pcs) + 10_000)
            if stop.fault or machine.pc < len(program):
                return False
            left = machine.memory
            if not number and sum(left[a] != word for a, word in expected.items()) < least:
                return False
        return True

    def with_bundles(self, changed: dict[int, dict[str, list[Any]]]) -> Program:
        """The program with some bundles changed, and nothing told of what it does."""
        bundles = [changed.get(pc, bundle) for pc, bundle in enumerate(self.bundles)]
        return Program.from_bundles(bundles, problem=self.problem)

    def copied(self, pc: int) -> dict[str, list[Any]]:
        return {engine: list(slots) for engine, slots in self.bundles[pc].items()}


def mutants(program: Program, seed: int, kind: str = "field") -> Iterator[Mutant]:
    """Wrong programs of a kind made of a right one."""
    return Drawing(program, seed).mutants(kind)


def _field(drawing: Drawing, at: At) -> Mutant | None:
    pc, engine, index = at
    before = drawing.bundles[pc][engine][index]
    drawn = draw(drawing.rng, ROWS[engine, before[0]], before, drawing.bundles, pc)
    if drawn is None:
        return None
    kind, after = drawn
    changed = drawing.copied(pc)
    changed[engine][index] = after
    return Mutant(drawing.with_bundles({pc: changed}), at, frozenset(), kind, before, after)


def _moved(sign: int) -> Callable[[Drawing, At], Mutant | None]:
    def change(drawing: Drawing, at: At) -> Mutant | None:
        pc, engine, index = at
        to = pc + sign * drawing.rng.randrange(1, FARTHEST + 1)
        if not 0 <= to < len(drawing.bundles) or ROWS[engine, _name(drawing, at)].jumps:
            return None
        here, there = drawing.copied(pc), drawing.copied(to)
        slot = here[engine].pop(index)
        there.setdefault(engine, []).append(slot)
        program = drawing.with_bundles({pc: here, to: there})
        now = (to, engine, len(there[engine]) - 1)
        readers = _readers(drawing.flow, at, without=at)
        readers |= _readers(replay(program, drawing.inputs[0]), now)
        return Mutant(program, now, readers, "early" if sign < 0 else "late", slot, slot)

    return change


def _dropped(drawing: Drawing, at: At) -> Mutant | None:
    pc, engine, index = at
    here = drawing.copied(pc)
    slot = here[engine].pop(index)
    readers = _readers(drawing.flow, at, without=at)
    return Mutant(drawing.with_bundles({pc: here}), None, readers, "dropped", slot, [])


def _name(drawing: Drawing, at: At) -> str:
    pc, engine, index = at
    name: str = drawing.bundles[pc][engine][index][0]
    return name


def _readers(flow: Flow, at: At, without: At | None = None) -> frozenset[At]:
    """The slots that read what one wrote; as they are called without another one, if given."""
    pc, engine, index = at
    slots = [s for s in flow.columns.slots_of_bundle(pc) if flow.engine_of(s) == (engine, index)]
    nodes = chain.from_iterable(flow.nodes_of(step, slots[0]) for step in flow.steps_of(pc))
    found = set()
    for reader in chain.from_iterable(map(flow.readers, nodes)):
        place = flow.place(reader)
        name, number = flow.engine_of(place.slot)
        here = flow.pcs[place.step]
        if without is not None and (here, name) == without[:2] and number > without[2]:
            number -= 1
        found.add((here, name, number))
    return frozenset(found)


CHANGES: dict[str, Callable[[Drawing, At], Mutant | None]] = {
    "field": _field,
    "early": _moved(-1),
    "late": _moved(1),
    "dropped": _dropped,
    "all": _field,
}


def draw(
    rng: random.Random, row: Opcode, before: list[Any], bundles: Bundles, pc: int
) -> tuple[str, list[Any]] | None:
    """The kind of change and the slot after it; None where nothing is drawn."""
    field = rng.randrange(len(before))
    if field == 0:
        shape = [(o.role, o.width, o.lanes) for o in row.operands]
        like = [
            other.name
            for other in OPCODES
            if other.engine == row.engine
            and other.name not in (row.name, *DIVIDING)
            and [(o.role, o.width, o.lanes) for o in other.operands] == shape
        ]
        return ("opcode", [rng.choice(like), *before[1:]]) if like else None
    role, old = row.operands[field - 1].role, before[field]
    if role in (Role.DEF, Role.USE, Role.ADDRESS):
        where = rng.choice(("shift", "used", "neighbour"))
        others = bundles[rng.randrange(len(bundles)) if where == "used" else pc].get(row.engine, [])
        pool = [slot[field] for slot in others if slot[0] == row.name]
        pool = [old + shift for shift in SHIFTS] if where == "shift" else pool
        kind = "destination" if role is Role.DEF else "source"
    elif role is Role.IMMEDIATE:
        pool = [old + 1, old - 1, old + 8, old ^ 1 << rng.randrange(32), rng.getrandbits(32)]
        kind = "immediate"
    else:
        return None
    if not pool or (new := rng.choice(pool)) == old or new < 0:
        return None
    return kind, [*before[:field], new, *before[field + 1 :]]


SMALL = Problem(forest_height=6, rounds=8, batch_size=64)


def main(seed: int = 5) -> None:
    """Write a wrong program to standard output."""
    drawn = next(mutants(build("vectors", "list", SMALL), seed))
    write_program(replace(drawn.program, name="wrong"), sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
