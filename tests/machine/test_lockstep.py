"""In lockstep: what stays together comes out as from a core alone, the rest is given back."""

import os
import random
import signal
import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import pytest

from machine import Problem, Program, Reason
from machine.columns import WORKS
from machine.core import choose_core
from machine.core.inputs import blank_images, draw_images, run_together
from machine.isa import OPCODES
from machine.model import Model
from machine.patterns import Inputs
from machine.protocol import NO_LIMIT
from machine.trials import Trial, run_trials
from tests.oracle.randomprograms import ADDRESSES, ZONE, random_program

if choose_core().name != "compiled":
    pytest.skip("the compiled core was not built", allow_module_level=True)

from machine import _core
from machine.core.compiled import CompiledCore

LIMIT = 400
"""Cycles, after which a random program is given up."""
SIZES = (1, 7, 8, 9, 16, 24, 31, 32)
"""Inputs that make a group, some of them not full."""


class Left(NamedTuple):
    """What a run to its end leaves, or nothing."""

    cycles: int | None
    memory: list[int] | None


NOTHING = Left(None, None)


def options(**more: Any) -> dict[str, Any]:
    return {"debug": False, "pauses": False, **more}


def together(
    program: Program, memories: Sequence[Iterable[int]], max_cycles: int = NO_LIMIT
) -> list[Left]:
    """Run them all by one call."""
    arrays = [array("I", memory) for memory in memories]
    words = len(arrays[0])
    images = array("I")
    for memory in arrays:
        images += memory
    cycles = run_together(CompiledCore(program, arrays[0], **options()), images, words, max_cycles)
    parts = (images[start : start + words].tolist() for start in range(0, len(images), words))
    return [
        NOTHING if count is None else Left(count, part)
        for count, part in zip(cycles, parts, strict=True)
    ]


def alone(
    program: Program,
    memory: Iterable[int],
    max_cycles: int = NO_LIMIT,
    make: Callable[..., Any] = Model,
) -> Left:
    core = make(program, memory, **options())
    stop = core.run(10**6, max_cycles)
    ended = stop.reason in (Reason.END, Reason.HALT)
    return Left(stop.cycle, list(core.memory)) if ended else NOTHING


def varied(rng: random.Random, memory: Sequence[int], words: Iterable[int]) -> list[int]:
    """A memory with some of these words drawn anew."""
    chosen = {at: rng.getrandbits(32) for at in words if rng.random() < 0.8}
    return [chosen.get(at, word) for at, word in enumerate(memory)]


# --- random programs ------------------------------------------------------------------------------


class Road(NamedTuple):
    """How a core alone got to the end."""

    left: Left
    visits: list[int]
    traced: bool


def road(program: Program, memory: list[int]) -> Road:
    core = CompiledCore(program, memory, **options(count=True))
    stop = core.run(10**6, LIMIT)
    left = Left(stop.cycle, list(core.memory))
    ended = stop.reason in (Reason.END, Reason.HALT)
    assert core.visits is not None
    return Road(left if ended else NOTHING, list(core.visits), bool(core.trace))


def random_case(rng: random.Random) -> tuple[Program, list[int]]:
    """A random program that in the end stores all scratch it has used, and its memory."""
    drawn = random_program(rng, longest=30)
    base, size = drawn.bundles[0]["load"][0][1], len(drawn.memory)
    pointer = base - 1 if base else ZONE
    stores = [
        {
            "load": [["const", pointer, size + i]],
            "store": [["vstore", pointer, base + i - 8]] * (i > 0),
        }
        for i in range(0, ZONE + 1, 8)
    ]
    return Program.from_bundles([*drawn.bundles, *stores]), [*drawn.memory, *[0] * ZONE]


@pytest.mark.parametrize("seed", range(200))
def test_random_programs(seed: int) -> None:
    """They stay together where each ends by itself, on the same road as the others; only there."""
    rng = random.Random(seed)
    program, memory = random_case(rng)
    spread = rng.choice((0, 1, 4, ADDRESSES))
    memories = [
        varied(rng, memory, range(ADDRESSES - spread, ADDRESSES)) for _ in range(rng.choice(SIZES))
    ]
    roads = [road(program, memory) for memory in memories]
    first = roads[0]
    if all(
        each.left.cycles is not None and each.visits == first.visits and not each.traced
        for each in roads
    ):
        assert together(program, memories, LIMIT) == [each.left for each in roads]
    else:
        assert together(program, memories, LIMIT) == [NOTHING] * len(memories)


def test_random_programs_do_both() -> None:
    """The test above would say nothing if none stayed together, or all."""
    counts = {True: 0, False: 0}
    for seed in range(40):
        program, memory = random_case(random.Random(seed))
        (left,) = together(program, [memory], LIMIT)
        counts[left.cycles is not None] += 1
    assert min(counts.values()) >= 8


# --- each operation, and bundles whose slots collide ----------------------------------------------

LOAD_ALL = [
    {"load": [["const", 100, 0], ["const", 101, 8]]},
    {"load": [["vload", 0, 100], ["vload", 8, 101]]},
    {"load": [["const", 100, 16], ["const", 101, 1]]},
    {"load": [["vload", 16, 100]]},
]
"""Scratch 0:24 becomes memory 0:24, of which any may differ from input to input; word 101 is 1."""
STORE_ALL = [
    {"load": [["const", 110, 24 + 8 * i]], "store": [["vstore", 110, 8 * (i - 1)]] if i else []}
    for i in range(5)
]
"""Memory 24:56 becomes scratch 0:32."""
WORDS = 64


def calculations() -> Iterable[tuple[str, Any]]:
    for row in OPCODES:
        if row.engine not in ("alu", "valu"):
            continue
        count = len(row.operands) - 1
        for dest in (24, 0, 8, 3, 13):  # apart from its sources, on one of them, across them
            yield (
                f"{row.engine}-{row.name}-{dest}",
                {row.engine: [[row.name, dest, 0, 8, 16][: 2 + count]]},
            )


@pytest.mark.parametrize(
    ("bundle"), [bundle for _, bundle in calculations()], ids=[name for name, _ in calculations()]
)
def test_calculations(bundle: dict[str, Any]) -> None:
    rng = random.Random(str(bundle))
    program = Program.from_bundles([*LOAD_ALL, bundle, *STORE_ALL])
    edges = (1, 2, 7, 31, 32, 33, 2**31, 2**32 - 1)
    memories = [
        [*(rng.choice((*edges, rng.randint(1, 2**32 - 1))) for _ in range(24)), *[0] * (WORDS - 24)]
        for _ in range(11)
    ]
    lefts = [alone(program, memory) for memory in memories]
    assert NOTHING not in lefts
    assert together(program, memories) == lefts


COLLIDING: dict[str, dict[str, Any]] = {
    "swap": {"alu": [["+", 0, 1, 24], ["+", 1, 0, 24]]},
    "ring": {"alu": [["+", 0, 1, 24], ["+", 1, 2, 24], ["+", 2, 0, 24]]},
    "twice": {"alu": [["+", 0, 1, 2], ["*", 0, 3, 4]]},
    "twice-backwards": {"alu": [["*", 0, 3, 4], ["+", 0, 1, 2]]},
    "scalar-in-vector": {"alu": [["+", 3, 1, 2]], "valu": [["+", 0, 8, 16]]},
    "vector-over-scalar": {"valu": [["+", 0, 8, 16]], "alu": [["+", 3, 1, 2]]},
    "vectors-overlap": {"valu": [["+", 0, 8, 16], ["^", 4, 8, 16]]},
    "vector-swap": {"valu": [["+", 0, 8, 32], ["+", 8, 0, 32]]},
    "vector-shift": {"valu": [["+", 1, 0, 32], ["+", 9, 8, 32]]},
    "multiply-onto-itself": {"valu": [["multiply_add", 5, 0, 8, 12]]},
    "broadcast-from-within": {"valu": [["vbroadcast", 0, 3]]},
    "select-onto-itself": {"flow": [["vselect", 4, 0, 8, 1]]},
    "load-and-store": {"load": [["load", 0, 101]], "store": [["store", 101, 0]]},
    "store-before-load": {"store": [["store", 101, 5]], "load": [["load", 5, 101]]},
    "vectors-stored-and-loaded": {"store": [["vstore", 100, 0]], "load": [["vload", 0, 100]]},
    "two-stores": {"store": [["store", 101, 0], ["store", 101, 1]]},
    "vector-over-store": {"store": [["store", 101, 20], ["vstore", 120, 0]]},
    "store-over-vector": {"store": [["vstore", 120, 0], ["store", 101, 20]]},
    "address-overwritten": {"load": [["vload", 96, 101]], "store": [["store", 101, 0]]},
    "one-address-each": {"load": [["load", 0, 101], ["vload", 8, 101]]},
    "one-select": {"flow": [["select", 0, 1, 2, 3]], "load": [["const", 1, 0]]},
    "added": {"flow": [["add_imm", 0, 0, -1]]},
    "core": {"flow": [["coreid", 0]]},
    "debug": {"debug": [["compare", 0, [0, 0, "val"]], ["comment", "x"]]},
    "pause": {"flow": [["pause"]], "alu": [["+", 0, 1, 2]]},
    "empty": {},
}


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("bundle", COLLIDING.values(), ids=COLLIDING)
def test_bundles_that_collide(bundle: dict[str, Any], count: int) -> None:
    rng = random.Random(count)
    program = Program.from_bundles([*LOAD_ALL, bundle, *STORE_ALL])
    memories = [
        [*(rng.getrandbits(rng.choice((1, 32))) for _ in range(24)), *[0] * (WORDS - 24)]
        for _ in range(count)
    ]
    assert together(program, memories) == [alone(program, memory) for memory in memories]


@pytest.mark.parametrize(
    ("op", "width"), [("load", 1), ("vload", 8), ("store", 1), ("vstore", 8), ("load_offset", 1)]
)
def test_addresses_of_ones_own(op: str, width: int) -> None:
    """Each input reads or writes elsewhere, up to the very end of its memory and no further."""
    rng = random.Random(op)
    slot = {"load_offset": [op, 6, -2, 2], "load": [op, 8, 0], "vload": [op, 8, 0]}.get(
        op, [op, 0, 8]
    )
    engine = "store" if "store" in op else "load"
    program = Program.from_bundles([*LOAD_ALL, {engine: [slot]}, *STORE_ALL])
    addresses = [WORDS - width, 0, 24, *(rng.randrange(WORDS - width + 1) for _ in range(10))]
    memories = [[at, *(rng.getrandbits(32) for _ in range(WORDS - 1))] for at in addresses]
    assert together(program, memories) == [alone(program, memory) for memory in memories]
    for outside in (WORDS - width + 1, WORDS, 2**31, 2**32 - 1):
        memories[4][0] = outside
        assert alone(program, memories[4]) == NOTHING
        assert together(program, memories) == [NOTHING] * len(memories)


# --- ways that part -------------------------------------------------------------------------------


def test_a_loop_goes_round_together() -> None:
    loop = [
        {"load": [["const", 0, 0], ["const", 1, 20]]},
        {"load": [["vload", 8, 0]], "flow": [["add_imm", 1, 1, -1]]},
        {"valu": [["*", 8, 8, 8]], "alu": [["+", 2, 2, 8]]},
        {"valu": [["+", 8, 8, 8]], "store": [["vstore", 0, 8]], "flow": [["cond_jump_rel", 1, -3]]},
        {"store": [["store", 0, 2]]},
    ]
    rng, program = random.Random(1), Program.from_bundles(loop)
    memories = [[rng.getrandbits(32) for _ in range(8)] for _ in range(40)]
    lefts = together(program, memories)
    assert lefts == [alone(program, memory) for memory in memories]
    assert lefts[0].cycles == 62


PARTING: dict[str, Any] = {
    "branch": {"flow": [["cond_jump", 0, 3]]},
    "branch-to-the-next": {"flow": [["cond_jump_rel", 0, 0]]},
    "indirect": {"flow": [["jump_indirect", 1]]},
    "division": {"alu": [["//", 5, 4, 2]]},
    "vector-division": {"valu": [["%", 16, 16, 8]]},
    "load": {"load": [["load", 5, 3]]},
    "vector-load": {"load": [["vload", 16, 3]]},
    "store": {"store": [["store", 3, 5]]},
    "vector-store": {"store": [["vstore", 3, 8]]},
    "negative": {"flow": [["cond_jump", 0, -5]]},
}
"""What is harmless for a memory of USUAL, and for one of ODD does something else."""
READ = [{"load": [["vload", 0, 100], ["load", 8, 101]]}]
REST = [{"alu": [["+", 6, 6, 4]]}, {"store": [["vstore", 100, 0]]}]


@pytest.mark.parametrize("odd", [0, 3, 12])
@pytest.mark.parametrize("bundle", PARTING.values(), ids=PARTING)
def test_one_that_goes_its_own_way_takes_all_along(bundle: dict[str, Any], odd: int) -> None:
    fill = {"valu": [["vbroadcast", 8, 2]]}
    program = Program.from_bundles([*READ, fill, bundle, *REST])
    usual, strange = [0, 4, 1, 0, 5, 6, 7, 8], [1, 5, 0, 2**20, 5, 6, 7, 8]
    memories = [[word + (word == 6) * i for word in usual] for i in range(13)]
    lefts = [alone(program, memory) for memory in memories]
    assert NOTHING not in lefts
    assert together(program, memories) == lefts
    memories[odd] = strange
    assert together(program, memories) == [NOTHING] * 13
    # Alone with its like it goes on, wherever that leads.
    assert together(program, [strange] * 13) == [alone(program, strange)] * 13


def test_one_group_does_not_hold_up_another() -> None:
    program = Program.from_bundles([*READ, {"flow": [["cond_jump", 0, 9]]}, *REST])
    memories = [[0] * 7 + [i] for i in range(100)]
    memories[40][0] = 1
    lefts = together(program, memories)
    assert lefts == [
        NOTHING if 32 <= i < 64 else alone(program, memory) for i, memory in enumerate(memories)
    ]


@pytest.mark.parametrize(
    ("bundles", "cycles"),
    [
        ([], 0),
        ([{}, {"debug": [["comment", 1]]}], 0),
        ([{"flow": [["halt"]]}, {"alu": [["//", 0, 0, 0]]}], 1),
        ([{"flow": [["jump", 2**70]]}], 1),
        ([{"flow": [["jump", 1]]}], 1),
        ([{"load": [["const", 0, 2**32 - 1]]}, {"flow": [["jump_indirect", 0]]}], 2),
        ([{"flow": [["cond_jump", 0, -1]]}], 1),
        ([{"flow": [["jump", -1]]}], None),
        ([{"flow": [["jump", -(2**70)]]}], None),
        ([{"flow": [["halt"]], "alu": [["//", 0, 0, 0]]}], None),
        ([{"flow": [["trace_write", 0]]}], None),
    ],
)
def test_ends(bundles: list[dict[str, Any]], cycles: int | None) -> None:
    lefts = together(Program.from_bundles(bundles), [[1, 2], [3, 4]])
    assert [left.cycles for left in lefts] == [cycles] * 2


def test_the_limit_is_that_of_a_core() -> None:
    bundles = [{}, *[{"alu": [["+", 0, 0, 0]]}] * 5, {}]
    program = Program.from_bundles(bundles)
    for limit in (0, 4, 5, 6, NO_LIMIT):
        assert together(program, [[0]] * 3, limit) == [alone(program, [0], limit)] * 3
    assert together(program, [[0]], 4) == [NOTHING]
    assert together(program, [[0]], 5) == [Left(5, [0])]
    assert together(program, [[0]], -1) == [NOTHING]


# --- real kernels ---------------------------------------------------------------------------------


def test_jobs_of_a_real_kernel() -> None:
    from kernels.catalog import build

    problem = Problem(forest_height=4, rounds=5, batch_size=32, seed=3)
    for kernel in ("baseline", "vectors", "treehash"):
        program = build(kernel, problem=problem)
        images = blank_images(problem.layout, 37)
        draw_images(problem, range(37), images)
        words = problem.layout.words
        memories = [images[at : at + words].tolist() for at in range(0, len(images), words)]
        expected = [alone(program, memory, make=CompiledCore) for memory in memories]
        assert NOTHING not in expected
        assert together(program, memories) == expected


# --- Ctrl+C, and whatever it is given -------------------------------------------------------------

ENDLESS = Program.from_bundles(
    [{"load": [["const", 0, 1]]}, {"alu": [["+", 1, 1, 0]], "flow": [["jump", 1]]}]
)


def press_ctrl_c_soon() -> threading.Timer:
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    return timer


LONG_RUNS: dict[str, Callable[[], object]] = {
    "together": lambda: together(ENDLESS, [[0]] * 9),
    "trials": lambda: run_trials(ENDLESS, Inputs(Problem(1, 1, 1)), 9),
}


@pytest.mark.parametrize("run", LONG_RUNS.values(), ids=LONG_RUNS)
def test_ctrl_c_ends_it(run: Callable[[], object]) -> None:
    """The timer's thread could not even press it, were it not let in."""
    timer = press_ctrl_c_soon()
    with pytest.raises(KeyboardInterrupt):
        run()
    timer.join()


def test_more_stores_than_a_loader_lets_pass() -> None:
    """They are given back: in one bundle here, where the loader has seen them in one each."""
    program = Program.from_bundles([{"store": [["store", 0, 1]]}] * 9)
    first_group, *rest = program.columns.arrays
    whole = (array(first_group.typecode, [0, len(first_group) - 1]), *rest)
    state = (array("I", bytes(4 * 1536)), array("I", [0]), bytes(1), None, False)
    machine = _core.Machine(_core.Lowered(whole, WORKS), *state)
    assert machine.advance(10, 10, False, True) == 0
    assert _core.run_together(machine, array("I", [0]), 1, 10) == [-1]


MACHINE = CompiledCore(Program.from_bundles([{"alu": [["+", 0, 0, 0]]}]), [0] * 4)
ONE = array("I", [0] * 4)
DIGIT = bytes([5, 0, 0, 0])
SHAPE = (0, 2, 3, 4)
STAGES = [("+", 1, "+", "<<", 2)]
CALLS: dict[str, Callable[[], object]] = {
    "run-nothing": lambda: _core.run_together(),  # type: ignore[call-arg]
    "run-no-machine": lambda: _core.run_together(object(), ONE, 4, 9),  # type: ignore[arg-type]
    "run-type": lambda: _core.run_together(_core.Machine, ONE, 4, 9),  # type: ignore[arg-type]
    "run-bytes": lambda: _core.run_together(MACHINE, bytes(16), 4, 9),
    "run-items": lambda: _core.run_together(MACHINE, array("Q", [0, 0]), 4, 9),
    "run-list": lambda: _core.run_together(MACHINE, [0] * 4, 4, 9),  # type: ignore[arg-type]
    "run-strided": lambda: _core.run_together(MACHINE, memoryview(ONE)[::2], 2, 9),
    "run-no-words": lambda: _core.run_together(MACHINE, ONE, 0, 9),
    "run-negative-words": lambda: _core.run_together(MACHINE, ONE, -4, 9),
    "run-odd-words": lambda: _core.run_together(MACHINE, ONE, 3, 9),
    "run-many-words": lambda: _core.run_together(MACHINE, ONE, 2**32 + 4, 9),
    "run-huge-words": lambda: _core.run_together(MACHINE, ONE, 2**70, 9),
    "run-huge-limit": lambda: _core.run_together(MACHINE, ONE, 4, 2**63),
    "draw-no-seeds": lambda: _core.draw([], ONE, SHAPE),
    "draw-one-seed": lambda: _core.draw([DIGIT], ONE + ONE, SHAPE),
    "draw-two-seeds": lambda: _core.draw([DIGIT] * 2, ONE, SHAPE),
    "draw-number": lambda: _core.draw([5], ONE, SHAPE),  # type: ignore[list-item]
    "draw-text": lambda: _core.draw(["5000"], ONE, SHAPE),  # type: ignore[list-item]
    "draw-none": lambda: _core.draw(None, ONE, SHAPE),  # type: ignore[arg-type]
    "draw-no-digit": lambda: _core.draw([b""], ONE, SHAPE),
    "draw-half-digit": lambda: _core.draw([b"123456"], ONE, SHAPE),
    "draw-long": lambda: _core.draw([bytes(2500)], ONE, SHAPE),
    "draw-bytes": lambda: _core.draw([DIGIT], bytes(16), SHAPE),
    "solve-outside": lambda: _core.solve(array("I", [0, 0, 2, 0]), SHAPE, 1, STAGES),
    "solve-bytes": lambda: _core.solve(bytes(16), SHAPE, 1, STAGES),
    "solve-no-stages": lambda: _core.solve(ONE[:], SHAPE, 1, None),  # type: ignore[arg-type]
    "solve-stage": lambda: _core.solve(ONE[:], SHAPE, 1, [("*", 1, "+", "<<", 2)]),
    "solve-empty-stage": lambda: _core.solve(ONE[:], SHAPE, 1, [("", 1, "", "", 2)]),
    "solve-short-stage": lambda: _core.solve(ONE[:], SHAPE, 1, [()]),  # type: ignore[list-item]
    "solve-stages": lambda: _core.solve(ONE[:], SHAPE, 1, STAGES * 99),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_calls_of_any_kind(call: Callable[[], object]) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError, BufferError, IndexError)):
        call()


@pytest.mark.parametrize(
    "shape",
    [
        None, 4, (), (0, 2, 3), (0, 2, 3, 4, 5), ("0", 2, 3, 4), (-1, 2, 3, 4), (2, 2, 3, 4),
        (0, 3, 2, 1), (0, 1, 3, 4), (0, 2, 4, 3), (0, 2, 2, 5), (0, 2, 3, 2**32),
        (0, 2, 2**40, 2**41), (0, 1, 1, 0), (0, 0, 0, 0), (0, 2**31, 2**31, 2**31),
        (2**70, 2, 3, 4),
    ],
)  # fmt: skip
def test_shapes_of_any_kind(shape: Any) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: _core.solve(ONE[:], shape, 1, STAGES),
        lambda: _core.draw([DIGIT], ONE[:], shape),
    )
    for call in calls:
        with pytest.raises((TypeError, ValueError, OverflowError)):
            call()


def test_no_images_are_no_runs() -> None:
    assert _core.run_together(MACHINE, array("I"), 4, 9) == []
    _core.draw([], array("I"), SHAPE)
    _core.solve(array("I"), SHAPE, 1, STAGES)


def test_images_cannot_change_their_length_meanwhile() -> None:
    """What is called while seeds are taken has the array in its hands."""
    images = array("I", [0] * 8)

    class Seeds(list[bytes]):
        def __getitem__(self, _: Any) -> Any:
            images.append(1)

    with pytest.raises(BufferError):
        _core.draw(Seeds([DIGIT, DIGIT]), images, SHAPE)
    assert len(images) == 8


def test_a_trial_of_another_way_each_is_that_of_each_alone() -> None:
    """Half of the inputs leave by a branch of their own."""
    from kernels.catalog import build

    problem = Problem(forest_height=3, rounds=4, batch_size=16, seed=5)
    at = problem.layout.values_at
    ways = [
        {"load": [["const", 1500, at], ["const", 1501, 1]]},
        {"load": [["load", 1502, 1500]]},
        {"alu": [["&", 1503, 1502, 1501]]},
        {"flow": [["cond_jump_rel", 1503, 1]]},
        {"alu": []},
    ]
    program = Program.from_bundles([*build("baseline", problem=problem).written(), *ways])
    trial = Trial(program, Inputs(problem))
    seeds = range(5, 30)
    outcomes = trial(seeds)
    assert outcomes == [trial.outcome(seed) for seed in seeds]
    assert len({outcome.cycles for outcome in outcomes}) == 2
    assert not any(outcome.failure for outcome in outcomes)
