"""Programs as sequences of views, and the rows of the instruction set."""

import random
from string import Formatter
from typing import Any

import pytest

from machine import Bundle, Program, ProgramError, Slot
from machine.encode import Encoder, kind_of
from machine.encode_fast import encode_bundles
from machine.isa import (
    OPCODES,
    TARGET_ROLES,
    Opcode,
    Role,
    opcode,
    opcodes_of,
)
from machine.program import Tag
from tests.oracle.randomprograms import random_program

BUNDLES: list[dict[str, list[list[Any]]]] = [
    {"load": [["const", 0, -7], ["load_offset", 8, 16, 3]], "alu": [["+", 1, 2, 3]]},
    {},
    {"flow": []},
    {"debug": [["compare", 4, [0, 1, "val"]], ["comment", "a", 2], ["note"]], "store": []},
]


def slot(engine: str, *written: Any) -> Slot:
    """A slot, alone in its program."""
    made: Slot
    (made,) = Program.from_bundles([{engine: [list(written)]}])[0]
    return made


# --- views ----------------------------------------------------------------------------------------


def test_a_program_is_a_sequence_of_bundles() -> None:
    program = Program.from_bundles(BUNDLES)
    assert len(program) == 4
    assert [bundle.pc for bundle in program] == [0, 1, 2, 3]
    assert program[-1].pc == 3
    assert program[3] == program[-1] == program.bundle(3)
    assert [bundle.pc for bundle in program[1:3]] == [1, 2]
    assert [bundle.pc for bundle in program[::-2]] == [3, 1]
    for beyond in (4, -5):
        with pytest.raises(IndexError):
            program[beyond]


def test_a_bundle_keeps_its_engines_in_order_even_empty_ones() -> None:
    program = Program.from_bundles(BUNDLES)
    engines = [[engine for engine, _ in bundle.groups] for bundle in program]
    assert engines == [["load", "alu"], [], ["flow"], ["debug", "store"]]


def test_a_bundle_iterates_over_its_slots() -> None:
    program = Program.from_bundles(BUNDLES)
    assert isinstance(program[0], Bundle)
    found = [(s.pc, s.engine, s.index, s.opcode.name, s.operands) for s in program[0]]
    assert found == [
        (0, "load", 0, "const", (0, -7)),
        (0, "load", 1, "load_offset", (8, 16, 3)),
        (0, "alu", 0, "+", (1, 2, 3)),
    ]
    assert list(program[1]) == list(program[2]) == []


def test_debug_operands_come_as_keys_and_texts() -> None:
    compare, comment, note = Program.from_bundles(BUNDLES)[3]
    assert compare.operands == (4, (0, 1, "val"))
    assert comment.written == ["comment", "a", 2]
    assert (note.opcode.name, note.written) == ("comment", ["note"])


def test_written_is_what_was_given() -> None:
    for seed in range(20):
        bundles = random_program(random.Random(seed)).bundles
        written = [
            {
                engine: [[as_list(part) for part in given] for given in slots]
                for engine, slots in bundle.items()
            }
            for bundle in Program.from_bundles(bundles).written()
        ]
        assert [list(bundle.items()) for bundle in written] == [list(b.items()) for b in bundles]


def as_list(value: Any) -> Any:
    return [as_list(part) for part in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("imm", [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**200, -(2**200)])
def test_immediates_of_any_size_are_kept(imm: int) -> None:
    program = Program.from_bundles([{"load": [["const", 0, 1], ["const", 1, imm]]}])
    assert [s.operands for s in program[0]] == [(0, 1), (1, imm)]


def test_tuples_are_taken_for_lists() -> None:
    given = ({"alu": [("+", 1, 2, 3)], "debug": (("compare", 0, (1, "val")),)},)
    as_lists = [{"alu": [["+", 1, 2, 3]], "debug": [["compare", 0, [1, "val"]]]}]
    assert Program.from_bundles(given).sha256() == Program.from_bundles(as_lists).sha256()


CAREFUL = {Role.OFFSET, Role.KEY, Role.KEYS, Role.ANYTHING}


@pytest.mark.parametrize("least", [True, False], ids=["least", "greatest"])
def test_plain_slots_are_encoded_the_quick_way(
    monkeypatch: pytest.MonkeyPatch, least: bool
) -> None:
    monkeypatch.delattr(Encoder, "_add_carefully")
    for row in OPCODES:
        if not CAREFUL & {operand.role for operand in row.operands}:
            numbers = [
                0 if least else 1536 - o.width if o.in_scratch else 2**63 - 1 for o in row.operands
            ]
            encoder = Encoder()
            encoder.add_all([{row.engine: [[row.name, *numbers]]}])
            assert encoder.columns.operands_of(0) == tuple(numbers)


def test_tuples_are_taken_for_lists_of_keys() -> None:
    eight = tuple((0, i) for i in range(8))
    assert slot("debug", "vcompare", 8, eight).operands == (8, eight)
    with pytest.raises(ProgramError, match="takes a list of 8 keys, not 7 of them"):
        slot("debug", "vcompare", 8, eight[:7])


def test_from_bundles_raises_every_fault() -> None:
    with pytest.raises(ProgramError) as caught:
        Program.from_bundles([{"alu": [["+", 1]]}, 5])
    assert [complaint.place for complaint in caught.value.complaints] == [
        "bundles[0].alu[0]",
        "bundles[1]",
    ]
    with pytest.raises(ProgramError, match="no engine is called the number 1; there are alu"):
        Program.from_bundles([{1: []}])
    with pytest.raises(ProgramError, match="bundles: is bytes, not a list of bundles"):
        encode_bundles(b"[]")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"), (True, "true"), (False, "false"), (0, "the number 0"), ({}, "an object"),
        (-1.5, "the number -1.5"), (1e300, "the number 1e+300"), (-(10**20), "a huge number"),
        (10**20 - 1, f"the number {10**20 - 1}"), ("x", "the text 'x'"), (b"", "bytes"),
        ([], "an empty list"), ((), "an empty list"), ([0], "a list"), ((0,), "a list"),
    ],
)  # fmt: skip
def test_kinds_of_values_have_names(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


# --- costs, tags ----------------------------------------------------------------------------------


def test_costs_are_one_where_an_engine_other_than_debug_is_named() -> None:
    assert list(Program.from_bundles(BUNDLES).columns.costs()) == [1, 0, 1, 1]
    free_ones = [{}, {"debug": []}, {"debug": [["comment"]]}]
    assert list(Program.from_bundles(free_ones).columns.costs()) == [0, 0, 0]
    for engine in ("alu", "valu", "load", "store", "flow"):
        assert list(Program.from_bundles([{}, {engine: []}]).columns.costs()) == [0, 1]


def test_slots_are_counted() -> None:
    columns = Program.from_bundles(BUNDLES).columns
    assert (len(columns), columns.slot_count) == (4, 6)
    assert list(columns.first_slot_of_bundles()) == [0, 3, 3, 3, 6]


def test_a_tag_is_found_by_pc() -> None:
    whole, inner, last = Tag(0, "whole", 9), Tag(2, "inner", 4), Tag(9, "last", 10)
    program = Program.from_bundles([{}] * 12, tags=(whole, inner, last))
    found = [tag and tag.name for tag in map(program.tag_at, range(12))]
    assert found == [*["whole"] * 2, *["inner"] * 2, *["whole"] * 5, "last", None, None]
    assert Program.from_bundles([{}]).tag_at(0) is None


# --- the rows of the instruction set --------------------------------------------------------------

VECTORS = {"vbroadcast", "multiply_add", "vload", "vstore", "vselect", "vcompare"}
JUMPS = {"jump", "jump_indirect", "cond_jump", "cond_jump_rel"}


@pytest.mark.parametrize("row", OPCODES, ids=lambda row: f"{row.engine}-{row.name}")
def test_rows_know_what_they_do(row: Opcode) -> None:
    assert row.vector == (row.engine == "valu" or row.name in VECTORS)
    assert row.jumps == (row.name in JUMPS)
    assert OPCODES[row.code] is row
    assert opcode(row.engine, row.name) is row
    assert row in opcodes_of(row.engine)
    assert (row.arithmetic is not None) == (row.operands == operands_of_arithmetic(row.engine))


def operands_of_arithmetic(engine: str) -> Any:
    return opcode(engine, "+").operands if engine in {"alu", "valu"} else None


@pytest.mark.parametrize("row", OPCODES, ids=lambda row: f"{row.engine}-{row.name}")
def test_forms_show_every_operand_once(row: Opcode) -> None:
    fields = [name for _, name, _, _ in Formatter().parse(row.form) if name is not None]
    assert sorted(fields) == sorted(operand.name for operand in row.operands)
    if row.arithmetic:
        assert row.form == "{dest} = {a} " + row.name + " {b}"


def test_only_operands_in_scratch_have_a_width() -> None:
    for row in OPCODES:
        for operand in row.operands:
            in_scratch = operand.role in (Role.DEF, Role.USE, Role.ADDRESS)
            assert operand.width in ((1, 8) if in_scratch else (0,))
            assert operand.in_scratch is in_scratch


def test_an_unknown_opcode_has_no_row_but_in_debug() -> None:
    assert opcode("debug", "whatever") is opcode("debug", "comment")
    for engine, name in (("alu", "vbroadcast"), ("fpu", "+"), ("flow", "comment")):
        with pytest.raises(KeyError) as caught:
            opcode(engine, name)
        assert caught.value.args == (f"{engine} has no opcode {name!r}",)


def test_roles_of_bundles() -> None:
    assert {Role.TARGET, Role.RELATIVE} == TARGET_ROLES
