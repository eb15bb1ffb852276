"""Runs a user's Python file in a process of its own and hands over the kernel it builds.

    python solution_runner.py FILE RESULT LIFELINE SCRATCH HEIGHT NODES BATCH ROUNDS

RESULT and LIFELINE are descriptors: the kernel is written to the one, as a line of JSON; when
whoever started this is gone, the other ends, and with it this process and all that it has started.
SCRATCH are the words that the builder may give out.

This file is a script for any Python from 3.6 on. It imports nothing of ours, and is not itself a
place where the user's code finds modules.
"""

import sys

if sys.path and sys.path[0] == __file__.rpartition("/")[0]:
    del sys.path[0]

import importlib.util
import json
import operator
import os
import signal
import stat
import threading
from typing import Any


def main() -> None:
    source, result, lifeline = sys.argv[1:4]
    scratch, *sizes = map(int, sys.argv[4:])
    threading.Thread(target=end_with, args=(int(lifeline),), daemon=True).start()
    folder = os.path.dirname(source)
    sys.path.insert(0, folder)
    sys.path += folders_above(folder)
    sys.argv = [source]
    sys.dont_write_bytecode = True
    module = load(source)
    widen(scratch)
    builder = module.KernelBuilder()
    builder.build_kernel(*sizes)
    text = json.dumps(handed_over(builder), default=as_integer)
    sys.stdout.flush()
    sys.stderr.flush()
    with os.fdopen(int(result), "wb") as stream:
        stream.write(text.encode("ascii") + b"\n")


def end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


def folders_above(folder: str) -> "list[str]":
    """Those that nobody but their owners can put modules into, up to the first that is not so."""
    found = []
    while os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
        if os.stat(folder).st_mode & stat.S_IWOTH:
            break
        found.append(folder)
    return found


def load(source: str) -> Any:
    """The file as a module, called as it is by those who import it."""
    name = os.path.basename(source)[: -len(".py")]
    spec = importlib.util.spec_from_file_location(name, source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    if not hasattr(module, "KernelBuilder"):
        sys.exit(f"{os.path.basename(source)} defines no KernelBuilder")
    return module


def widen(scratch: int) -> None:
    """Let builders give out so many words: modules have their own copies of the public constant."""
    for module in list(sys.modules.values()):
        size = getattr(module, "SCRATCH_SIZE", scratch)
        if isinstance(size, int) and size < scratch:
            module.SCRATCH_SIZE = scratch  # type: ignore[attr-defined]


def handed_over(builder: Any) -> "dict[str, Any]":
    """What a builder tells: its bundles, the names of scratch, and more if it likes to."""
    info = builder.debug_info() if hasattr(builder, "debug_info") else None
    names = getattr(info, "scratch_map", None) or {}
    told = {"scratch_map": {str(address): entry for address, entry in dict(names).items()}}
    told.update(getattr(builder, "vliwdbg", None) or {})
    told["bundles"] = builder.instrs
    return told


def as_integer(value: Any) -> int:
    """The integer that a value of another library is."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{value!r} is not JSON serializable") from None


if __name__ == "__main__":
    main()
