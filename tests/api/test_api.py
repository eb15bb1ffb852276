"""`import vliwdbg`: what is public, what can be opened, commands as methods."""

import inspect
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import vliwdbg
from machine import Problem, Program
from machine.compat import Input, Tree, build_mem_image
from vliwdbg.api.names import methods
from vliwdbg.api.stub import FILE, stub, view_of
from vliwdbg.views.dataflow import Who
from vliwdbg.views.moves import Moved

PUBLIC = ["DebuggerError", "OpenSession", "ProgramError", "View", "debug", "open"]
MEMBERS = {"commands", "cycle", "execute", "memory", "notes", "pc", "program", "scratch"}
BUNDLES: list[Any] = [
    {"load": [("const", 0, 6), ("const", 1, 7)]},
    {"alu": [("*", 2, 0, 1)]},
    {"store": [("store", 0, 2)]},
]


@dataclass
class KernelBuilder:
    """As people write them."""

    instrs: list[Any] = field(default_factory=lambda: list(BUNDLES))
    scratch_map: dict[int, tuple[str, int]] = field(
        default_factory=lambda: {0: ("six", 1), 2: ("product", 1)}
    )

    def debug_info(self) -> Any:
        return self


def test_what_is_public() -> None:
    """What stands here is kept as semantic versioning says; anything else may change."""
    assert vliwdbg.__all__ == PUBLIC
    assert set(PUBLIC) <= set(dir(vliwdbg))
    session = {name for name in dir(vliwdbg.OpenSession) if not name.startswith("_")}
    assert session == MEMBERS | {name for name, _ in methods()}
    for function, wanted in (
        (vliwdbg.open, ["source", "memory", "problem"]),
        (vliwdbg.debug, ["source", "commands", "memory", "problem"]),
    ):
        assert list(inspect.signature(function).parameters) == wanted
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        getattr(vliwdbg, "nothing")  # noqa: B009


def test_importing_it_loads_nothing() -> None:
    code = "import sys, vliwdbg; dir(vliwdbg); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = [name for name in done.stdout.split() if name.split(".")[0] in OURS]
    assert loaded == ["vliwdbg"]


OURS = ("vliwdbg", "machine", "kernels")


def test_the_types_of_methods_are_those_of_the_table() -> None:
    assert FILE.read_text("utf-8") == stub()
    answers = {name: view_of(command).__name__ for name, command in methods()}
    assert answers["step"] == "Moved"
    assert answers["stats"] == "Stats"
    assert answers["who"] == "Who"
    untold = {name for name, answer in answers.items() if answer == "View"}
    assert untold == {"x", "set", "info", "help", "lint"}


def test_every_command_is_a_method_that_answers_or_refuses() -> None:
    session = vliwdbg.open(BUNDLES)
    for name, command in methods():
        method = getattr(session, name)
        assert command.usage in method.__doc__
        try:
            assert isinstance(method(), vliwdbg.View)
        except (vliwdbg.DebuggerError, vliwdbg.ProgramError):
            continue


def test_a_conversation() -> None:
    session = vliwdbg.open(KernelBuilder())
    assert "KernelBuilder, cycle 0, pc 0" in repr(session)
    assert session.break_("engine store", "if", "product == 42").breakpoint.number == 1
    moved = session.continue_()
    assert (moved.cycle, moved.hits[0].number) == (2, 1)
    assert session.who("product").value == 42
    assert session.print("product / six").value == 7
    assert (session.cycle, session.pc, session.scratch[2]) == (2, 2, 42)
    session.reverse_step()
    changed = session.set("six", "=", 9)
    assert session.print("six").value == 9
    assert isinstance(changed, vliwdbg.View)
    session.goto("end")
    assert session.memory[9] == 63
    assert session.program.scratch_map[2] == ("product", 1)


def test_lines_of_commands_and_what_breakpoints_do() -> None:
    session = vliwdbg.open(BUNDLES)
    session.break_("engine alu")
    assert session.commands(1, "print s[0]", "step").breakpoint.commands == ("print s[0]", "step")
    kinds = [view.kind for view in session.execute("continue\nprint s[2]")]
    assert kinds == ["moved", "value", "moved", "value"]


def test_what_cannot_be_done_is_raised() -> None:
    session = vliwdbg.open(BUNDLES)
    with pytest.raises(vliwdbg.DebuggerError, match="no scratch is called nobody") as wrong:
        session.print("nobody")
    assert wrong.value.column == 0
    with pytest.raises(vliwdbg.DebuggerError, match="No more reverse"):
        session.execute("step\nreverse-step\nreverse-step")
    with pytest.raises(vliwdbg.ProgramError, match="nowhere: no such file"):
        session.file("nowhere")
    assert (session.cycle, session.step().cycle) == (0, 1)


WRONG: list[tuple[Any, str]] = [
    ([{"alu": [("*", 2, 0)]}], "bundles\\[0\\].alu\\[0\\]: \\* takes 3 operands"),
    ([{"alu": [object()]}], "not JSON serializable"),
    (7, "not a list of bundles"),
    (KernelBuilder(instrs=[{"gpu": []}]), "gpu"),
    (Path("nowhere.json"), "no such file"),
]


@pytest.mark.parametrize(("source", "said"), WRONG)
def test_what_cannot_be_opened(source: Any, said: str) -> None:
    with pytest.raises(vliwdbg.ProgramError, match=said):
        vliwdbg.open(source)


def test_sources(tmp_path: Path) -> None:
    file = tmp_path / "program.json"
    file.write_text(json.dumps({"bundles": BUNDLES, "memory": [0] * 8}))
    solution = tmp_path / "solution.py"
    solution.write_text(
        f"class KernelBuilder:\n    def build_kernel(self, *_):\n        self.instrs = {BUNDLES}\n"
    )
    program = Program.from_bundles(BUNDLES, name="mine")
    for source in (file, str(file), solution, program, BUNDLES, KernelBuilder()):
        end = vliwdbg.open(source, memory=[5] * 8).goto("end")
        assert isinstance(end, Moved)
        assert (end.cycle, end.stop is not None) == (3, True)


def test_whose_problem_it_is() -> None:
    sizes = Problem(forest_height=2, rounds=1, batch_size=8)
    assert vliwdbg.open(BUNDLES).program.problem == Problem()
    assert vliwdbg.open(BUNDLES, problem=sizes).program.problem == sizes
    forest = Tree.generate(2)
    memory = build_mem_image(forest, Input.generate(forest, 8, 1))
    session = vliwdbg.open(BUNDLES, memory=memory + [0] * 50)  # the public image has more room
    problem = session.program.problem
    assert problem is not None
    assert (problem.forest_height, problem.rounds, problem.batch_size) == (2, 1, 8)
    assert list(session.memory) == memory + [0] * 50
    assert vliwdbg.open(BUNDLES, memory=[1, 2, 3]).program.problem is None
    with pytest.raises(vliwdbg.ProgramError, match="memory"):
        vliwdbg.open(BUNDLES, memory=[-1])


def test_a_view_is_what_exec_prints() -> None:
    who = vliwdbg.open(BUNDLES).who("s[2]", "@3")
    assert isinstance(who, Who)
    assert who.to_json()["writer"]["text"] == "s[2] = s[0] * s[1]"


def test_a_notebook_has_no_terminal() -> None:
    import asyncio

    async def cell() -> None:
        vliwdbg.debug(BUNDLES)

    with pytest.raises(vliwdbg.ProgramError, match="a notebook has none"):
        asyncio.run(cell())
