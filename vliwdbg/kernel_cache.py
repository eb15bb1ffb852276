"""The bundled kernel as it was built before, kept in the user's folder for caches.

    vliwdbg/kernel-8d3f….json      a program file; the digits are a hash of all that builds it

That is every file of `kernels` and of the machine that it is built for, and what was asked of them.
So a file is right for ever or never looked at again, and any of them may be removed at any time.
Where there is no place to keep it the kernel is built each time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path

from machine.codec import read_program, write_program
from machine.errors import ProgramError
from machine.problem import Problem
from machine.program import Program
from vliwdbg import files

MOST_KEPT = 12
"""Kernels; the one that has not been read for longest goes first."""
_BUILDERS = {"kernels": True, "machine": False}
"""Packages that a build depends on, and whether it does on those inside them."""
_SUFFIXES = (".py", ".json", ".so", ".pyd")


def kept(problem: Problem, outputs: Sequence[str], build: Callable[[], Program]) -> Program:
    """What `build` builds for the sizes of a problem, or did when all was as it is now.

    Raises what `build` raises.
    """
    try:
        place = _place(problem, outputs)
    except OSError:
        return build()
    try:
        program = read_program(str(place))
        os.utime(place)
    except (OSError, ProgramError):  # it is not there, or somebody has been at it
        program = build()
        with suppress(OSError, ProgramError):
            _keep(place, program)
    return replace(program, problem=problem)


def _place(problem: Problem, outputs: Sequence[str]) -> Path:
    from hashlib import sha256

    from platformdirs import user_cache_path

    digest = sha256(repr((replace(problem, seed=0), outputs)).encode())
    for file in _sources():
        digest.update(f"\0{file.name}\0".encode())
        digest.update(Path(file).read_bytes())
    return user_cache_path("vliwdbg") / f"kernel-{digest.hexdigest()[:32]}.json"


def _sources() -> Iterator[os.DirEntry[str]]:
    root = Path(__file__).parent.parent
    for package, within in _BUILDERS.items():
        yield from _files_in(str(root / package), within=within)


def _files_in(folder: str, *, within: bool) -> Iterator[os.DirEntry[str]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name.endswith(_SUFFIXES):
            yield entry
        elif within and entry.is_dir():
            yield from _files_in(entry.path, within=True)


def _keep(place: Path, program: Program) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = StringIO()
    write_program(program, text)
    files.write_text(str(place), text.getvalue())
    kernels = sorted(place.parent.glob("kernel-*.json"), key=lambda path: path.stat().st_mtime)
    for path in kernels[:-MOST_KEPT]:
        path.unlink()
