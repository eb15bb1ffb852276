"""The pytest plugin, on a stranger's test file, in a pytest of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kernels.catalog import build
from machine import Problem

SIZES = Problem(forest_height=2, rounds=2, batch_size=8)
TESTS = """
import json, random, unittest
from {simulator} import Input, Machine, Tree, build_mem_image, reference_kernel2

RIGHT, WRONG, REFUSED = json.load(open("bundles.json"))

def check(bundles):
    random.seed(1)
    forest = Tree.generate(2)
    inp = Input.generate(forest, 8, 2)
    mem = build_mem_image(forest, inp)
    machine = Machine(mem, bundles)
    machine.enable_pause = machine.enable_debug = False
    machine.run()
    for expected in reference_kernel2(mem):
        pass
    at = mem[6]
    assert machine.mem[at : at + 8] == expected[at : at + 8]

class Kernels(unittest.TestCase):
    def test_right(self):
        check(RIGHT)

def test_wrong():
    check(WRONG)

def test_refused():
    check(REFUSED)

def test_nothing():
    assert 1 + 1 == 2

def test_no_kernel():
    Machine([], [{{"alu": [("+", 0, 0, 0)]}}]).run()
"""
PUBLIC = """
from machine import compat
from machine.compat import Input, Tree, build_mem_image, reference_kernel2

class Machine(compat.Machine):
    def __init__(self, mem_dump, program, debug_info=None, n_cores=1):
        super().__init__(mem_dump, program, debug_info)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_kernels(tmp_path, "list")
    (tmp_path / "test_kernels.py").write_text(TESTS.format(simulator="machine.compat"))
    return tmp_path


def write_kernels(folder: Path, scheduler: str) -> None:
    right = [bundle for bundle in build("baseline", scheduler, SIZES).written() if bundle]
    wrong = json.loads(json.dumps(right))
    slots = [slot for bundle in wrong for slot in bundle.get("alu", ()) if slot[0] == "^"]
    slots[len(slots) // 2][0] = "|"
    refused = [*right, {"alu": [["+", 0, 0, 99999]]}]
    (folder / "bundles.json").write_text(json.dumps([right, wrong, refused]))


def run(folder: Path, *options: str) -> str:
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "vliwdbg.testing.option", *options, "."],
        cwd=folder,
        env={**environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def line_of(told: str, test: str) -> str:
    (line,) = [line for line in told.splitlines() if f"::{test}: " in line]
    return line


PAGE = Path(__file__).parents[2] / "docs" / "python.md"


def shown_on_the_page() -> list[str]:
    """The lines of output in its section on test files."""
    section = PAGE.read_text("utf-8").partition("\n## Test files\n")[2]
    return [line.strip() for line in section.splitlines() if line.startswith("    ")]


def test_what_is_told(folder: Path) -> None:
    write_kernels(folder, "serial")
    first = run(folder, "--vliwdbg")
    write_kernels(folder, "list")
    told = run(folder, "--vliwdbg")
    assert [line for line in shown_on_the_page() if line not in told] == []
    assert not line_of(first, "test_right").endswith("before")
    assert "outputs is wrong. The first is mem[" in told
    assert "Repair: opcode: | should be ^" in told
    assert "The program is none that the machine takes:" in told
    assert "scratch 99999 is past 1535" in told
    assert line_of(told, "test_right").endswith(" fewer than before")
    assert "test_nothing:" not in told
    assert "test_no_kernel:" not in told
    assert line_of(run(folder, "--vliwdbg"), "test_right").endswith(", as before")


def test_the_public_simulator_is_watched_too(folder: Path) -> None:
    (folder / "problem.py").write_text(PUBLIC)
    (folder / "test_kernels.py").write_text(TESTS.format(simulator="problem"))
    told = run(folder, "--vliwdbg", "-p", "xdist.plugin", "-n", "2")
    assert "Repair: opcode: | should be ^" in told
    assert "cycles, at least" in line_of(told, "test_right")
    assert told.count("problem.Machine is plain Python; `from machine.compat import Machine`") == 1


def test_off_it_loads_nothing(folder: Path) -> None:
    (folder / "test_kernels.py").write_text(
        "import sys\n"
        "def test_modules():\n"
        "    ours = {'vliwdbg', 'vliwdbg.testing', 'vliwdbg.testing.option'}\n"
        "    assert {m for m in sys.modules if m.startswith(('vliwdbg', 'machine'))} == ours\n"
        "    assert False, 'as it should'\n"
    )
    assert "as it should" in run(folder)


def test_what_the_simulator_raises_stays_as_it_is(folder: Path) -> None:
    """pytest rewrites the asserts of whatever brings a plugin, unless a module says otherwise."""
    (folder / "conftest.py").write_text(
        "import pytest\npytest.register_assert_rewrite('machine', 'vliwdbg')\n"
    )
    (folder / "test_kernels.py").write_text(
        "from machine.compat import Machine\n"
        "def test_compare():\n"
        "    machine = Machine([], [{'debug': [('compare', 0, 'k')]}], value_trace={'k': 1})\n"
        "    try:\n"
        "        machine.run()\n"
        "    except AssertionError as error:\n"
        "        assert str(error) == '0 != 1 for k at pc=1'\n"
        "        assert False, 'as it should'\n"
    )
    assert "as it should" in run(folder)


def test_the_entry_point_is_declared() -> None:
    import tomllib

    project: Any = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    points = project["project"]["entry-points"]["pytest11"]
    assert points == {"vliwdbg": "vliwdbg.testing.option"}
