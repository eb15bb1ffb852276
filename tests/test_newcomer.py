"""What a newcomer adds first, done in a copy of the sources as docs/contributing.md says it.

An opcode is in tests/machine/test_new_opcode.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.copies import add, copy_of, run

PACKAGES = ("machine", "kernels", "vliwdbg")
VIEW = '''

@dataclass(frozen=True)
class Parity(View, kind="parity"):
    """How many of some words are odd."""

    words: Words
    odd: int
'''
RENDERER = """

@text.register
def _(view: Parity) -> Iterator[str]:
    yield f"{view.odd} of {len(view.words.words)} words of {view.words.text} are odd"
"""
HANDLER = """
def parity(console: Console, argument: str) -> View:
    session = console.session
    place = find_place(argument, session.scope)
    words = session.core.scratch[place.start : place.stop]
    shown = Words(place.start, place.text(session.names), tuple(words))
    return Parity(shown, sum(word & 1 for word in words))


"""
ROW = """        Command(
            ("parity",), "parity PLACE", "how many of its words are odd", parity, "place"
        ),
"""
SCHEDULER = '''"""A scheduler of a newcomer."""

from kernels.ir import Code
from kernels.schedule.base import Schedule
from kernels.schedule.scratch import allocate_in_order


def airy(code: Code) -> Schedule:
    """Every operation in a bundle of its own, and an empty bundle after it."""
    return Schedule(code, [2 * number for number in range(len(code.ops))], allocate_in_order(code))
'''
SCHEDULER_ROW = """    "airy": SchedulerRow(
        "one slot every other bundle", "kernels.schedule.airy", "airy"
    ),
"""
VLIWDBG = "from vliwdbg.cli import main; sys.argv = ['vliwdbg', *ARGUMENTS]; main()"
PROGRAM = '{"bundles": [{"load": [["const", 0, 7], ["const", 1, 8]]}], "memory": [0]}'


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return copy_of(PACKAGES, tmp_path)


def vliwdbg(sources: Path, *arguments: str) -> str:
    ran = run(sources, VLIWDBG.replace("ARGUMENTS", repr(list(arguments))))
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def append(file: Path, text: str) -> None:
    with file.open("a", encoding="utf-8") as written:
        written.write(text)


def test_a_command_and_its_view(sources: Path) -> None:
    room = sources / "vliwdbg"
    append(room / "views/data.py", VIEW)
    append(room / "render/data.py", RENDERER)
    add(room / "render/data.py", "    Printed,\n", "    Parity,\n")
    commands = room / "commands/data.py"
    add(commands, "_FMT = ", HANDLER)
    add(commands, "        info,\n", ROW)
    add(commands, "    Printed,\n", "    Parity,\n")
    add(commands, "from vliwdbg.views.places import", "from vliwdbg.views.places import Words\n")
    program = sources / "two.json"
    program.write_text(PROGRAM, encoding="utf-8")
    asked = ("exec", str(program), "-ex", "step", "-ex", "parity s[0:2]")
    assert "1 of 2 words of s[0]@2 are odd" in vliwdbg(sources, *asked)
    data = json.loads(vliwdbg(sources, *asked, "--json").splitlines()[-1])["data"]
    assert (data["kind"], data["odd"], data["words"]["words"]) == ("parity", 1, [7, 8])
    assert "how many of its words are odd" in vliwdbg(
        sources, "exec", str(program), "-ex", "help parity"
    )


def test_a_scheduler(sources: Path) -> None:
    (sources / "kernels/schedule/airy.py").write_text(SCHEDULER, encoding="utf-8")
    add(sources / "kernels/schedule/__init__.py", '    "cpsat": SchedulerRow(', SCHEDULER_ROW)
    assert "one slot every other bundle" in vliwdbg(sources, "schedulers")
    small = ("--forest-height", "2", "--rounds", "2", "--batch-size", "3", "--kernel", "baseline")
    serial, airy = (
        json.loads(vliwdbg(sources, "run", "--json", "--scheduler", name, *small))
        for name in ("serial", "airy")
    )
    assert airy["correct"]
    assert airy["cycles"] == serial["cycles"]
