"""`vliwdbg tune`: the search for parameters of the scheduler `tuned`, as a person watches it.

    923 cycles  184 tries/s  ▇▆▆▅▃▃▂▂▁  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 61% 0:00:36

In a terminal that line is drawn again as the search goes on; elsewhere each gain is a line.
`--draw LOG` searches nothing: it shows how an earlier search went.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from machine.problem import Problem
from vliwdbg import files
from vliwdbg.cli.load_options import verify_named
from vliwdbg.cli.options import AsJson, Dimensions
from vliwdbg.cli.output_files import STDOUT, verify_output, write_output
from vliwdbg.cli.parameters import Option, UsageError
from vliwdbg.cli.streams import print_err, print_out
from vliwdbg.curve import curve

if TYPE_CHECKING:
    from kernels.tune import Explored, Progress, Result, Tuning

USUAL_SECONDS = 60.0
INTERRUPTED = 130


def tune(
    dimensions: Dimensions,
    indices: Annotated[
        bool, Option("--indices", help="For the kernel that leaves the final indices right, too.")
    ] = False,
    seconds: Annotated[
        float | None, Option("--time", min=0, metavar="S", help="Search for S seconds.")
    ] = None,
    tries: Annotated[
        int | None, Option(min=1, metavar="N", help="Search for N tries; one job repeats exactly.")
    ] = None,
    jobs: Annotated[int, Option(min=1, max=256, metavar="J", help="Processes that search.")] = 1,
    seed: Annotated[int, Option(metavar="N", help="Seed of the search.")] = 0,
    from_scratch: Annotated[
        bool, Option("--from-scratch", help="Read no stored parameters.")
    ] = False,
    explore: Annotated[
        bool, Option("--explore", help="Search several designs, the better ones longer.")
    ] = False,
    design: Annotated[
        list[str] | None,
        Option(
            metavar="DESIGN",
            help="One to explore, such as `without remainders, forest-buffers=4` (repeatable).",
        ),
    ] = None,
    log: Annotated[
        str | None,
        Option(metavar="LOG", help="Add what was done to LOG; exploring goes on where it ends."),
    ] = None,
    draw: Annotated[
        str | None, Option(metavar="LOG", help="Search nothing: draw what LOG tells.")
    ] = None,
    svg: Annotated[str | None, Option(metavar="FILE", help="Write that drawing as SVG.")] = None,
    dask: Annotated[
        str | None, Option(metavar="ADDRESS", help="Search on the workers of a Dask scheduler.")
    ] = None,
    output: Annotated[
        str | None,
        Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where the parameters go; the search goes on from those that are there.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Search better parameters for the scheduler `tuned`; Ctrl+C keeps the best.

    `vliwdbg build --scheduler tuned --set tuning=found.json` builds the kernel with what was found.
    """
    verify_output("--output", output)
    verify_output("--svg", svg)
    verify_named("--log", log)
    if log is not None:
        files.verify_writable(log)
    if draw is not None:
        return _draw(draw, svg, as_json)
    if svg is not None:
        raise UsageError("--svg goes with --draw LOG")
    search = Search(
        dimensions.given(),
        indices,
        seconds,
        tries,
        jobs,
        seed,
        from_scratch,
        explore,
        tuple(design or ()),
        log,
        dask,
        output,
    )
    result = search.run()
    if output is not None:
        write_output(output, search.written(result))
    print_out(json.dumps(search.as_json(result)) if as_json else search.as_text(result))
    return search.exit_code(result)


@dataclass(frozen=True)
class Search:
    """What is searched, for how long, and where it begins. `sizes` are fields of a Problem."""

    sizes: Mapping[str, int]
    indices: bool
    seconds: float | None
    tries: int | None
    jobs: int
    seed: int
    from_scratch: bool
    explore: bool
    designs: tuple[str, ...]
    log: str | None
    dask: str | None
    output: str | None

    def run(self) -> Result:
        """Search, showing how it goes. Raises BuildError."""
        from kernels.tune import DESIGNS, tune

        unbounded = self.seconds is None and self.tries is None
        with _shown() as progress:
            result = tune(
                Problem(**self.sizes),
                ("values", "indices") if self.indices else ("values",),
                seconds=USUAL_SECONDS if unbounded else self.seconds,
                tries=self.tries,
                jobs=self.jobs,
                seed=self.seed,
                from_scratch=self.from_scratch,
                start=self._start(),
                designs=self.designs or (DESIGNS if self.explore else ()),
                log=self.log,
                dask=self.dask,
                progress=progress,
            )
        if result.outdated:
            print_err("began from scratch: the parameters found before are for other operations")
        return result

    def _start(self) -> Tuning | None:
        """The parameters of an earlier search that this one's file holds."""
        from kernels.schedule.tuning import read_tuning

        if self.output is None or self.from_scratch or not os.path.isfile(self.output):
            return None
        return read_tuning(self.output) if os.path.getsize(self.output) else None

    def written(self, result: Result) -> str:
        """The text of the parameters' file."""
        from kernels.schedule.tuning import format_tuning

        return format_tuning(result.tuning)

    def exit_code(self, result: Result) -> int:
        return INTERRUPTED if result.interrupted else 0

    def as_json(self, result: Result) -> dict[str, Any]:
        """The object that `--json` prints; `history` holds the seconds and cycles of each gain."""
        return {
            "schema": "vliwdbg.tune/1",
            "ok": not result.interrupted,
            "cycles": result.cycles,
            "tries": result.tries,
            "seconds": round(result.seconds, 3),
            "history": [[round(at, 3), cycles] for at, cycles in result.history],
            "found_by": result.tuning.found_by,
            **self._at_least(result.tuning),
            "designs": [self._design_json(explored) for explored in result.designs],
            "output": self.output,
        }

    def as_text(self, result: Result) -> str:
        """The same for people."""
        pace = result.tries / result.seconds if result.seconds else 0
        lines = [
            f"cycles   {result.cycles}",
            f"tries    {result.tries} in {result.seconds:.1f} s, {pace:.0f} a second",
            f"found by {result.tuning.found_by}",
        ]
        if result.designs:
            lines += self._table(result.designs)
        else:
            least = self._at_least(result.tuning)
            lines += (_AT_LEAST[name].format(cycles) for name, cycles in least.items())
        return "\n".join([*lines, *([f"written  {self.output}"] if self.output else [])])

    def _table(self, designs: Sequence[Explored]) -> Iterator[str]:
        """A line for each design, with what it cannot be below."""
        rows = [self._design_json(explored) for explored in designs]
        width = max(len(row["design"]) for row in rows)
        yield f"{'design':{width}}  {'cycles':>6}  {'tries':>7}  {'floor':>6}  {'bound':>6}"
        for row in rows:
            numbers = (row["cycles"], row["tries"], row.get("floor"), row.get("bound"))
            cells = ("-" if number is None else str(number) for number in numbers)
            cycles, tries, floor, bound = cells
            yield f"{row['design']:{width}}  {cycles:>6}  {tries:>7}  {floor:>6}  {bound:>6}"
        yield "floor: no schedule of these operations is shorter; bound: in any modes"

    def _design_json(self, explored: Explored) -> dict[str, Any]:
        tuning = explored.tuning
        return {
            "design": explored.name,
            "starts": explored.starts,
            "tries": explored.tries,
            "cycles": tuning.cycles if tuning else None,
            **(self._at_least(tuning) if tuning else {}),
        }

    def _at_least(self, tuning: Tuning) -> dict[str, float]:
        """What no schedule can be below, in cycles: of these operations, and of any modes' if the
        solver is installed."""
        from kernels import bound
        from kernels.analysis.floors import floors
        from kernels.build_request import BuildRequest

        request = BuildRequest(
            Problem(**self.sizes),
            outputs=tuning.outputs,
            without=tuning.without,
            settings=tuning.settings,
        )
        least = {"floor": max(floors(request.compile(tuning.modes)).values())}
        if bound.AVAILABLE:
            least["bound"] = bound.bound(request)
        return {name: round(cycles, 1) for name, cycles in least.items()}


def _draw(log: str, svg: str | None, as_json: bool) -> int:
    """Show a log. Raises BuildError where it is none."""
    from kernels.tune.log import read_log
    from vliwdbg.search_chart import Chart

    chart = Chart.of(read_log(log))
    if svg is not None:
        write_output(svg, chart.svg())
    if as_json:
        lines = {line.name: [list(gain) for gain in line.gains] for line in chart.lines}
        shown = {"schema": "vliwdbg.tune-log/1", "ok": True, "designs": lines, "svg": svg}
        print_out(json.dumps(shown))
    elif svg != STDOUT:
        print_out(chart.text())
    return 0


_AT_LEAST = {
    "floor": "at least {} cycles for these operations",
    "bound": "         {} for any modes, were nothing ever to wait",
}


@contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    if not sys.stderr.isatty():
        yield _Gains().print
        return
    from vliwdbg.cli.progress import search_bar

    with search_bar() as update:

        def print_bar(now: Progress) -> None:
            gains = [cycles for _, cycles in now.history]
            update(now.part, now.cycles, now.tries_a_second, curve(gains))

        yield print_bar


class _Gains:
    """Says each gain once, for logs."""

    def __init__(self) -> None:
        self._told = 0

    def print(self, now: Progress) -> None:
        if len(now.history) > self._told:
            self._told = len(now.history)
            print_err(f"{now.seconds:8.1f} s  {now.cycles} cycles  {now.tries} tries")
