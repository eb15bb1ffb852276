"""Provenance that is left unread: the same program, and the same complaints, as if it were read."""

import io
import pickle
import random
from array import array
from pathlib import Path
from typing import Any

import pytest

from machine import Program, ProgramError
from machine.codec import parse_json, program_of, read_program, write_program
from machine.core import choose_core
from machine.program import Tag
from machine.provenance import BEGIN, PIECE, Provenance, part

NOTES: list[Any] = [{"op": 7, "stage": "hash stage 5", "round": -1}, {"at": True, "is": None}, "x"]
compiled = pytest.mark.skipif(choose_core().name != "compiled", reason="nothing is compiled")


def written(slots: Any) -> bytes:
    """A program file with such provenance."""
    bundles = [{"alu": [["+", 1, 2, 3]] * 2, "load": [["const", 1, 2]]}]
    program = Program.from_bundles(
        bundles, name="a", tags=(Tag(0, "all", 1),), build={"by": "hand"}, slots=slots
    )
    text = io.StringIO()
    write_program(program, text)
    return text.getvalue().encode()


PLAIN = written(NOTES)


def outcome(read: Any) -> Any:
    """A program's fields, or what is said against it."""
    try:
        program = read()
    except ProgramError as error:
        return [str(complaint) for complaint in error.complaints]
    return vars(program) | {"columns": list(program.written()), "slots": list(program.slots)}


def assert_same(data: bytes, folder: Path) -> Any:
    file = folder / "f"
    file.write_bytes(data)
    told = outcome(lambda: read_program(str(file)))
    assert told == outcome(lambda: program_of(parse_json(data, str(file)), "f"))
    return told


@compiled
def test_it_is_read_when_somebody_asks(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(PLAIN)
    slots = read_program(str(tmp_path / "f")).slots
    assert isinstance(slots, Provenance)
    assert len(slots) == 3
    assert (slots[1], slots[:2], list(slots)) == (NOTES[1], NOTES[:2], NOTES)
    assert slots == NOTES == pickle.loads(pickle.dumps(slots)) == slots
    assert slots != NOTES[:2]


@compiled
@pytest.mark.parametrize("count", [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_any_piece_of_it_is_read(count: int) -> None:
    notes = [NOTES[at % 3] if at % 7 else {"op": at, "stage": "], {,"} for at in range(count)]
    _, slots = part(written(notes)) or (b"", None)
    assert slots is not None
    assert list(slots) == notes
    assert [slots[at] for at in reversed(range(count))] == notes[::-1]
    assert slots[1:-1] == notes[1:-1]
    assert slots[-1:] == notes[-1:]
    for outside in (count, -count - 1):
        with pytest.raises(IndexError):
            slots[outside]


# What stands in the place of the provenance, or after it, in a file; all has to be read.
# fmt: off
UNUSUAL = [
    '[{"a": 1, "a": 2}]', '[{"a": {"b": 1}}]', '[[1]]', '["\\n"]', '["é"]', '["\t"]', '[01]',
    '[1.5]', '[-]', '[NaN]', '[1,]', '[,]', '[', '["', '[{"a"}]', '[{"a":}]', '[{"a": 1,}]',
    '[{1: 2}]', '[tru]', '[1] 2', '[1]]', '5', 'null', '{}', '"x"', '[1], "slots": [2]',
    '[1], "bundles": []', '[1]}, {', f'[{"9" * 19}]', '[{"a": 1}{"a": 1}]', '[1]\x0c', '[1]\x00',
    "[" * 50 + "]" * 50, '[{' + ", ".join(f'"{i}": 1' for i in range(17)) + '}]',
]
# fmt: on


@pytest.mark.parametrize("text", UNUSUAL)
def test_what_is_not_plain_is_read(text: str, tmp_path: Path) -> None:
    rest = PLAIN.rpartition(BEGIN.encode())[0].decode()
    data = f"{rest}{BEGIN}{text}}}\n".encode()
    assert part(data) is None
    assert_same(data, tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        f'{{"bundles": [], "build": {{"x": 1{BEGIN}[1]}}}}',
        f'{{"bundles": [], "slots": [2]{BEGIN}[1]}}',
        f'{{"bundles": [], "name": "x{BEGIN}[1]}}',
        f'{{"bundles": [],{BEGIN}[1]}}',
        f"{{{BEGIN}[1]}}",
        f"[{BEGIN}[1]}}",
        f'{{"bundles": []{BEGIN}[1]}}}}',
        f'{{"bundles": [{{}}, {{"alu": 1}}]{BEGIN}[1]}}',
        f'{{"name": "a", "name": "b", "bundles": []{BEGIN}[1]}}',
        f'\ufeff{{"bundles": []{BEGIN}[1]}} \r\n\t',
    ],
)
def test_what_comes_before_has_to_be_an_object_without_it(data: str, tmp_path: Path) -> None:
    assert_same(data.encode(), tmp_path)


def test_any_file_is_what_it_is(tmp_path: Path) -> None:
    draw = random.Random(1)
    begin = PLAIN.index(BEGIN.encode())
    right = 0
    for _ in range(1500):
        data = bytearray(PLAIN)
        for _ in range(draw.choice([1, 1, 2])):
            at = draw.randrange(begin, len(data))
            replacement = draw.choices(b'[]{},:"\\ \n0123-truefalsn\x00\xe9a', k=draw.randrange(3))
            data[at : at + draw.randrange(3)] = bytes(replacement)
        right += isinstance(assert_same(bytes(data), tmp_path), dict)
    assert 150 < right < 1350


@compiled
@pytest.mark.parametrize(
    "wrong",
    [(None, 1), ("[1]", 1), (5, 1), (memoryview(b"[1] ")[::2], 1), (b"[1]", 0), (b"[1]", None)],
)
def test_wrong_calls(wrong: Any) -> None:
    from machine import _core

    with pytest.raises((TypeError, BufferError, ValueError)):
        _core.find_plain(*wrong)


@compiled
def test_every_beginning_of_it_is_looked_over() -> None:
    from machine import _core

    text = PLAIN.rpartition(BEGIN.encode())[2].strip()[:-1]
    found = [_core.find_plain(text[:end], 2) for end in range(len(text) + 1)]
    starts = array("Q", [1, text.index(b'"x"')]).tobytes()
    assert found == [*[None] * len(text), (3, starts)]
