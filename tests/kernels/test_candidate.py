"""Moves change what they say, and nothing else."""

from __future__ import annotations

from array import array
from collections import Counter
from random import Random

import pytest

from kernels.ir import Origin
from kernels.plan import CHOICE_SIZES, VectorChoices
from kernels.schedule.priority import Groups
from kernels.tune import candidate as candidates
from kernels.tune.anneal import block_of
from kernels.tune.candidate import LAST_ROUNDS, LATE_VECTORS, Candidate, Moves

BLOCKS = ((0, 1), (2, 3), (4, 5), (6, 7))


@pytest.mark.parametrize(("vectors", "rounds"), [(32, 16), (4, 2), (1, 1)])
def test_moves_at_the_end_leave_the_rest_alone(
    monkeypatch: pytest.MonkeyPatch, vectors: int, rounds: int
) -> None:
    monkeypatch.setattr(candidates, "AT_END", 1.0)
    groups = Groups(vectors, rounds)
    moves = Moves(groups, list(CHOICE_SIZES), BLOCKS, BLOCKS[2:], slots=10)
    modes = (VectorChoices(),) * vectors
    start = Candidate(array("i", range(groups.count)), modes, array("i"), 64, 2)
    random, shifted, jolted = Random(1), set[int](), set[int]()
    for _ in range(3000):
        found = moves.any(start, random, at_end=True)
        assert (found.modes, found.window, found.spare) == (start.modes, 64, 2)
        shifted |= {group for group, offset in enumerate(found.offsets) if offset != group}
        jolted |= {slot for slot, steps in enumerate(found.noise) if steps}
    assert jolted == {slot for block in BLOCKS[2:] for slot in block}
    assert shifted == {
        1 + vector * groups.parts + part
        for vector in range(vectors)
        for part in range(groups.parts)
        if vector >= vectors - LATE_VECTORS or part >= rounds - LAST_ROUNDS
    }


def test_ends_are_those_of_other_vectors() -> None:
    groups = Groups(8, 6)
    moves = Moves(groups, list(CHOICE_SIZES), BLOCKS, BLOCKS, slots=10)
    start = Candidate(array("i", range(groups.count)), (VectorChoices(),) * 8, array("i"), 64, 2)
    random, copied, exchanged = Random(2), set[int](), set[int]()
    for _ in range(300):
        offsets = moves.copy_end(start, random).offsets
        copied |= _ends_moved(groups, offsets)
        offsets = moves.exchange_ends(start, random).offsets
        assert sorted(offsets) == list(start.offsets)
        exchanged |= _ends_moved(groups, offsets)
    assert copied == exchanged == {1, 2, 3}


def _ends_moved(groups: Groups, offsets: array[int]) -> set[int]:
    """Of how many parts a vector has the offsets of another, which must be the same parts."""
    counts = set()
    for stop in range(1 + groups.parts, len(offsets) + 1, groups.parts):
        moved = [at for at in range(stop - groups.parts, stop) if offsets[at] != at]
        assert moved == list(range(stop - len(moved), stop))
        assert len({offsets[at] - at for at in moved}) <= 1
        assert all((offsets[at] - at) % groups.parts == 0 for at in moved)
        counts.add(len(moved))
    return counts - {0}


def test_a_trade_is_of_few_modes_and_all_are_traded() -> None:
    groups, names = Groups(8, 6), list(CHOICE_SIZES)
    moves = Moves(groups, names, BLOCKS, BLOCKS, slots=10)
    modes = tuple(VectorChoices(last_child=vector % 3) for vector in range(8))
    start = Candidate(array("i", range(groups.count)), modes, array("i"), 64, 2)
    random, traded = Random(3), Counter[str]()
    for _ in range(2000):
        found = moves.trade(start, random)
        assert (found.offsets, found.noise) == (start.offsets, start.noise)
        changed = [
            name
            for before, after in zip(start.modes, found.modes, strict=True)
            for name in names
            if getattr(before, name) != getattr(after, name)
        ]
        assert len(changed) <= 6  # three, with each other
        traded.update(changed)
    assert set(traded) == set(names)
    assert traded.most_common(1)[0][0] == "last_child"


def test_blocks_are_a_vectors_in_one_round_or_set_up() -> None:
    assert block_of((3, 7, "hash", 1)) == (3, 7)
    assert block_of((3, None, "store", 0)) == (3, None)
    assert block_of(("table", 0, 1)) is None


def test_what_is_in_no_round_goes_with_one() -> None:
    groups = Groups(2, 16)
    parts = {
        Origin("load", vector=1): 0,
        Origin("node", 15, vector=1): 15,
        Origin("hash stage 0", 15, vector=1): 16,
        Origin("store", vector=1): 16,
        Origin("index", vector=1): 14,
    }
    assert {origin: groups.part(origin) for origin in parts} == parts
    assert Groups(2, 1).part(Origin("index", vector=0)) == 0
