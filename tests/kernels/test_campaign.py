"""Where a search begins: its samples, and that the shortest of all is kept."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Mapping
from itertools import pairwise
from random import Random

import pytest

from kernels.plan import CHOICE_SIZES, LIKELY, VectorChoices
from kernels.schedule.priority import SCALE, Groups
from kernels.tune.anneal import Annealing, Best
from kernels.tune.campaign import (
    FINALISTS,
    MIDDLE,
    SAMPLES,
    SHORT,
    STARTS,
    TRIES,
    Search,
    _extent,
    _offsets,
)
from kernels.tune.candidate import Candidate
from kernels.tune.measure import NO_LIMIT, Length, Limit

GROUPS = Groups(32, 16)


class Fake:
    """Measures anything at once: fewer cycles the more vectors choose children by flow."""

    def __init__(self) -> None:
        self.slots: Mapping[Hashable, int] = {None: 0, (0, 0, "node", 0): 1}
        self.seen: list[int] = []

    def learn(self, modes: object) -> None:
        assert modes

    def length(self, candidate: Candidate, _: Limit = NO_LIMIT) -> Length | None:
        chosen = sum(modes.last_child == 2 for modes in candidate.modes)
        self.seen.append(1000 - chosen)
        return None if len(self.seen) % 7 == 0 else Length(self.seen[-1], 0, 0)


def test_likely_values_are_values_and_not_only_the_usual_one() -> None:
    assert LIKELY.keys() == CHOICE_SIZES.keys()
    for name, values in LIKELY.items():
        assert set(values) <= set(range(CHOICE_SIZES[name]))
        assert set(values) > {getattr(VectorChoices, name)}


def test_late_rounds_of_early_vectors_are_put_off() -> None:
    spread, ends = 300.0, (0.5, 0.8)
    offsets = _offsets(GROUPS, spread, 0.8, 1.0, 0.0, ends)[1:]
    by_vector = [offsets[at : at + GROUPS.parts] for at in range(0, len(offsets), GROUPS.parts)]
    assert len(by_vector) == GROUPS.vectors
    for parts in by_vector:
        assert list(parts) == sorted(parts)
        assert parts[14] >= SCALE * spread * ends[0]
        assert parts[-1] >= SCALE * spread * ends[1]
    for before, after in pairwise(by_vector):
        assert before[0] < after[0]


def test_a_search_keeps_the_shortest_of_all_and_repeats_itself() -> None:
    def searched(tries: int) -> tuple[float, int]:
        measure = Fake()
        search = Search(measure, GROUPS, list(CHOICE_SIZES), "1", tries)
        for _ in range(tries):
            search.step()
        assert search.best is not None
        return search.best.cycles, min(n for i, n in enumerate(measure.seen) if (i + 1) % 7)

    best, least = searched(2000)
    assert best == least < 1000
    assert searched(2000) == (best, least)


class Upset(Fake):
    """A vector that chooses its last child by flow takes two cycles fewer if its number is even;
    all others that do not choose it by lanes take nine more."""

    def length(self, candidate: Candidate, _: Limit = NO_LIMIT) -> Length | None:
        ways = [modes.last_child for modes in candidate.modes]
        cost = [(0, 9, -2 if vector % 2 == 0 else 9)[way] for vector, way in enumerate(ways)]
        return Length(1000 + sum(cost), 0, 0)


def test_what_is_traded_stays_where_it_gets_as_low_again() -> None:
    usual = (VectorChoices(),) * GROUPS.vectors
    start = Candidate(array("i", [0]) * GROUPS.count, usual, array("i"), 64, 2)
    measure = Upset()
    first = Best(start, measure.length(start))
    walk = Annealing(measure, GROUPS, ["last_child"], first, Random(1))
    found = list(walk.trade(5000))
    assert len(found) >= 5000
    assert (
        walk.lowest.cycles == min(best.cycles for best in found) == 1000 - 2 * (GROUPS.vectors // 2)
    )
    assert {modes.last_child for modes in walk.lowest.candidate.modes[::2]} == {2}
    assert {modes.last_child for modes in walk.lowest.candidate.modes[1::2]} == {0}


@pytest.mark.parametrize("tries", [1, 100, 1000, 5000, 20_000, TRIES, 10 * TRIES])
def test_a_short_campaign_has_fewer_starts_and_gets_to_its_trades(tries: int) -> None:
    starts, samples, part = _extent(tries)
    assert 1 <= starts <= STARTS
    assert 1 <= samples <= SAMPLES
    walked = part * (starts * SHORT + min(starts, FINALISTS) * MIDDLE)
    assert starts * samples + walked <= tries
    assert tries < TRIES or (starts, samples, part) == _extent(None)
