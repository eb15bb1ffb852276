"""A run as a file that Perfetto and chrome://tracing show: Chrome's trace events, a JSON list.

    process "Core 0"            a thread for each slot of an engine, a slice for each one executed,
                                with the names and words of its operands as arguments
    process "Core 0 Scratch"    a thread for each name, a slice where its words are written
    process "Tags"              a slice for each stretch of a program that has a name

A cycle is a microsecond. `TraceFile` writes events as they come; `write_run` makes them of a run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import IO, Any

from machine.access import ACCESS
from machine.core import choose_core
from machine.disassembly import ScratchNames, format_slot
from machine.isa import SLOT_LIMITS
from machine.program import Program, Slot, Tag

BASE_ADDR_TID = 100_000
"""The thread of scratch word 0."""
_TAGS = "Tags"
_AT_ONCE = 1000
"""Bundles between two words of how far a run is."""


class TraceFile:
    """Writes a trace; `flush` leaves a file that can be read, `close` ends it.

    `limits` are the most slots of each engine, `names` those of scratch: address -> (name, width).
    """

    def __init__(
        self,
        stream: IO[str],
        cores: int,
        limits: Mapping[str, int],
        names: Mapping[int, tuple[str, int]],
    ) -> None:
        self._stream = stream
        self._cores = cores
        self._before = "[\n"
        engines = [engine for engine in limits if engine != "debug"]
        starts = accumulate((limits[engine] for engine in engines), initial=1)
        self._first_thread = dict(zip(engines, starts, strict=False))
        for core in range(cores):
            self._name("process_name", core, 0, f"Core {core}")
            for engine, thread in self._first_thread.items():
                for i in range(limits[engine]):
                    self._name("thread_name", core, thread + i, f"{engine}-{i}")
            if names:
                self._name("process_name", cores + core, 0, f"Core {core} Scratch")
            for address, (name, width) in names.items():
                self._name("thread_name", cores + core, BASE_ADDR_TID + address, f"{name}-{width}")

    @classmethod
    def open(cls, path: str, *about: Any) -> TraceFile:
        """A trace in a new file, whose closing closes the file."""
        return cls(open(path, "w", encoding="utf-8"), *about)  # closed by `close`

    def slot(
        self, core: int, cycle: int, engine: str, index: int, name: str, args: Mapping[str, Any]
    ) -> None:
        """A slot executed in a cycle."""
        thread = self._first_thread[engine] + index
        self._slice(core, thread, cycle, 1, name, {key: str(arg) for key, arg in args.items()})

    def words(self, core: int, cycle: int, address: int, words: Iterable[int]) -> None:
        """Words of scratch, under the name that starts at the address, after a cycle wrote them."""
        thread = BASE_ADDR_TID + address
        self._slice(self._cores + core, thread, cycle, 1, ", ".join(map(str, words)), {})

    def tag(self, first: int, cycles: int, name: str) -> None:
        """A stretch of cycles with a name."""
        self._slice(2 * self._cores, 0, first, cycles, name, {})

    def name_tags(self) -> None:
        """Give the process of the stretches its name."""
        self._name("process_name", 2 * self._cores, 0, _TAGS)

    def _name(self, what: str, process: int, thread: int, name: str) -> None:
        event = {"name": what, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}
        self._write(event)

    def _slice(
        self, process: int, thread: int, start: int, cycles: int, name: str, args: Mapping[str, Any]
    ) -> None:
        place = {"pid": process, "tid": thread, "ts": start, "dur": cycles}
        self._write({"name": name, "cat": "op", "ph": "X", **place, "args": args})

    def _write(self, event: Mapping[str, Any]) -> None:
        self._stream.write(self._before + json.dumps(event))
        self._before = ",\n"

    def flush(self) -> None:
        """Have all in the file that was written so far, with the end of the list after it."""
        here = self._stream.tell()
        self._stream.write("\n]")
        self._stream.flush()
        self._stream.seek(here)

    def end(self) -> None:
        """Write the end of the list."""
        self._stream.write("\n]\n")

    def close(self) -> None:
        """Write the end of the list, and close the file."""
        self.end()
        self._stream.close()


def write_run(
    stream: IO[str],
    program: Program,
    memory: Sequence[int],
    bundles: int,
    told: Callable[[float], object] | None = None,
) -> None:
    """Run a program for so many bundles, past pauses and compares, and write the trace of it. Now
    and then it is told which part is over."""
    core = choose_core().make_core(program, memory, debug=False, pauses=False, history=1)
    trace = TraceFile(stream, 1, SLOT_LIMITS, program.scratch_map)
    if program.tags:
        trace.name_tags()
    named = {
        address: (first, width)
        for first, (_, width) in program.scratch_map.items()
        for address in range(first, first + width)
    }
    names = ScratchNames(program.scratch_map)
    tag, since = None, 0
    while core.position < bundles and core.pc < len(program):
        if told and not core.position % _AT_ONCE:
            told(core.position / bundles)
        pc, cycle, position = core.pc, core.cycle, core.position
        now = program.tag_at(pc) if program.tags else None
        if now != tag:
            _write_tag(trace, tag, since, cycle)
            tag, since = now, cycle
        slots = [slot for slot in program.bundle(pc) if slot.engine != "debug"]
        read = [_read(slot, names, core.scratch) for slot in slots]
        core.run(1)
        commit = core.last_commit()
        if core.position == position or commit is None:
            break
        for slot, operands in zip(slots, read, strict=True):
            what = {"slot": slot.written, "pc": pc, "text": format_slot(slot, names)}
            what |= operands | _made(slot, names, core.scratch)
            trace.slot(0, cycle, slot.engine, slot.index, slot.opcode.name, what)
        written = {named[write.address] for write in commit.scratch if write.address in named}
        for first, width in sorted(written):
            trace.words(0, cycle, first, core.scratch[first : first + width])
    _write_tag(trace, tag, since, core.cycle)
    trace.end()


def _read(slot: Slot, names: ScratchNames, scratch: Sequence[int]) -> dict[str, str]:
    """By operand and what it is called, the words that a slot reads; immediates too."""
    operands = slot.opcode.operands
    told = {
        operand.name: str(value)
        for operand, value in zip(operands, slot.operands, strict=True)
        if not operand.in_scratch
    }
    reads = ACCESS[slot.opcode.code].reads
    for (at, _), (start, width) in zip(reads, slot.uses, strict=True):
        told[f"{operands[at].name} {names.text(start, width)}"] = _words(scratch, start, width)
    return told


def _made(slot: Slot, names: ScratchNames, scratch: Sequence[int]) -> dict[str, str]:
    """What it is called that a slot writes, with the words after its bundle."""
    return {
        f"dest {names.text(start, width)}": _words(scratch, start, width)
        for start, width in slot.defs
    }


def _words(scratch: Sequence[int], start: int, width: int) -> str:
    return ", ".join(map(str, scratch[start : start + width]))


def _write_tag(trace: TraceFile, tag: Tag | None, first: int, end: int) -> None:
    if tag is not None:
        trace.tag(first, end - first, tag.name)
