"""The machines that a test makes, with the words they started with.

A module is a simulator where it has a `Machine` beside what makes its inputs: `machine.compat`, the
public `problem`, or a copy of it under any name. The class itself is watched, so it does not matter
who imported it from where.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

import machine.compat

_NAMES = {"Machine", "build_mem_image", "reference_kernel2"}
MOST_KEPT = 8
"""Programs of one test; the last ones."""


@dataclass(frozen=True)
class Made:
    """A machine of some class, and what it was made with."""

    machine: Any
    bundles: Any
    memory: Sequence[int]
    names: Any


class Machines:
    """Those that are made while it watches: the last one of each program."""

    def __init__(self) -> None:
        self._made: dict[int, Made] = {}
        self._before: dict[type[Any], Callable[..., None]] = {}
        self._watch(machine.compat.Machine)

    @property
    def public(self) -> list[str]:
        """The modules of the classes that are watched and are not ours."""
        ours = machine.compat.Machine
        return [cls.__module__ for cls in self._before if cls is not ours]

    def look(self) -> None:
        """Watch the simulators that somebody has imported by now."""
        for module in list(sys.modules.values()):
            there = getattr(module, "__dict__", {})
            if there.keys() >= _NAMES and isinstance(there["Machine"], type):
                self._watch(there["Machine"])

    def forget(self) -> None:
        """Forget those of the test before."""
        self._made.clear()

    def made(self) -> list[Made]:
        """Those of this test, the last one of each program, the very last one last."""
        return list(self._made.values())

    def leave(self) -> None:
        """Watch no longer."""
        for cls, method in self._before.items():
            cls.__init__ = method
        self._before.clear()

    def _watch(self, cls: type[Any]) -> None:
        if cls in self._before:
            return
        before = self._before[cls] = cls.__init__

        @wraps(before)
        def init(made: Any, mem_dump: Any, program: Any, *rest: Any, **named: Any) -> None:
            before(made, mem_dump, program, *rest, **named)
            names = named.get("debug_info", rest[0] if rest else None)
            self._note(Made(made, program, list(made.mem), names))

        cls.__init__ = init

    def _note(self, made: Made) -> None:
        self._made.pop(id(made.bundles), None)
        self._made[id(made.bundles)] = made
        for old in list(self._made)[:-MOST_KEPT]:
            del self._made[old]


def names_of(made: Made) -> Iterator[tuple[int, Any]]:
    """The names of scratch that it was told."""
    yield from dict(getattr(made.names, "scratch_map", None) or {}).items()
