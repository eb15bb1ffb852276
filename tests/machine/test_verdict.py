"""A run held against the reference: each area by itself, and what of it is a failure."""

import pytest

from machine import Problem
from machine.problem import Layout, solve
from machine.verdict import Verdict, check

BOTH = ("values", "indices")
AREAS = ("values", "indices", "header", "forest", "rest")
LAYOUT = Problem(2, 3, 4).layout


def finished() -> tuple[Layout, list[int], list[int]]:
    """A layout, its memory before a run and after a right one, with three words to spare."""
    problem = Problem(2, 3, 4, seed=5)
    before = [*problem.memory(), 7, 8, 9]
    solution = solve(problem.layout, before)
    start = before[: problem.layout.indices_at]
    return problem.layout, before, [*start, *solution.indices, *solution.values, 7, 8, 9]


def spoilt(*addresses: int, outputs: tuple[str, ...] = BOTH, strict: bool = False) -> Verdict:
    """The verdict on a right run in which these words are then changed."""
    layout, before, after = finished()
    after = [word ^ (at in addresses) for at, word in enumerate(after)]
    return check(layout, before, after, outputs, strict=strict)


def addresses_of(area: str) -> range:
    places = {**LAYOUT.regions(), "forest": LAYOUT.nodes, "rest": range(LAYOUT.words, 99)}
    return places[area]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("outputs", [(), ("values",), ("indices",), BOTH])
def test_a_right_run_is_right(outputs: tuple[str, ...], strict: bool) -> None:
    found = spoilt(outputs=outputs, strict=strict)
    assert found.ok
    assert found.correct
    assert (found.values_correct, found.indices_correct, found.forest_unchanged) == (True,) * 3
    assert set(found.areas) == set(AREAS)
    assert [area.differ for area in found.areas.values()] == [0] * len(AREAS)


@pytest.mark.parametrize("area", AREAS)
def test_each_area_is_told_apart(area: str) -> None:
    _, _, after = finished()
    places = addresses_of(area)
    two = places[0], places[2]
    found = spoilt(*two)
    assert {name: told.differ for name, told in found.areas.items() if told.differ} == {area: 2}
    first = found.areas[area].first
    assert first is not None
    assert first._asdict() == {
        "output": area,
        "element": 0,
        "address": two[0],
        "expected": after[two[0]],
        "got": after[two[0]] ^ 1,
    }
    assert found.values_correct is (area != "values")
    assert found.indices_correct is (area != "indices")
    assert found.forest_unchanged is (area not in ("header", "forest"))


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("outputs", [(), ("values",), ("indices",), BOTH])
def test_what_is_claimed_is_judged_and_all_if_it_is_strict(
    area: str, outputs: tuple[str, ...]
) -> None:
    at = addresses_of(area)[1]
    usual, strict = (spoilt(at, outputs=outputs, strict=strict) for strict in (False, True))
    assert usual.ok is usual.correct is strict.correct is (area not in outputs)
    assert not strict.ok
    assert list(strict.failures) == [area]


def test_nothing_is_there_to_be_wrong() -> None:
    layout = Problem(0, 0, 0).layout
    memory = list(Problem(0, 0, 0).memory())
    assert check(layout, memory, memory, BOTH, strict=True).ok
