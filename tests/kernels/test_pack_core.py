"""The compiled inner loop against the Python one, and linked operations against compiled ones."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from kernels.build_request import BuildRequest
from kernels.plan import CHOICE_SIZES, VectorChoices
from kernels.schedule import compiled, pack
from kernels.schedule.list import ranks
from kernels.schedule.pack_input import PackInput, flatten
from kernels.schedule.scratch import pin
from kernels.tune.candidate import MOST_NOISE, Candidate
from kernels.tune.measure import NO_LIMIT, Compiled, Limit, Linked
from kernels.tune.session import groups_of
from machine.problem import Problem

pytestmark = pytest.mark.skipif(
    not compiled.AVAILABLE, reason="the extension kernels.schedule._core._pack was not built"
)
REQUESTS = {
    "standard": BuildRequest(Problem()),
    "indices": BuildRequest(Problem(), outputs=("values", "indices")),
    "generic": BuildRequest(Problem(6, 12, 40)),
    "overlap": BuildRequest(Problem(8, 8, 67)),
    "few": BuildRequest(Problem(4, 6, 3)),
    "baseline": BuildRequest(Problem(2, 2, 3), "baseline"),
    "unsplit": BuildRequest(Problem(5, 5, 32), without=("alu-lanes",)),
    "unreserved": BuildRequest(Problem(6, 12, 40), without=("alu-reserve",)),
}


def flat_of(request: BuildRequest) -> PackInput:
    code = request.compile()
    return flatten(code, pin(code)[1])


def outcome(
    run: Callable[..., Any], flat: PackInput, rank: list[int], window: int, spare: int
) -> Any:
    """The parts, or the registers that hold words where nothing can go on."""
    try:
        return run(flat, rank, window, spare)
    except pack.OutOfScratchError as stuck:
        return stuck.holding


@pytest.mark.parametrize("name", REQUESTS)
def test_the_parts_of_the_usual_order_are_the_same(name: str) -> None:
    flat = flat_of(REQUESTS[name])
    rank = ranks(flat)
    for window, spare in ((64, 0), (20, 0), (64, 2), (3, 0)):
        expected = outcome(pack.pack, flat, rank, window, spare)
        assert outcome(compiled.pack, flat, rank, window, spare) == expected


@pytest.mark.parametrize("name", ["generic", "overlap", "few", "unsplit", "unreserved"])
@pytest.mark.parametrize("seed", range(6))
def test_the_parts_are_the_same_in_any_order_and_with_any_scratch(name: str, seed: int) -> None:
    random, flat = Random(seed), flat_of(REQUESTS[name])
    flat.places = random.choice((flat.places, 60, 30, 12))
    rank = list(range(flat.graph.nodes))
    random.shuffle(rank)
    window, spare = random.choice((64, 8, 2, 1)), random.choice((0, 1, 5))
    expected = outcome(pack.pack, flat, rank, window, spare)
    assert outcome(compiled.pack, flat, rank, window, spare) == expected


def test_running_out_of_scratch_names_the_same_registers() -> None:
    flat = flat_of(REQUESTS["generic"])
    flat.places = 5
    rank = ranks(flat)
    holding = outcome(pack.pack, flat, rank, 64, 0)
    assert holding
    assert all(isinstance(register, int) for register in holding)
    assert outcome(compiled.pack, flat, rank, 64, 0) == holding


def test_nothing_at_all_is_packed_too() -> None:
    flat = flat_of(BuildRequest(Problem(1, 0, 1), "baseline"))
    rank = list(range(flat.graph.nodes))
    assert compiled.pack(flat, rank, 1) == pack.pack(flat, rank, 1)


def random_candidate(random: Random, measure: Linked, vectors: int, groups: int) -> Candidate:
    modes = tuple(
        VectorChoices(**{name: random.randrange(values) for name, values in CHOICE_SIZES.items()})
        for _ in range(2)
    )
    chosen = tuple(random.choice(modes) for _ in range(vectors))
    measure.learn(chosen)
    noise = array("i", [random.randint(-MOST_NOISE, MOST_NOISE) for _ in measure.slots])
    offsets = array("i", [0] + [random.randrange(3000) for _ in range(groups - 1)])
    return Candidate(offsets, chosen, noise, random.choice((64, 24)), random.choice((0, 1)))


@pytest.mark.parametrize(
    ("name", "tries"), [("standard", 1), ("indices", 1), ("generic", 3), ("overlap", 2), ("few", 3)]
)
def test_linked_operations_take_as_long_as_compiled_ones(name: str, tries: int) -> None:
    request, random = REQUESTS[name], Random(name)
    groups = groups_of(request)
    linked, ordinary = Linked(request, groups), Compiled(request, groups)
    for _ in range(tries):
        candidate = random_candidate(random, linked, groups.vectors, groups.count)
        ordinary.slots = dict(linked.slots)
        assert linked.length(candidate) == ordinary.length(candidate)


HEADER = 10
"""Words of a run before its arrays, of which the first are the edges' (`_core/flat.h`)."""


def edges_of(run: bytes) -> dict[tuple[int, int], int]:
    """By the nodes it leads from and to, an edge's latency."""
    words = array("i", run)
    nodes, edges = words[:2]
    first, target = words[HEADER:], words[HEADER + nodes + 1 :]
    places = [(node, e) for node in range(nodes) for e in range(first[node], first[node + 1])]
    return {(node, target[e]): target[edges + e] for node, e in places}


@pytest.mark.parametrize("name", ["generic", "overlap"])
def test_no_linked_edge_says_what_two_others_do(name: str) -> None:
    request, random = REQUESTS[name], Random(name)
    groups = groups_of(request)
    linked = Linked(request, groups)
    candidate = random_candidate(random, linked, groups.vectors, groups.count)
    edges, after = edges_of(linked.linker.link(candidate.modes)), dict[int, list[int]]()
    for before, node in edges:
        after.setdefault(before, []).append(node)
    said_twice = [
        (start, end)
        for (start, middle), first in edges.items()
        for end in after.get(middle, ())
        if edges.get((start, end), 2) <= max(first, edges[middle, end])
    ]
    assert edges
    assert said_twice == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda words: words[:-1],
        lambda words: [-1, *words[1:]],
        lambda words: [words[0] + 1, *words[1:]],
        lambda words: [*words[:13], 2**31 - 1, *words[14:]],
        lambda _: [],
    ],
)
def test_a_run_that_is_none_is_refused(spoil: Callable[[list[int]], list[int]]) -> None:
    flat = flat_of(REQUESTS["few"])
    words = array("i", compiled.serialize(flat)).tolist()
    ranked = array("i", range(flat.graph.nodes + 1))
    with pytest.raises(ValueError, match="flat"):
        compiled.core.pack(array("i", spoil(words)), ranked, 64, 0)


def test_ranks_that_are_none_are_refused() -> None:
    flat = flat_of(REQUESTS["few"])
    run = compiled.serialize(flat)
    for rank in ([0] * flat.graph.nodes, [-1] * flat.graph.nodes, [0]):
        with pytest.raises(ValueError, match="rank"):
            compiled.core.pack(run, array("i", rank), 64, 0)
    with pytest.raises(ValueError, match="32-bit"):
        compiled.core.pack(b"abc", array("i"), 64, 0)


def test_an_order_that_is_none_is_refused() -> None:
    flat = flat_of(REQUESTS["few"])
    words = array("i", compiled.serialize(flat))
    words[-1] = words[-2]  # the last words are the order
    with pytest.raises(ValueError, match="place of its own"):
        compiled.core.hold(words)


def test_too_few_offsets_or_noise_are_refused() -> None:
    flat = flat_of(REQUESTS["few"])
    held = compiled.core.hold(compiled.serialize(flat))
    one, nothing = array("i", [0]), array("i")
    assert compiled.core.length(held, 1, one, one, 64, 0, *NO_LIMIT)
    for offsets, noise in ((nothing, one), (one, nothing)):
        with pytest.raises(ValueError, match="is wanted"):
            compiled.core.length(held, 1, offsets, noise, 64, 0, *NO_LIMIT)
    with pytest.raises(ValueError, match="PyCapsule"):
        compiled.core.length(b"", 1, one, one, 64, 0, *NO_LIMIT)
    with pytest.raises(ValueError, match="too far apart"):
        compiled.core.length(held, 2**31 - 1, one, one, 64, 0, *NO_LIMIT)


def test_what_is_past_the_limit_is_not_measured_to_its_end() -> None:
    request, random = REQUESTS["generic"], Random(3)
    groups = groups_of(request)
    measure = Linked(request, groups)
    candidate = random_candidate(random, measure, groups.vectors, groups.count)
    length = measure.length(candidate)
    assert length
    weight = 1 / 1000
    energy = length.cycles + weight * length.spent
    for within in (
        Limit(weight, energy, 0),
        Limit(weight, 0, length.cycles),
        Limit(0, length.cycles, 0),
    ):
        assert measure.length(candidate, within) == length
    assert measure.length(candidate, Limit(weight, energy / 2, length.cycles / 2)) is None


def test_records_that_are_none_are_refused() -> None:
    bases = array("i", [0, 8])
    for records in ([1, 2, 3], [99] * 24):
        with pytest.raises(ValueError, match="no operations"):
            compiled.core.link(array("i", records), bases, 1, 1, 192)
    with pytest.raises(ValueError, match="no operations"):
        compiled.core.link(b"", array("i"), 1, 1, 192)
