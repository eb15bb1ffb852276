"""What techniques are worth, and docs/kernel.md, which says what the command prints."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from kernels.ablation import LIST_SCHEDULING, Row, left_out, techniques, walk
from kernels.catalog import KERNELS, build
from kernels.plan import CHOICES
from kernels.schedule import SCHEDULERS
from kernels.schedule.restrict import FREEDOMS
from kernels.tables import NEEDS_CPSAT, TABLES, builds_of
from kernels.treehash import OPTIONAL
from machine.problem import Problem
from tests.kernels.running import run
from vliwdbg.ablation import END, WrongResultError, main, marker, measured, table, update

PAGE = (Path(__file__).parents[2] / "docs" / "kernel.md").read_text("utf-8")
STANDARD, VALUES, BOTH = Problem(), ("values",), ("values", "indices")
SMALL, WITH_TABLE = Problem(6, 8, 16), Problem(8, 9, 208)
MOST_IN_A_TEST = 6
"""The height of trees for which all of a line is built."""


MEASURED = {
    "walk": ("simd", "memory-regions", "three-blocks", "search"),
    "without": ("nothing", "hash-fusion", "forest-buffers past 3"),
}
"""Rows whose cycles are measured each time: of each scheduler but serial, and of each kind of thing
left out. The whole page takes a minute, and is for `make soak`."""


def written(name: str) -> list[str]:
    """The lines of a table of the page."""
    _, rest = PAGE.split(marker(name))
    return rest.split(END, 1)[0].splitlines()


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.soak
@pytest.mark.parametrize("name", TABLES)
def test_the_page_says_what_the_command_prints(name: str) -> None:
    if name in NEEDS_CPSAT and find_spec("ortools") is None:
        pytest.skip("OR-Tools is not installed (the extra cpsat)")
    assert written(name) == list(table(name, STANDARD, VALUES))


def test_the_page_has_the_floors_that_the_command_prints() -> None:
    assert written("floors") == list(table("floors", STANDARD, VALUES))


@pytest.mark.parametrize(("name", "rows"), [("walk", walk()), ("without", left_out(STANDARD))])
def test_the_page_has_every_row_and_the_cycles_of_some(name: str, rows: list[Row]) -> None:
    lines = [cells(line) for line in written(name)[2:]]
    assert [line[:2] for line in lines] == [[row.name, row.text] for row in rows]
    cycles = [int(line[-2].replace(",", "")) for line in lines]
    differences = [int(line[-1].replace(",", "") or 0) for line in lines]
    if name == "walk":
        assert [line[2:4] for line in lines] == [[row.kernel, row.scheduler] for row in rows]
        assert differences[1:] == [before - after for before, after in pairwise(cycles)]
    else:
        assert differences == [number - cycles[0] for number in cycles]
    for row, number in zip(rows, cycles, strict=True):
        if row.name in MEASURED[name]:
            assert measured(row.build(STANDARD, VALUES)) == number, row.name
    assert set(MEASURED[name]) <= {row.name for row in rows}


def test_the_page_has_the_cycles_of_small_sizes() -> None:
    for line in (cells(line) for line in written("sizes")[2:]):
        height, rounds, batch, *cycles = (int(cell.replace(",", "")) for cell in line)
        if height <= MOST_IN_A_TEST:
            programs = builds_of(Problem(height, rounds, batch), VALUES)
            assert [measured(program) for program in programs] == cycles, line


def test_the_walk_adds_a_technique_in_each_row() -> None:
    rows = walk()
    names = [row.name for row in rows]
    assert len(set(names)) == len(names)
    assert {*OPTIONAL, *CHOICES, *FREEDOMS, LIST_SCHEDULING} == set(techniques()) <= set(names)
    for before, after in pairwise(rows):
        if before.kernel == after.kernel:
            assert set(before.without) - set(after.without) <= {after.name}
            assert set(after.without) <= set(before.without)
    assert not rows[-1].without


def test_every_row_is_right_at_another_size_with_both_outputs() -> None:
    for row in (*walk(), *left_out(SMALL)):
        assert run(row.build(SMALL, BOTH)).check.correct, row
    for row in left_out(WITH_TABLE):
        if row.text:
            assert run(row.build(WITH_TABLE, BOTH)).check.correct, row


def test_what_goes_along_is_said() -> None:
    along = {row.name: row.text for row in left_out(STANDARD)}
    assert "block-tables" in along["deferred-xor"]
    assert along["hash-fusion"] == ""


def test_a_wrong_result_is_no_figure() -> None:
    program = build("treehash", "serial", Problem(2, 2, 8))
    other = replace(program, problem=Problem(2, 3, 8))
    assert measured(program) == len([b for b in program if any(s.engine != "debug" for s in b)])
    with pytest.raises(WrongResultError, match="treehash"):
        measured(other)


def test_a_page_is_brought_up_to_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{marker('floors')}stale\n{END}\nafter {END}\n")
    main(["floors", "--update", str(page)])
    printed = capsys.readouterr().out.rstrip()
    assert page.read_text() == f"before\n{marker('floors')}{printed}\n{END}\nafter {END}\n"
    assert update(page.read_text(), "floors", ["new"]).count("new") == 1


def test_the_page_names_all_schedulers_and_kernels() -> None:
    for name in SCHEDULERS:
        assert f"| `{name}` |" in PAGE
    for name in KERNELS:
        assert f"{name}.py" in PAGE
