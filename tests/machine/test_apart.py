"""Bundles that are read some at a time are those of the file as a whole, faults and all."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from machine import Program, ProgramError, apart
from machine.codec import parse_json, read_program, write_program
from machine.isa import SCRATCH_SIZE
from tests.machine.documents import BAD, GOOD
from tests.oracle.randomprograms import random_program

WHOLE = 2**62


def read(data: bytes, path: Path, piece: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The program, as far as it can be compared, or what is wrong with the file."""
    monkeypatch.setattr(apart, "PIECE", piece)
    path.write_bytes(data)
    try:
        program = read_program(str(path))
    except ProgramError as error:
        return [str(complaint) for complaint in error.complaints]
    columns = program.columns
    facts = {key: value for key, value in vars(program).items() if key != "columns"}
    return facts, columns.arrays, columns.payloads, columns.wide


@pytest.fixture
def alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def compare(data: bytes) -> Any:
        whole = read(data, tmp_path / "f", WHOLE, monkeypatch)
        for piece in (1, 60):
            assert read(data, tmp_path / "f", piece, monkeypatch) == whole
        return whole

    return compare


def taken_apart(data: bytes, monkeypatch: pytest.MonkeyPatch, piece: int = 1) -> bool:
    monkeypatch.setattr(apart, "PIECE", piece)
    return apart.part(data, lambda text: parse_json(text, ""), SCRATCH_SIZE) is not None


def written(bundles: list[Any], tmp_path: Path, **facts: Any) -> bytes:
    file = tmp_path / "written.json"
    with file.open("w") as stream:
        write_program(Program.from_bundles(bundles, **facts), stream)
    return file.read_bytes()


def test_however_bundles_are_written(
    alike: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(6):
        bundles = list(Program.from_bundles(random_program(random.Random(seed)).bundles).written())
        bare = json.dumps(bundles)
        ours = written(bundles, tmp_path, memory=None, slots=[{"x": "}, {"}] * 9)
        for data in (ours, bare.encode(), f" {bare}\n".encode()):
            assert taken_apart(data, monkeypatch)
        for text in (bare, f"\ufeff{bare}", json.dumps(bundles, separators=(",", ":"))):
            alike(text.encode())
        for text in (
            json.dumps(bundles, indent=1),
            f'{{"instrs": {bare}}}',
            f'{{"bundles": {bare}}}',
        ):
            alike(text.encode())
        facts, arrays, *_ = alike(ours)
        assert facts["notes"] == ()
        assert len(arrays[0]) == len(bundles) + 1


# What may look like the end of a bundle, or of them all.
LINES = [
    '{"debug": [["note", "},{"]]}',
    '{"debug": [["note", "\\n ]"]]}',
    '{"debug": [["note", {"a": 1}]]}',
    '{"debug": [["note", [{"a": 1}, {"b": 2}]]]}',
    '{"debug": [["note", "\\"bundles\\": ["]]}',
    "{}",
    '{"alu": [["+", 1, 2, 3]]}, {"alu": []}',
    '{"alu": [["+", 1, 2]]}',
    '{"alu": 1}',
    "1",
    "[]",
    "null",
    '{"alu": [], "alu": []}',
    '{"debug": [["note", "é"]]}',
    '{"alu": []},',
    ",",
    '{"alu": [}',
    '{"x": []}',
    '{"debug": [["note", "the bundles, which were read apart"]]}',
    '{"alu": [["+", 1, 2, 3]]}\n ]',
    '{"load": [["const", 1, ' + "9" * 30 + "]]}",
    '{"load": [["const", 1, ' + "9" * 5000 + "]]}",
    '{"debug": [' + ", ".join(['["note"]'] * 65) + "]}",
    "[" * 5000,
    '{"debug": [["note", NaN]]}',
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[:40])
def test_whatever_a_bundle_is(line: str, alike: Any) -> None:
    plain = '{"alu": [["+", 1, 2, 3]]}'
    for lines in ([line], [plain, line], [line, plain], [plain] * 5 + [line] + [plain] * 5):
        joined = ",\n  ".join(lines)
        alike(
            f'{{"format": "vliwdbg/1",\n "bundles": [\n  {joined}\n ],\n "name": "x"}}\n'.encode()
        )
        alike(f"[{joined}]".encode())


PLAIN = ' "bundles": [\n  {"alu": []},\n  {"load": [["const", 1, 2]]}\n ]'
STAND_IN = '"the bundles, which were read apart"'


@pytest.mark.parametrize(
    "text",
    [
        f"{{{PLAIN},{PLAIN}}}",
        f'{{"x": {{{PLAIN}}}}}',
        f'{{"bundles": [], "x": {{{PLAIN}}}}}',
        f'{{"bundles": {STAND_IN}, "x": {{{PLAIN}}}}}',
        f'{{{PLAIN}, "instrs": []}}',
        f"[{{{PLAIN}}}]",
        f'{{{PLAIN}, "name": {STAND_IN}}}',
        f'{{"name": "{PLAIN}"}}',
        f"{{{PLAIN}",
        f"{PLAIN}}}",
        f'{{{PLAIN}, "name": 1}}',
        f'{{{PLAIN}, "name": "a", "name": "b"}}',
        f"{{{PLAIN}}} x",
        f'{{"bundles": [{{{PLAIN}}}]}}',
        STAND_IN,
        f"[{STAND_IN}]",
        f'{{"bundles": {STAND_IN}}}',
        "[]",
        "[ ]",
        "[",
        "]",
        "",
        "[]]",
        "[[]",
        '{"bundles": [\n ]}',
        '{"bundles": [\n ]',
        '{"bundles": [,\n ]}',
        '{"bundles": [{},\n ]}',
        f"\ufeff{{{PLAIN}}}",
        "\u00a0[{}, {}]\u00a0",
        f"{{{PLAIN[:-3]}}}",
    ],
)
def test_whatever_is_around_them(text: str, alike: Any) -> None:
    alike(text.encode())


def test_every_document(alike: Any) -> None:
    for document in [*GOOD.values(), *(bad.document for bad in BAD)]:
        alike(json.dumps(document).encode())


def test_any_file_is_what_it_is(
    alike: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles = [{"alu": [["+", 1, 2, 3]]}, {"debug": [["compare", 1, [2, "k"]]]}, {}] * 3
    plain = written(bundles, tmp_path)
    draw = random.Random(1)
    apart_too = right = 0
    for _ in range(120):
        data = bytearray(plain)
        for _ in range(draw.choice([1, 1, 2])):
            at = draw.randrange(len(data))
            data[at : at + draw.randrange(3)] = bytes(
                draw.choices(b'[]{},:" \n01a', k=draw.randrange(3))
            )
        right += isinstance(alike(bytes(data)), tuple)
        apart_too += taken_apart(bytes(data), monkeypatch)
    assert 15 < right < 105
    assert apart_too > 15
