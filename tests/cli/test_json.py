"""Every field of the object that `run --json` prints, against values computed here."""

import hashlib
import importlib.metadata
import json
import struct
from typing import Any

import pytest

from tests.cli.command import ALU, ENDLESS, FAULT, Bundles, Command, stores, unchecked
from tests.cli.reference import SIZES, image, solved

MEMORY = image(**SIZES)
VALUES, INDICES = solved(MEMORY)
FIELDS = [
    *("schema", "ok", "cycles", "bundles", "state", "stop"),
    *("correct", "values_correct", "indices_correct", "forest_unchanged"),
    *("slots", "scratch_high_water", "scheduler", "seed"),
    *("program_sha256", "memory_sha256", "scratch_sha256", "trace_buffer", "version"),
]

LOOP: Bundles = [
    {"load": [["const", 0, 3], ["const", 1, 1]]},
    {
        "flow": [["trace_write", 2]],
        "debug": [["comment", "three", "times"]],
        "alu": [["-", 0, 0, 1], ["+", 2, 2, 1]],
    },
    {"flow": [["cond_jump", 0, 1]]},
    {"debug": [["compare", 1535, [0, 0, "val"]]]},
    {},
    {"valu": [["vbroadcast", 100, 0]], "store": []},
]


def words_sha256(words: list[int]) -> str:
    return hashlib.sha256(struct.pack(f"<{len(words)}I", *words)).hexdigest()


def bundles_sha256(bundles: Bundles) -> str:
    return hashlib.sha256(json.dumps(bundles, separators=(",", ":")).encode()).hexdigest()


def run(vliwdbg: Command, program: Any, *options: str) -> Any:
    ended = vliwdbg("run", "--json", vliwdbg.file(program), *options)
    assert ended.json["ok"] is (ended.code == 0)
    return ended.json


def test_a_loop(vliwdbg: Command) -> None:
    memory = [5, 2**32 - 1]
    assert run(vliwdbg, {"bundles": LOOP, "memory": memory, "build": {"scheduler": "mine"}}) == {
        "schema": "vliwdbg.run/1",
        "ok": True,
        "cycles": 8,
        "bundles": 10,
        "state": "stopped",
        "stop": {"reason": "end", "cycle": 8, "pc": 6, "detail": None},
        "correct": None,
        "values_correct": None,
        "indices_correct": None,
        "forest_unchanged": None,
        "slots": {
            "alu": {"used": 6, "limit": 96, "utilization": 0.0625},
            "valu": {"used": 1, "limit": 48, "utilization": pytest.approx(1 / 48, abs=1e-6)},
            "load": {"used": 2, "limit": 16, "utilization": 0.125},
            "store": {"used": 0, "limit": 16, "utilization": 0.0},
            "flow": {"used": 6, "limit": 8, "utilization": 0.75},
        },
        "scratch_high_water": 108,
        "scheduler": "mine",
        "seed": None,
        "program_sha256": bundles_sha256(LOOP),
        "memory_sha256": words_sha256(memory),
        "scratch_sha256": words_sha256([0, 1, 3] + [0] * 1533),
        "trace_buffer": [0, 1, 2],
        "version": importlib.metadata.version("vliwdbg"),
    }


def test_nothing_at_all(vliwdbg: Command) -> None:
    outcome = run(vliwdbg, {"bundles": [], "memory": []})
    assert list(outcome) == FIELDS
    assert outcome["cycles"] == outcome["bundles"] == outcome["scratch_high_water"] == 0
    assert {row["utilization"] for row in outcome["slots"].values()} == {0.0}
    assert outcome["program_sha256"] == hashlib.sha256(b"[]").hexdigest()
    assert outcome["memory_sha256"] == hashlib.sha256(b"").hexdigest()


JUMPS_OUT: Bundles = [{"flow": [["jump", 77]]}]
HALTS: Bundles = [*ALU, {"flow": [["halt"]]}, *ALU]
PAUSES: Bundles = [{"flow": [["pause"]]}, *ALU]
# program, options -> state, reason, cycle, pc
STOPS: dict[str, tuple[Bundles, list[str], tuple[str, str, int, int]]] = {
    "end": (ALU, [], ("stopped", "end", 1, 1)),
    "end-by-a-jump": (JUMPS_OUT, [], ("stopped", "end", 1, 77)),
    "halt": (HALTS, [], ("stopped", "halt", 2, 2)),
    "pause": (PAUSES, ["--stop-on-pause"], ("paused", "pause", 1, 1)),
    "pause-passed-over": (PAUSES, [], ("stopped", "end", 2, 2)),
    "fault": (FAULT, [], ("faulted", "fault", 2, 2)),
    "max-cycles": (ENDLESS, ["--max-cycles", "9"], ("running", "max-cycles", 9, 0)),
}


@pytest.mark.parametrize("stop", STOPS)
def test_stop(vliwdbg: Command, stop: str) -> None:
    bundles, options, expected = STOPS[stop]
    outcome = run(vliwdbg, unchecked(bundles), *options)
    told = outcome["stop"]
    assert (outcome["state"], told["reason"], told["cycle"], told["pc"]) == expected
    assert told["cycle"] == outcome["cycles"]
    assert (told["detail"] is None) is (stop != "fault")


def test_fault_names_its_place(vliwdbg: Command) -> None:
    detail = run(vliwdbg, unchecked(FAULT))["stop"]["detail"]
    assert "division by zero" in detail
    assert "alu[0]" in detail
    assert "cycle 2, pc 2" in detail


def test_timeout(vliwdbg: Command) -> None:
    outcome = run(vliwdbg, unchecked(ENDLESS), "--timeout", "0.1")
    assert (outcome["state"], outcome["stop"]["reason"]) == ("running", "timeout")
    assert outcome["cycles"] > 0


BOTH = ["values", "indices"]
OFF_BY_ONE = {at: word ^ 1 for at, word in VALUES.items()}
# stores, outputs -> correct, values, indices, forest
# fmt: off
CHECKS: dict[str, tuple[dict[int, int], list[str] | None, tuple[bool | None, ...]]] = {
    "values": (VALUES, None, (True, True, False, True)),
    "values-claimed": (VALUES, ["values"], (True, True, False, True)),
    "both": (VALUES | INDICES, BOTH, (True, True, True, True)),
    "indices-not-claimed": (VALUES | {min(INDICES): 99}, None, (True, True, False, True)),
    "indices-right-all-the-same": (VALUES | INDICES, None, (True, True, True, True)),
    "indices-wrong": (VALUES, BOTH, (False, True, False, True)),
    "values-wrong": (OFF_BY_ONE | INDICES, BOTH, (False, False, True, True)),
    "nothing-done": ({}, None, (False, False, False, True)),
    "forest-scribbled-on": (VALUES | {8: 1}, None, (True, True, False, False)),
    "header-scribbled-on": (VALUES | {0: 1}, None, (True, True, False, False)),
    "forest-written-as-it-was": (VALUES | {8: MEMORY[8]}, None, (True, True, False, True)),
}
# fmt: on


@pytest.mark.parametrize("case", CHECKS)
def test_check(vliwdbg: Command, case: str) -> None:
    words, outputs, expected = CHECKS[case]
    program = {"bundles": stores(words), "problem": SIZES}
    outcome = run(vliwdbg, program | ({"outputs": outputs} if outputs else {}))
    kinds = ("correct", "values_correct", "indices_correct", "forest_unchanged")
    assert tuple(outcome[kind] for kind in kinds) == expected
    after = [words.get(at, word) for at, word in enumerate(MEMORY)]
    assert outcome["memory_sha256"] == words_sha256(after)
    strict = run(vliwdbg, program | ({"outputs": outputs} if outputs else {}), "--strict")
    assert strict["ok"] is all(strict[kind] for kind in kinds)
    assert tuple(strict[kind] for kind in kinds) == expected


def test_what_is_changed_but_not_claimed_is_told(vliwdbg: Command) -> None:
    program = vliwdbg.file({"bundles": stores(VALUES | {0: 1, 8: 1}), "problem": SIZES})
    ended = vliwdbg("run", program)
    assert ended.code == 0
    assert "indices  not claimed, 3 of 3 differ\n" in ended.out
    header, forest = ended.err.splitlines()
    assert header.startswith("note: the run changed the header: 1 of 7 words, first header[0]")
    assert forest.startswith("note: the run changed the forest: 1 of 3 words, first forest[1]")
    strict = vliwdbg("run", program, "--strict", "-q")
    assert strict.code == 1
    assert "WRONG indices: 3 of 3 words" in strict.err
    assert "WRONG forest: 1 of 3 words, first forest[1] at mem[8]" in strict.err
    right = vliwdbg.file({"bundles": stores(VALUES | INDICES), "problem": SIZES})
    assert "indices  right\n" in vliwdbg("run", right, "--strict").out


UNCHECKED: dict[str, tuple[Any, list[str]]] = {
    "told-not-to": ({"bundles": ALU, "problem": SIZES}, ["--no-check"]),
    "memory-alone": (unchecked(ALU), []),
    "paused": ({"bundles": PAUSES, "problem": SIZES}, ["--stop-on-pause"]),
    "faulted": ({"bundles": FAULT, "problem": SIZES}, ["--check"]),
    "at-a-limit": ({"bundles": ENDLESS, "problem": SIZES}, ["--max-cycles", "1", "--check"]),
}


@pytest.mark.parametrize("case", UNCHECKED)
def test_not_checked_is_null(vliwdbg: Command, case: str) -> None:
    outcome = run(vliwdbg, UNCHECKED[case][0], *UNCHECKED[case][1])
    for kind in ("correct", "values_correct", "indices_correct", "forest_unchanged"):
        assert outcome[kind] is None


@pytest.mark.parametrize(
    ("program", "options", "seed"),
    [
        ({"bundles": [], "problem": SIZES}, [], 5),
        ({"bundles": [], "problem": SIZES}, ["--seed", "-9"], -9),
        ([], ["--seed", str(10**40), "--no-check"], 10**40),
        ([], [], 123),
        ({"bundles": [], "memory": MEMORY, "problem": SIZES}, [], None),
    ],
)
def test_seed(vliwdbg: Command, program: Any, options: list[str], seed: int | None) -> None:
    assert run(vliwdbg, program, *options)["seed"] == seed


COMPARE: Bundles = [{"debug": [["compare", 0, [0, 0, "val"]]]}]


def test_compares_are_off_unless_asked_for(vliwdbg: Command) -> None:
    program = {"bundles": COMPARE, "problem": SIZES}
    assert run(vliwdbg, program)["stop"]["reason"] == "end"
    assert run(vliwdbg, program, "--debug")["stop"]["reason"] == "fault"


def test_compares_know_the_reference(vliwdbg: Command) -> None:
    load: Bundles = [{"load": [["const", 0, MEMORY[min(VALUES)]]]}]
    program = {"bundles": load + COMPARE, "memory": MEMORY}  # which the header alone tells
    assert run(vliwdbg, program, "--debug")["stop"]["reason"] == "end"


def test_compares_without_a_reference_are_passed_over_with_a_note(vliwdbg: Command) -> None:
    ended = vliwdbg("run", "--debug", vliwdbg.file(unchecked(COMPARE)))
    assert ended.code == 0
    assert ended.err.count("note: compares are passed over") == 1


def test_serial_baseline(vliwdbg: Command) -> None:
    words = ["--kernel", "baseline", "--scheduler", "serial"]
    outcome = vliwdbg("run", "--json", "--debug", *words).json
    assert outcome["correct"] is True
    assert outcome["scheduler"] == "serial"
    assert (outcome["cycles"], outcome["bundles"]) == (147_734, 196_887)
    assert outcome["scratch_high_water"] == 276
    steps = 16 * 256
    assert {engine: row["used"] for engine, row in outcome["slots"].items()} == {
        "alu": 29 * steps,
        "valu": 0,
        "load": 3 * steps + 14 + 262,
        "store": 2 * steps,
        "flow": 2 * steps + 2,
    }
