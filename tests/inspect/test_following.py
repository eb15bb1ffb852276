"""The story of a value, on programs small enough to tell it by hand."""

from machine.program import Program
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.following import follow, writing_slot
from vliwdbg.inspect.replay import replay

BUNDLES = [
    {"load": [["const", 0, 1], ["const", 1, 9]]},  # 0 writes s[0], s[1]
    {"valu": [["vbroadcast", 8, 0]]},  # 1 reads s[0], writes v
    {"alu": [["+", 2, 8, 1]], "store": [["store", 1, 8]]},  # 2 reads v[0], s[1]; mem[9]
    {"alu": [["+", 9, 2, 2]]},  # 3 overwrites v[1]
    {"load": [["load", 3, 1]]},  # 4 reads s[1], mem[9]
    {"valu": [["+", 16, 8, 8]]},  # 5 reads v, two values of it
]


def flow() -> Flow:
    return replay(Program.from_bundles(BUNDLES), [0] * 16)


def test_a_value_is_read_until_it_is_overwritten() -> None:
    story = follow(flow(), "scratch", range(8, 16), 2)
    assert (story.writes, story.holding) == ((1, 3), 1)
    assert story.reads == (2, 5)


def test_of_a_vector_the_latest_write_of_any_lane_holds() -> None:
    story = follow(flow(), "scratch", range(8, 16), 4)
    assert story.holding == 3
    assert story.reads == (2, 5)


def test_a_value_in_memory_is_followed_too() -> None:
    story = follow(flow(), "memory", range(9, 10), 6)
    assert (story.writes, story.holding, story.reads) == ((2,), 2, (4,))


def test_words_that_nobody_wrote_are_as_the_run_found_them() -> None:
    for space in ("scratch", "memory"):
        story = follow(flow(), space, range(12, 13), 1)
        assert (story.holding, story.reads) == (None, ())
    assert writing_slot(flow(), story) is None


def test_the_slot_that_wrote_the_value_is_known() -> None:
    run = flow()
    assert writing_slot(run, follow(run, "scratch", range(8, 16), 4)) == 5
    assert writing_slot(run, follow(run, "scratch", range(8, 9), 4)) == 2
    assert writing_slot(run, follow(run, "scratch", range(1, 2), 6)) == 1


def test_a_loop_tells_steps_and_not_bundles() -> None:
    bundles = [
        {"load": [["const", 0, 1], ["const", 3, 2]]},
        {"alu": [["+", 1, 1, 0], ["<", 2, 1, 3]]},
        {"flow": [["cond_jump", 2, 1]]},
    ]
    run = replay(Program.from_bundles(bundles), [0] * 8)
    story = follow(run, "scratch", range(1, 2), len(run.pcs))
    assert story.writes == tuple(at for at, pc in enumerate(run.pcs) if pc == 1)
    assert len(story.writes) > 1
