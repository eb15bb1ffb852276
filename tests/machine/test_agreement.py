"""Random programs: machine and oracle agree after every bundle, and time goes back as it came."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from machine import Commit, Machine, Reason, State
from machine.protocol import BREAK_AFTER, BREAK_BEFORE
from tests.machine.cores import CORES, PLENTY, Picture, in_oracle_words, load, picture
from tests.oracle.interpreter import Oracle
from tests.oracle.randomprograms import RandomProgram, random_program
from tests.parts import in_parts

STEPS = 150
SWITCHES: tuple[dict[str, Any], ...] = (
    {},
    {"pauses": False},
    {"debug": False},
    {"reference": None},
)


class Pair:
    """A random program on an oracle and, whenever asked, on a new machine; all from one seed."""

    def __init__(self, core: str, seed: int) -> None:
        self.core = core
        self.rng = random.Random(seed)
        self.program: RandomProgram = random_program(self.rng)
        weights = (6, 1, 1, 1)
        (switches,) = self.rng.choices(SWITCHES, weights)
        self.options: dict[str, Any] = {
            "reference": self.program.reference,
            "debug": True,
            "pauses": True,
            **switches,
        }

    def oracle(self) -> Oracle:
        return Oracle(self.program.bundles, self.program.memory, **self.options)

    def machine(self, **more: Any) -> Machine:
        options = {"history": PLENTY, **self.options, **more}
        return load(self.core, self.program.bundles, self.program.memory, **options)

    def costs(self, pc: int) -> bool:
        return any(engine != "debug" for engine in self.program.bundles[pc])


def pairs(core: str, first: int, count: int) -> Iterator[Pair]:
    for seed in range(first, first + count):
        yield Pair(core, seed)


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def agrees(pair: Pair, machine: Machine) -> list[Picture]:
    """Step machine and oracle side by side; the pictures on the way, the last one the end's."""
    oracle = pair.oracle()
    pictures = [picture(machine)]
    assert pictures == [picture(oracle)]
    while len(pictures) <= STEPS and machine.state is not State.STOPPED:
        stop, fault = machine.step(), oracle.step()
        assert in_oracle_words(stop.fault) == fault
        if fault is not None:
            assert picture(machine) == pictures[-1]
            assert machine.step() == stop
            break
        pictures.append(picture(machine))
        assert pictures[-1] == picture(oracle)
        assert (stop.pc, stop.cycle, stop.position) == pictures[-1][:3]
        tells_truly(machine.core.last_commit(), *pictures[-2:])
    return pictures


def tells_truly(commit: Commit | None, before: Picture, after: Picture) -> None:
    """A commit names every word that changed, each once, with its old and new value."""
    if after.position == before.position:  # a pause at the end was passed
        return
    assert commit is not None
    assert (commit.pc, commit.cycle, commit.position) == before[:3]
    assert before.trace + list(commit.traced) == after.trace
    for writes, old, new in (
        (commit.scratch, before.scratch, after.scratch),
        (commit.memory, before.memory, after.memory),
    ):
        addresses = [write.address for write in writes]
        assert addresses == sorted(set(addresses))
        assert [(w.old, w.new) for w in writes] == [(old[a], new[a]) for a in addresses]
        told = list(old)
        for write in writes:
            told[write.address] = write.new
        assert told == new


@pytest.mark.parametrize("first", in_parts(50, 200, soaked=2000))
def test_agrees_after_every_bundle_and_back(core: str, first: int) -> None:
    for pair in pairs(core, first, 50):
        machine = pair.machine()
        pictures = agrees(pair, machine)
        if pictures[-1].position == pictures[-2].position:
            pictures.pop()  # the step that found the end after a pause
        for before in reversed(pictures[:-1]):
            commit = machine.step_back()
            assert commit is not None
            assert picture(machine) == before
        assert machine.step_back() is None


def finished(machine: Machine) -> Picture:
    """The picture after all that STEPS allow, pauses passed over."""
    while machine.position < STEPS:
        stop = machine.run(STEPS - machine.position)
        if stop.reason in {Reason.END, Reason.HALT, Reason.FAULT}:
            break
    return picture(machine)


def test_run_in_pieces_equals_in_one(core: str) -> None:
    for pair in pairs(core, 1000, 60):
        whole = finished(pair.machine(history=0))
        pieces = pair.machine(history=0)
        while pieces.position < min(STEPS, whole.position):
            left = STEPS - pieces.position
            pieces.run(min(left, pair.rng.randrange(1, 12)))
        assert finished(pieces) == whole


def test_checkpoint_brings_the_same_future_back(core: str) -> None:
    for pair in pairs(core, 2000, 60):
        machine = pair.machine()
        machine.run(pair.rng.randrange(60))
        then, checkpoint = picture(machine), machine.core.checkpoint()
        end = finished(machine)
        machine.core.restore(checkpoint)
        assert picture(machine) == then
        assert machine.step_back() is None
        assert finished(machine) == end
        fresh = pair.machine()
        fresh.core.restore(checkpoint)
        assert (picture(fresh), finished(fresh)) == (then, end)


def test_max_cycles_stops_before_the_bundle_that_would_cost(core: str) -> None:
    for pair in pairs(core, 3000, 60):
        limit = pair.rng.randrange(40)
        machine, oracle = pair.machine(pauses=False), Oracle(
            pair.program.bundles, pair.program.memory, **{**pair.options, "pauses": False}
        )  # fmt: skip
        fault = None
        while picture(oracle).state == "running" and fault is None and oracle.position < PLENTY:
            if oracle.cycle >= limit and pair.costs(oracle.pc):
                break
            fault = oracle.step()
        reason = machine.run(PLENTY, limit).reason
        assert machine.cycle <= limit
        assert picture(machine)._replace(state="") == picture(oracle)._replace(state="")
        assert (reason is Reason.FAULT) == (fault is not None)


def stops(machine: Machine) -> list[tuple[str, int]]:
    """Reason and position of every stop at a flag, within STEPS."""
    found = []
    while machine.position < STEPS:
        stop = machine.run(STEPS - machine.position)
        if stop.reason in {Reason.BREAKPOINT, Reason.WATCHPOINT}:
            found.append((str(stop.reason), stop.position))
        elif stop.reason is not Reason.PAUSE:
            break
    return found


def expected_stops(pair: Pair, flags: bytearray) -> list[tuple[str, int]]:
    """The same, from the oracle."""
    oracle = pair.oracle()
    found = []
    while oracle.position < STEPS and picture(oracle).state != "stopped":
        if oracle.pc >= len(flags):
            break
        flag, resuming = flags[oracle.pc], oracle.state == "paused"
        if flag & BREAK_BEFORE and oracle.position and not resuming:
            found.append(("breakpoint", oracle.position))
        if oracle.step() is not None:
            break
        if flag & BREAK_AFTER and oracle.state == "running":
            found.append(("watchpoint", oracle.position))
    return found


def test_flags_stop_at_every_visit(core: str) -> None:
    for pair in pairs(core, 4000, 60):
        machine = pair.machine()
        for pc in range(len(machine.flags)):
            machine.flags[pc] = pair.rng.choices((0, BREAK_BEFORE, BREAK_AFTER, 3), (6, 1, 1, 1))[0]
        # A run passes over the flag where it starts, so a watchpoint can hide a breakpoint.
        expected = expected_stops(pair, machine.flags)
        hidden = {("breakpoint", position) for reason, position in expected if reason[0] == "w"}
        assert stops(machine) == [stop for stop in expected if stop not in hidden]


def test_visits_are_the_oracles(core: str) -> None:
    for pair in pairs(core, 5000, 30):
        machine, oracle = pair.machine(count=True), pair.oracle()
        counted = [0] * len(pair.program.bundles)
        while oracle.position < STEPS and picture(oracle).state != "stopped":
            pc = oracle.pc
            if pc >= len(counted) or oracle.step() is not None:
                break
            counted[pc] += 1
        finished(machine)
        assert machine.core.visits is not None
        assert list(machine.core.visits) == counted
