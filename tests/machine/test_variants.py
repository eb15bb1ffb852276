"""Variants: each does what the program with that change does, on the model too."""

import random
from array import array

import pytest

from machine import Machine, Program
from machine.core import choose_core
from machine.core.variants import Variant, Variants
from machine.isa import OPCODES
from tests.oracle.randomprograms import random_program

pytestmark = pytest.mark.skipif(
    choose_core().name != "compiled", reason="variants are for the compiled core"
)
MOST = 500
REPLACEABLE = [row for row in OPCODES if not row.jumps and row.engine in ("alu", "valu", "load")]


def changed(program: Program, variant: Variant) -> Program:
    """The program with a change, as a program of its own."""
    bundles = [{engine: list(slots) for engine, slots in b.items()} for b in program.written()]
    columns = program.columns
    if variant.slot is None:
        engine, slot = variant.written
        bundles[variant.pc].setdefault(engine, []).append(list(slot))
        return Program.from_bundles(bundles)
    pc = next(p for p in range(len(program)) if variant.slot in columns.slots_of_bundle(p))
    at = 0
    for engine, slots in bundles[pc].items():
        if at <= variant.slot - columns.slots_of_bundle(pc).start < at + len(slots):
            index = variant.slot - columns.slots_of_bundle(pc).start - at
            if variant.pc == pc:
                slots[index] = list(variant.written[1])
            else:
                del slots[index]
                bundles[variant.pc].setdefault(engine, []).append(list(variant.written[1]))
            break
        at += len(slots)
    return Program.from_bundles(bundles)


def left_by(program: Program, memory: list[int]) -> list[int] | None:
    """The memory at its end; None where it faults or comes to no end in MOST bundles."""
    machine = Machine(program, memory, debug=False, pauses=False, core="model")
    stop = machine.run(MOST)
    ended = stop.reason.value in ("end", "halt")
    return list(machine.memory) if ended else None


@pytest.mark.parametrize("seed", range(40))
def test_a_variant_does_what_the_changed_program_does(seed: int) -> None:
    rng = random.Random(seed)
    drawn = random_program(rng)
    program = Program.from_bundles(drawn.bundles)
    columns = program.columns
    slots = [
        (pc, slot)
        for pc in range(len(program))
        for slot in columns.slots_of_bundle(pc)
        if OPCODES[columns.opcodes[slot]] in REPLACEABLE
    ]
    for pc, slot in rng.sample(slots, min(6, len(slots))):
        row = OPCODES[columns.opcodes[slot]]
        written = [row.name, *columns.operands_of(slot)]
        written[rng.randrange(1, len(written))] = rng.randrange(64)
        # Where the engine has no slots yet, the last of the bundle can be told in a file.
        free = [
            to for to in range(len(program)) if row.engine not in dict(program.bundle(to).groups)
        ]
        to = rng.choice([pc, pc, *free[:1]])
        more = to in free and rng.random() < 0.5
        variant = Variant(None if more else slot, to, (row.engine, written))
        try:
            left = left_by(changed(program, variant), drawn.memory)
        except ValueError:
            continue  # a bundle with more slots of an engine than there may be
        expected = dict(enumerate(left or drawn.memory))
        right = Variants(program).right([variant], array("I", drawn.memory), expected, MOST)
        assert right == [left is not None]
        if left:
            expected[rng.randrange(len(left))] ^= 1
            wrong = Variants(program).right([variant], array("I", drawn.memory), expected, MOST)
            assert wrong == [False]


def test_variants_that_are_none() -> None:
    program = Program.from_bundles([{"load": [["const", 8, 1]]}])
    patch = ("load", ["const", 8, 2])
    for slot, pc, address in ((1, 0, 0), (0, 1, 0), (0, 0, 4)):
        with pytest.raises(ValueError, match="no variants"):
            Variants(program).right([Variant(slot, pc, patch)], array("I", [0]), {address: 0})
