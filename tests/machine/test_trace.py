"""The trace of a run, as Perfetto reads it."""

import io
import json
from collections import Counter
from typing import Any

from machine import Program
from machine.program import Tag
from machine.trace import write_run


def events(program: Program, memory: list[int], bundles: int = 100) -> list[dict[str, Any]]:
    stream = io.StringIO()
    write_run(stream, program, memory, bundles)
    return list(json.loads(stream.getvalue()))


BUNDLES: list[Any] = [
    {"load": [["const", 3, 7], ["const", 5, 1]]},
    {"debug": [["compare", 3, "nobody"]]},
    {"alu": [["+", 9, 3, 3], ["+", 4, 5, 5]], "flow": [["pause"]]},
    {"flow": [["halt"]]},
    {"alu": [["+", 9, 3, 3]]},
]


def test_each_slot_is_a_slice_on_its_thread() -> None:
    tags = (Tag(0, "start", 2), Tag(2, "rest", 5))
    program = Program.from_bundles(BUNDLES, scratch_map={3: ("pair", 2), 9: ("sum", 1)}, tags=tags)
    found = events(program, [])
    names = {(e["pid"], e["tid"], e["name"]): e["args"]["name"] for e in found if e["ph"] == "M"}
    slices = [
        (names.get((e["pid"], e["tid"], "thread_name")), e["ts"], e["dur"], e["name"])
        for e in found
        if e["ph"] == "X"
    ]
    assert slices == [
        ("load-0", 0, 1, "const"), ("load-1", 0, 1, "const"), ("pair-2", 0, 1, "7, 0"),
        (None, 0, 1, "start"), ("alu-0", 1, 1, "+"), ("alu-1", 1, 1, "+"),
        ("flow-0", 1, 1, "pause"), ("pair-2", 1, 1, "7, 2"), ("sum-1", 1, 1, "14"),
        ("flow-0", 2, 1, "halt"), (None, 1, 2, "rest"),
    ]  # fmt: skip
    processes = [name for (_, _, what), name in names.items() if what == "process_name"]
    assert processes == ["Core 0", "Core 0 Scratch", "Tags"]


def test_slices_tell_names_and_words_of_operands() -> None:
    bundles: list[Any] = [
        {"load": [["const", 3, 7], ["const", 4, 2]]},
        {"alu": [["+", 3, 3, 4]], "flow": [["add_imm", 5, 3, 9]]},
        {"store": [["store", 4, 3]], "load": [["load", 6, 4]], "debug": [["comment", "no"]]},
    ]
    program = Program.from_bundles(bundles, scratch_map={3: ("sum", 1), 4: ("at", 1)})
    told = {
        e["args"]["text"]: e["args"]
        for e in events(program, [0, 0, 5])
        if e["ph"] == "X" and e["args"]
    }
    assert told["sum = sum + at"] == {
        "slot": "['+', 3, 3, 4]", "pc": "1", "text": "sum = sum + at",
        "a sum": "7", "b at": "2", "dest sum": "9",
    }  # fmt: skip
    added = told["s[5] = sum + 9"]
    assert (added["a sum"], added["imm"], added["dest s[5]"]) == ("7", "9", "16")
    stored = told["mem[at] = sum"]
    assert (stored["addr at"], stored["src sum"]) == ("2", "9")
    assert told["s[6] = mem[at]"]["dest s[6]"] == "5"
    assert len(told) == 6


def test_it_ends_where_the_run_did() -> None:
    program = Program.from_bundles([{"alu": [["+", 1, 1, 1]]}, {"flow": [["jump", 0]]}])
    assert Counter(e["ts"] for e in events(program, [], 5) if e["ph"] == "X") == dict.fromkeys(
        range(5), 1
    )
    fault = Program.from_bundles([{"alu": [["+", 1, 1, 1]]}, {"load": [["load", 0, 1]]}])
    assert [e["ts"] for e in events(fault, []) if e["ph"] == "X"] == [0]
