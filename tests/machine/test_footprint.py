"""A program as large as the public code's own stays small once loaded."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_two_hundred_thousand_bundles_stay_small(tmp_path: Path) -> None:
    large_file = tmp_path / "dump.json"
    large_file.write_text("[" + ", ".join(public_dump()) + "]")
    assert large_file.stat().st_size > 7_000_000
    command = [sys.executable, "-c", MEASURE, str(large_file)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    # The most that the whole process ever took, which is while it parses.
    bundles, megabytes = done.stdout.split()
    assert int(bundles) == BUNDLES
    assert float(megabytes) < MEGABYTES
