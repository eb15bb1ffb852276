"""Memory: a large program stays small, what is gone is given back, and a shortage is survived."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.machine.test_core import CORES

ROOT = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and the GNU C library")
SANITIZED = "asan" in os.environ.get("LD_PRELOAD", "")
"""Whether allocation is the address sanitizer's, which counts and refuses in its own way."""
BUNDLES = 200_000
MEGABYTES = 150
# The high-water mark of the process itself: what getrusage tells starts at that of its parent.
MEASURE = """
import sys
from machine.codec import read_program
program = read_program(sys.argv[1])
with open("/proc/self/status") as lines:
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
print(len(program), int(kilobytes) / 2**10)
"""


def public_dump() -> Iterator[str]:
    """Bundles as dumps of the public code have them: a slot each, every fourth a compare."""
    for i in range(0, BUNDLES, 4):
        for j in range(3):
            yield json.dumps({"alu": [["+", (i + j) % 1536, (i + 7) % 1536, (i + 9) % 1536]]})
        key = [i % 16, i % 256, "hash_stage", i % 6]
        yield json.dumps({"debug": [["compare", i % 1536, key]]})


def run_python(*words: str | Path, **env: Any) -> str:
    """What a Python of its own prints."""
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, cwd=ROOT, env=os.environ | env
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@LINUX
def test_two_hundred_thousand_bundles_stay_small(tmp_path: Path) -> None:
    large_file = tmp_path / "dump.json"
    large_file.write_text("[" + ", ".join(public_dump()) + "]")
    assert large_file.stat().st_size > 7_000_000
    # The most that the whole process ever took, which is while it parses.
    bundles, megabytes = run_python("-c", MEASURE, large_file).split()
    assert int(bundles) == BUNDLES
    assert float(megabytes) < MEGABYTES


# Many machines, each with a whole life; prints how many blocks Python and how many bytes the C
# library have lent out at the end beyond those at the start.
LIVES = """
import ctypes, gc, sys
from machine import Machine
from tests.machine.test_core import counting

FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"

class Lent(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in FIELDS.split()]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Lent
program = counting(8, 100)

def live():
    machine = Machine(program, [0] * 3, core=sys.argv[1], history=10**6, count=True)
    core = machine.core
    core.set_interval(7)
    core.memory_flags[1] = 3
    machine.run(200)
    for _ in range(20):
        machine.step_back()
    core.seek(50)
    core.scratch[9] = 1
    core.pc = 2
    core.seek(90)
    core.seek_cycle(20)
    core.restart()
    core.restore(core.checkpoint())
    core.reference = {(1,): 2}
    machine.run()
    try:
        core.seek(1)
    except ValueError:
        pass

def lent():
    gc.collect()
    now = mallinfo()
    return sys.getallocatedblocks(), now.uordblks + now.hblkhd

for _ in range(20):
    live()
before = lent()
for _ in range(int(sys.argv[2])):
    live()
print(*(now - then for now, then in zip(lent(), before)))
"""


@LINUX
@pytest.mark.skipif(SANITIZED, reason="counts in the C library's own allocation")
@pytest.mark.parametrize(("core", "lives", "most"), [("compiled", 1000, 50), ("model", 30, 10)])
def test_machines_that_are_gone_leave_nothing(core: str, lives: int, most: int) -> None:
    if core not in CORES:
        pytest.skip("the compiled core was not built")
    blocks, size = map(int, run_python("-c", LIVES, core, str(lives)).split())
    # Far less than a block a life; the bytes go up and down by how the heap is cut.
    assert blocks < most
    assert size < 60_000


@LINUX
@pytest.mark.skipif(SANITIZED, reason="refuses in the C library's own allocation")
@pytest.mark.skipif("compiled" not in CORES, reason="the compiled core was not built")
def test_where_there_is_no_memory_there_is_an_exception_and_no_crash(tmp_path: Path) -> None:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        pytest.skip("there is no C compiler")
    source, library = Path(__file__).with_name("refusing.c"), tmp_path / "refusing.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    env = {"LD_PRELOAD": str(library), "PYTHONMALLOC": "malloc"}
    tried = run_python("-m", "tests.machine.shortage", **env).splitlines()
    assert len(tried) > 10
    assert not [line for line in tried if ": 0 refused" in line or " 0 raised" in line]
