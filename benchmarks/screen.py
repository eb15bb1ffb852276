"""How fast the screen is: what keys cost above an empty Textual app, and how long a start takes.

Without a terminal, 200 columns by 50 rows. A key's cost is the CPU time of the process, all threads
together, from the key until nothing is left to be drawn, as the median of many.
"""

from __future__ import annotations

import asyncio
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import median
from time import process_time
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from benchmarks.workloads import baseline
from machine.codec import write_program
from machine.machine import starting_memory
from machine.program import Program
from vliwdbg.programs import Choice, Loaded, load
from vliwdbg.tui.app import DebuggerApp

SIZE = (200, 50)
KEYS = 200
QUIET_LOOKS, LOOK_SECONDS = 3, 0.01
"""So often nothing is left to be drawn, so many seconds apart, before a key is done."""
KEY_SECONDS = 1 / 30
"""Between two keys of one that is held."""
PAINTED = b"1 code"
"""What tells that a first screen is there."""
EMPTY = f"""
import typer
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static({PAINTED.decode()!r})
commands = typer.Typer()
@commands.command()
def start(name: str = ""):
    Empty().run()
commands()
"""

Driven = Callable[["Screen"], Awaitable[float]]


class Screen:
    """An app without a terminal; counts what it draws."""

    def __init__(self, app: App[Any], pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def _busy(self) -> bool:
        main = getattr(self.app, "main", None)
        drawing = self.app.screen._dirty_widgets or self.app.screen._callbacks
        return bool(drawing) or (main is not None and main.is_busy)

    async def settle(self) -> None:
        """Until all is drawn."""
        quiet = 0
        while quiet < QUIET_LOOKS:
            await asyncio.sleep(LOOK_SECONDS)
            quiet = 0 if self._busy else quiet + 1

    async def cost(self, do: Callable[[], object]) -> float:
        """Milliseconds of CPU time for one thing, until all is drawn."""
        start = process_time()
        do()
        await self.settle()
        return 1000 * (process_time() - start)

    async def costs(self, things: Iterator[Callable[[], object]], count: int) -> float:
        """The median of many."""
        return median([await self.cost(next(things)) for _ in range(count)])


async def _on(app: App[Any], measure: Driven) -> float:
    async with app.run_test(size=SIZE) as pilot:
        screen = Screen(app, pilot)
        if isinstance(app, DebuggerApp):
            await app.main.wait_until_known()
        await screen.settle()
        return await measure(screen)


def keys(*pressed: str) -> Driven:
    """What a key costs, each of these in turn."""

    async def measure(screen: Screen) -> float:
        things = cycle([partial(screen.app.simulate_key, key) for key in pressed])
        return await screen.costs(things, KEYS)

    return measure


async def jump(screen: Screen) -> float:
    """What it costs to be somewhere else in the run."""
    main, random = screen.app.main, Random(1)  # type: ignore[attr-defined]
    cycles = len(main.view_state.program)
    things = (lambda: main.execute(f"goto {random.randrange(cycles)}") for _ in range(KEYS))
    return await screen.costs(things, KEYS)


async def held(screen: Screen) -> float:
    """What a line costs while a key is held that moves the cursor."""
    start = process_time()
    for _ in range(KEYS):
        screen.app.simulate_key("down")
        await asyncio.sleep(KEY_SECONDS)
    await screen.settle()
    return 1000 * (process_time() - start) / KEYS


async def resize(screen: Screen) -> float:
    """What it costs to give the terminal another size."""
    taken = []
    for at in range(KEYS // 10):
        start = process_time()
        await screen.pilot.resize_terminal(SIZE[0] - at % 2 * 20, SIZE[1])
        await screen.settle()
        taken.append(1000 * (process_time() - start))
    return median(taken)


def search(*texts: str) -> Driven:
    """What the slowest of these searches costs."""

    async def measure(screen: Screen) -> float:
        main = screen.app.main  # type: ignore[attr-defined]
        return max([await screen.costs(cycle([partial(main.search, text)]), 20) for text in texts])

    return measure


@cache
def empty(measure: Driven) -> float:
    """What the same costs in an empty app."""
    return asyncio.run(_on(App(), measure))


PLAIN_KEY = keys("s")


def above_empty(make: Callable[[], Program], measure: Driven, nothing: Driven = PLAIN_KEY) -> float:
    """Milliseconds above what nothing costs in an empty app."""
    program = make()
    app = DebuggerApp(Loaded(program, starting_memory(program), False), Choice("kernel.json"))
    return asyncio.run(_on(app, measure)) - empty(nothing)


# in a terminal


@contextmanager
def _started(arguments: list[str], home: str) -> Iterator[tuple[int, int]]:
    """A process in a terminal of its own: its id and the terminal."""
    folders = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as it is installed, with compiled modules
        os.environ.update(dict.fromkeys(folders, home), TERM="xterm-256color")
        os.execv(sys.executable, [sys.executable, *arguments])
    try:
        yield pid, terminal
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
        os.waitpid(pid, 0)
        os.close(terminal)


def first_paint(arguments: list[str], home: str) -> float:
    """Seconds of CPU time that a process takes up to its first screen."""
    with _started(arguments, home) as (pid, terminal):
        seen = b""
        while PAINTED not in seen:
            seen += os.read(terminal, 65536)
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_paint_to_empty(program: Program | None, rounds: int = 7) -> float:
    """The same of the debugger to that of an empty app of Typer and Textual, in turns; of a file
    with this program, or of the bundled kernel."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "kernel.json"
        words = ["-c", "from vliwdbg.cli import main; main()"]
        if program is not None:
            with file.open("w") as stream:
                write_program(program, stream)
            words.append(str(file))
        first_paint(words, home)
        pairs = [
            (first_paint(words, home), first_paint(["-c", EMPTY], home)) for _ in range(rounds)
        ]
    ours, theirs = zip(*pairs, strict=True)
    ratio: float = median(ours) / median(theirs)
    return ratio


def resident() -> float:
    """Megabytes that the debugger holds at the end of the baseline's run, with its history."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "baseline.json"
        with file.open("w") as stream:
            write_program(baseline(), stream)
        code = "import sys; from benchmarks.screen import run_to_the_end as r; r(sys.argv[1])"
        words = [sys.executable, "-c", code, str(file)]
        return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def run_to_the_end(file: str) -> None:
    """Debug a program up to its end, and print the megabytes that this process holds then."""
    choice = Choice(file)
    app = DebuggerApp(load(choice), choice)

    async def to_the_end(screen: Screen) -> float:
        await screen.cost(lambda: app.simulate_key("G"))
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    print(asyncio.run(_on(app, to_the_end)))
