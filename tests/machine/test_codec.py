"""Program files: every wrong one refused with its places, every right one read back as written."""

import gc
import hashlib
import io
import json
import random
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from machine import Problem, Program, ProgramError
from machine.codec import parse_json, program_of, read_json, read_program, read_words, write_program
from machine.errors import SHOWN, quoted, shown
from machine.program import Tag
from tests.machine.documents import ALU, BAD, GOOD, WORDS, Bad
from tests.oracle.randomprograms import random_program

SECONDS = 2
DEEP = 1_000_000


@pytest.fixture(autouse=True)
def _in_good_time() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def complaints(data: bytes | str) -> list[str]:
    """What is said of a file with these contents, called f."""
    text = data.encode() if isinstance(data, str) else data
    with pytest.raises(ProgramError) as caught:
        program_of(parse_json(text, "f"))
    return [str(complaint) for complaint in caught.value.complaints]


# --- wrong documents ------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.id)
def test_document_is_refused_with_its_places(bad: Bad) -> None:
    assert complaints(json.dumps(bad.document)) == bad.says


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.id)
def test_document_is_refused_under_every_name_for_bundles(bad: Bad) -> None:
    if isinstance(bad.document, list):
        for key in ("bundles", "instrs", "program"):
            assert complaints(json.dumps({key: bad.document})) == bad.says


# fmt: off
REPEATED: tuple[tuple[str, str, list[str]], ...] = (
    # id, text, what is said of it
    ("top", '{"bundles": [], "bundles": []}', ["the key 'bundles' appears twice"]),
    ("top-two", '{"bundles": [], "name": "", "x": 1, "name": "", "x": 2, "x": 3}',
     ["the key 'name' appears twice", "the key 'x' appears twice"]),
    ("bundle", '[{}, {"alu": [], "load": [], "alu": []}]',
     ["bundles[1]: the key 'alu' appears twice"]),
    ("scratch_map", '{"bundles": [], "scratch_map": {"8": ["a", 1], "8": ["b", 1]}}',
     ["scratch_map: the key '8' appears twice"]),
    ("problem", '{"bundles": [], "problem": {"seed": 1, "seed": 2}}',
     ["problem: the key 'seed' appears twice"]),
    ("tag", '{"bundles": [], "tags": [{"pc": 1, "pc": 2, "name": "a"}]}',
     ["tags[0]: the key 'pc' appears twice"]),
    ("build", '{"bundles": [], "build": {"a": 1, "a": 2}}', ["build: the key 'a' appears twice"]),
    ("build-inside", '{"bundles": [], "build": {"x": [{"a": 1, "a": 2}]}}',
     ["build['x']: the key 'a' appears twice"]),
    ("slots", '{"bundles": [], "slots": [0, {"a": 1, "a": 2}]}',
     ["slots[1]: the key 'a' appears twice"]),
    ("unknown", '{"bundles": [], "mine": {"a": 1, "a": 2}}', ["'mine': the key 'a' appears twice"]),
    ("comment", '[{"debug": [["comment", {"a": 1, "a": 2}]]}]',
     ["bundles[0].debug[0]: the key 'a' appears twice"]),
    ("slot", '[{"alu": [{"a": 1, "a": 2}]}]',
     ["bundles[0].alu[0]: is an object, not a list of an opcode and its operands"]),
    ("instead-of-a-list", '{"bundles": [], "memory": {"a": 1, "a": 2}}',
     ["memory: is an object, not a list of words", "memory: the key 'a' appears twice"]),
)
# fmt: on


@pytest.mark.parametrize(("text", "says"), [r[1:] for r in REPEATED], ids=[r[0] for r in REPEATED])
def test_a_key_twice_is_refused(text: str, says: list[str]) -> None:
    assert complaints(text) == says


def random_json(draw: random.Random, depth: int) -> tuple[str, list[str]]:
    """JSON text as any writer may have it, and the keys that an object in it has twice."""
    kind = draw.choice(["object", "list", "text", "number"]) if depth else "text"
    space = draw.choice(["", "", " ", "\n\t", "\r"])
    if kind == "number":
        return str(draw.randrange(99)), []
    if kind == "text":
        return draw.choice(['""', '":"', '": x"', '" : "', '"\\":"', '"\\u003a"', '"a"']), []
    parts = [random_json(draw, depth - 1) for _ in range(draw.randrange(4))]
    twice = [key for _, keys in parts for key in keys]
    if kind == "list":
        return f"[{', '.join(text for text, _ in parts)}]", twice
    keys = [draw.choice(["a", "b", "c", ":", "\\u0061", '\\"']) for _ in parts]
    found = [json.loads(f'"{key}"') for key in keys]
    written = (f'"{key}"{space}:{space}{text}' for key, (text, _) in zip(keys, parts, strict=True))
    # What stood under a key that comes again is lost, with whatever is twice in it.
    kept = {key: twice for key, (_, twice) in zip(found, parts, strict=True)}
    repeated = sorted({key for key in found if found.count(key) > 1})
    return f"{{{', '.join(written)}}}", [
        *repeated,
        *(key for keys in kept.values() for key in keys),
    ]


def keys_twice(value: Any) -> list[str]:
    """Those that reading has marked."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = sorted(getattr(value, "repeated", ()))
    return found + [key for part in parts for key in keys_twice(part)]


def test_of_any_text_each_key_twice_is_found() -> None:
    met = 0
    for seed in range(3000):
        text, twice = random_json(random.Random(seed), 4)
        value = parse_json(text.encode(), "text")
        assert sorted(keys_twice(value)) == sorted(twice), text
        assert value == json.loads(text)
        met += bool(twice)
    assert met > 200


# --- texts that are no JSON -----------------------------------------------------------------------

# fmt: off
UNREADABLE: tuple[tuple[str, bytes, str], ...] = (
    ("empty", b"", "empty; a program is JSON"),
    ("blank", b" \n\t", "empty; a program is JSON"),
    ("only-a-mark", b"\xef\xbb\xbf", "empty; a program is JSON"),
    ("cut-in-a-list", b'[{"alu": [["+", 1,', "JSON cut short at line 1 column 19"),
    ("cut-in-an-object", b'{"bundles": []\n\n', "JSON cut short at line 3 column 1"),
    ("cut-in-a-text", b'[\n{"al', "JSON cut short at line 2 column 2"),
    ("cut-after-a-key", b'{"bundles"', "JSON cut short at line 1 column 11"),
    ("words", b"once upon a time", "not JSON: Expecting value at line 1 column 1"),
    ("two-values", b"[] []", "not JSON: Extra data at line 1 column 4"),
    ("single-quotes", b"{'bundles': []}",
     "not JSON: Expecting property name enclosed in double quotes at line 1 column 2"),
    ("python", b'[{"alu": [("+", 1, 2, 3)]}]', "not JSON: Expecting value at line 1 column 11"),
    ("latin-1", b'{"name": "caf\xe9"}', "not UTF-8: byte 0xe9 at offset 13"),
    ("latin-1-after-a-mark", b"\xef\xbb\xbf[\xe9", "not UTF-8: byte 0xe9 at offset 4"),
    ("utf-16", "[]".encode("utf-16"), "not UTF-8: byte 0xff at offset 0"),
    ("binary", bytes(range(128, 256)), "not UTF-8: byte 0x80 at offset 0"),
    ("deep-lists", b"[" * DEEP, "JSON nested too deeply to be a program"),
    ("deep-lists-closed", b"[" * DEEP + b"]" * DEEP, "JSON nested too deeply to be a program"),
    ("deep-objects", b'{"a":' * DEEP, "JSON nested too deeply to be a program"),
    ("digits", b'[\n{"load": [["const", 0, ' + b"9" * 5000 + b"]]}]",
     "an integer of 5000 digits on line 2, the limit is 4300"),
    ("digits-negative", b"[-" + b"1" * 5000 + b"]",
     "an integer of 5000 digits on line 1, the limit is 4300"),
    ("digits-in-memory", b'{"bundles": [], "memory": [' + b"1" * 5000 + b"]}",
     "an integer of 5000 digits on line 1, the limit is 4300"),
)
# fmt: on


@pytest.mark.parametrize(
    ("data", "says"), [r[1:] for r in UNREADABLE], ids=[r[0] for r in UNREADABLE]
)
def test_text_is_refused_in_one_line(data: bytes, says: str) -> None:
    assert complaints(data) == [f"f: {says}"]


TOO_DEEP = "lists and objects are nested over 32 deep"


@pytest.mark.parametrize("depth", [33, 300, 900])
def test_what_may_be_anything_is_not_nested_without_end(depth: int) -> None:
    lists, objects = "[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth
    assert complaints(f'[{{"debug": [["compare", 0, {lists}]]}}]') == [
        f"bundles[0].debug[0]: {TOO_DEEP}"
    ]
    for deep in (lists, objects):
        assert complaints(f'[{{"debug": [["comment", {deep}]]}}]') == [
            f"bundles[0].debug[0]: {TOO_DEEP}"
        ]
        assert complaints(f'{{"bundles": [], "build": {{"x": {deep}}}, "slots": [{deep}]}}') == [
            f"build['x']: {TOO_DEEP}",
            f"slots[0]: {TOO_DEEP}",
        ]


def test_nesting_up_to_the_limit_is_taken() -> None:
    lists = "[" * 32 + "]" * 32
    text = f'{{"bundles": [{{"debug": [["compare", 0, {lists}]]}}], "build": {{"x": {lists}}}}}'
    assert len(program_of(parse_json(text.encode(), "f"))) == 1


def test_a_byte_order_mark_is_taken() -> None:
    assert parse_json(b"\xef\xbb\xbf[{}]", "f") == [{}]


def test_the_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    parse_json(b"[]", "f")
    assert gc.isenabled()
    gc.disable()
    try:
        parse_json(b"[]", "f")
        assert not gc.isenabled()
    finally:
        gc.enable()


# --- many complaints ------------------------------------------------------------------------------


def test_twenty_complaints_are_shown_and_the_rest_counted() -> None:
    with pytest.raises(ProgramError) as caught:
        program_of([5] * 33)
    lines = str(caught.value).splitlines()
    assert lines == caught.value.lines()
    assert lines[0] == "bundles[0]: is the number 5, not an object of engines with their slots"
    assert (len(lines), lines[-1]) == (SHOWN + 1, "… and 13 more")
    assert SHOWN == 20


def test_up_to_twenty_complaints_are_shown_without_a_count() -> None:
    with pytest.raises(ProgramError) as caught:
        program_of([5] * SHOWN)
    assert len(caught.value.lines()) == SHOWN


@pytest.mark.parametrize(
    "document",
    [[5] * 200_000, [{"alu": [7]}] * 200_000, {"bundles": [], "memory": [-1] * 1_000_000}],
    ids=["bundles", "slots", "words"],
)
def test_endless_complaints_end(document: Any) -> None:
    with pytest.raises(ProgramError) as caught:
        program_of(document)
    assert len(caught.value.complaints) == 10_001


def test_what_the_user_wrote_is_cut_to_a_line() -> None:
    assert quoted("x" * 40) == repr("x" * 40)
    assert quoted("x" * 41) == repr("x" * 39 + "…")
    assert shown(-(10**20) + 1) == "-99999999999999999999"
    assert shown(10**20) == shown(-(10**20)) == "a huge number"


# --- files ----------------------------------------------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    source = str(tmp_path / "none.json")
    for read in (read_program, read_words, read_json):
        with pytest.raises(ProgramError) as caught:
            read(source)
        assert str(caught.value) == f"{source}: no such file or directory"


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r": is a directory$"):
        read_program(str(tmp_path))


def test_file_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("[]")
    with pytest.raises(ProgramError, match=r": not a directory$"):
        read_program(str(tmp_path / "a" / "b"))


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    source = tmp_path / "large.json"
    with source.open("wb") as stream:
        stream.truncate(256 * 2**20 + 1)
    with pytest.raises(ProgramError) as caught:
        read_program(str(source))
    assert str(caught.value) == f"{source}: 268435457 bytes, the limit is 268435456"


def test_an_endless_stream_is_refused_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("machine.codec.MAX_BYTES", 3 * 2**20)
    with open("/dev/zero", "rb") as zeros:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(zeros))
        with pytest.raises(ProgramError) as caught:
            read_program("-")
    assert str(caught.value) == "-: more than 3145728 bytes, which is the limit"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps([ALU]).encode())))
    program = read_program("-")
    assert (len(program), program.name) == (1, "standard input")


def test_a_program_is_called_after_its_file_or_itself(tmp_path: Path) -> None:
    source = tmp_path / "mine.json"
    source.write_text("[]")
    assert read_program(str(source)).name == "mine.json"
    source.write_text('{"name": "own", "bundles": []}')
    assert read_program(str(source)).name == "own"


def test_words(tmp_path: Path) -> None:
    source = tmp_path / "words.json"
    source.write_text("[0, 4294967295]")
    assert read_words(str(source)) == array("I", [0, 2**32 - 1])
    source.write_text("[]")
    assert read_words(str(source)) == array("I")
    source.write_text("[0, 4294967296, true]")
    with pytest.raises(ProgramError) as caught:
        read_words(str(source))
    assert caught.value.lines() == [
        f"{source}[1]: 4294967296 is not in 0..4294967295",
        f"{source}[2]: is true, not an integer",
    ]


# --- right documents ------------------------------------------------------------------------------


def test_every_field_is_taken() -> None:
    program = program_of(GOOD["every-field"], "file")
    assert program.name == "é"
    assert program.scratch_map == {0: ("a", 1), 8: ("v", 8), 1535: ("z", 1)}
    assert program.memory == array("I", WORDS)
    assert program.problem == Problem(0, 1, 1)
    assert program.outputs == ("values", "indices")
    assert program.tags == (Tag(0, "all", 4), Tag(2, "end", 2))
    assert program.build == {"scheduler": "list", "set": {"a": [1, 2.5, None]}}
    assert program.slots == [0, "b", {"c": 1}]
    assert program.notes == ()


def test_absent_fields_have_their_defaults() -> None:
    program = program_of([], "file")
    assert (program.name, program.scratch_map, program.memory, program.problem) == (
        "file", {}, None, None,
    )  # fmt: skip
    assert (program.outputs, program.tags, program.build) == (("values",), (), {})
    assert (list(program.slots), program.notes) == ([], ())


def test_outputs_are_in_one_order() -> None:
    assert program_of(GOOD["outputs-in-any-order"]).outputs == ("values", "indices")


def test_notes_tell_what_is_odd() -> None:
    assert program_of(GOOD["unknown-fields"]).notes == (
        "the key 'author' is unknown and ignored",
        "the key 'hue' of problem is unknown and ignored",
    )
    assert program_of(GOOD["over-full-debug"]).notes == (
        "bundles[0].debug: 65 slots, the limit is 64",
    )
    assert program_of(GOOD["full-engines"]).notes == ()


def test_slots_over_the_debug_limit_are_kept() -> None:
    assert len(list(program_of(GOOD["over-full-debug"])[0])) == 65


@pytest.mark.parametrize(
    ("tags", "ends"),
    [
        ([(0, None), (4, None)], [(0, 4), (4, 9)]),
        ([(4, None), (0, None)], [(0, 4), (4, 9)]),
        ([(0, 2), (4, 20)], [(0, 2), (4, 20)]),
        ([(3, None), (3, None)], [(3, 3), (3, 9)]),
        ([(5, 5)], [(5, 5)]),
        ([(12, None)], [(12, 12)]),
    ],
)
def test_a_tag_reaches_to_the_next_or_its_own_end(tags: Any, ends: Any) -> None:
    given = [{"pc": pc, "name": "t"} | ({} if end is None else {"end": end}) for pc, end in tags]
    program = program_of({"bundles": [{}] * 9, "tags": given})
    assert [(tag.pc, tag.end) for tag in program.tags] == ends


# --- round trips ----------------------------------------------------------------------------------


def again(program: Program, tmp_path: Path) -> Program:
    """The program after it was written to a file and read."""
    source = tmp_path / "program.json"
    with source.open("w", encoding="ascii") as stream:
        write_program(program, stream)
    return read_program(str(source))


def fields(program: Program) -> dict[str, Any]:
    kept = vars(program).copy()
    del kept["columns"], kept["notes"]
    return {**kept, "slots": list(program.slots), "bundles": list(program.written())}


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD)
def test_good_documents_come_back(document: Any, tmp_path: Path) -> None:
    program = program_of(document, "file")
    assert fields(again(program, tmp_path)) == fields(program)
    assert again(program, tmp_path).sha256() == program.sha256()


def test_random_programs_come_back(tmp_path: Path) -> None:
    for seed in range(30):
        made = random_program(random.Random(seed))
        program = Program.from_bundles(made.bundles, name=str(seed), memory=array("I", made.memory))
        read = again(program, tmp_path)
        assert fields(read) == fields(program)
        # As text, since the order of engines counts.
        assert json.dumps(list(read.written())) == json.dumps(made.bundles)


@pytest.mark.parametrize("name", ["", "plain", 'q"\\\n', "é ☃ 𝄞", "\ud800"])
def test_any_name_comes_back(name: str, tmp_path: Path) -> None:
    tags = (Tag(0, name, 1),)
    program = Program.from_bundles([{}], name=name, tags=tags, scratch_map={3: (name, 2)})
    assert fields(again(program, tmp_path)) == fields(program)


def test_a_file_has_a_bundle_a_line(tmp_path: Path) -> None:
    stream = io.StringIO()
    write_program(Program.from_bundles([ALU, {}], name="n", memory=array("I")), stream)
    assert stream.getvalue().splitlines() == [
        '{"format": "vliwdbg/1", "name": "n",',
        ' "bundles": [',
        '  {"alu": [["+", 0, 1, 2]]},',
        "  {}",
        " ],",
        ' "memory": [],',
        ' "outputs": ["values"]}',
    ]


def compact_sha256(bundles: Any) -> str:
    return hashlib.sha256(json.dumps(bundles, separators=(",", ":")).encode()).hexdigest()


def test_sha256_is_of_compact_json() -> None:
    for seed in range(30):
        bundles = random_program(random.Random(seed)).bundles
        assert Program.from_bundles(bundles).sha256() == compact_sha256(bundles)


@pytest.mark.parametrize("count", [0, 1, 4095, 4096, 4097, 9000])
def test_sha256_of_any_length(count: int) -> None:
    bundles: list[Any] = [{}, {"flow": [["halt"]]}, ALU] * (count // 3 + 1)
    assert Program.from_bundles(bundles[:count]).sha256() == compact_sha256(bundles[:count])


def test_sha256_knows_the_order_of_engines() -> None:
    one: dict[str, list[Any]]
    other: dict[str, list[Any]]
    one, other = {"alu": [], "load": []}, {"load": [], "alu": []}
    assert Program.from_bundles([one]).sha256() != Program.from_bundles([other]).sha256()
