"""A search finds slots by what they are, and says the same at every width."""

from __future__ import annotations

from typing import Any

import pytest

from machine.disassembly import ScratchNames
from machine.machine import starting_memory
from tests.tui.driving import opened, small_program
from vliwdbg.inspect.replay import replay
from vliwdbg.inspect.slots import NoRunError, Slots, found_at
from vliwdbg.tui.widgets.command_line import CommandLine
from vliwdbg.views.origins import Origins


def slots(*, run: bool = True, **facts: Any) -> Slots:
    program = small_program(**facts)
    memory = starting_memory(program)
    flow = replay(program, memory) if run else None
    names = ScratchNames(program.scratch_map)
    return Slots(program, Origins(program), names, {"values": range(30, 38)}, flow)


@pytest.mark.parametrize(
    ("text", "pcs"),
    [
        ("vload", [1]),
        ("valu", [2, 3, 6, 7]),
        ("engine store", [4, 8]),
        ("valu:*", [3, 7]),
        ("valu:vload", []),
        ("sum", [2, 7]),
        ("v_two[7]", [1, 2, 3, 6, 7]),
        ("s[31]", [1, 2, 3, 6, 7]),
        ("scratch 32:40", [6]),
        ("mem 22", [1]),
        ("mem[30]", [1, 4, 8]),
        ("values[7]", [1, 4, 8]),
        ("mem 0:8", []),
        ("less", [2, 3]),
        ("hal", [9]),
        ("round 1", [6, 7, 8, 9]),
        ("nonsense", []),
    ],
)
def test_the_bundles_of_a_search(text: str, pcs: list[int]) -> None:
    assert [pc for pc in slots().pcs(text) if pc != 5] == pcs


def test_origins_are_searched_where_the_program_tells_them() -> None:
    count = small_program().columns.slot_count
    notes = [{"round": at % 3, "vector": 1, "stage": f"hash stage {at % 2}"} for at in range(count)]
    found = slots(slots=notes)
    assert found.marks("round 2") == bytes(at % 3 == 2 for at in range(count))
    assert found.marks("vector 1") == b"\1" * count
    assert found.marks("stage hash stage 1") == bytes(at % 2 for at in range(count))


def test_memory_needs_the_run() -> None:
    with pytest.raises(NoRunError):
        slots(run=False).pcs("mem 30")


@pytest.mark.parametrize(
    ("pc", "direction", "at"),
    [(0, 1, 0), (2, 1, 1), (8, 1, 0), (9, 1, 0), (0, -1, 2), (2, -1, 2), (3, -1, 0), (8, -1, 1)],
)
def test_going_on_turns_around_at_the_ends(pc: int, direction: int, at: int) -> None:
    assert found_at([2, 5, 8], pc, direction) == at
    assert found_at([], pc, direction) is None


@pytest.mark.parametrize("width", [40, 80, 200])
async def test_a_search_says_the_same_at_every_width(width: int) -> None:
    async with opened(size=(width, 24)) as driver:
        for key, looking, says in (("", 4, "1/2"), ("n", 8, "2/2"), ("N", 4, "1/2")):
            if key:
                await driver.press(key)
            else:
                await driver.press("slash")
                driver.app.main.query_one(CommandLine).input.value = "vstore"
                await driver.press("enter")
            assert driver.app.main.view_state.looking == looking
            assert driver.sees(f"/vstore  {says}")
