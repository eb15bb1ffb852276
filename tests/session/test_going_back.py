"""What is told on the way back is what was told on the way forth, newest first.

A loop counts down and up, reads and overwrites a word, a vector and memory in one bundle; its
session is driven to each stop in both directions.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from machine import Program
from machine.stops import ENDINGS
from vliwdbg.session.moves import Run, StopEvent
from vliwdbg.session.session import Session
from vliwdbg.views.moves import hit_view

ROUNDS = 12
LOOP = Program.from_bundles(
    [
        {"load": [["const", 0, ROUNDS], ["const", 1, 1]]},
        {"load": [["const", 4, 2], ["vload", 16, 4]]},
        {"alu": [["+", 2, 2, 1]], "valu": [["+", 16, 16, 16]], "load": [["load", 6, 4]]},
        {"alu": [["-", 0, 0, 1]], "store": [["store", 4, 2]], "load": [["load", 5, 4]]},
        {"flow": [["cond_jump", 0, 2]]},
    ]
)
MEMORY = list(range(1, 17))


def told(session: Session, run: Run) -> Iterator[Any]:
    """What a move prints and tells, without where it ended."""
    event = run.finish()
    yield from session.printed
    session.printed.clear()
    yield from (hit_view(hit, session.names) for hit in event.hits)


def all_told(session: Session, *, back: bool) -> list[Any]:
    lines: list[Any] = []
    while (session.core.position > 0) if back else not session.ended:
        lines += told(session, session.reverse_resume() if back else session.resume())
    return lines


WATCHED = ["s[2]", "s[16]", "s[16:24]", "s[18:20]", "mem 2", "mem 0:8", "s[0] if s[0] % 3 == 1"]


@pytest.mark.parametrize("words", WATCHED)
@pytest.mark.parametrize("command", ["watch", "rwatch", "awatch"])
def test_a_watchpoint_tells_the_same_in_both_directions(command: str, words: str) -> None:
    session = Session(LOOP, MEMORY)
    session.breakpoints.add(command, words)
    forth = all_told(session, back=False)
    assert forth
    assert all_told(session, back=True) == forth[::-1]


READ = {
    "s[2]": [(i + later,) for i in range(ROUNDS) for later in (0, 1)],
    "mem 2": [(i or MEMORY[2],) for i in range(ROUNDS) for _ in range(2)],
}


@pytest.mark.parametrize("words", READ)
def test_what_was_read_is_told_not_what_was_written(words: str) -> None:
    session = Session(LOOP, [*MEMORY])
    session.breakpoints.add("rwatch", f"{words} if $cycle > 2")
    read = []
    while (event := session.resume().finish()).reason not in ENDINGS:
        read += [hit.read for hit in event.hits]
    assert read == READ[words]


@pytest.mark.parametrize(("location", "extra"), [("pc 3", ()), ("2", ()), ("pc 4", ("pc 2",))])
def test_a_dprintf_prints_the_state_of_its_own_position(location: str, extra: Any) -> None:
    session = Session(LOOP, MEMORY)
    session.breakpoints.add("dprintf", f'{location}, "%d %d %d", $step, s[2], mem[2]')
    for other in extra:
        session.breakpoints.add("break", other)
    forth = all_told(session, back=False)
    assert all_told(session, back=True) == forth[::-1]


@pytest.mark.parametrize("bundles", [1, 2, 7, 100])
def test_steps_back_print_what_they_pass(bundles: int) -> None:
    session = Session(LOOP, MEMORY)
    session.breakpoints.add("dprintf", 'pc 3, "%d", s[2]')
    forth = all_told(session, back=False)
    back: list[StopEvent] = []
    while session.core.position > 0:
        back += told(session, session.reverse_step(bundles))
    assert back == forth[::-1]
