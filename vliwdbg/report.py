"""What a run came to, in words for people and in JSON for scripts.

`as_json` is the object that `vliwdbg run --json` prints, `as_text` what it prints without; both
are read off an `Outcome`. `built` and `facts` do the same for `build` and `info`.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from machine.access import ACCESS
from machine.columns import Columns
from machine.isa import ENGINES, OPCODES, SCRATCH_SIZE, SLOT_LIMITS, VLEN
from machine.machine import Machine
from machine.program import Program
from machine.stops import Reason
from machine.verdict import Area, Verdict, Wrong
from vliwdbg import __version__
from vliwdbg.printable import printable
from vliwdbg.runner import Outcome

RUN_SCHEMA = "vliwdbg.run/1"
EXECUTING_ENGINES = tuple(engine for engine in ENGINES if engine != "debug")


# What the executed bundles used


def executed_slots(program: Program, visits: Sequence[int]) -> dict[str, int]:
    """Slots executed of each engine but debug."""
    columns = program.columns
    used = dict.fromkeys(ENGINES, 0)
    for pc, times in enumerate(visits):
        if times:
            for group in columns.groups_of(pc):
                engine = ENGINES[columns.group_engine[group]]
                used[engine] += times * len(columns.slots_of(group))
    return {engine: used[engine] for engine in EXECUTING_ENGINES}


def scratch_high_water(program: Program, visits: Sequence[int]) -> int:
    """The highest scratch word that executed slots other than debug's touch, plus 1."""
    columns = program.columns
    first = columns.first_slot_of_bundles()
    high = 0
    for pc, times in enumerate(visits):
        if times:
            for slot in range(first[pc], first[pc + 1]):
                high = max(high, _slot_end(columns, slot))
    return high


def _slot_end(columns: Columns, slot: int) -> int:
    code, operands = columns.opcodes[slot], columns.operands_of(slot)
    if OPCODES[code].engine == "debug":
        return 0
    words = ACCESS[code].defs(operands) + ACCESS[code].uses(operands)
    return max((at + width for at, width in words), default=0)


# Telling it


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The object that `--json` prints."""
    machine, program, verdict = outcome.machine, outcome.loaded.program, outcome.verdict
    problem = program.problem
    return {
        "schema": RUN_SCHEMA,
        "ok": outcome.exit_code == 0,
        "cycles": machine.cycle,
        "bundles": machine.position,
        "state": outcome.state.value,
        "stop": {
            "reason": outcome.stop.reason.value,
            "cycle": outcome.stop.cycle,
            "pc": outcome.stop.pc,
            "detail": outcome.detail,
        },
        "correct": outcome.correct,
        "values_correct": verdict and verdict.values_correct,
        "indices_correct": verdict and verdict.indices_correct,
        "forest_unchanged": verdict and verdict.forest_unchanged,
        "slots": _slots_json(outcome),
        "scratch_high_water": scratch_high_water(program, _visits(machine)),
        "scheduler": program.build.get("scheduler"),
        "seed": problem.seed if problem and program.memory is None else None,
        "program_sha256": program.sha256(),
        "memory_sha256": _sha256_of_words(machine.memory),
        "scratch_sha256": _sha256_of_words(machine.scratch),
        "trace_buffer": list(machine.trace),
        "version": __version__,
    }


def _visits(machine: Machine) -> Sequence[int]:
    visits = machine.core.visits
    assert visits is not None
    return visits


def _slots_json(outcome: Outcome) -> dict[str, dict[str, float]]:
    used = executed_slots(outcome.loaded.program, _visits(outcome.machine))
    return {
        engine: {
            "used": count,
            "limit": (limit := outcome.machine.cycle * SLOT_LIMITS[engine]),
            "utilization": round(count / limit, 6) if limit else 0.0,
        }
        for engine, count in used.items()
    }


def _sha256_of_words(words: Sequence[int]) -> str:
    import hashlib

    little_endian = array("I", words)
    if little_endian.itemsize != 4 or not _LITTLE:
        little_endian.byteswap()
    return hashlib.sha256(little_endian.tobytes()).hexdigest()


_LITTLE = array("H", [1]).tobytes() == b"\x01\x00"


def as_text(outcome: Outcome) -> str:
    """What `run` prints for people: the program, how it ended, its result, its engines."""
    rows = {
        "program": headline(outcome.loaded.program),
        "cycles": str(outcome.machine.cycle),
        "stop": _stop_line(outcome),
        "result": _result_line(outcome),
        "indices": _indices_line(outcome.verdict),
        "slots": _slots_line(outcome),
    }
    return "\n".join(f"{name:<9}{printable(text)}" for name, text in rows.items() if text)


def headline(program: Program) -> str:
    """Its name, as a terminal may be given it, and the sizes and the seed of its problem."""
    name, problem = printable(program.name), program.problem
    if problem is None:
        return name
    return (
        f"{name}: height {problem.forest_height}, rounds {problem.rounds}, "
        f"batch {problem.batch_size}, seed {problem.seed}"
    )


def _stop_line(outcome: Outcome) -> str:
    stop = outcome.stop
    if stop.fault:
        return f"{stop.reason.value}: {outcome.detail}"  # which says where
    where = f"{stop.reason.value} at cycle {stop.cycle}, pc {stop.pc}"
    return where if outcome.detail is None else f"{where}: {outcome.detail}"


def _result_line(outcome: Outcome) -> str:
    verdict = outcome.verdict
    if verdict is None:
        return "not checked"
    if verdict.ok:
        claimed = " and ".join(verdict.claimed) or "nothing claimed"
        return f"correct: {claimed} as the reference kernel has them"
    return "; ".join(f"WRONG {_differing(*failure)}" for failure in verdict.failures.items())


def differing(verdict: Verdict) -> str:
    """The areas that failed, and the first wrong word of each."""
    return "; ".join(_differing(*failure) for failure in verdict.failures.items())


def _indices_line(verdict: Verdict | None) -> str:
    """How the indices are, which is told even where they are not claimed."""
    if verdict is None:
        return ""
    if verdict.indices_correct:
        return "right"
    claimed = "claimed" if "indices" in verdict.claimed else "not claimed"
    indices = verdict.areas["indices"]
    return f"{claimed}, {indices.differ} of {indices.words} differ"


def _differing(name: str, area: Area) -> str:
    assert area.first
    return f"{name}: {area.differ} of {area.words} words, first {wrong_word(area.first)}"


def wrong_word(wrong: Wrong) -> str:
    """Which word it is, what it is, and what it should be."""
    return (
        f"{wrong.output}[{wrong.element}] at mem[{wrong.address}], "
        f"which is {wrong.got} instead of {wrong.expected}"
    )


def _slots_line(outcome: Outcome) -> str:
    used = _slots_json(outcome)
    return "  ".join(f"{engine} {row['utilization']:.1%}" for engine, row in used.items())


def narration(outcome: Outcome, *, quiet: int, told: bool) -> Iterator[str]:
    """Lines for stderr: what was odd, and, where the report did not say it, what went wrong."""
    if quiet < 1:
        yield from (f"note: {note}" for note in (*outcome.notes, *_changes(outcome.verdict)))
    if quiet < 2 and not told and outcome.exit_code:
        yield f"vliwdbg: {_trouble(outcome)}"
    if outcome.correct is False and outcome.loaded.problem_assumed and quiet < 2:
        yield (
            "note: the program tells no problem, so the standard one was assumed; "
            "--no-check runs it without a check"
        )


def _changes(verdict: Verdict | None) -> Iterator[str]:
    """What a run changed outside its outputs, where that is no failure."""
    for name in ("header", "forest"):
        if verdict and not verdict.strict and not verdict.areas[name].right:
            changed = _differing(name, verdict.areas[name])
            yield f"the run changed the {changed}; --strict makes that a failure"


def _trouble(outcome: Outcome) -> str:
    ended = outcome.stop.reason in (Reason.END, Reason.HALT)
    return _result_line(outcome) if ended else _stop_line(outcome)


# A program that was built


def built(program: Program) -> dict[str, Any]:
    """What `vliwdbg build --json` prints: cycles if no bundle is skipped, and slots by engine."""
    once = bytes([1]) * len(program)
    return {
        "schema": "vliwdbg.build/1",
        "ok": True,
        "name": program.name,
        "bundles": len(program),
        "cycles": sum(program.columns.costs()),
        "slots": executed_slots(program, once),
        "scratch_high_water": scratch_high_water(program, once),
        "outputs": list(program.outputs),
        "build": dict(program.build),
        "program_sha256": program.sha256(),
        "version": __version__,
    }


def built_text(summary: Mapping[str, Any], output: str | None) -> str:
    """The same for people."""
    slots = "  ".join(f"{engine} {count}" for engine, count in summary["slots"].items())
    where = "-o FILE writes it" if output is None else f"written to {output}"
    return (
        f"{summary['name']}: {summary['cycles']} cycles, {summary['bundles']} bundles, "
        f"{summary['scratch_high_water']} words of scratch\n{slots}\n{where}"
    )


# This installation


def facts() -> dict[str, Any]:
    """What `vliwdbg info --json` prints."""
    from kernels.catalog import DEFAULT_KERNEL, DEFAULT_SCHEDULER, KERNELS, SCHEDULERS
    from machine.core import choose_core

    core = choose_core()
    return {
        "schema": "vliwdbg.info/1",
        "version": __version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "platform": sys.platform,
        "kernels": {name: row.help for name, row in KERNELS.items()},
        "schedulers": {name: row.help for name, row in SCHEDULERS.items()},
        "default": {"kernel": DEFAULT_KERNEL, "scheduler": DEFAULT_SCHEDULER},
        "limits": {"scratch": SCRATCH_SIZE, "vlen": VLEN, "slots": SLOT_LIMITS},
        "core": {"name": core.name, "why": core.why},
    }


def facts_text(facts: Mapping[str, Any]) -> str:
    """The same for people."""
    limits = facts["limits"]
    slots = ", ".join(f"{count} {engine}" for engine, count in limits["slots"].items())
    return "\n".join(
        [
            f"vliwdbg {facts['version']}, Python {facts['python']} on {facts['platform']}",
            f"machine  {limits['scratch']} words of scratch, vectors of {limits['vlen']}",
            f"bundle   {slots}",
            f"core     {facts['core']['name']}: {facts['core']['why']}",
            *(f"kernel   {name}: {line}" for name, line in facts["kernels"].items()),
            f"default  {facts['default']['kernel']} with scheduler {facts['default']['scheduler']}",
        ]
    )
