"""The oracle against its hand-computed rows, and the random programs against what they promise."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import pytest

from tests.oracle.cases import (
    CASES,
    HASH_CONSTANTS,
    HASH_OPERATORS,
    HASH_SHIFTS,
    IMAGES,
    Case,
    Image,
)
from tests.oracle.interpreter import Oracle
from tests.oracle.randomprograms import LIMITS, SCRATCH, RandomProgram, random_program
from tests.oracle.shapes import Bundle, Fault, Program

SEEDS = 300
STEPS = 150

# Operands by opcode: w word, v vector, d word that imm is added to, i imm, k key, l list of keys.
ARITHMETIC = dict.fromkeys(("+", "-", "*", "^", "&", "|", "//", "%", "cdiv", "<<", ">>", "<", "=="))
ROLES: dict[str, dict[str, str]] = {
    "alu": dict.fromkeys(ARITHMETIC, "www"),
    "valu": {**dict.fromkeys(ARITHMETIC, "vvv"), "vbroadcast": "vw", "multiply_add": "vvvv"},
    "load": {"load": "ww", "load_offset": "ddi", "vload": "vw", "const": "wi"},
    "store": {"store": "ww", "vstore": "wv"},
    "flow": {
        "select": "wwww", "vselect": "vvvv", "add_imm": "wwi", "jump": "i", "jump_indirect": "w",
        "cond_jump": "wi", "cond_jump_rel": "wi", "halt": "", "pause": "", "trace_write": "w",
        "coreid": "w",
    },
    "debug": {"compare": "wk", "vcompare": "vl"},
}  # fmt: skip
KINDS = {
    ("division-by-zero", "alu"), ("division-by-zero", "valu"),
    ("memory-address", "load"), ("memory-address", "store"), ("jump-target", "flow"),
    ("compare-differs", "debug"), ("compare-unrecorded", "debug"),
}  # fmt: skip


def run(oracle: Oracle, steps: int, resumes: int = 0) -> Fault | None:
    """Step until the oracle stops, faults, or pauses once more than it may be resumed."""
    fault = None
    while steps and fault is None and oracle.state != "stopped":
        resumes -= oracle.state == "paused"
        if resumes < 0:
            break
        fault = oracle.step()
        steps -= 1
    return fault


def started(case: Case) -> Oracle:
    return Oracle(
        case.bundles, case.memory, reference=case.reference, debug=case.debug, pauses=case.pauses
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_row_holds(case: Case) -> None:
    oracle = started(case)
    fault = run(oracle, case.steps, case.resumes)
    assert fault == case.fault
    assert {place: oracle.scratch[place] for place in case.scratch} == case.scratch
    memory = dict(enumerate(case.memory)) | dict(case.stored)
    assert dict(enumerate(oracle.memory)) == memory
    found = (oracle.pc, oracle.cycle, oracle.state, tuple(oracle.trace))
    assert found == (case.pc, case.cycle, case.state, tuple(case.trace))


def test_rows_have_ids_and_sentences() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(case.sentence for case in CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case.fault], ids=lambda case: case.id)
def test_fault_changes_nothing(case: Case) -> None:
    """The bundle before the fault and the fault itself leave the same machine; it faults again."""
    oracle, fault = started(case), None
    while fault is None:
        before = (
            list(oracle.scratch), list(oracle.memory), list(oracle.trace),
            oracle.pc, oracle.cycle, oracle.position,
        )  # fmt: skip
        fault = oracle.step()
    for _ in range(2):
        after = (
            oracle.scratch, oracle.memory, oracle.trace, oracle.pc, oracle.cycle, oracle.position
        )  # fmt: skip
        assert after == before
        assert oracle.step() == fault


def test_stopped_oracle_does_nothing() -> None:
    oracle = Oracle([{"flow": [["halt"]]}, {"load": [["const", 0, 1]]}], [])
    assert [oracle.step(), oracle.step()] == [None, None]
    assert (oracle.state, oracle.pc, oracle.cycle, oracle.position) == ("stopped", 1, 1, 1)
    assert oracle.scratch[0] == 0


def test_end_is_met_by_a_step_of_its_own() -> None:
    oracle = Oracle([{}], [])
    oracle.step()
    assert (oracle.state, oracle.pc, oracle.position) == ("running", 1, 1)
    oracle.step()
    assert (oracle.state, oracle.pc, oracle.position) == ("stopped", 1, 1)


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: f"seed-{image[0]}")
def test_images_follow_the_seed(image: Image) -> None:
    seed, height, rounds, batch, memory = image
    rng, nodes = random.Random(seed), 2 ** (height + 1) - 1
    tree = [rng.randint(0, 2**30 - 1) for _ in range(nodes)]
    values = [rng.randint(0, 2**30 - 1) for _ in range(batch)]
    header = [rounds, nodes, batch, height, 7, 7 + nodes, 7 + nodes + batch]
    assert memory == [*header, *tree, *[0] * batch, *values]


def test_hash_table_has_six_stages() -> None:
    assert len(HASH_CONSTANTS) == len(HASH_SHIFTS) == len(HASH_OPERATORS) == 6


# --- what passes the loader -----------------------------------------------------------------------


def placed_slots(bundles: Program) -> Iterator[tuple[str, list[Any]]]:
    for bundle in bundles:
        for engine, slots in bundle.items():
            yield from ((engine, list(slot)) for slot in slots)


def fits(role: str, operand: Any, imm: Any) -> bool:
    tests: dict[str, Callable[[], bool]] = {
        "w": lambda: 0 <= operand < SCRATCH,
        "v": lambda: 0 <= operand <= SCRATCH - 8,
        "d": lambda: 0 <= operand + imm < SCRATCH,
        "l": lambda: len(operand) == 8,
    }
    return role not in tests or tests[role]()


def loads(engine: str, slot: list[Any]) -> bool:
    if engine == "debug" and slot[0] not in ROLES["debug"]:
        return True
    roles = ROLES[engine][slot[0]]
    checks = zip(roles, slot[1:], strict=True)
    return all(fits(role, operand, slot[-1]) for role, operand in checks)


def assert_loads(bundles: Program, debug_limit: int) -> None:
    for bundle in bundles:
        for engine, slots in bundle.items():
            assert len(slots) <= (debug_limit if engine == "debug" else LIMITS[engine])
    assert all(loads(engine, slot) for engine, slot in placed_slots(bundles))
    assert json.loads(json.dumps(bundles)) == bundles


def test_rows_pass_a_loader() -> None:
    for case in CASES:
        assert_loads(case.bundles, debug_limit=65)


# --- random programs ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def programs() -> list[RandomProgram]:
    return [random_program(random.Random(seed)) for seed in range(SEEDS)]


class Coverage:
    """What a set of programs reached: opcodes, faults, stops and lengths of their runs."""

    def __init__(self, programs: list[RandomProgram]) -> None:
        self.opcodes: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[tuple[str, str]] = Counter()
        self.fault_opcodes: set[str] = set()
        self.lanes: set[int | None] = set()
        self.ends: Counter[str] = Counter()
        self.lengths: list[int] = []
        self.conflicts = 0
        for program in programs:
            self.follow(program)

    def follow(self, program: RandomProgram) -> None:
        oracle = Oracle(program.bundles, program.memory, reference=program.reference)
        for _ in range(STEPS):
            pc, position = oracle.pc, oracle.position
            fault = oracle.step()
            if fault is not None:
                self.note_fault(program.bundles[fault.pc], fault)
            if oracle.position > position:
                self.note_bundle(program.bundles[pc], oracle)
            if oracle.state in ("faulted", "stopped"):
                break
        self.lengths.append(oracle.position)
        self.ends["end" if oracle.pc >= len(program.bundles) else oracle.state] += 1

    def note_bundle(self, bundle: Bundle, oracle: Oracle) -> None:
        slots = list(placed_slots([bundle]))
        self.opcodes.update((engine, slot[0]) for engine, slot in slots)
        self.ends["pauses passed"] += oracle.state == "paused"
        self.ends["free"] += not bundle.keys() - {"debug"}
        dests = [slot[1] for engine, slot in slots if engine in ("alu", "load")]
        self.conflicts += len(dests) > len(set(dests))

    def note_fault(self, bundle: Bundle, fault: Fault) -> None:
        self.faults[fault.kind, fault.engine] += 1
        self.fault_opcodes.add(bundle[fault.engine][fault.slot][0])
        self.lanes.add(fault.lane)


@pytest.fixture(scope="module")
def coverage(programs: list[RandomProgram]) -> Coverage:
    return Coverage(programs)


def test_random_programs_pass_a_loader(programs: list[RandomProgram]) -> None:
    for program in programs:
        assert_loads(program.bundles, debug_limit=64)


def test_random_programs_are_reproducible() -> None:
    assert random_program(random.Random(5)) == random_program(random.Random(5))
    assert random_program(random.Random(5)) != random_program(random.Random(6))


def test_random_programs_reach_every_opcode(coverage: Coverage) -> None:
    opcodes = {(engine, op) for engine, ops in ROLES.items() for op in ops}
    others = {("debug", "comment"), ("debug", "note")}
    assert opcodes | others == coverage.opcodes.keys()


def test_random_programs_reach_every_fault(coverage: Coverage) -> None:
    assert coverage.faults.keys() == KINDS
    faulting = {"//", "%", "cdiv", *ROLES["load"], *ROLES["store"], *ROLES["debug"]} - {"const"}
    assert faulting | {"jump", "cond_jump", "cond_jump_rel"} == coverage.fault_opcodes
    assert coverage.lanes == {None, *range(8)}


def test_random_programs_reach_every_stop(coverage: Coverage) -> None:
    assert all(coverage.ends[end] >= 10 for end in ("end", "stopped", "faulted", "running"))
    assert all(coverage.ends[seen] >= 100 for seen in ("pauses passed", "free"))


def test_random_programs_run_for_a_while(coverage: Coverage) -> None:
    assert median(coverage.lengths) >= 25
    assert coverage.conflicts >= 1000
