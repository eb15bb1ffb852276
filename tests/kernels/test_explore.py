"""Several designs in one search: who gets the tries, and that a log is enough to go on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kernels.build_request import BuildRequest
from kernels.catalog import build
from kernels.errors import BuildError
from kernels.schedule.tuning import format_tuning, parse_tuning
from kernels.tune import DESIGNS, Result, explore, tune
from kernels.tune.campaign import TRIES
from kernels.tune.explore import FIRST_TRIES, WHOLE, next_start, parse_design
from kernels.tune.log import Entry, Log, read_log
from machine.problem import Problem
from tests.kernels.running import run

SMALL = Problem(3, 4, 16)
TWO = (WHOLE, "without remainders, forest-buffers=3")
EVERY = [parse_design(text) for text in DESIGNS]


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "FIRST_TRIES", 20)


def explored(log: Path, **options: Any) -> Result:
    limits = {"seconds": None, "tries": 60}
    return tune(SMALL, **{**limits, "designs": TWO, "log": str(log), **options})


def entry(design: str, tries: int, cycles: int) -> Entry:
    return Entry(design, "0", 0, 1, tries, ((0.5, cycles),))


def test_designs_are_written_as_they_are_read() -> None:
    for design in EVERY:
        assert parse_design(design.name) == design
        assert BuildRequest(Problem(), without=design.without, settings=design.settings).plan.blocks
    assert parse_design(" without  remainders ,forest-buffers=3") == parse_design(TWO[1])


@pytest.mark.parametrize(
    "text", ["", "nothing", "without", "without x", "forest-buffers=x", "x=1", "whole, whole"]
)
def test_what_is_no_design_is_refused(text: str) -> None:
    with pytest.raises(BuildError, match="is no design: write 'whole'"):
        parse_design(text)


def test_each_is_tried_before_any_is_tried_again() -> None:
    entries: list[Entry] = []
    for _ in EVERY:
        start = next_start(EVERY, entries, (), 7)
        assert (start.tries, start.seed) == (FIRST_TRIES, f"7/{start.design.name}/0")
        entries.append(entry(start.design.name, start.tries, 900))
    assert {e.design for e in entries} == set(DESIGNS)


def test_the_best_gets_half_of_all_and_starts_that_grow_up_to_a_campaign() -> None:
    entries: list[Entry] = []
    longest = 0
    while sum(e.tries for e in entries) < 40 * TRIES:
        start = next_start(EVERY, entries, (), 7)
        assert start.seed not in {e.seed for e in entries}
        name, tries = start.design.name, start.tries
        entries.append(Entry(name, start.seed, 0, 1, tries, ((0, 900 + DESIGNS.index(name)),)))
        longest = max(longest, start.tries)
    spent = [sum(e.tries for e in entries if e.design == name) for name in DESIGNS]
    assert longest == TRIES
    assert spent == sorted(spent, reverse=True)
    assert spent[0] == pytest.approx(sum(spent) / 2, rel=0.1)
    assert min(spent) > 0


def test_what_runs_counts_as_tried() -> None:
    first = next_start(EVERY, (), (), 7)
    assert next_start(EVERY, (), (first,), 7).seed != first.seed


@pytest.mark.usefixtures("quickly")
def test_a_search_of_designs_builds_what_it_says(tmp_path: Path) -> None:
    result = explored(tmp_path / "log")
    assert {entry.design for entry in read_log(str(tmp_path / "log"))} == set(TWO)
    assert result.cycles == min(d.tuning.cycles for d in result.designs if d.tuning)
    file = tmp_path / "found.json"
    file.write_text(format_tuning(result.tuning))
    program = build("treehash", "tuned", SMALL, settings={"tuning": str(file)})
    assert run(program).check.correct
    assert len(program.columns) == result.cycles
    assert parse_tuning(file.read_text()) == result.tuning


@pytest.mark.usefixtures("quickly")
def test_it_goes_on_where_its_log_ends(tmp_path: Path) -> None:
    log = tmp_path / "log"
    before = explored(log)
    lines = log.read_text()
    log.write_text(lines + '{"design": "who')  # killed while it wrote
    after = explored(log, tries=30)
    assert log.read_text().startswith(lines)
    assert after.cycles <= before.cycles
    assert sum(d.tries for d in after.designs) == 90
    seeds = [entry.seed for entry in read_log(str(log))]
    assert len(set(seeds)) == len(seeds)
    ends = [entry.ended for entry in read_log(str(log))]
    assert ends == sorted(ends)


def test_workers_share_the_designs(tmp_path: Path) -> None:
    result = explored(tmp_path / "log", tries=None, seconds=2, jobs=2)
    assert {d.name for d in result.designs if d.starts} == set(TWO)
    assert result.cycles == read_best(tmp_path / "log")


def test_workers_try_no_more_than_they_are_asked_to(tmp_path: Path) -> None:
    result = explored(tmp_path / "log", tries=90, jobs=2)
    assert result.tries == sum(d.tries for d in result.designs) == 90
    assert not result.interrupted


def test_dask_workers_share_the_designs_too(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    log = tmp_path / "log"
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, dashboard_address=None
    ) as cluster:
        for tries in (60, 40):  # the second goes on where the log of the first ends
            result = explored(log, tries=tries, jobs=2, dask=cluster.scheduler_address)
    assert {d.name for d in result.designs if d.starts} == set(TWO)
    assert sum(d.tries for d in result.designs) == 100
    assert result.cycles == read_best(log)


def read_best(log: Path) -> float:
    return min(entry.cycles for entry in read_log(str(log)))


def test_any_search_adds_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for seed in (1, 2):
        result = explored(log, designs=(), seed=seed, from_scratch=True)
    first, second = read_log(str(log))
    assert (first.design, second.design) == (WHOLE, WHOLE)
    assert (second.seed, second.cycles, second.began) == ("2", result.cycles, first.ended)
    assert Log(str(log)).best() is not None


@pytest.mark.parametrize("line", ["x", "[]", '{"design": "whole"}', "null"])
def test_what_is_no_log_is_refused(tmp_path: Path, line: str) -> None:
    log = tmp_path / "log"
    log.write_text(f"{line}\n")
    with pytest.raises(BuildError, match="log:1: not the line of a search's log"):
        read_log(str(log))
    with pytest.raises(BuildError, match="log"):
        read_log(str(tmp_path))
