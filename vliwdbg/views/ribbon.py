"""A bundle in one line: a character for each slot, in columns that never move.

    ^^^^^^>>>>>> mm^>^& LL s· v
    alu          valu   ld st f      12, 6, 2, 2, 1 and a space between: 27 columns

The characters are the glyphs of `machine.isa`'s rows; `·` is a free slot.
"""

from __future__ import annotations

from collections.abc import Mapping

from machine.isa import ENGINE_CODES, ENGINES, OPCODES, SLOT_LIMITS
from machine.program import Program

EXECUTING = tuple(engine for engine in ENGINES if engine != "debug")
FREE = "·"
WIDTH = sum(SLOT_LIMITS[engine] for engine in EXECUTING) + len(EXECUTING) - 1
_GLYPHS = {row.code: row.glyph for row in OPCODES}


def engine_glyphs(program: Program, pc: int) -> Mapping[str, str]:
    """The slots of each engine as characters, filled up to its limit with free ones."""
    columns = program.columns
    written = dict.fromkeys(EXECUTING, "")
    for group in columns.groups_of(pc):
        engine = ENGINES[columns.group_engine[group]]
        if engine in written:
            slots = columns.slots_of(group)
            codes = columns.opcodes[slots.start : slots.stop]
            written[engine] = "".join(map(_GLYPHS.__getitem__, codes))
    return {engine: text.ljust(SLOT_LIMITS[engine], FREE) for engine, text in written.items()}


def legend() -> Mapping[str, Mapping[str, str]]:
    """What each character means: engine -> glyph -> opcode."""
    return {
        engine: {row.glyph: row.name for row in OPCODES if row.engine == engine}
        for engine in sorted(EXECUTING, key=ENGINE_CODES.__getitem__)
    }
