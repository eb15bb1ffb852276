"""Answers are cut to a size, and say what is missing."""

import json

import pytest

from vliwdbg.agents.bounded import LARGEST, LONGEST, MOST, bounded
from vliwdbg.session.errors import DebuggerError


def test_lists_are_cut_and_counted() -> None:
    refused = [{"program": name, "reasons": list("abcde")} for name in "abcd"]
    told = bounded({"refused": refused}, 1, 2)
    assert [one["program"] for one in told["refused"]] == ["b", "c"]
    assert told["refused"][0]["reasons"] == ["a", "b"]
    assert told["cut"] == {"refused": 2, "refused.reasons": 6}
    for offset, limit in ((0, 0), (-1, 1), (0, MOST + 1)):
        with pytest.raises(DebuggerError, match="limit"):
            bounded({}, offset, limit)


def test_a_vector_is_one_thing_and_stays_whole() -> None:
    told = bounded({"spans": [[0, 3], [5, 9]], "words": [1, 2, 3]}, 1, 1)
    assert told == {"spans": [[5, 9]], "words": [1, 2, 3], "cut": {"spans": 1}}


def test_texts_and_objects_are_cut() -> None:
    told = bounded({"name": "x" * 5000, "used": {str(n): n for n in range(2 * MOST)}})
    assert told["name"] == "x" * LONGEST
    assert len(told["used"]) == MOST
    assert told["cut"] == {"name": 5000 - LONGEST, "used": MOST}


def test_no_answer_is_larger_than_that() -> None:
    deep = [[["x" * 100] * 50] * 50] * 50
    told = bounded({"deep": deep}, limit=50)
    assert len(json.dumps(told)) <= LARGEST
    assert told["cut"]["deep"] > 0
