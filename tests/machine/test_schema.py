"""The published schema and the codec take and refuse the same documents."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from machine.codec import BUNDLE_KEYS, FIELDS, program_of
from machine.errors import ProgramError
from machine.isa import ENGINES, OPCODES
from machine.schema import json_schema
from tests.machine.documents import BAD, GOOD, Bad

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_both_take(document: Any) -> None:
    VALIDATOR.validate(document)
    program_of(document)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.id)
def test_both_refuse(bad: Bad) -> None:
    assert VALIDATOR.is_valid(bad.document) == bad.beyond
    with pytest.raises(ProgramError):
        program_of(bad.document)


def test_it_has_every_field_engine_and_opcode() -> None:
    definitions = SCHEMA["$defs"]
    assert set(definitions["file"]["properties"]) == {*FIELDS, *BUNDLE_KEYS}
    assert set(definitions["bundle"]["properties"]) == set(ENGINES)
    for row in OPCODES:
        forms = definitions[row.engine]["items"]["anyOf"]
        named = [name for form in forms for name in form["prefixItems"][0].get("enum", ())]
        assert named.count(row.name) == (row.name != "comment")


def example(row: Any) -> list[Any]:
    """A slot of this opcode with the greatest operands."""
    given = {"KEY": [0], "KEYS": [[0]] * 8, "ANYTHING": "text", "OFFSET": 0}
    return [row.name, *(given.get(o.role.name, 1536 - o.width) for o in row.operands)]


@pytest.mark.parametrize("row", OPCODES, ids=lambda row: f"{row.engine}-{row.name}")
def test_every_opcode_is_taken_and_one_word_further_is_not(row: Any) -> None:
    slot = example(row)
    VALIDATOR.validate([{row.engine: [slot]}])
    for position, operand in enumerate(row.operands, start=1):
        if operand.in_scratch and row.name != "load_offset":
            further = [*slot[:position], slot[position] + 1, *slot[position + 1 :]]
            assert not VALIDATOR.is_valid([{row.engine: [further]}])
            with pytest.raises(ProgramError):
                program_of([{row.engine: [further]}])
