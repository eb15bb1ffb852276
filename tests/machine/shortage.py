"""Every call of the extensions, time and again, each time with another allocation that fails.

    LD_PRELOAD=refusing.so PYTHONMALLOC=malloc python -m tests.machine.shortage

`test_footprint.py` makes `refusing.so` of `refusing.c` and does so. What may come of a shortage is
a MemoryError, or the very result that there is without one; then the call is made once more and
has to succeed. Prints a line for each call: its name, the allocations refused, and how many of
them raised.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from random import Random
from typing import Any

from kernels.build_request import BuildRequest
from kernels.schedule._core import _pack
from kernels.tune.measure import Linked
from kernels.tune.session import groups_of
from machine import _core
from machine import timeline as timeline_module
from machine.columns import WORKS
from machine.core import choose_core
from machine.core.what_fits import encode_what_fits
from machine.encode import Encoder
from machine.encode_fast import FastEncoder
from machine.problem import Problem
from machine.program import Program
from machine.timeline import Timeline
from tests.kernels.test_pack_core import random_candidate
from tests.machine.test_core import counting
from tests.machine.test_core_hostile import arrays, state

SLOTS: dict[str, list[Any]] = {
    "alu": [["+", 1, 2, 3]] * 12,
    "load": [["const", 5, 6], ["vload", 8, 1]],
    "debug": [["compare", 1, [2, 3]], ["vcompare", 8, [[i] for i in range(8)]]],
}
# All of them plain, so that the extension takes them; Python itself does not survive everything.
BUNDLES = [
    *(bundle.written for bundle in counting(8, 1200) if "debug" not in bundle.written),
    SLOTS,
]
PROGRAM = Program.from_bundles(BUNDLES)
COLUMNS = tuple(arrays(PROGRAM))
FAR = 40
"""A position that much starts from, some keyframes on."""

refuse = ctypes.CDLL(None).refuse
refuse.restype = ctypes.c_long


def machine(long_log: bool = True) -> Any:
    scratch, memory, flags, _, _ = state(PROGRAM)
    visits = array("Q", bytes(8 * len(PROGRAM)))
    lowered = _core.Lowered(COLUMNS, WORKS)
    made = _core.Machine(lowered, scratch, memory, flags, visits, long_log)
    made.expect(array("q", bytes(8 * len(lowered.compared()))))
    return made


def standing(made: Any) -> Any:
    made.advance(FAR - made.position, 10**6, False, True)
    return made


def timeline() -> Any:
    made = Timeline.on(choose_core("compiled"), PROGRAM, [0] * 4, history=10**6, count=True)
    made.set_interval(3)
    made.run(FAR)
    return made


def edited(made: Any) -> Any:
    made.scratch[9] = 1
    return made


def encoded(encoder: Encoder) -> list[Any]:
    encoder.add_all(BUNDLES)
    return [getattr(encoder.columns, name) for name in encoder.columns.__slots__]


# name -> what is prepared, and what is called with it
Call = tuple[Callable[[], Any], Callable[[Any], Any]]
CALLS: dict[str, Call] = {
    "make": (lambda: None, lambda _: machine().position),
    "run": (machine, lambda m: standing(m).position),
    "run with a short log": (lambda: machine(False), lambda m: standing(m).position),
    "last": (lambda: standing(machine()), lambda m: m.last()),
    "save": (lambda: standing(machine()), lambda m: len(m.save())),
    "run with keyframes": (timeline, lambda t: t.run(2 * FAR).position),
    "run after an edit": (lambda: edited(timeline()), lambda t: t.seek(2 * FAR).position),
    "go far": (timeline, lambda t: t.seek(300).position),
    "go back": (timeline, lambda t: t.seek(5).position),
    "become": (machine, lambda m: m.become(1, 2, 3, 0, array("I", range(500)))),
    "expect": (machine, lambda m: m.expect(array("q", [1] * 9))),
    "watch": (machine, lambda m: m.watch(bytearray(4))),
    "compared": (lambda: _core.Lowered(COLUMNS, WORKS), lambda lowered: lowered.compared()),
    "see": (lambda: None, lambda _: encode_what_fits(BUNDLES)[2].holds(BUNDLES)),
    "trace": (lambda: standing(machine()), lambda m: m.trace_bytes),
    "fault": (lambda: standing(machine()), lambda m: (m.fault, m.log_bytes)),
    "encode": (FastEncoder, encoded),
    "draw": (lambda: array("I", [0] * 8), lambda i: _core.draw([bytes(4)], i, (1, 4, 6, 8))),
    "run together": (machine, lambda m: _core.run_together(m, array("I", [0] * 8), 4, 99)),
}


def schedule_calls() -> dict[str, Call]:
    """The calls that measuring a schedule makes, with what it makes them with."""
    request = BuildRequest(Problem(4, 6, 3))
    groups = groups_of(request)
    code = Linked(request, groups)
    seen: dict[str, tuple[Any, ...]] = {}
    for name in ("link", "hold", "length"):
        _watch(name, seen)
    code.length(random_candidate(Random(1), code, groups.vectors, groups.count))
    (run,), (*_, window, spare, _, _, _) = seen["hold"], seen["length"]
    seen["pack"] = (run, array("i", range(array("i", run)[0])), window, spare)
    calls = {name: (lambda: None, partial(_call, name, seen[name])) for name in seen}
    # No held run is equal to another.
    return {**calls, "hold": (lambda: None, partial(_hold, seen["hold"]))}


def _call(name: str, arguments: tuple[Any, ...], _made: object) -> object:
    return getattr(_pack, name)(*arguments)


def _hold(arguments: tuple[Any, ...], _made: object) -> object:
    return type(_pack.hold(*arguments))


def _watch(name: str, seen: dict[str, tuple[Any, ...]]) -> None:
    called = getattr(_pack, name)

    def watched(*arguments: Any) -> Any:
        setattr(_pack, name, called)
        seen[name] = arguments
        return called(*arguments)

    setattr(_pack, name, watched)


def starve(prepare: Callable[[], Any], call: Callable[[Any], Any]) -> tuple[int, int]:
    """How many allocations were refused, and how many of them raised MemoryError."""
    expected = call(prepare())
    number = raised = left = 0
    while not left:
        number += 1
        prepared, answer = prepare(), expected
        try:
            refuse(number)
            answer = call(prepared)
        except MemoryError:
            raised += 1
        finally:
            left = refuse(0)
        assert answer == expected, f"allocation {number}: {answer!r}, not {expected!r}"
        call(prepared)
    return number - 1, raised


def main() -> None:
    # Python's own look at signals goes through an enum, which does not survive a shortage.
    vars(timeline_module)["deferred_sigint"] = partial(nullcontext, lambda: None)
    for name, (prepare, call) in {**CALLS, **schedule_calls()}.items():
        refused, raised = starve(prepare, call)
        print(f"{name}: {refused} refused, {raised} raised", flush=True)


if __name__ == "__main__":
    main()
