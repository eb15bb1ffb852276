"""The search: what it finds is so, it can be repeated, interrupted, resumed and shared out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kernels import tune as room
from kernels.build_request import BuildRequest
from kernels.catalog import build
from kernels.errors import BuildError
from kernels.schedule import compiled
from kernels.schedule.tuned import tuned_schedule
from kernels.schedule.tuning import find_tuning, format_tuning, parse_tuning, stored_name
from kernels.tune import Progress, Result, tune
from machine.problem import Problem

FOUND = sorted(Path(room.__file__).with_name("found").glob("*.json"))
SMALL = Problem(3, 5, 16)
needs_extension = pytest.mark.skipif(
    not compiled.AVAILABLE, reason="the extension kernels.schedule._core._pack was not built"
)


def small(**options: Any) -> Result:
    return tune(SMALL, seconds=None, **{"tries": 150, "from_scratch": True, **options})


def test_a_number_of_tries_from_a_seed_gives_one_result() -> None:
    assert small(seed=1).tuning == small(seed=1).tuning
    assert small(seed=1).tuning != small(seed=2).tuning


def test_it_is_hardly_longer_than_list_and_says_what_finds_it_again() -> None:
    result = small()
    assert result.cycles <= len(build("treehash", "list", SMALL).columns) + 2
    assert result.cycles == result.history[-1][1]
    sizes = f"--forest-height {SMALL.forest_height} --rounds {SMALL.rounds}"
    sizes += f" --batch-size {SMALL.batch_size}"
    assert result.tuning.found_by == f"vliwdbg tune {sizes} --tries 150 --seed 0 --from-scratch"
    assert not result.interrupted


def test_what_finds_it_again_says_for_which_outputs() -> None:
    result = tune(
        Problem(), ("values", "indices"), seconds=None, tries=1, seed=3, from_scratch=True
    )
    command = "vliwdbg tune --indices --tries 1 --seed 3 --from-scratch"
    assert result.tuning.found_by == command


def test_without_the_extension_it_is_slow_and_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "AVAILABLE", False)
    problem = Problem(3, 3, 16)
    result = tune(problem, seconds=None, tries=20, from_scratch=True)
    assert result.cycles <= len(build("treehash", "list", problem).columns) + 2


@needs_extension
def test_from_scratch_it_is_near_its_best_after_a_thousand_tries() -> None:
    result = tune(Problem(), seconds=None, tries=1200, from_scratch=True)
    assert result.cycles <= 890


def test_what_is_written_is_read_back() -> None:
    tuning = small(tries=30).tuning
    assert parse_tuning(format_tuning(tuning)) == tuning


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "nonsense",
        '{"format": "vliwdbg-tuning/0"}',
        '{"format": "vliwdbg-tuning/1"}',
    ],
)
def test_a_file_that_is_no_tuning_is_refused(text: str) -> None:
    with pytest.raises(BuildError, match="no tuning"):
        parse_tuning(text)


def test_modes_that_there_are_none_of_are_refused() -> None:
    written = json.loads(format_tuning(small(tries=5).tuning))
    written["modes"]["last_address"] = "49"
    with pytest.raises(BuildError, match="last_address is 0 to 4"):
        parse_tuning(json.dumps(written))


def test_a_file_with_a_part_spoilt_is_refused() -> None:
    written = json.loads(format_tuning(small(tries=5).tuning))
    for name in written:
        for wrong in (None, "x", {"a": 1}):
            if name in ("found_by", "operations", "kernel"):
                continue
            with pytest.raises(BuildError, match="no tuning"):
                parse_tuning(json.dumps({**written, name: wrong}))


def test_it_goes_on_from_what_was_found_before() -> None:
    before = small().tuning
    after = tune(SMALL, seconds=None, tries=200, start=before)
    assert after.cycles <= before.cycles
    assert after.history[0][1] == before.cycles
    with pytest.raises(BuildError, match="other sizes"):
        tune(Problem(3, 5, 24), seconds=None, tries=1, start=before)


def test_parameters_for_other_operations_are_not_gone_on_from() -> None:
    before = replace(small(tries=20).tuning, operations="0", cycles=1)
    after = tune(SMALL, seconds=None, tries=20, start=before)
    assert after.outdated
    assert after.tuning == small(tries=20).tuning
    assert not small(tries=5).outdated


def test_from_scratch_it_looks_at_nothing_found_before() -> None:
    before = small().tuning
    assert small(start=before).tuning == before


def test_an_interrupt_keeps_the_best() -> None:
    told: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        told.append(progress)
        if len(told) == 2:
            raise KeyboardInterrupt

    result = small(progress=interrupt, tries=10**9)
    assert result.interrupted
    assert result.cycles


def test_it_stops_when_told_and_tells_how_far_it_is() -> None:
    told: list[Progress] = []
    result = small(tries=10**9, stop=lambda: len(told) > 2, progress=told.append)
    assert result.interrupted
    assert [progress.tries for progress in told] == sorted(progress.tries for progress in told)
    assert all(0 <= progress.part < 1 and progress.tries_a_second > 0 for progress in told[1:])


def test_parameters_for_other_operations_are_refused() -> None:
    tuning = small(tries=5).tuning
    code = BuildRequest(SMALL, outputs=("values", "indices")).compile(tuning.modes)
    with pytest.raises(BuildError, match="other operations"):
        tuned_schedule(code, tuning)


def test_two_jobs_are_two_processes() -> None:
    result = tune(SMALL, seconds=3, jobs=2, from_scratch=True)
    assert result.tries > 1
    assert result.cycles <= len(build("treehash", "list", SMALL).columns) + 2


def test_dask_workers_do_it_too() -> None:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster,
    ):
        result = tune(SMALL, seconds=3, jobs=2, from_scratch=True, dask=cluster.scheduler_address)
    assert result.cycles <= len(build("treehash", "list", SMALL).columns) + 2


def test_without_dask_it_says_what_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BuildError, match=r"vliwdbg\[dask\]"):
        tune(SMALL, seconds=1, dask="tcp://127.0.0.1:1")


def test_a_build_with_what_it_found_imports_nothing_of_it() -> None:
    code = (
        "import sys; from kernels.catalog import build; from machine.problem import Problem\n"
        "print(build('treehash', 'tuned', Problem()).build['parameters'].partition(',')[0])\n"
        "print([name for name in sys.modules if name.startswith('kernels.tune')])"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "stored\n[]\n"


def test_importing_it_imports_nothing_from_elsewhere() -> None:
    code = "import sys, kernels.tune; print({'dask', 'distributed'} & set(sys.modules))"
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_is_stored_is_for_the_operations_of_today(path: Path) -> None:
    tuning = parse_tuning(path.read_text("utf-8"))
    problem = Problem(**tuning.sizes)
    assert path.name == stored_name(tuning.kernel, problem, tuning.outputs)
    assert find_tuning(tuning.kernel, problem, tuning.outputs) == tuning
    program = build(tuning.kernel, "tuned", problem, outputs=tuning.outputs)
    assert program.build["parameters"] == f"stored, found by {tuning.found_by}"
    assert len(program.columns) == tuning.cycles
