"""The program file as a JSON Schema, made from the rows of the instruction set.

What a schema cannot say is left to `machine.codec`, which has the last word: `load_offset` is
checked on sums, an object may not have a key twice, and memory's header has to agree with the
problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from machine.codec import BUNDLE_KEYS, FIELDS, FORMAT
from machine.isa import (
    COMMENT,
    ENGINES,
    SCRATCH_SIZE,
    SLOT_LIMITS,
    VLEN,
    WORD_MASK,
    Opcode,
    Operand,
    Role,
    opcodes_of,
)
from machine.problem import MAX_HEIGHT, MAX_WORDS, OUTPUTS

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Schema = {"type": "string"}
_INTEGER: Schema = {"type": "integer"}


def json_schema() -> Schema:
    """The schema of a program file, draft 2020-12."""
    return {
        "$schema": DRAFT,
        "title": f"A program for the VLIW SIMD machine, {FORMAT}",
        "anyOf": [_ref("bundles"), _ref("file")],
        "$defs": {
            "file": _file(),
            "bundles": {"type": "array", "items": _ref("bundle")},
            "bundle": _bundle(),
            **{engine: _engine(engine) for engine in ENGINES},
            "key": _key(),
            "word": _range(0, WORD_MASK),
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _range(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _tuple(*items: Schema) -> Schema:
    return {"type": "array", "prefixItems": list(items), "items": False, "minItems": len(items)}


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema]) -> Schema:
    properties = {**required, **optional}
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": list(required)} if required else schema


# The file


def _file() -> Schema:
    """An object with the bundles under one of their keys; other keys than these are ignored."""
    fields = {key: _FIELDS[key] for key in FIELDS}
    bundles = {key: _ref("bundles") for key in BUNDLE_KEYS}
    one_of_them = [{"required": [key]} for key in BUNDLE_KEYS]
    return {**_object({}, {**bundles, **fields}), "oneOf": one_of_them}


def _scratch_map() -> Schema:
    more_digits = len(str(SCRATCH_SIZE - 1)) - 1
    return {
        "type": "object",
        "description": "scratch address -> name, width in words",
        "propertyNames": {"pattern": rf"^(0|[1-9][0-9]{{0,{more_digits}}})$"},
        "additionalProperties": _tuple(_TEXT, _range(1, SCRATCH_SIZE)),
    }


_FIELDS: Mapping[str, Schema] = {
    "format": {"const": FORMAT},
    "name": _TEXT,
    "scratch_map": _scratch_map(),
    "memory": {"type": "array", "items": _ref("word")},
    "problem": _object(
        {},
        {
            "forest_height": _range(0, MAX_HEIGHT),
            "rounds": _range(0, WORD_MASK),
            "batch_size": _range(0, MAX_WORDS),
            "seed": _INTEGER,
        },
    ),
    "outputs": {
        "type": "array",
        "items": {"enum": list(OUTPUTS)},
        "contains": {"const": OUTPUTS[0]},
    },
    "tags": {
        "type": "array",
        "items": _object(
            {"pc": _ref("word"), "name": _TEXT},
            {"end": {"anyOf": [_ref("word"), {"type": "null"}]}},
        ),
    },
    "build": {"type": "object"},
    "slots": {"type": "array"},
}


# Bundles


def _bundle() -> Schema:
    return {
        "type": "object",
        "description": "engines with their slots; their order is part of the program",
        "properties": {engine: _ref(engine) for engine in ENGINES},
        "additionalProperties": False,
    }


def _engine(engine: str) -> Schema:
    rows = [row for row in opcodes_of(engine) if row is not COMMENT]
    forms = [_slots(list(alike)) for _, alike in groupby(rows, key=lambda row: row.operands)]
    if engine == COMMENT.engine:
        forms.append(_comment([row.name for row in rows]))
        return {"type": "array", "items": {"anyOf": forms}}
    return {"type": "array", "maxItems": SLOT_LIMITS[engine], "items": {"anyOf": forms}}


def _slots(alike: list[Opcode]) -> Schema:
    """Slots of opcodes that take the same operands."""
    names = {"enum": [row.name for row in alike]}
    operands = alike[0].operands
    moved = any(operand.role is Role.OFFSET for operand in operands)
    return _tuple(names, *(_operand(operand, moved) for operand in operands))


def _operand(operand: Operand, moved: bool) -> Schema:
    if operand.role is Role.KEY:
        schema = _ref("key")
    elif operand.role is Role.KEYS:
        schema = {"type": "array", "items": _ref("key"), "minItems": VLEN, "maxItems": VLEN}
    elif operand.in_scratch and not moved:
        schema = _range(0, SCRATCH_SIZE - operand.width)
    else:
        schema = _INTEGER
    return {"title": operand.name, **schema}


def _comment(taken: list[str]) -> Schema:
    """Any opcode that debug does not know, with anything after it."""
    opcode = {"type": "string", "not": {"enum": taken}}
    return {"type": "array", "prefixItems": [opcode], "minItems": 1}


def _key() -> Schema:
    leaf = {"type": ["integer", "string"]}
    return {"anyOf": [leaf, {"type": "array", "items": _ref("key")}]}
