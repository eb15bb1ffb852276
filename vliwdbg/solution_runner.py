"""Runs a user's Python file in a process of its own and writes down the kernel it builds.

    python solution_runner.py FILE OUT HEIGHT NODES BATCH ROUNDS

This file is a script: it imports nothing of ours, because the user's folder, not ours, has to be
the first place where the user's code finds its modules.
"""

import json
import runpy
import sys
from pathlib import Path


def main() -> None:
    source, out, *sizes = sys.argv[1:]
    sys.path[0] = str(Path(source).parent)
    sys.argv = [source]
    found = runpy.run_path(source, run_name="solution")
    if "KernelBuilder" not in found:
        sys.exit(f"{Path(source).name} defines no KernelBuilder")
    builder = found["KernelBuilder"]()
    builder.build_kernel(*map(int, sizes))
    scratch_map = builder.debug_info().scratch_map
    program = {"bundles": builder.instrs, "scratch_map": scratch_map}
    Path(out).write_text(json.dumps(program), encoding="utf-8")


if __name__ == "__main__":
    main()
