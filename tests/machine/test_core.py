"""The cores with a timeline against the plain model, on random programs and loops.

After every bundle, back to the start and forth, from anywhere to anywhere, with flags on pcs and
on memory: pictures, stops, faults and commits are the same.
"""

import random
import signal
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest

from machine import Machine, Program, Reason
from machine.conditions import Need, Trap
from machine.core import choose_core
from machine.model import Model
from machine.protocol import (
    BREAK_AFTER,
    BREAK_AFTER_READ,
    BREAK_AFTER_WRITE,
    BREAK_BEFORE,
    BREAK_BEFORE_READ,
    NO_LIMIT,
)
from machine.timeline import UNDONE_AT_ONCE, Timeline
from tests.oracle.randomprograms import random_program
from tests.parts import in_parts

STEPS = 200
PLENTY = 10**6


def cores() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {"model": partial(Timeline.on, choose_core("model"))}
    if choose_core().name == "compiled":
        found["compiled"] = partial(Timeline.on, choose_core("compiled"))
    return found


CORES = cores()


@pytest.fixture(params=CORES)
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return CORES[str(request.param)]


class Picture(NamedTuple):
    pc: int
    cycle: int
    position: int
    state: str
    scratch: list[int]
    memory: list[int]
    trace: list[int]
    visits: list[int]


def picture(core: Any) -> Picture:
    visits = [] if core.visits is None else list(core.visits)
    return Picture(
        core.pc,
        core.cycle,
        core.position,
        str(core.state),
        list(core.scratch),
        list(core.memory),
        list(core.trace),
        visits,
    )


class Case:
    """A random program and options, all from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        generated = random_program(self.rng)
        self.program = Program.from_bundles(generated.bundles)
        self.memory = generated.memory
        self.options: dict[str, Any] = {
            "reference": generated.reference,
            "history": PLENTY,
            "pauses": self.rng.random() < 0.7,
            "debug": self.rng.random() < 0.8,
        }

    def load(self, make: Callable[..., Any], **more: Any) -> Any:
        return make(self.program, self.memory, **{**self.options, **more})

    def pictures(self, steps: int = STEPS) -> list[Picture]:
        """Of every position that the model comes to."""
        model = self.load(Model)
        pictures = [picture(model)]
        while len(pictures) <= steps:
            model.run(1)
            if model.position != len(pictures):
                break
            pictures.append(picture(model))
        return pictures


def cases(first: int, count: int) -> Iterator[Case]:
    return map(Case, range(first, first + count))


@pytest.mark.parametrize("first", in_parts(30, 60, soaked=2000))
def test_equals_the_model_after_every_bundle_and_back(make: Callable[..., Any], first: int) -> None:
    for case in cases(first, 30):
        model, core = case.load(Model, count=True), case.load(make, count=True)
        pictures = [picture(model)]
        for _ in range(STEPS):
            assert core.run(1) == model.run(1)
            assert picture(core) == picture(model)
            assert core.last_commit() == model.last_commit()
            assert core.checkpoint() == model.checkpoint()
            if model.position < len(pictures):
                break
            pictures.append(picture(model))
        for before in reversed(pictures[:-1]):
            assert core.undo() == model.undo()
            assert picture(core) == picture(model) == before
        assert core.undo() is None


def test_stops_where_the_model_stops(make: Callable[..., Any]) -> None:
    for case in cases(500, 60):
        rng, model, core = case.rng, case.load(Model), case.load(make)
        for pc in range(len(case.program)):
            model.flags[pc] = core.flags[pc] = rng.choice((0, 0, 0, 0, 1, 2, 3))
        for _ in range(40):
            if rng.random() < 0.2:
                assert core.undo() == model.undo()
            limits = rng.choice((1, 5, 100)), rng.choice((NO_LIMIT, NO_LIMIT, rng.randrange(80)))
            first = rng.random() < 0.5
            assert core.run(*limits, check_first=first) == model.run(*limits, check_first=first)
            assert picture(core) == picture(model)


def test_goes_from_anywhere_to_anywhere(make: Callable[..., Any]) -> None:
    for case in cases(1000, 40):
        pictures, core = case.pictures(), case.load(make)
        core.run(case.rng.randrange(len(pictures)))
        for _ in range(12):
            target = case.rng.choice(pictures)
            assert core.seek(target.position).reason is Reason.BUDGET
            assert picture(core) == target
            before = case.rng.choice(pictures)
            first = next(p for p in pictures if p.cycle == before.cycle)
            assert core.seek_cycle(before.cycle).reason is Reason.BUDGET
            assert picture(core) == first
            if first.position:
                commit = core.last_commit()
                assert commit is not None
                assert commit.pc == pictures[first.position - 1].pc
                assert core.undo() == commit
                assert picture(core) == pictures[first.position - 1]


def counting(bundles: int, rounds: int) -> Program:
    """A loop that stores, traces now and then, and passes bundles of debug slots alone."""
    start = [{"load": [["const", 0, rounds], ["const", 1, 1]]}]
    body: list[dict[str, Any]] = [
        {"alu": [["+", 2, 2, 1], ["^", 3, 3, 2]], "store": [["store", 4, 2]]}
        for _ in range(bundles - 3)
    ]
    back = {"alu": [["-", 0, 0, 1]], "flow": [["cond_jump", 0, 1]]}
    trace = {"flow": [["trace_write", 2]], "load": [["load", 5, 4]]}
    return Program.from_bundles([*start, *body, {"debug": [["comment", 1]]}, trace, back])


@pytest.mark.parametrize("interval", [1, 7, 100, 5000])
def test_keyframes_and_log_lead_to_the_same(make: Callable[..., Any], interval: int) -> None:
    program, rng = counting(8, 1200), random.Random(interval)
    core = make(program, [0] * 3, history=NO_LIMIT, count=True)
    core.set_interval(interval)
    model = Model(program, [0] * 3, count=True)
    pictures = [picture(model)]
    while model.run(1).reason is Reason.BUDGET:
        pictures.append(picture(model))
    assert core.run(PLENTY).reason is Reason.END
    for _ in range(30 if isinstance(core.core, Model) else 300):
        target = rng.choice(pictures)
        if rng.random() < 0.3:
            target = next(p for p in pictures if p.cycle == target.cycle)
            core.seek_cycle(target.cycle)
        else:
            core.seek(target.position)
        assert picture(core) == target
        for back in range(min(rng.choice((0, 0, 1, 20)), target.position)):
            assert core.undo() is not None
            assert picture(core) == pictures[target.position - back - 1]


@pytest.mark.parametrize("seed", range(30))
def test_words_set_by_hand_belong_to_their_position(make: Callable[..., Any], seed: int) -> None:
    program, rng = counting(6, 60), random.Random(seed)
    core = make(program, [0] * 3, history=NO_LIMIT)
    core.set_interval(rng.choice((1, 5, 40)))
    line: dict[int, Any] = {}
    known = plain_line(program, {})
    for _ in range(25):
        core.seek(rng.randrange(len(known)))
        for _ in range(rng.choice((0, 0, 1, 30))):
            core.undo()
        assert picture(core) == known[core.position]
        if rng.random() < 0.4:
            edit = (rng.randrange(8, 20), rng.randrange(2**32))
            core.scratch[edit[0]] = edit[1]
            line = {at: made for at, made in line.items() if at <= core.position}
            line[core.position] = [*line.get(core.position, []), edit]
            known = plain_line(program, line)
        core.run(rng.randrange(30))
        assert picture(core) == known[core.position]


def plain_line(program: Program, edits: dict[int, list[tuple[int, int]]]) -> list[Picture]:
    model = Model(program, [0] * 3)
    pictures = []
    while True:
        for address, word in edits.get(model.position, []):
            model.scratch[address] = word
        pictures.append(picture(model))
        if model.run(1).reason is not Reason.BUDGET:
            return pictures


def test_what_is_kept_stays_within_its_limit(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = counting(8, 1200)
    core, model = make(program, [0] * 100, history=NO_LIMIT), Model(program, [0] * 100)
    monkeypatch.setattr("machine.timeline.KEYFRAME_BYTES", 20 * core.core.saved_bytes)
    core.set_interval(16)
    core.run(PLENTY)
    assert len(core.keyframes) <= 20
    model.run(core.position - 3000)
    core.seek(model.position)
    assert picture(core) == picture(model)


def touching() -> Program:
    """Reads words 0:8 and 9, writes word 5 and words 8:16."""
    return Program.from_bundles(
        [
            {"load": [["const", 0, 5], ["const", 1, 8]]},
            {"load": [["vload", 16, 2]]},
            {"store": [["store", 0, 1]]},
            {"load": [["load", 3, 1]]},
            {"store": [["vstore", 1, 16]]},
            {"alu": [["+", 4, 4, 4]]},
        ]
    )


@pytest.mark.parametrize(
    ("address", "flag", "stops"),
    [
        (5, 1, [("breakpoint", 1)]),
        (5, 2, [("breakpoint", 2)]),
        (5, 4, [("watchpoint", 2)]),
        (5, 8, [("watchpoint", 3)]),
        (5, 15, [("breakpoint", 1), ("watchpoint", 2), ("watchpoint", 3)]),
        (8, 3, [("breakpoint", 3), ("breakpoint", 4)]),
        (15, 10, [("breakpoint", 4), ("watchpoint", 5)]),
        (16, 15, []),
    ],
)
def test_memory_flags_stop_at_the_word(
    make: Callable[..., Any], address: int, flag: int, stops: list[tuple[str, int]]
) -> None:
    core = make(touching(), [0] * 20, history=PLENTY)
    core.memory_flags[address] = flag
    found = []
    while (stop := core.run(PLENTY)).reason is not Reason.END:
        found.append((str(stop.reason), stop.position))
    assert found == stops
    core.seek(0)
    assert core.seek(6).position == 6


def flags_touched(case: Case, at: Picture, flags: bytearray) -> int:
    """The flags that the bundle at a position meets, by reads and by writes."""
    found = 0
    for slot in case.program.bundle(at.pc):
        shift = slot.operands[2] if slot.opcode.name == "load_offset" else 0
        operand, kinds = (1, 1 | 4) if slot.engine == "load" else (0, 2 | 8)
        lanes = {"load": 1, "load_offset": 1, "vload": 8, "store": 1, "vstore": 8}
        for lane in range(lanes.get(slot.opcode.name, 0)):
            found |= flags[at.scratch[slot.operands[operand] + shift] + lane] & kinds
    return found


def test_memory_flags_stop_at_every_touch(make: Callable[..., Any]) -> None:
    for case in cases(2000, 60):
        case.options["pauses"] = False
        pictures, core = case.pictures(), case.load(make)
        flags = bytearray(
            case.rng.choices((0, 1, 2, 4, 8, 15), (6, 1, 1, 1, 1, 1), k=len(case.memory))
        )
        core.memory_flags[:] = flags
        expected: list[Any] = []
        for at in pictures[:-1]:
            touched = flags_touched(case, at, flags)
            passed_over = not at.position or (
                expected and expected[-1] == ("watchpoint", at.position)
            )
            if touched & 3 and not passed_over:
                expected.append(("breakpoint", at.position))
            halts = any(slot.opcode.name == "halt" for slot in case.program.bundle(at.pc))
            if touched & 12 and not halts:
                expected.append(("watchpoint", at.position + 1))
        found = []
        while core.position < pictures[-1].position:
            stop = core.run(pictures[-1].position - core.position)
            assert picture(core) == pictures[core.position]
            found.append((str(stop.reason), stop.position))
        if found and found[-1][0] in ("budget", "halt"):
            found.pop()
        assert found == expected


def test_a_flag_in_memory_leaves_no_trace(make: Callable[..., Any]) -> None:
    core, plain = make(touching(), [0] * 20, count=True), Model(touching(), [0] * 20, count=True)
    core.memory_flags[5] = 2
    assert core.run(PLENTY).position == 2
    plain.run(2)
    assert picture(core) == picture(plain)
    assert core.last_commit() == plain.last_commit()
    core.memory_flags[5] = 0
    assert core.run(PLENTY).reason is Reason.END


def test_a_cycle_where_the_pc_was_set(make: Callable[..., Any]) -> None:
    core = make(counting(6, 10), [0] * 3, history=PLENTY)
    core.run(3)
    core.pc = 1
    assert core.seek_cycle(3) == core.seek(3)
    assert core.pc == 1


def test_asking_for_the_last_bundle_changes_nothing(make: Callable[..., Any]) -> None:
    """Not even whether a pause at the end of the program was passed."""
    program = Program.from_bundles([{"alu": []}, {"flow": [["pause"]]}])
    core = make(program, [], history=PLENTY)
    assert core.run(5).reason is Reason.PAUSE
    assert core.run(5).reason is Reason.END
    here = picture(core)
    core.seek(1)
    core.seek(2)
    core.run(1)
    assert core.last_commit() is not None
    assert picture(core) == here


def test_an_edit_where_nothing_more_is_remembered(make: Callable[..., Any]) -> None:
    core = make(counting(6, 10), [0] * 3, history=1)
    core.run(1)
    core.scratch[0] = 4
    core.run(1)
    assert core.undo() is not None
    assert core.undo() is not None
    assert core.position == 0
    assert core.undo() is None


def test_an_interrupt_ends_a_run(make: Callable[..., Any]) -> None:
    core = make(Program.from_bundles([{"flow": [["jump", 0]]}]), [], history=PLENTY)
    core.interrupt()
    assert core.run(10**12).reason is Reason.BUDGET
    assert core.seek(100).position == 100


def test_history_that_is_not_kept_is_not_made_up(make: Callable[..., Any]) -> None:
    core = make(counting(6, 10), [0] * 3)
    core.run(20)
    assert core.undo() is not None
    assert core.undo() is None
    core.run(1)
    core.restore(core.checkpoint())
    assert core.last_commit() is None
    with pytest.raises(ValueError, match="before all history"):
        core.seek(core.position - 2)
    core = make(counting(6, 10), [0] * 3, history=1)
    core.run(5)
    core.restore(core.checkpoint())
    core.run(5)
    with pytest.raises(ValueError, match="before all history"):
        core.seek(4)
    assert core.seek(5).position == 5


FAR = (2**61, 2**62, 2**62 + 1, 2**63 - 1, 2**63, 2**64, 2**200)


@pytest.mark.parametrize("target", [*FAR, *(-far for far in FAR), -1, 0, 7])
@pytest.mark.parametrize("op", ["jump", "cond_jump", "cond_jump_rel"])
def test_targets_of_any_size(make: Callable[..., Any], op: str, target: int) -> None:
    slot: list[Any] = [op, target] if op == "jump" else [op, 0, target]
    # The engine puts the jump before the addition.
    jump = {"alu": [["+", 1, 1, 1]], "flow": [slot]}
    program = Program.from_bundles([{"load": [["const", 0, 1]]}, jump, {"alu": []}])
    model, core = Model(program, []), make(program, [])
    for _ in range(2):
        assert core.run(1) == model.run(1)
    assert (core.pc, core.state) == (model.pc, model.state)
    fresh = make(program, [])
    fresh.restore(core.checkpoint())
    assert fresh.pc == core.pc
    assert fresh.checkpoint() == model.checkpoint()


@pytest.mark.parametrize("flag", [None, BREAK_BEFORE, BREAK_AFTER])
@pytest.mark.parametrize("fault", [None, 5, 64, 150])
def test_straight_stretches(make: Callable[..., Any], flag: int | None, fault: int | None) -> None:
    """What happens within many bundles that only lead to the next, where it is and no later."""
    bundles: list[Any] = [{"load": [["const", 1, 7]]}]
    for pc in range(1, 200):
        store = {"store": [["store", 0, 2]]} if pc % 7 == 0 else {}
        debug = {"debug": [["compare", 1, "seven"]]} if pc % 5 == 0 else {}
        work = {} if pc % 10 == 0 else {"alu": [["+", 2, 2, 1], ["^", 3, 2, 4]]}
        bundles.append({**debug, **store, **work})
    if fault:
        bundles[fault]["load"] = [["const", 9, 1], ["load", 8, 1]]
    program = Program.from_bundles(bundles)
    for flagged in (1, 63, 64, 65, 149, 199):
        options: dict[str, Any] = {"reference": {"seven": 7}, "history": 300, "count": True}
        model, core = Model(program, [0] * 2, **options), make(program, [0] * 2, **options)
        for machine in (model, core):
            machine.flags[flagged] = flag or 0
        for budget in (3, 70, 10**6, 10**6):
            assert core.run(budget) == model.run(budget)
            assert core.visits == model.visits
            assert core.last_commit() == model.last_commit()
            assert core.checkpoint() == model.checkpoint()
        while model.undo():
            core.undo()
            assert core.checkpoint() == model.checkpoint()


def test_flags_hold_a_run_up_no_matter_the_direct_bundles(make: Callable[..., Any]) -> None:
    """The slots of a bundle may be executed in any order, but faults are told in its own."""
    bundle = {
        "valu": [["//", 8, 16, 24]],
        "alu": [["+", 0, 0, 0], ["%", 1, 2, 3]],
        "load": [["load", 4, 5]],
    }
    for order in (list(bundle), list(bundle)[::-1]):
        program = Program.from_bundles([{engine: bundle[engine] for engine in order}])
        assert make(program, []).run(1) == Model(program, []).run(1)


@pytest.mark.parametrize("fault", [False, True])
def test_words_written_twice_in_straight_bundles(make: Callable[..., Any], fault: bool) -> None:
    """The later write, as written, wins, whatever order the slots are executed in."""
    bundle = {
        "alu": [["^", 1, 4, 5], ["+", 1, 4, 6], ["-", 2, 4, 5], ["^", 2, 6, 5], ["+", 3, 1, 2]],
        "valu": [["^", 8, 24, 32], ["+", 12, 24, 32], ["^", 9, 32, 24]],
        "load": [["const", 13, 99], ["load", 7, 40 if fault else 41]],
    }
    start = {"load": [["const", 4, 7], ["const", 40, 9]]}
    rest = {"alu": [["+", 5, 4, 4], ["*", 6, 4, 4]], "valu": [["vbroadcast", 24, 4]]}
    for engines in (list(bundle), list(bundle)[::-1]):
        straight = {engine: bundle[engine] for engine in engines}
        program = Program.from_bundles([start, rest, straight, straight])
        model, core = Model(program, [5], history=9), make(program, [5], history=9)
        for _ in range(5):
            assert core.run(1) == model.run(1)
            assert core.last_commit() == model.last_commit()
            assert core.checkpoint() == model.checkpoint()
        while model.undo():
            core.undo()
            assert core.checkpoint() == model.checkpoint()


def test_a_bundle_with_very_many_debug_slots(make: Callable[..., Any]) -> None:
    compares = [["compare", 0, "zero"]] * 70_000
    program = Program.from_bundles([{"debug": compares}, {"debug": [*compares, ["compare", 1, 1]]}])
    options: dict[str, Any] = {"reference": {"zero": 0, 1: 5}, "history": 1}
    core = make(program, [], **options)
    assert core.run(5) == Model(program, [], **options).run(5)
    assert core.position == 1


def test_flag_values_are_those_of_the_model() -> None:
    assert (BREAK_BEFORE, BREAK_AFTER) == (1, 2)


def test_a_program_is_lowered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many machines it is loaded on, also with memories of their own."""
    if "compiled" not in CORES:
        pytest.skip("the compiled core was not built")
    from machine import _core

    made: list[object] = []

    class Counted:
        def __new__(cls, *arguments: Any) -> Any:
            made.append(lower(*arguments))
            return made[-1]

    lower = _core.Lowered
    monkeypatch.setattr(_core, "Lowered", Counted)
    program = counting(8, 50)
    ends = [Machine(program, [0] * words, core="compiled").run() for words in (100, 100, 200)]
    assert len(set(ends)) == 1
    assert len(made) == 1
    Machine(counting(8, 50), [0] * 100, core="compiled")
    assert len(made) == 2


def test_a_core_that_does_not_heed_flags_executes_all_in_one_go(make: Callable[..., Any]) -> None:
    program = Program.from_bundles([{"flow": [["add_imm", 0, 0, 1]]}] * 5)
    core = make(program, [0]).core
    core.flags[:] = bytes([BREAK_BEFORE | BREAK_AFTER] * 5)
    core.memory_flags[:] = bytes([15])
    stop = core.run(4, heed=False)
    assert (stop.reason, stop.position, core.scratch[0]) == (Reason.BUDGET, 4, 4)


def test_what_the_last_bundle_did_is_found_again_however_far_the_keyframe_before() -> None:
    core = CORES["model"](counting(8, 5000), [0] * 100, history=NO_LIMIT)
    core.set_interval(3 * core.stretch)
    core.run(4 * core.stretch)
    kept = core.keyframes[1].position
    core.seek(kept)
    commit = core.last_commit()
    assert commit is not None
    assert (commit.position, core.position) == (kept - 1, kept)


def test_without_history_nothing_is_kept_and_nothing_lies_before(make: Callable[..., Any]) -> None:
    core = make(counting(8, 50), [0] * 100)
    core.run(20)
    assert core.keyframes == []
    with pytest.raises(ValueError, match=r"^position 10 lies before all history$"):
        core.seek(10)
    assert core.seek(20).position == 20


def test_memory_stops_a_run_though_each_word_has_the_same_flag(make: Callable[..., Any]) -> None:
    loads = [{"load": [["load", 1, 0]]}]
    core = make(Program.from_bundles([*loads, *loads]), [7])
    core.memory_flags[:] = bytes([BREAK_BEFORE_READ])
    assert [core.run(PLENTY).reason for _ in range(2)] == [Reason.BREAKPOINT, Reason.END]


def test_so_many_bundles_are_undone_as_history_has(make: Callable[..., Any]) -> None:
    core = make(counting(8, 50), [0] * 100, history=5)
    core.run(20)
    undone = [core.undo() for _ in range(6)]
    assert [commit and commit.position for commit in undone] == [19, 18, 17, 16, 15, None]


def test_where_one_goes_so_many_bundles_are_undone_again(make: Callable[..., Any]) -> None:
    core = make(counting(8, 50), [0] * 100, history=5)
    core.run(20)
    core.seek(10)
    undone = [core.undo() for _ in range(6)]
    assert [commit and commit.position for commit in undone] == [9, 8, 7, 6, 5, None]


def test_whichever_way_one_goes_back_it_is_known_how_far_one_has_been(
    make: Callable[..., Any],
) -> None:
    ways: tuple[Callable[[Timeline], object], ...] = (
        lambda core: core.undo(),
        lambda core: core.seek(18),
        lambda core: core.seek(2),
        lambda core: core.seek_cycle(2),
    )
    for back in ways:
        core = make(counting(8, 50), [0] * 100, history=NO_LIMIT)
        core.run(20)
        back(core)
        assert core.position < core.frontier == 20


def test_the_cycle_at_which_a_program_ends_can_be_gone_to(make: Callable[..., Any]) -> None:
    add, halt = {"alu": [["+", 1, 1, 1]]}, {"flow": [["halt"]]}
    for last, reason in ((add, Reason.END), (halt, Reason.HALT)):
        core = make(Program.from_bundles([add, add, last]), [], history=NO_LIMIT)
        assert [core.seek_cycle(3).reason, core.cycle] == [Reason.BUDGET, 3]
        assert [core.seek_cycle(4).reason, core.cycle] == [reason, 3]


def test_where_one_has_been_compares_do_not_count_again(make: Callable[..., Any]) -> None:
    compares = {"debug": [["compare", 0, "key"]], "alu": [["+", 1, 1, 1]]}
    program = Program.from_bundles([compares] * 5)
    core = make(program, [0], reference={"key": 1}, debug=False, history=NO_LIMIT)
    core.run(4)
    core.debug = True
    core.seek(0)
    assert core.frontier == 4
    assert (core.seek(4).reason, core.debug) == (Reason.BUDGET, True)
    assert core.seek(5).reason is Reason.FAULT


def test_who_comes_again_to_a_halt_that_was_taken_back_goes_on(make: Callable[..., Any]) -> None:
    program = Program.from_bundles([{"alu": [["+", 1, 1, 2]]}, {"flow": [["halt"]]}])
    core = make(program, [0], history=NO_LIMIT)
    assert core.run(PLENTY).reason is Reason.HALT
    core.pc = 0
    assert core.seek(0).position == 0
    assert core.seek(2) == (Reason.BUDGET, 0, 2, 2, None, None)
    core.seek(0)
    assert core.run(3) == (Reason.BUDGET, 1, 3, 3, None, None)
    assert core.run(PLENTY) == (Reason.HALT, 2, 4, 4, None, None)


def test_a_new_start_has_nothing_that_was_set_by_hand(make: Callable[..., Any]) -> None:
    core = make(counting(8, 50), [0] * 100, history=NO_LIMIT)
    core.run(30)
    expected = picture(core)
    core.seek(0)
    for position in (10, 20):
        core.seek(position)
        core.scratch[3] = position
    core.restart()
    assert core.edits == 0
    core.seek(30)
    assert picture(core) == expected


def test_a_new_start_forgets_no_way(make: Callable[..., Any]) -> None:
    core = make(counting(8, 50), [0] * 100, history=NO_LIMIT)
    core.set_interval(7)
    core.run(30)
    core.restart()
    assert (core.position, core.frontier) == (0, 30)


@pytest.mark.parametrize(("history", "edits"), [(0, 0), (NO_LIMIT, 2)])
def test_words_set_at_one_position_are_one_edit(
    make: Callable[..., Any], history: int, edits: int
) -> None:
    core = make(counting(8, 50), [0] * 100, history=history)
    for _ in range(2):
        core.run(5)
        core.scratch[3] = 1
        core.memory[3] = 2
    assert core.edits == edits


def edit(core: Timeline) -> None:
    core.scratch[3] = 1


def restore(core: Timeline) -> None:
    core.restore(core.checkpoint())


@pytest.mark.parametrize(("change", "step"), [(edit, "_forget_past"), (restore, "_start_history")])
def test_ctrl_c_waits_for_the_end_of_a_change(
    make: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, change: Any, step: str
) -> None:
    core = make(counting(8, 50), [0] * 100, history=NO_LIMIT)
    core.run(10)
    takes_the_step, ended = getattr(core, step), []

    def interrupted(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        takes_the_step(*arguments)
        ended.append(step)

    monkeypatch.setattr(core, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        change(core)
    assert ended == [step]


@pytest.mark.parametrize("pauses", [False, True])
def test_recalling_what_was_done_changes_no_state(make: Callable[..., Any], pauses: bool) -> None:
    bundles = [{"flow": [["add_imm", 0, 0, 1]]}, {"flow": [["pause"]]}, {"flow": [["halt"]]}]
    core = make(Program.from_bundles(bundles), [0], pauses=pauses, history=NO_LIMIT)
    core.set_interval(1)
    core.run(2)
    core.run(1)
    core.seek(2)
    state, core.pauses = core.state, True
    commit = core.last_commit()
    assert commit is not None
    assert (commit.pc, core.state, core.position) == (1, state, 2)
    assert str(state) == ("paused" if pauses else "running")


def test_undoing_has_its_end_where_the_record_of_the_core_ends_earlier() -> None:
    core = CORES["model"](counting(8, 5000), [0] * 100, history=UNDONE_AT_ONCE + 500)
    core.run(2 * UNDONE_AT_ONCE + 500)
    undone = 0
    while core.undo():
        undone += 1
    assert (undone, core.position) == (UNDONE_AT_ONCE + 500, UNDONE_AT_ONCE)


def test_a_cycle_before_all_history_is_refused(make: Callable[..., Any]) -> None:
    core = make(counting(8, 50), [0] * 100, history=NO_LIMIT)
    core.run(20)
    core.restore(core.checkpoint())
    core.run(5)
    with pytest.raises(ValueError, match=r"^cycle 10 lies before all history$"):
        core.seek_cycle(10)


TRAPPED = Program.from_bundles(
    [
        {"load": [["const", 0, 3]]},
        {"load": [["load", 1, 0]]},
        {"store": [["store", 0, 1]]},  # the word that was there
        {"alu": [["+", 1, 1, 0]]},
        {"store": [["store", 0, 1]]},
        {"load": [["load", 1, 0]]},  # the word that is there
        {"alu": [["+", 1, 1, 0]]},
        {"alu": [["+", 2, 1, 0]]},
    ]
)


@pytest.mark.parametrize(
    ("needs", "start", "stops"),
    [
        (Need.READ_MEMORY, 3, [2, 6]),
        (Need.TOUCH_MEMORY, 3, [2, 3, 5, 6]),
        (Need.CHANGE_MEMORY, 3, [5]),
        *((needs, start, []) for needs in list(Need)[2:] for start in (2, 4)),
        (Need.CHANGE_SCRATCH, 1, [2, 4, 7]),
        (Need.CHANGE_SCRATCH, 3, []),
    ],
)  # fmt: skip
def test_a_trap_stops_a_run_at_what_it_needs_and_nowhere_else(
    make: Callable[..., Any], needs: Need, start: int, stops: list[int]
) -> None:
    core = make(TRAPPED, [7] * 8)
    in_memory = needs is not Need.CHANGE_SCRATCH
    core.memory_flags[:] = bytes([BREAK_AFTER_READ | BREAK_AFTER_WRITE] * 8)
    core.flags[:] = bytes([0 if in_memory else BREAK_AFTER] * len(TRAPPED))
    flags = b"" if in_memory else b"\1" * len(TRAPPED)
    core.set_traps([Trap(flags, True, needs, start, start + 1)])
    found = []
    while (stop := core.run(PLENTY)).reason is Reason.WATCHPOINT:
        found.append(stop.position)
    assert (found, stop.reason) == (stops, Reason.END)
