"""What slots read and write: the table by itself, and against what the model really does."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from machine.access import (
    ACCESS,
    MEMORY_OPCODES,
    SPANS,
    Access,
    Kind,
    Read,
    derive_access,
    mark_touching,
    slots_of,
)
from machine.isa import OPCODES, Opcode, Operand, Role, opcode
from machine.model import Model, preview
from machine.program import Program, Slot
from machine.stops import FaultKind
from tests.oracle.randomprograms import random_program

NAMED = [(row.engine, row.name) for row in OPCODES]
EIGHT = range(8)


def access(engine: str, name: str) -> Access:
    return ACCESS[opcode(engine, name).code]


# fmt: off
ROWS: dict[tuple[str, str], tuple[Any, ...]] = {
    # dest, lanes, reads, memory, address, offset
    ("alu", "+"): (0, 1, [(1, 0), (2, 0)], None, None, None),
    ("valu", "//"): (0, 8, [(1, 1), (2, 1)], None, None, None),
    ("valu", "vbroadcast"): (0, 8, [(1, 0)], None, None, None),
    ("valu", "multiply_add"): (0, 8, [(1, 1), (2, 1), (3, 1)], None, None, None),
    ("load", "load"): (0, 1, [(1, 0)], "read", 1, None),
    ("load", "load_offset"): (0, 1, [(1, 0)], "read", 1, 2),
    ("load", "vload"): (0, 8, [(1, 0)], "read", 1, None),
    ("load", "const"): (0, 1, [], None, None, None),
    ("store", "store"): (None, 1, [(0, 0), (1, 0)], "write", 0, None),
    ("store", "vstore"): (None, 8, [(0, 0), (1, 1)], "write", 0, None),
    ("flow", "select"): (0, 1, [(1, 0), (2, 0), (3, 0)], None, None, None),
    ("flow", "vselect"): (0, 8, [(1, 1), (2, 1), (3, 1)], None, None, None),
    ("flow", "add_imm"): (0, 1, [(1, 0)], None, None, None),
    ("flow", "jump"): (None, 1, [], None, None, None),
    ("flow", "jump_indirect"): (None, 1, [(0, 0)], None, None, None),
    ("flow", "cond_jump"): (None, 1, [(0, 0)], None, None, None),
    ("flow", "cond_jump_rel"): (None, 1, [(0, 0)], None, None, None),
    ("flow", "halt"): (None, 1, [], None, None, None),
    ("flow", "pause"): (None, 1, [], None, None, None),
    ("flow", "trace_write"): (None, 1, [(0, 0)], None, None, None),
    ("flow", "coreid"): (0, 1, [], None, None, None),
    ("debug", "compare"): (None, 1, [(0, 0)], None, None, None),
    ("debug", "vcompare"): (None, 8, [(0, 1)], None, None, None),
    ("debug", "comment"): (None, 1, [], None, None, None),
}
# fmt: on


@pytest.mark.parametrize(("engine", "name"), NAMED)
def test_rows_follow_from_the_instruction_set(engine: str, name: str) -> None:
    row = opcode(engine, name)
    alike = {"alu": ("alu", "+"), "valu": ("valu", "//")}
    found: Any = ACCESS[row.code]
    dest, lanes, reads, memory, address, offset = ROWS[
        alike[engine] if row.arithmetic else (engine, name)
    ]
    assert found == (dest, lanes, tuple(map(Read._make, reads)), memory, address, offset)
    assert (row in MEMORY_OPCODES) == (memory is not None)
    operands = [100 * (1 + i) for i in range(row.arity)]
    if offset is None:
        assert [(operands[at], width) for at, width in SPANS[row.code].defs] == found.defs(operands)
        assert [(operands[at], width) for at, width in SPANS[row.code].uses] == found.uses(operands)


def test_a_vectors_lanes_are_words_one_after_the_other() -> None:
    product = access("valu", "multiply_add")
    operands = (8, 100, 200, 300)
    assert product.defs(operands) == [(8, 8)]
    assert product.uses(operands) == [(100, 8), (200, 8), (300, 8)]
    assert [product.written_by(operands, lane) for lane in EIGHT] == list(range(8, 16))
    assert product.read_by(operands, 0) == (100, 200, 300)
    assert product.read_by(operands, 7) == (107, 207, 307)


def test_lanes_share_a_scalar() -> None:
    assert access("valu", "vbroadcast").read_by((8, 3), 5) == (3,)
    assert access("load", "vload").read_by((8, 3), 5) == (3,)
    assert access("store", "vstore").read_by((3, 8), 5) == (3, 13)
    assert access("store", "vstore").uses((3, 8)) == [(3, 1), (8, 8)]
    assert access("store", "vstore").written_by((3, 8), 5) is None
    assert access("store", "vstore").defs((3, 8)) == []


def test_an_offset_moves_what_is_in_scratch() -> None:
    moved = access("load", "load_offset")
    scratch = list(range(1000, 1100))
    for offset in (3, -3, 0):
        operands = (8, 16, offset)
        assert moved.shift(operands) == offset
        assert moved.defs(operands) == [(8 + offset, 1)]
        assert moved.uses(operands) == [(16 + offset, 1)]
        assert moved.written_by(operands, 0) == 8 + offset
        assert moved.read_by(operands, 0) == (16 + offset,)
        reached = moved.reached(operands, scratch.__getitem__)
        assert reached == range(1016 + offset, 1017 + offset)
    assert access("load", "const").shift((8, 3)) == 0


def test_memory_is_reached_from_an_address_on() -> None:
    scratch = [0, 40, 50, *[0] * 20]
    read = scratch.__getitem__
    assert access("load", "load").reached((7, 1), read) == range(40, 41)
    assert access("load", "vload").reached((8, 1), read) == range(40, 48)
    assert access("store", "store").reached((2, 8), read) == range(50, 51)
    assert access("store", "vstore").reached((2, 8), read) == range(50, 58)
    assert not access("alu", "+").reached((1, 1, 1), read)


DEST, OTHER = Operand("dest", Role.DEF, 8), Operand("more", Role.DEF, 8)


@pytest.mark.parametrize(
    ("operands", "why"),
    [
        ((DEST, OTHER), "lane by lane"),
        ((Operand("dest", Role.DEF, 1), Operand("a", Role.USE, 8)), "lane by lane"),
        ((Operand("dest", Role.DEF, 1), Operand("a", Role.ADDRESS, 1, 8)), "lane by lane"),
        ((DEST, Operand("a", Role.ADDRESS, 1, 1)), "lane by lane"),
        ((DEST, *(Operand(name, Role.ADDRESS, 1, 8) for name in "ab")), "lane by lane"),
        ((DEST, *(Operand(name, Role.OFFSET, 0) for name in "ab")), "lane by lane"),
        ((DEST, Operand("a", Role.USE, 4)), "neither one word nor one for each lane"),
    ],
)
def test_an_opcode_that_works_another_way_is_refused(operands: Any, why: str) -> None:
    with pytest.raises(ValueError, match=f"^valu odd .*{why}$"):
        derive_access(Opcode("valu", "odd", "?", operands, "", ""))


ROOT = Path(__file__).parents[2]
# Where operands are written down, checked or told, their form is meant: "scratch", "a key".
OF_FORM = {
    f"machine/{name}.py"
    for name in ("isa", "access", "columns", "encode", "encode_fast", "native", "program", "schema")
} | {
    "kernels/lower.py",
    "machine/disassembly.py",
    "machine/manual.py",
    "machine/trace.py",
    "machine/core/compiled.py",
    "machine/core/tracing.py",
    "vliwdbg/inspect/dependences.py",
    "vliwdbg/inspect/diverge.py",
    "vliwdbg/inspect/repair.py",
    "vliwdbg/views/bundle.py",
}
OF_ACCESS = {"machine/isa.py", "machine/access.py", "machine/native.py"}


def test_nobody_else_names_a_role_to_find_reads_and_writes() -> None:
    """All ask the table; the compiled core's letters of roles are held to its own table."""
    rooms = [(ROOT / room).rglob("*.py") for room in ("machine", "kernels", "vliwdbg")]
    sources = {file.relative_to(ROOT).as_posix(): file.read_text("utf-8") for file in chain(*rooms)}
    form = {name for name, text in sources.items() if re.search(r"\.(role|in_scratch)\b", text)}
    assert form <= OF_FORM
    role = r"\bRole\.(DEF|USE|ADDRESS)\b"
    assert {name for name, text in sources.items() if re.search(role, text)} == OF_ACCESS


# --- columns of a program -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_slots_of_columns_are_those_found_one_by_one(seed: int) -> None:
    draw = random.Random(seed)
    program = Program.from_bundles(random_program(draw).bundles)
    slots = [slot for bundle in program for slot in bundle]
    rows = draw.sample(OPCODES, 3)
    found = [number for number, slot in enumerate(slots) if slot.opcode in rows]
    assert list(slots_of(program.columns, rows)) == found
    for kinds in ((Kind.READ,), (Kind.WRITE,), tuple(Kind), ()):
        start = draw.randrange(200)
        stop = start + draw.choice([1, 8, 40])
        touched = set(range(start, stop))
        assert mark_touching(program.columns, start, stop, kinds) == bytes(
            not touched.isdisjoint(words_of(slot, kinds)) for slot in slots
        )


def words_of(slot: Slot, kinds: Collection[Kind]) -> set[int]:
    found = ACCESS[slot.opcode.code]
    runs = found.defs(slot.operands) if Kind.WRITE in kinds else []
    runs += found.uses(slot.operands) if Kind.READ in kinds else []
    return {word for at, width in runs for word in range(at, at + width)}


def test_operands_that_an_offset_moves_far_are_found() -> None:
    far = 2**63 + 6  # one of the immediates that no column holds
    bundles = [{"load": [["load_offset", 8 - far, 16 - far, far]]}]
    columns = Program.from_bundles(bundles).columns
    assert mark_touching(columns, 8, 9, [Kind.WRITE]) == b"\1"
    assert mark_touching(columns, 16, 17, [Kind.READ]) == b"\1"
    assert mark_touching(columns, 8, 9, [Kind.READ]) == b"\0"
    assert mark_touching(columns, 9, 16, tuple(Kind)) == b"\0"


# --- against the model ----------------------------------------------------------------------------


class Watched(list[int]):
    """Words that remember which of them were read."""

    def __init__(self, words: Iterable[int]) -> None:
        super().__init__(words)
        self.read: set[int] = set()

    def __getitem__(self, at: Any) -> Any:
        self.read.update(range(len(self))[at] if isinstance(at, slice) else [at])
        return super().__getitem__(at)


def drawn(each: int) -> list[Slot]:
    """Some slots of every opcode but debug's."""
    wanted = {row.code: each for row in OPCODES if row.engine != "debug"}
    slots = []
    for seed in range(60):
        for bundle in Program.from_bundles(random_program(random.Random(seed)).bundles):
            for slot in bundle:
                if wanted.get(slot.opcode.code, 0):
                    wanted[slot.opcode.code] -= 1
                    slots.append(slot)
    assert not any(wanted.values())
    return slots


DRAWN = drawn(3)


@pytest.mark.parametrize("slot", DRAWN, ids=lambda slot: f"{slot.engine}-{slot.opcode.name}")
def test_the_model_reads_and_writes_what_the_table_says(slot: Slot) -> None:
    found = ACCESS[slot.opcode.code]
    scratch, memory = Watched(1 + at % 90 for at in range(1536)), Watched(range(100))
    reached = set(found.reached(slot.operands, list(scratch).__getitem__))
    done = preview(slot, scratch, memory)
    if done.fault is None:  # a jump to a negative target
        assert scratch.read == words_of(slot, (Kind.READ,))
        assert done.scratch.keys() == words_of(slot, (Kind.WRITE,))
        assert memory.read == (reached if found.memory is Kind.READ else set())
        assert done.memory.keys() == (reached if found.memory is Kind.WRITE else set())
    else:
        assert slot.opcode.jumps


@pytest.mark.parametrize("slot", DRAWN, ids=lambda slot: f"{slot.engine}-{slot.opcode.name}")
def test_a_lane_depends_on_the_words_of_that_lane_alone(slot: Slot) -> None:
    found = ACCESS[slot.opcode.code]
    scratch, memory = [1 + at % 90 for at in range(1536)], list(range(100))
    before = preview(slot, scratch, memory)
    for word in words_of(slot, (Kind.READ,)):
        changed = scratch.copy()
        changed[word] = 3 + scratch[word] % 7
        after = preview(slot, changed, memory)
        for lane in range(found.lanes):
            if word not in found.read_by(slot.operands, lane):
                written = found.written_by(slot.operands, lane)
                assert written is None or before.scratch[written] == after.scratch[written]


def test_a_preview_leads_where_the_machine_goes() -> None:
    """On, to a target, and so far from the bundle that comes next."""
    jumps = [["jump", 9], ["cond_jump", 1, 5], ["cond_jump_rel", 1, 3], ["cond_jump_rel", 0, 3]]
    program = Program.from_bundles(
        [{"alu": [["+", 2, 2, 2]]}, *({"flow": [jump]} for jump in jumps)]
    )
    for pc, bundle in enumerate(program):
        machine = Model(program, [])
        machine.scratch[1] = 1
        machine.pc = pc
        found = preview(next(iter(bundle)), machine.scratch, machine.memory).next_pc
        machine.run(1)
        assert machine.pc == found == [1, 9, 5, 7, 5][pc]


@pytest.mark.parametrize(
    ("engine", "slot", "fault"),
    [
        ("load", ["load", 1, 0], FaultKind.MEMORY),
        ("alu", ["//", 1, 0, 2], FaultKind.DIVISION),
        ("flow", ["jump", -1], FaultKind.TARGET),
    ],
)
def test_a_preview_of_a_fault_says_which_and_that_nothing_else_is_done(
    engine: str, slot: list[Any], fault: FaultKind
) -> None:
    program = Program.from_bundles([{}, {"flow": [["halt"]]}, {engine: [slot]}])
    faulty = [slot for bundle in program for slot in bundle][-1]
    assert preview(faulty, [9, 0, 0], [0]) == ({}, {}, 3, fault)
