"""The tables of the manual, made from the rows they describe.

    python -m machine.manual        rewrites the tables of docs/machine.md in place

In the manual a table stands between `<!-- table: NAME -->` and `<!-- end -->`; NAME is a key of
`TABLES`. What stands outside is written by hand and left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from machine.isa import ENGINES, SLOT_LIMITS, VLEN, Opcode, Operand, Role, opcodes_of
from machine.problem import HASH_STAGES

MANUAL = Path(__file__).resolve().parent.parent / "docs" / "machine.md"
PACKED = Path(__file__).with_name(MANUAL.name)
"""Where setup.py puts a copy for installations without docs."""
_BLOCK = re.compile(r"(<!-- table: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", r"\|")


def engines_table() -> str:
    """The engines with their slot limits."""
    rows = [[_code(engine), str(SLOT_LIMITS[engine])] for engine in ENGINES]
    return table(["engine", "slots per bundle"], rows)


def arithmetic_table() -> str:
    """The operators that alu and valu share."""
    rows = [[_code(row.name), row.help] for row in opcodes_of("alu")]
    return table(["opcode", "dest becomes"], rows)


def opcodes_table(engine: str) -> str:
    """The slots of an engine but for the shared operators."""
    rows = [
        [_code(_slot(row)), _operands(row), _code(row.form), row.help]
        for row in opcodes_of(engine)
        if row.arithmetic is None
    ]
    return table(["slot", "operands", "shown as", "effect"], rows)


def _slot(row: Opcode) -> str:
    names = ["…" if operand.role is Role.ANYTHING else operand.name for operand in row.operands]
    return "[" + ", ".join([f'"{row.name}"', *names]) + "]"


def _operands(row: Opcode) -> str:
    return "; ".join(map(_operand, row.operands)) or "none"


def _operand(operand: Operand) -> str:
    width = f", {VLEN} words" if operand.width == VLEN else ""
    reach = f" of {VLEN} words" if operand.lanes == VLEN else ""
    return f"{operand.name}: {operand.role.value}{width}{reach}"


def hash_table() -> str:
    """The stages of the hash."""
    rows = []
    for number, stage in enumerate(HASH_STAGES):
        op1, op2, op3 = map(_code, (stage.op1, stage.op2, stage.op3))
        rows.append([str(number), op1, f"0x{stage.c:08X}", op2, op3, str(stage.s)])
    return table(["stage", "op1", "c", "op2", "op3", "s"], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "engines": engines_table,
    "arithmetic": arithmetic_table,
    **{engine: partial(opcodes_table, engine) for engine in ENGINES if engine != "alu"},
    "hash": hash_table,
}


def with_tables(text: str) -> str:
    """The manual's text with every table made anew. Raises KeyError for an unknown one."""
    return _BLOCK.sub(lambda block: block[1] + TABLES[block[2]]() + block[3], text)


def text() -> str:
    """The manual, with the tables of the code: from docs, or as it was packed into the package."""
    place = MANUAL if MANUAL.exists() else PACKED
    return with_tables(place.read_text(encoding="utf-8"))


def main() -> None:
    """Rewrite the manual."""
    text = MANUAL.read_text(encoding="utf-8")
    MANUAL.write_text(with_tables(text), encoding="utf-8")


if __name__ == "__main__":
    main()
