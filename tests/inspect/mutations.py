"""Programs with one field of one slot changed, so that an output is wrong and nothing faults.

python -m tests.inspect.mutations [SEED] > wrong.json
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from kernels.catalog import build
from machine import Machine, Problem, Program
from machine.codec import write_program
from machine.core.inputs import memory_of
from machine.errors import ProgramError
from machine.isa import OPCODES, Opcode, Role
from vliwdbg.inspect.case import expected_words

SHIFTS = (-16, -8, -1, 1, 8, 16)
INPUTS = 4
DIVIDING = ("//", "cdiv", "%")
ROWS = {(row.engine, row.name): row for row in OPCODES}


class Mutant(NamedTuple):
    """`at` is the pc, the engine and the place of the slot that was changed."""

    program: Program
    at: tuple[int, str, int]
    kind: str
    before: list[Any]
    after: list[Any]


def mutants(program: Program, seed: int) -> Iterator[Mutant]:
    """Bundle, engine, slot and field are drawn in this order, so that engines with few slots are
    drawn as often as others. What the slots are is not told to the mutant."""
    rng = random.Random(seed)
    bundles = list(program.written())
    problem = program.problem
    assert problem is not None
    inputs = [memory_of(replace(problem, seed=problem.seed + k)) for k in range(INPUTS)]
    outputs = [expected_words(program, problem.layout, image) for image in inputs]
    while True:
        pc = rng.randrange(len(bundles))
        engines = [e for e, slots in bundles[pc].items() if slots and e != "debug"]
        if not engines:
            continue
        engine = rng.choice(engines)
        index = rng.randrange(len(bundles[pc][engine]))
        before = bundles[pc][engine][index]
        drawn = draw(rng, ROWS[engine, before[0]], before, bundles, pc)
        if drawn is None:
            continue
        kind, after = drawn
        changed = {e: list(slots) for e, slots in bundles[pc].items()}
        changed[engine][index] = after
        try:
            mutant = Program.from_bundles(
                [*bundles[:pc], changed, *bundles[pc + 1 :]], problem=program.problem
            )
        except ProgramError:
            continue
        if is_wrong(mutant, inputs, outputs):
            yield Mutant(mutant, (pc, engine, index), kind, before, after)


def draw(
    rng: random.Random, row: Opcode, before: list[Any], bundles: list[Any], pc: int
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


def is_wrong(program: Program, inputs: list[Any], outputs: list[dict[int, int]]) -> bool:
    """Whether it leaves a wrong output of the first input, and faults on none."""
    for number, (image, expected) in enumerate(zip(inputs, outputs, strict=True)):
        machine = Machine(program, image, debug=False, pauses=False)
        if machine.run(2 * len(program) + 10_000).fault:
            return False
        left = machine.memory
        if number == 0 and all(left[address] == word for address, word in expected.items()):
            return False
    return True


SMALL = Problem(forest_height=6, rounds=8, batch_size=64)


def main(seed: int = 5) -> None:
    """Write a wrong program to standard output."""
    drawn = mutants(build("vectors", "list", SMALL), seed)
    write_program(next(drawn).program, sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
