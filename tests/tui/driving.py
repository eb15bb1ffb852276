"""The debugger in a terminal of memory, driven by keys; and what its screen says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from machine.machine import starting_memory
from machine.problem import Problem
from machine.program import Program, Tag
from vliwdbg.programs import Choice, Loaded
from vliwdbg.session.session import Session
from vliwdbg.tui.app import DebuggerApp
from vliwdbg.tui.user import User
from vliwdbg.tui.widgets.command_line import CommandLine
from vliwdbg.tui.widgets.pane import Pane

# Two rounds of one vector: loads, a scalar beside vectors, stores, a pause, and free slots.
BUNDLES: list[dict[str, list[list[Any]]]] = [
    {"load": [["const", 0, 22], ["const", 1, 30]]},
    {"load": [["vload", 16, 0], ["vload", 24, 1]]},
    {"valu": [["+", 16, 16, 24]], "alu": [["+", 2, 0, 1], ["<", 3, 0, 1]]},
    {"valu": [["*", 16, 16, 24]], "flow": [["select", 4, 3, 0, 1]]},
    {"store": [["vstore", 1, 16]], "flow": [["pause"]]},
    {"debug": [["comment", "round 1"]]},
    {"valu": [["+", 16, 16, 24], ["^", 32, 16, 24]]},
    {"valu": [["*", 16, 16, 24]], "alu": [["+", 2, 2, 1]]},
    {"store": [["vstore", 1, 16]]},
    {"flow": [["halt"]]},
]
NAMES = {
    0: ("from", 1),
    1: ("to", 1),
    2: ("sum", 1),
    3: ("less", 1),
    16: ("v_val", 8),
    24: ("v_two", 8),
}
ROUNDS = 4
PATIENCE = 30
"""Seconds, on a machine that does much else."""
CHOICE = Choice("small.json")
TAGS = (Tag(0, "setup", 2), Tag(2, "round 0", 5), Tag(5, "round 1", 10))


def small_program(bundles: Sequence[Any] = BUNDLES, **facts: Any) -> Program:
    """Ten bundles of the smallest problem."""
    told = {"name": "small", "scratch_map": NAMES, "tags": TAGS, "problem": Problem(3, 1, 8)}
    return Program.from_bundles(bundles, **(told | facts))


class Driver:
    """Presses keys, types lines, and looks at the screen."""

    def __init__(self, app: DebuggerApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def session(self) -> Session:
        return self.app.main.debugger.session

    def pane(self, name: str) -> Pane:
        return self.app.main.grid.panes[name]

    @property
    def chosen(self) -> str:
        return self.app.main.grid.chosen

    async def settle(self) -> None:
        """Until nothing runs and everything is drawn.

        A round lets each widget work off what it was sent; a key goes from one to the next.
        """
        for _ in range(ROUNDS):
            await self.pilot.pause(0)
            await self.app.main.wait_until_idle()

    async def press(self, *keys: str) -> None:
        """Press keys one after another, each when the one before has done its work."""
        for key in keys:
            # Not through the pilot, which waits until the processor is idle.
            self.app.simulate_key(key)
            await self.settle()

    async def until(self, condition: Callable[[], object]) -> None:
        """Until something is so."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self.pilot.pause(0.01)

    async def type(self, line: str) -> None:
        """Type a command line."""
        await self.press("colon")
        self.app.main.query_one(CommandLine).input.value = line
        await self.press("enter")

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await self.settle()

    def screen(self) -> list[str]:
        """What is to be seen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    def sees(self, text: str) -> bool:
        return any(text in line for line in self.screen())

    @property
    def replies(self) -> list[str]:
        return [line.text for line in self.app.main.view_state.transcript]


@asynccontextmanager
async def opened(
    program: Program | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    lines: Sequence[str] = (),
    user: User | None = None,
    choice: Choice = CHOICE,
) -> AsyncIterator[Driver]:
    """The debugger on a program."""
    program = small_program() if program is None else program
    memory = starting_memory(program)
    app = DebuggerApp(Loaded(program, memory, False), choice, lines, user)
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        yield driver
