"""The problem: its image from a seed, and its reference kernel."""

from array import array
from typing import Any

import pytest

from machine import Problem, ProgramError
from machine.core.inputs import record
from machine.problem import Layout, hash_stages, hash_word, solve
from tests.oracle.cases import HASHES, IMAGES, WALK, WALK_MEMORY, Image

# --- the image ------------------------------------------------------------------------------------


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: f"seed-{image[0]}")
def test_image_is_the_public_codes(image: Image) -> None:
    seed, height, rounds, batch, words = image
    memory = Problem(height, rounds, batch, seed).memory()
    assert list(memory) == words
    assert memory.typecode == "I"


def test_standard_size() -> None:
    problem = Problem()
    assert problem == Problem(forest_height=10, rounds=16, batch_size=256, seed=123)
    assert len(problem.memory()) == problem.layout.words == 7 + 2047 + 2 * 256
    assert problem.layout.header == (16, 2047, 256, 10, 7, 2054, 2310)
    assert list(problem.memory()[:7]) == [16, 2047, 256, 10, 7, 2054, 2310]


def test_words_are_below_two_to_the_thirtieth() -> None:
    layout, memory = Problem().layout, Problem().memory()
    drawn = [*memory[7 : layout.indices_at], *memory[layout.values_at :]]
    assert max(drawn) < 2**30
    assert max(drawn) > 2**29
    assert set(memory[layout.indices_at : layout.values_at]) == {0}


@pytest.mark.parametrize("sizes", [(0, 0, 0), (0, 1, 1), (3, 0, 5), (1, 2, 0), (20, 1, 1)])
def test_layout_of_any_size_hangs_together(sizes: tuple[int, int, int]) -> None:
    layout = Problem(*sizes).layout
    nodes = 2 ** (sizes[0] + 1) - 1
    assert (layout.forest_height, layout.rounds, layout.batch_size) == sizes
    assert list(layout.regions().values()) == [
        range(7),
        range(7, 7 + nodes),
        range(7 + nodes, 7 + nodes + sizes[2]),
        range(7 + nodes + sizes[2], 7 + nodes + 2 * sizes[2]),
    ]
    assert list(layout.regions()) == ["header", "nodes", "indices", "values"]
    assert layout.words == layout.values.stop


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ({"forest_height": 60}, "problem.forest_height: 60 is not in 0..20"),
        ({"forest_height": -1}, "problem.forest_height: -1 is not in 0..20"),
        ({"rounds": -1}, "problem.rounds: -1 is not in 0..4294967295"),
        ({"rounds": 2**32, "batch_size": 0}, "problem.rounds: 4294967296 is not in 0..4294967295"),
        ({"batch_size": -1}, "problem.batch_size: -1 is not in 0..16777216"),
        ({"batch_size": 2**24 + 1}, "problem.batch_size: 16777217 is not in 0..16777216"),
        (
            {"rounds": 2**16 + 1},
            "problem.rounds: 65537 times a batch of 256 is over 16777216 steps",
        ),
    ],
)
def test_impossible_sizes_are_refused(sizes: dict[str, int], says: str) -> None:
    with pytest.raises(ProgramError) as caught:
        Problem(**sizes)
    assert str(caught.value) == says


def test_greatest_sizes_are_taken() -> None:
    assert Problem(20, 2**16, 256).rounds == 2**16
    assert Problem(0, 2**32 - 1, 0).rounds == 2**32 - 1
    assert Problem(0, 1, 2**24).batch_size == 2**24


# --- the reference kernel -------------------------------------------------------------------------


@pytest.mark.parametrize("values", HASHES, ids=lambda values: f"{values[0]:08x}")
def test_hash_stage_by_stage(values: tuple[int, ...]) -> None:
    assert list(hash_stages(values[0])) == list(values[1:])
    assert hash_word(values[0]) == values[-1]


def test_walk_is_recorded_under_every_key() -> None:
    layout = Layout.read(WALK_MEMORY)
    assert layout is not None
    assert record(layout, WALK_MEMORY) == WALK


def test_nothing_is_recorded_under_other_keys() -> None:
    layout = Layout.read(WALK_MEMORY)
    assert layout is not None
    recorded = record(layout, WALK_MEMORY)
    assert dict(recorded.pairs()) == dict(recorded) == WALK
    others: list[Any] = [
        (),
        (0,),
        (0, 0),
        (0, 0, "other"),
        (0, 0, "val", 1),
        (0, 0, "hash_stage"),
        (0, 0, "hash_stage", 6),
        (-1, 0, "val"),
        (layout.rounds, 0, "val"),
        (0, layout.batch_size, "val"),
        ("0", 0, "val"),
        (0, None, "val"),
        "val",
        5,
    ]
    assert [key for key in others if key in recorded or recorded.get(key) is not None] == []
    assert recorded[0.0, False, "val"] == recorded[0, 0, "val"]


def test_walk_is_solved() -> None:
    layout = Layout.read(WALK_MEMORY)
    assert layout is not None
    before = list(WALK_MEMORY)
    solution = solve(layout, WALK_MEMORY)
    assert (solution.indices, solution.values) == ([0], [0xAA81671F])
    assert before == WALK_MEMORY


@pytest.mark.parametrize("sizes", [(0, 3, 4), (2, 9, 5), (5, 16, 8)])
def test_record_ends_where_solve_does(sizes: tuple[int, int, int]) -> None:
    problem = Problem(*sizes, seed=9)
    layout, memory = problem.layout, problem.memory()
    solution, recorded = solve(layout, memory), record(layout, memory)
    last = problem.rounds - 1
    for i in range(problem.batch_size):
        assert recorded[last, i, "hashed_val"] == solution.values[i]
        assert recorded[last, i, "wrapped_idx"] == solution.indices[i]
        for r in range(last):
            assert recorded[r + 1, i, "val"] == recorded[r, i, "hashed_val"]
            assert recorded[r + 1, i, "idx"] == recorded[r, i, "wrapped_idx"]
    assert len(recorded) == problem.rounds * problem.batch_size * 12
    assert max(solution.indices) < layout.n_nodes


# --- the header of any memory ---------------------------------------------------------------------

SOUND = [2, 3, 2, 1, 7, 10, 12, 100, 101, 102, 0, 2, 200, 201]


def test_layout_is_read_from_a_sound_header() -> None:
    layout = Layout.read(SOUND)
    assert layout is not None
    assert layout == Problem(1, 2, 2).layout
    assert Layout.read([*SOUND, 1, 2, 3]) == layout
    assert Layout.read(array("I", SOUND)) == layout


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (1, 4), (1, 0), (2, 1), (2, 3), (3, 0), (3, 2), (3, 21), (3, 2**32 - 1), (4, 6), (4, 8),
        (5, 9), (5, 11), (6, 11), (6, 13), (0, 2**23 + 1), (10, 3), (11, 2**32 - 1),
    ],
)  # fmt: skip
def test_no_layout_is_read_from_a_header_that_disagrees(word: int, value: int) -> None:
    memory = list(SOUND)
    memory[word] = value
    assert Layout.read(memory) is None


@pytest.mark.parametrize("length", [0, 6, 7, 13])
def test_no_layout_is_read_from_a_memory_cut_short(length: int) -> None:
    assert Layout.read(SOUND[:length]) is None


def test_the_greatest_rounds_are_read() -> None:
    assert Layout.read([2**23, *SOUND[1:]]) is not None
