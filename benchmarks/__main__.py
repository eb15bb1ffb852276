"""`python -m benchmarks`: measure the bars, and print their table."""

from __future__ import annotations

import platform
import re
import resource
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from benchmarks.editor import step_and_empty_request
from benchmarks.rows import (
    ROWS,
    Row,
    bundle_time,
    history_per_cycle,
    model_speed,
    one_import,
    slots_and_opcodes,
)
from benchmarks.timing import additions
from benchmarks.workloads import baseline, dense, kernel, mixed

PAGE = Path("docs/performance.md")
PLACE = re.compile("(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The table of bars, one line after the other."""
    yield "| workload | at least | aim | measured | |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        value = row.measure()
        verdict = "" if row.passes(value) else "missed"
        cells = (row.name, f"{row.least:g}", f"{row.aim:g}", f"{value:.3g} {row.unit}", verdict)
        yield "| " + " | ".join(cells) + " |"


def facts() -> Iterator[str]:
    """What it was measured with, and where the time goes."""
    yield ""
    machine = f"CPython {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield f"- {machine}; a loop of 10^7 additions takes {additions():.2f} s"
    for name, program in (("bundled kernel", kernel()), ("baseline", baseline())):
        speed = model_speed(program)
        yield f"- the plain model executes {speed:,.0f} cycles of the {name} a second"
    for operations in (1, 4, 10):
        first, again = bundle_time(mixed(operations))
        what = f"18 slots of {operations} operation{'s' if operations > 1 else ''}"
        yield f"- a bundle of {what}: {first:.0f} ns in a first run, {again:.0f} ns in another"
    for name, program in (("bundled kernel", kernel()), ("baseline", baseline())):
        first, again = bundle_time(program)
        yield f"- a bundle of the {name}: {first:.1f} ns in a first run, {again:.1f} ns in another"
    slots, opcodes = slots_and_opcodes(kernel())
    yield f"- a bundle of the bundled kernel has {slots:.1f} slots of {opcodes:.1f} opcodes"
    slow, quick = one_import()
    yield f"- a test file's `Machine(…).run()`: {quick:.1f} ms, with the model {slow:.0f} ms"
    for name, program in (("dense", dense()), ("kernel", kernel()), ("baseline", baseline())):
        logged, kept = history_per_cycle(program)
        yield f"- history of {name}: {logged:.0f} bytes a cycle in the log, {kept:.0f} in keyframes"
    step, empty = step_and_empty_request()
    what = f"{step / empty:.1f} times an empty request's {empty:.2f} ms"
    yield f"- a step through `vliwdbg dap` takes {what}"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield f"- most memory of the process that measured all this: {most:,.0f} MB"


def main() -> None:
    parser = ArgumentParser(prog="python -m benchmarks", description="Measure the bars.")
    parser.add_argument("words", nargs="*", help="only rows whose name has all of these words")
    parser.add_argument("--write", action="store_true", help=f"put all of it in {PAGE}")
    given = parser.parse_args()
    rows = [row for row in ROWS if all(word in row.name for word in given.words)]
    if given.write and given.words:
        parser.error("--write is for all rows")
    measured = []
    for line in table(rows) if given.words else chain(table(rows), facts()):
        print(line, flush=True)
        measured.append(line)
    if given.write:
        text = "\n".join(measured) + "\n"
        page = PAGE.read_text()
        PAGE.write_text(PLACE.sub(lambda match: match[1] + text + match[2], page))


main()
