"""A view to JSON and back, its schema, and its text: what holds for every kind there will be."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, NamedTuple

import pytest
from jsonschema import Draft202012Validator, ValidationError

from vliwdbg.render import lines_of, table, text
from vliwdbg.views.base import VIEWS, View, view_from_json
from vliwdbg.views.radix import RADIXES
from vliwdbg.views.schema import schema_of, schema_of_all


class Colour(Enum):
    RED = "red"


class Corner(NamedTuple):
    x: int
    y: int


@dataclass(frozen=True)
class Leaf(View, kind="test-leaf"):
    """A tree of views."""

    name: str
    value: int | tuple[int, ...] | None = None
    under: tuple[Leaf, ...] = ()


@dataclass(frozen=True)
class Everything(View, kind="test-everything"):
    """All that a field may be."""

    flag: bool
    part: float
    colour: Colour
    side: Literal["left", "right"]
    corner: Corner
    corners: tuple[Corner, ...]
    pair: tuple[int, str]
    counts: Mapping[str, int]
    by_pc: Mapping[int, tuple[str, ...]]
    tree: Leaf | None
    any_view: View


@text.register
def _(view: Leaf) -> Any:
    yield f"{view.name} is {view.value}"
    yield from table(("Name", "Value"), ((leaf.name, leaf.value) for leaf in view.under))


LEAF = Leaf("a", 1, (Leaf("b", (1, 2)), Leaf("c")))
EVERYTHING = Everything(
    True,
    0.5,
    Colour.RED,
    "left",
    Corner(1, 2),
    (Corner(3, 4),),
    (1, "one"),
    {"valu": 6},
    {7: ("a", "b")},
    LEAF,
    Leaf("d"),
)


@pytest.mark.parametrize("view", [LEAF, EVERYTHING], ids=lambda view: view.kind)
def test_a_view_comes_back_from_json_and_fits_its_schema(view: View) -> None:
    data = json.loads(json.dumps(view.to_json()))
    assert view_from_json(data) == view
    Draft202012Validator(schema_of(type(view))).validate(data)
    Draft202012Validator(schema_of_all()).validate(data)


BENT = {
    "a missing field": lambda data: data.pop("pair"),
    "a number as text": lambda data: data.update(counts={"valu": "6"}),
    "another side": lambda data: data.update(side="above"),
    "too long a pair": lambda data: data.update(pair=[1, "one", 2]),
    "a number for a flag": lambda data: data.update(flag=1),
    "a field too many": lambda data: data.update(more=1),
    "another kind of tree": lambda data: data["tree"].update(kind="test-everything"),
    "text deep in a tree": lambda data: data["tree"]["under"][0].update(value=["1"]),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT)
def test_what_is_bent_does_not_fit(bend: Callable[[Any], None]) -> None:
    data = json.loads(json.dumps(EVERYTHING.to_json()))
    bend(data)
    with pytest.raises(ValidationError):
        Draft202012Validator(schema_of(Everything)).validate(data)


def test_the_text_is_made_of_the_view_alone() -> None:
    assert lines_of(LEAF) == ["a is 1", "Name  Value", "b     (1, 2)", "c     None"]
    assert lines_of(view_from_json(LEAF.to_json())) == lines_of(LEAF)


def test_what_a_terminal_would_obey_is_escaped() -> None:
    view = Leaf("\x1b[2J\r\n\u202e", None, (Leaf("\x07"),))
    assert lines_of(view) == [
        "\\x1b[2J\\r\\n\\u202e is None",
        "Name  Value",
        "\\x07  None",
    ]


def test_kinds_are_unique() -> None:
    with pytest.raises(AssertionError, match="test-leaf"):

        class Again(View, kind="test-leaf"):
            pass

    assert VIEWS["test-leaf"] is Leaf


@pytest.mark.parametrize(
    ("letter", "word"),
    [("x", "0xfffffffe"), ("d", "-2"), ("u", "4294967294"), ("t", "1" * 31 + "0"),
     ("z", "0xfffffffe")],
)  # fmt: skip
def test_every_radix(letter: str, word: str) -> None:
    radix = RADIXES[letter]
    assert radix.text(2**32 - 2) == word
    assert radix.value_text((1, 2**32 - 2)).endswith(f", {word}}}")
    assert max(map(len, map(radix.digits, (0, 2**31, 2**32 - 1)))) <= radix.width
