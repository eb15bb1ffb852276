"""Random keys, commands and sizes: nothing breaks, and the state is that of a fresh run."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest
from textual import events

from machine.machine import Machine
from machine.program import Program
from tests.oracle.randomprograms import random_program
from tests.tui.driving import BUNDLES, Driver, opened, small_program
from vliwdbg.tui.keymap import KEYS
from vliwdbg.tui.widgets.command_line import CommandInput, CommandLine
from vliwdbg.tui.widgets.pane import Pane

STEPS, SOAKING_STEPS = 200, 10_000
PATIENCE = 0.3
SIZES = [(20, 5), (30, 9), (60, 15), (80, 24), (120, 40), (200, 50), (1, 1), (20, 50)]
LINES = [
    "break engine alu",
    "break cycle 4",
    "tbreak pc 3",
    "watch s[16:24]",
    "awatch mem 0:40",
    "rwatch s[2]",
    "break valu:+ if $cycle > 3",
    "delete",
    "delete 1",
    "disable",
    "enable",
    "info breakpoints",
    "info scratch",
    "print all(s[0:4] == 3)",
    "x/8x s[16]",
    "goto 3",
    "50%",
    "+2",
    "-1",
    "until pc 5",
    "start",
    "step 3",
    "rs 2",
    "list",
    "help",
    "nonsense",
    "print 1 +",
    "",
    "mark a",
    "goto 'a",
    "checkpoint",
    "restart 1",
    "set pauses off",
    "set pauses on",
]
# Left out: what leaves the debugger, and what needs more keys to close again.
_NOT_PRESSED = {"quit", "palette", "play"}
PRESSED = [key for row in KEYS if row.id not in _NOT_PRESSED for key in row.keys.split(",")]
OTHERS = [*"0123456789", *"abcxyz", "backspace", "delete", "enter", "tab", "escape", "escape"]


async def _press(driver: Driver, rng: random.Random) -> None:
    driver.app.simulate_key(rng.choice(PRESSED if rng.random() < 0.8 else OTHERS))


async def _type(driver: Driver, rng: random.Random) -> None:
    await driver.type(rng.choice(LINES))


async def _click(driver: Driver, rng: random.Random) -> None:
    width, height = driver.app.size
    place = rng.randrange(max(width, 1)), rng.randrange(max(height, 1))
    await driver.pilot.click(offset=place, times=rng.choice([1, 1, 2]))


async def _paste(driver: Driver, rng: random.Random) -> None:
    text = "\n".join(rng.choices(LINES, k=rng.choice([1, 1, 2, 9])))
    assert driver.app._driver is not None
    driver.app._driver.send_message(events.Paste(text))


async def _resize(driver: Driver, rng: random.Random) -> None:
    await driver.resize(*rng.choice(SIZES))


DEEDS: list[tuple[Callable[..., object], int]] = [
    (_press, 40),
    (_type, 5),
    (_click, 3),
    (_paste, 1),
    (_resize, 1),
]


async def _live(driver: Driver, rng: random.Random, steps: int) -> None:
    deeds, weights = zip(*DEEDS, strict=True)
    for number in range(steps):
        await rng.choices(deeds, weights)[0](driver, rng)
        await _wait_or_interrupt(driver)
        if number % 10 == 0:
            await driver.pilot.pause()
            assert _hears_keys(driver)
        assert driver.app.trouble is None
    await driver.settle()


def _hears_keys(driver: Driver) -> bool:
    """Whether the focus is where keys are for: the command line while it is open, else a pane."""
    main = driver.app.main
    return isinstance(main.focused, CommandInput if main.query_one(CommandLine).is_open else Pane)


async def _wait_or_interrupt(driver: Driver) -> None:
    """A random program may loop for ever."""
    try:
        await asyncio.wait_for(driver.app.main.wait_until_idle(), PATIENCE)
    except TimeoutError:
        driver.app.main.action_cancel()
        await driver.app.main.wait_until_idle()


def _state_of_a_fresh_run(program: Program, memory: object, driver: Driver) -> tuple[object, ...]:
    machine = Machine(program, memory, debug=False, pauses=False)  # type: ignore[arg-type]
    machine.run(driver.session.core.position)
    return _state(machine.core)


def _state(core: object) -> tuple[object, ...]:
    fields = (core.pc, core.cycle, core.position)  # type: ignore[attr-defined]
    return (*fields, list(core.scratch), list(core.memory))  # type: ignore[attr-defined]


async def _random_session(seed: int, steps: int) -> None:
    rng = random.Random(seed)
    program = small_program()
    if seed % 2:
        drawn = random_program(rng)
        program = small_program(drawn.bundles, memory=None, tags=(), scratch_map={})
    async with opened(program) as driver:
        await _live(driver, rng, steps)
        session = driver.session
        assert session.program is program
        expected = _state_of_a_fresh_run(program, session.starting_memory, driver)
        assert _state(session.core) == expected


@pytest.mark.parametrize("seed", [1, 2])
async def test_random_keys_break_nothing(seed: int) -> None:
    await _random_session(seed, STEPS // 2)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 14))
async def test_many_random_keys_break_nothing(seed: int) -> None:
    await _random_session(seed, SOAKING_STEPS // 4)


def test_the_bundles_that_keys_run_over_end() -> None:
    machine = Machine(small_program(BUNDLES), pauses=False)
    machine.run(100)
    assert machine.position == len(BUNDLES)
