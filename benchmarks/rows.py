"""One row per bar. A row measures one thing; its number is better the greater, or the smaller.

The ratios compare one run of the plain model with one of the compiled core on the same program,
stop flags and history on, whatever takes part in the making of a machine left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import methodcaller
from pathlib import Path
from random import Random
from statistics import mean, median
from time import process_time
from typing import Any

from benchmarks import agents, editor, screen
from benchmarks.editor import step_and_empty_request, step_and_look
from benchmarks.timing import Prepare, in_turns, seconds
from benchmarks.workloads import (
    LOOP_BUNDLES,
    baseline,
    counting,
    dense,
    kernel,
    loop,
    other,
    slower,
    wrong,
)
from machine import Problem, Program
from machine.codec import write_program
from machine.compat import Machine as CompatibleMachine
from machine.compat.loading import _kept as kept
from machine.compat.loading import load
from machine.core import choose_core
from machine.machine import Machine, starting_memory
from machine.model import Model
from machine.patterns import Inputs
from machine.protocol import NO_LIMIT
from machine.stops import Reason
from machine.timeline import Timeline
from machine.trials import Trial
from machine.verdict import check
from tests.cores import core_asked_for
from tests.oracle.interpreter import Oracle
from vliwdbg.inspect import Questions
from vliwdbg.session.session import Session

HISTORY = 2000
"""Bundles that the model remembers; the compiled core remembers all."""
MODEL_LOOP = 100_000
"""Bundles of the loop that the model runs, of five million."""
INPUTS = 1000
"""How many are checked at once."""
LOGGED = 900
"""Bundles that any log holds, and any of the programs has."""


@dataclass(frozen=True)
class Row:
    """A bar. `unit` is `times` where greater is better, else one where less is."""

    name: str
    least: float
    aim: float
    unit: str
    measure: Callable[[], float]

    def passes(self, value: float) -> bool:
        return value >= self.least if self.unit == "times" else value <= self.least


def prepare(make: Any, program: Program, history: int, bundles: int) -> Prepare:
    """A fresh machine with a breakpoint on its last bundle; what is timed runs some before it."""

    def fresh() -> Callable[[], object]:
        core = make(program, starting_memory(program), history=history, debug=False, pauses=False)
        core.flags[-1] = 1

        def run() -> None:
            stop = core.run(bundles)
            assert (stop.reason, stop.position) == (Reason.BUDGET, bundles)

        return run

    return fresh


def compiled() -> Any:
    return partial(Timeline.on, choose_core("compiled"))


def ratio(program: Program, rounds: int) -> float:
    bundles = len(program) - 1
    plain, fast = in_turns(
        rounds,
        prepare(Model, program, HISTORY, bundles),
        prepare(compiled(), program, NO_LIMIT, bundles),
    )
    return plain / fast


def ratio_of_loop() -> float:
    plain, fast = in_turns(
        3,
        prepare(Model, loop(), HISTORY, MODEL_LOOP),
        prepare(compiled(), loop(), NO_LIMIT, LOOP_BUNDLES),
    )
    return plain * LOOP_BUNDLES / MODEL_LOOP / fast


def run_baseline() -> Any:
    """A compiled core at the end of the baseline."""
    core = compiled()(
        baseline(), starting_memory(baseline()), history=NO_LIMIT, debug=False, pauses=False
    )
    core.run(NO_LIMIT)
    return core


def step_back() -> float:
    """Microseconds of each of 20,000 steps back, one call each, from the end of the baseline."""
    core = run_baseline()
    back = core.core.take_back
    steps = 20_000

    def all_steps() -> None:
        for _ in range(steps):
            back(1)

    return 1e6 * seconds(all_steps) / steps


def goto() -> float:
    """Median milliseconds to a random cycle of the baseline."""
    core, rng = run_baseline(), Random(1)
    cycles = [rng.randrange(core.cycle) for _ in range(500)]
    return 1e3 * median(seconds(partial(core.seek_cycle, cycle)) for cycle in cycles)


def reverse_continue() -> float:
    """Milliseconds of `reverse-continue` from the end of the baseline to its first bundle."""
    session = Session(baseline())
    session.pauses = False
    session.breakpoints.add("break", "pc 0")
    session.goto_end().finish()
    end = session.core.position

    def back() -> None:
        assert session.reverse_resume().finish().hits

    def measured() -> float:
        session.go(end)
        return seconds(back)

    return 1e3 * median(measured() for _ in range(9))


def candidates(command: str, text: str, *, back: bool = False) -> float:
    """Seconds of a move over a million candidates that are no stops, of the loop of two bundles."""
    session = Session(counting())
    session.breakpoints.add(command, text)
    if back:
        session.goto_end().finish()

    def move() -> None:
        assert not (session.reverse_resume() if back else session.resume()).finish().hits

    return seconds(move)


def checked_inputs() -> float:
    """Inputs a second, made, run and checked, to those of model and plain reference."""
    program, problem = kernel(), Problem()
    trial = Trial(program, Inputs(problem))

    def plain() -> object:
        memory = problem.memory()
        core = Model(program, memory, debug=False, pauses=False)
        core.run(NO_LIMIT)
        assert check(problem.layout, memory, core.memory, program.outputs).correct
        return None

    def fast() -> object:
        assert all(outcome.failure is None for outcome in trial(range(INPUTS)))
        return None

    slow, quick = in_turns(5, lambda: plain, lambda: fast)
    return slow / (quick / INPUTS)


def start_and_load() -> float:
    """A whole process of `vliwdbg run -q FILE` to one of an empty Python program."""
    with tempfile.TemporaryDirectory() as folder:
        return _ratio_of_processes(_run(_file(kernel(), folder)), [sys.executable, "-c", "pass"])


def run_the_baseline() -> float:
    """Seconds of a whole process that reads and runs the baseline, written by `vliwdbg build`."""
    with tempfile.TemporaryDirectory() as folder:
        return in_turns(5, _process(_run(_file(baseline(), folder))))[0]


def start_bundled() -> float:
    """A whole process of `vliwdbg run -q`, the kernel built before, to one that reads a file."""
    with tempfile.TemporaryDirectory() as folder:
        return _ratio_of_processes(_run(), _run(_file(kernel(), folder)))


def _run(*words: str) -> list[str]:
    return [sys.executable, "-c", "from vliwdbg.cli import main; main()", "run", "-q", *words]


def _file(program: Program, folder: str) -> str:
    file = Path(folder, "program.json")
    with file.open("w") as stream:
        write_program(program, stream)
    return str(file)


def _ratio_of_processes(ours: list[str], theirs: list[str]) -> float:
    a, b = in_turns(15, _process(ours), _process(theirs))
    return a / b


def _process(command: list[str]) -> Prepare:
    # As it is installed, with its modules compiled; the first of many runs sees to that.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> object:
        return subprocess.run(command, check=True, capture_output=True, env=env)

    return lambda: run


def question(make: Callable[[], Program], ask: Callable[[Questions], object]) -> float:
    """Milliseconds, of this process alone, of the first question about a program, its run and graph
    included."""
    program = make()
    memory = starting_memory(program)

    def prepare_one() -> Callable[[], object]:
        asked = Questions(program, memory)
        return lambda: ask(asked)

    (taken,) = in_turns(5, prepare_one, clock=process_time)
    return 1e3 * taken


def diff_of_schedules(make: Callable[[], Program]) -> float:
    """Milliseconds of `diff` of a program and the bundled kernel by another scheduler."""
    theirs = other()
    return question(make, lambda asked: asked.diff(Questions(theirs, starting_memory(theirs))))


def one_more_who() -> float:
    """Milliseconds of `who` about a last word, after the first."""
    asked = Questions(kernel(), starting_memory(kernel()))
    values = Problem().layout.values
    who_of_a_value(asked)
    (taken,) = in_turns(50, lambda: partial(asked.who, f"mem[{values.start + 9}]"))
    return 1e3 * taken


def slowest_question(make: Callable[[], Program]) -> float:
    """Milliseconds of the slowest of the others, each as the first question."""
    return max(question(make, methodcaller(name)) for name in OTHERS)


def who_of_a_value(asked: Questions) -> object:
    """Of the first value that the kernel leaves."""
    return asked.who(f"mem[{Problem().layout.values.start}]")


OTHERS = ("why", "stats", "floor", "critical", "slack", "live", "lint")


def model_speed(program: Program) -> float:
    """Cycles a second of the plain model."""
    bundles = len(program) - 1
    (plain,) = in_turns(5, prepare(Model, program, HISTORY, bundles))
    return sum(program.columns.costs()[:bundles]) / plain


def bundle_time(program: Program) -> tuple[float, float]:
    """Nanoseconds for a bundle, of the first run on a machine and of one more."""
    make, bundles = compiled(), len(program) - 1
    taken = []
    for _ in range(15):
        core = make(program, starting_memory(program), history=NO_LIMIT, debug=False, pauses=False)
        start = core.checkpoint()
        first = seconds(partial(core.run, bundles))
        core.restore(start)
        taken.append((first, seconds(partial(core.run, bundles))))
    first, again = (1e9 * median(times) / bundles for times in zip(*taken, strict=True))
    return first, again


def slots_and_opcodes(program: Program) -> tuple[float, float]:
    """How many slots a bundle has, and how many different opcodes, on average."""
    bundles = [list(iter(program.bundle(pc))) for pc in range(len(program))]
    opcodes = [{slot.opcode for slot in bundle} for bundle in bundles]
    return mean(map(len, bundles)), mean(map(len, opcodes))


def one_import() -> tuple[float, float]:
    """Milliseconds of a test file's `Machine(…)` and `run()` of the bundled kernel, its bundles as
    Python's objects: with the model, with the compiled core."""
    bundles, memory = list(kernel().written()), list(starting_memory(kernel()))

    def with_core(name: str) -> Prepare:
        def run() -> None:
            with core_asked_for(name):
                machine = CompatibleMachine(memory, bundles, None)
                machine.enable_pause = machine.enable_debug = False
                machine.run()
            assert machine.cycle == len(kernel())

        return lambda: run

    slow, quick = in_turns(9, with_core("model"), with_core("compiled"))
    return 1e3 * slow, 1e3 * quick


def written_by_a_builder(program: Program) -> list[Any]:
    """Its bundles as people's builders make them, of tuples."""
    return [
        {engine: [tuple(slot) for slot in slots] for engine, slots in bundle.items()}
        for bundle in program.written()
    ]


def unseen(do: Callable[[], object]) -> Prepare:
    """What compat does with programs that it has not seen."""

    def forget() -> Callable[[], object]:
        kept.clear()
        return do

    return forget


def loading() -> tuple[float, float]:
    """Milliseconds in which a run through compat loads the bundled kernel: first, and again."""
    bundles = written_by_a_builder(kernel())

    def do() -> object:
        return load(bundles)

    slow, quick = in_turns(25, unseen(do), lambda: do)
    return 1e3 * slow, 1e3 * quick


def loading_again() -> float:
    slow, quick = loading()
    return slow / quick


def loading_the_baseline() -> float:
    """Milliseconds in which compat loads a baseline that it has not seen."""
    bundles = written_by_a_builder(baseline())
    return 1e3 * in_turns(9, unseen(lambda: load(bundles)))[0]


def loading_to_a_loop() -> float:
    """Times faster than a loop in Python over all its slots: a baseline not seen before, loaded."""
    bundles = written_by_a_builder(baseline())

    def look() -> None:
        for bundle in bundles:
            for slots in bundle.values():
                for _opcode, *_operands in slots:
                    pass

    slow, quick = in_turns(9, lambda: look, unseen(lambda: load(bundles)))
    return slow / quick


def first_run_of_the_baseline() -> float:
    """Milliseconds of `Machine(…).run()` of compat for a baseline that it has not seen."""
    bundles, memory = written_by_a_builder(baseline()), list(starting_memory(baseline()))

    def run() -> None:
        machine = CompatibleMachine(memory, bundles)
        machine.enable_pause = machine.enable_debug = False
        machine.run()

    return 1e3 * in_turns(9, unseen(run))[0]


def machine_again() -> float:
    """Milliseconds of `Machine(program, memory)` for a program that a machine had before."""
    memory = starting_memory(kernel())
    return 1e3 * in_turns(25, lambda: lambda: Machine(kernel(), memory))[0]


SUITE = 16
"""Machines that a test file of the usual kind makes and runs."""
PLAIN_RUNS = 2
"""Of those, as many as an interpreter runs that is slow."""


def suite() -> float:
    """Times faster than an interpreter of the plainest kind: 16 machines of one kernel, run."""
    bundles, memory = written_by_a_builder(kernel()), list(starting_memory(kernel()))

    def plainly() -> None:
        for _ in range(PLAIN_RUNS):
            machine = Oracle(bundles, memory, debug=False, pauses=False)
            while machine.state == "running":
                machine.step()

    def through_compat() -> None:
        for _ in range(SUITE):
            machine = CompatibleMachine(memory, bundles)
            machine.enable_pause = machine.enable_debug = False
            machine.run()

    slow, quick = in_turns(5, lambda: plainly, unseen(through_compat))
    return slow / PLAIN_RUNS * SUITE / quick


def history_per_cycle(program: Program) -> tuple[float, float]:
    """Bytes for each cycle that the log and the keyframes take in a run of the program."""
    core = compiled()(program, starting_memory(program), history=NO_LIMIT, pauses=False)
    core.run(LOGGED)
    logged = core.core.log_bytes / core.cycle
    core.run(NO_LIMIT)
    return logged, len(core.keyframes) * core.core.saved_bytes / core.cycle


ROWS = (
    Row("dense straight-line kernel, 1,500 bundles of 19 slots", 100, 150, "times",
        lambda: ratio(dense(), 9)),
    Row("a real kernel, the bundled one", 300, 600, "times", lambda: ratio(kernel(), 9)),
    Row("the baseline, 147,734 cycles", 200, 375, "times", lambda: ratio(baseline(), 5)),
    Row("a loop of 10 bundles, 5 million cycles", 300, 500, "times", ratio_of_loop),
    Row("step back one bundle, in the core", 1, 0.1, "µs", step_back),
    Row("goto any cycle of the baseline", 1, 0.1, "ms", goto),
    Row("`reverse-continue` through the whole baseline", 10, 2, "ms", reverse_continue),
    Row("conditional break, a million candidates that are none", 0.5, 0.5, "s",
        lambda: candidates("break", "pc 1 if s[0] == 2000000")),
    Row("the same, going back", 0.75, 0.75, "s",
        lambda: candidates("break", "pc 1 if s[0] == 2000000", back=True)),
    Row("conditional watch, a million candidates that are none", 1, 1, "s",
        lambda: candidates("watch", "s[2] if s[0] == 2000000")),
    Row("the same, going back", 1.5, 1.5, "s",
        lambda: candidates("watch", "s[2] if s[0] == 2000000", back=True)),
    Row("checked inputs a second, real kernel, to the plain loop", 100, 1000, "times",
        checked_inputs),
    Row("loading a kernel through compat again", 20, 40, "times", loading_again),
    Row("16 machines of one kernel through compat, run", 20, 60, "times", suite),
    Row("a machine for the same program again", 0.1, 0.05, "ms", machine_again),
    Row("loading the baseline through compat", 20, 10, "ms", loading_the_baseline),
    Row("the same, to a loop in Python over its slots", 2, 4, "times", loading_to_a_loop),
    Row("`Machine(…).run()` of the baseline through compat", 40, 20, "ms",
        first_run_of_the_baseline),
    Row("`vliwdbg run -q FILE`, the bundled kernel's, to `python -c pass`", 7, 4, "times as long",
        start_and_load),
    Row("`vliwdbg run -q`, to that", 1.5, 1.1, "times as long", start_bundled),
    Row("`vliwdbg run -q FILE` of the baseline", 0.5, 0.25, "s", run_the_baseline),
    Row("`who` of the bundled kernel, the first question", 60, 20, "ms",
        partial(question, kernel, who_of_a_value)),
    Row("`who` of it, one more", 1, 0.5, "ms", one_more_who),
    Row("the slowest other question about it, the first", 300, 100, "ms",
        lambda: slowest_question(kernel)),
    Row("`diff` of it and the same by another scheduler", 400, 300, "ms",
        lambda: diff_of_schedules(kernel)),
    Row("`explain` of it", 2000, 600, "ms", partial(question, kernel, Questions.explain)),
    Row("`diverge` of it with one operand wrong", 3000, 1000, "ms",
        partial(question, wrong, Questions.diverge)),
    Row("`who` of a kernel of 1,800 bundles, the first question", 60, 40, "ms",
        partial(question, slower, who_of_a_value)),
    Row("the slowest other question about it, the first", 300, 200, "ms",
        lambda: slowest_question(slower)),
    Row("`diff` of it and the bundled kernel by another scheduler", 400, 300, "ms",
        lambda: diff_of_schedules(slower)),
    Row("`explain` of it", 2000, 800, "ms", partial(question, slower, Questions.explain)),
    Row("the graph of the baseline's run", 500, 100, "ms",
        partial(question, baseline, lambda asked: asked.flow.word_writes)),
    Row("the slowest question about the baseline, the first", 5000, 2000, "ms",
        lambda: slowest_question(baseline)),
    Row("first answer of `vliwdbg mcp`, over an empty Python with its SDK", 0.4, 0.2, "s",
        agents.first_answer),
    Row("`why` through it, over the same in process", 20, 10, "ms", agents.why_through_the_wire),
    Row("the first answer of `vliwdbg dap`, over `python -c pass`", 0.4, 0.1, "s",
        editor.first_answer),
    Row("a step through `vliwdbg dap`, to its stop", 5, 1, "ms",
        lambda: step_and_empty_request()[0]),
    Row("the same with stack, scopes and first variables", 15, 5, "ms", step_and_look),
    Row("screen: a step in the bundled kernel", 12, 8, "ms",
        lambda: screen.above_empty(kernel, screen.keys("s"))),
    Row("screen: a step in the baseline", 12, 8, "ms",
        lambda: screen.above_empty(baseline, screen.keys("s"))),
    Row("screen: a jump in the bundled kernel", 16, 12, "ms",
        lambda: screen.above_empty(kernel, screen.jump)),
    Row("screen: a jump in the baseline", 16, 12, "ms",
        lambda: screen.above_empty(baseline, screen.jump)),
    Row("screen: a line of a held key, bundled kernel", 6, 4, "ms",
        lambda: screen.above_empty(kernel, screen.held, screen.held)),
    Row("screen: a line of a held key, baseline", 6, 4, "ms",
        lambda: screen.above_empty(baseline, screen.held, screen.held)),
    Row("screen: another size of the terminal", 40, 30, "ms",
        lambda: screen.above_empty(kernel, screen.resize, screen.resize)),
    Row("screen: the slowest of some searches in the baseline", 50, 30, "ms",
        lambda: screen.above_empty(baseline, screen.search("load", "s[3]", "tmp", "no such slot"))),
    Row("screen: first picture of a file, to that of an empty Typer and Textual program", 1.6, 1.4,
        "times as long", lambda: screen.first_paint_to_empty(kernel())),
    Row("screen: first picture of the bundled kernel, to that", 1.6, 1.4,
        "times as long", lambda: screen.first_paint_to_empty(None)),
    Row("screen: memory held at the end of the baseline", 150, 120, "MB", screen.resident),
)  # fmt: skip
