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


def test_it_ends_where_the_run_did() -> None:
    program = Program.from_bundles([{"alu": [["+", 1, 1, 1]]}, {"flow": [["jump", 0]]}])
    assert Counter(e["ts"] for e in events(program, [], 5) if e["ph"] == "X") == dict.fromkeys(
        range(5), 1
    )
    fault = Program.from_bundles([{"alu": [["+", 1, 1, 1]]}, {"load": [["load", 0, 1]]}])
    assert [e["ts"] for e in events(fault, []) if e["ph"] == "X"] == [0]
