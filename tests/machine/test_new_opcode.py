"""An opcode is added to a copy of the sources: two files, and whichever is forgotten is noticed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from machine.core import choose_core
from tests.copies import ROOT, add, copy_of, run

CC = (sysconfig.get_config_var("CC") or "cc").split()[0]
INCLUDE = sysconfig.get_path("include")
needs_compiler = pytest.mark.skipif(
    shutil.which(CC) is None or not Path(INCLUDE, "Python.h").exists(),
    reason=f"needs {CC} and Python's headers",
)
STRICT = ("-std=c11", "-Werror=switch")

LAST_ROW = '    Opcode(\n        "debug",\n        "comment",'
ROW = """    Opcode(
        "valu",
        "vmin3",
        "m",
        (_def(width=_V), _use("a", _V), _use("b", _V), _use("c", _V)),
        "{dest} = vmin3({a}, {b}, {c})",
        "the least of three",
        ternary=min,
    ),
"""
NAMED_ROW = ROW.replace("        ternary=min,\n", "")
LAST_OPERATION = "    X(SELECT_VECTOR,"
OPERATION = '    X(LEAST, "valu", "vmin3", VECTOR, 1, a < b ? (a < c ? a : c) : b < c ? b : c) \\\n'
CASE_OPERATION = '    X(LEAST, "valu", "vmin3", "d8 u8 u8 u8", 1, NOTHING) \\\n'
LAST_CASE_OPERATION = "    X(COMMENT,"

# Lanes of three vectors whose least is each of them in turn.
PROGRAM = """
from machine.core import choose_core
from machine.program import Program
from machine.timeline import Timeline
most = 2**32 - 1
a, b, c = [3, 9, 5, most, 0, 7, 7, 1], [4, 2, 5, 1, 0, 6, 8, 1], [5, 9, 1, 3, 2, 9, 6, 1]
bundles = [{"valu": [["vmin3", 32, 8, 16, 24], ["vmin3", 40, 24, 8, 16]]}]
core = Timeline.on(choose_core(CORE), Program.from_bundles(bundles), [])
for at, words in {8: a, 16: b, 24: c}.items():
    core.scratch[at : at + 8] = words
core.run(1)
assert list(core.scratch[32:40]) == list(core.scratch[40:48]) == [3, 2, 1, 1, 0, 6, 6, 1]
"""
LOAD_COMPILED = "from machine.core import choose_core; choose_core('compiled')"


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    return copy_of(("machine",), tmp_path)


def in_isa(sources: Path, row: str = ROW) -> None:
    add(sources / "machine/isa.py", LAST_ROW, row)


def in_core(sources: Path) -> None:
    add(sources / "machine/core/operations.h", LAST_OPERATION, OPERATION)


def compile_c(sources: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CC, *STRICT, f"-I{INCLUDE}", "-DPy_LIMITED_API=0x030B0000", *arguments],
        cwd=sources / "machine/core",
        capture_output=True,
        text=True,
        check=False,
    )


def build(sources: Path) -> None:
    machine = sources / "machine"
    library = next(machine.glob("_core.*so"), machine / "_core.abi3.so")
    files = sorted(path.name for path in machine.glob("core/*.c"))
    made = compile_c(sources, "-O0", "-shared", "-fPIC", *files, "-o", str(library))
    assert made.returncode == 0, made.stderr


def test_the_model_needs_a_row_alone(sources: Path) -> None:
    in_isa(sources)
    ran = run(sources, PROGRAM.replace("CORE", "'model'"))
    assert ran.returncode == 0, ran.stderr


@needs_compiler
@pytest.mark.skipif(sys.platform != "linux", reason="builds as Linux does")
def test_both_cores_need_a_row_in_each_of_two_files(sources: Path) -> None:
    in_core(sources)
    build(sources)
    refused = run(sources, LOAD_COMPILED)
    assert refused.returncode != 0
    assert "opcodes, not" in refused.stderr
    in_isa(sources)
    for core in ("compiled", "model"):
        ran = run(sources, PROGRAM.replace("CORE", repr(core)))
        assert ran.returncode == 0, ran.stderr


def test_a_core_without_the_operation_is_refused(sources: Path) -> None:
    if choose_core().name != "compiled":
        pytest.skip("the compiled core was not built")
    in_isa(sources)
    refused = run(sources, LOAD_COMPILED)
    assert refused.returncode != 0
    assert "the core does not know valu vmin3" in refused.stderr


def test_a_row_that_nobody_executes_is_refused(sources: Path) -> None:
    in_isa(sources, NAMED_ROW)
    refused = run(sources, "import machine.model")
    assert refused.returncode != 0
    assert "KeyError: 'vmin3'" in refused.stderr


@needs_compiler
def test_an_operation_whose_case_is_forgotten_does_not_compile(sources: Path) -> None:
    assert {*STRICT} <= {*re.findall(r'"(-[^"]+)"', (ROOT / "setup.py").read_text("utf-8"))}
    for file in ("engine.c", "lockstep.c", "trace.c"):
        assert compile_c(sources, "-fsyntax-only", file).returncode == 0
    add(sources / "machine/core/operations.h", LAST_CASE_OPERATION, CASE_OPERATION)
    for file in ("engine.c", "lockstep.c", "trace.c"):
        made = compile_c(sources, "-fsyntax-only", file)
        assert made.returncode != 0
        assert re.search(r"LEAST\S* not handled", made.stderr)
