"""Records are the standard library's dataclasses in all that can be seen of them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, replace
from functools import cached_property
from typing import Any

import pytest

from machine import records

Maker = Callable[..., Any]


def classes(make: Maker) -> dict[str, Any]:
    """Some classes, made so."""

    @make(frozen=True)
    class Base:
        pass

    @make(frozen=True, kw_only=True)
    class Noted(Base):
        notes: tuple[str, ...] = ()

    @make(frozen=True)
    class Point(Noted):
        """With everything that a field may have."""

        x: int
        y: int = field(default=2, repr=False)
        tags: list[int] = field(default_factory=list, compare=False)
        made: list[int] = field(default_factory=list, init=False)

        @cached_property
        def double(self) -> int:
            return 2 * self.x

    @make
    class Open:
        value: Any
        seen: int = 0

        def __post_init__(self) -> None:
            self.seen += 1

    @make(frozen=True, eq=False)
    class Itself:
        value: int

    @make(frozen=True)
    class Own:
        value: int

        def __repr__(self) -> str:
            return "own"

        def __hash__(self) -> int:
            return 7

    return {made.__name__: made for made in (Base, Noted, Point, Open, Itself, Own)}


OURS, THEIRS = classes(records.dataclass), classes(dataclasses.dataclass)
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Base", (), {}),
    ("Base", (1,), {}),
    ("Noted", (), {}),
    ("Noted", (), {"notes": ("a",)}),
    ("Noted", (("a",),), {}),
    ("Point", (1,), {}),
    ("Point", (1, 3, [4]), {"notes": ("n",)}),
    ("Point", (), {"x": 1, "y": 5}),
    ("Point", (1, 2, [], ()), {}),
    ("Point", (1, 2, [], (), []), {}),
    ("Point", (1,), {"x": 2}),
    ("Point", (1,), {"made": []}),
    ("Point", (), {"y": 1}),
    ("Point", (1,), {"z": 1}),
    ("Open", (1,), {}),
    ("Open", (1, 5), {}),
    ("Open", (), {}),
    ("Open", (1, 2, 3), {}),
    ("Open", (1, 2), {"seen": 3}),
    ("Itself", (1,), {}),
    ("Own", (1,), {}),
]


def outcome(made: dict[str, Any], name: str, given: Any, named: Any) -> Any:
    """What comes of a call, as texts and values."""
    try:
        one, other = made[name](*given, **named), made[name](*given, **named)
    except TypeError:
        return TypeError
    facts = [repr(one).replace("classes.<locals>.", ""), sorted(vars(one).items()), one == other]
    facts += [one == object(), dataclasses.asdict(one), one == copy.copy(one), one != other]
    with_hash = made[name].__hash__ is not None
    if with_hash and name not in ("Itself", "Point"):
        facts.append(hash(one) == hash(other))
    return [*facts, with_hash, [f.name for f in dataclasses.fields(one)], one.__match_args__]


@pytest.mark.parametrize(("name", "given", "named"), CALLS)
def test_a_record_is_what_a_dataclass_is(
    name: str, given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    ours = outcome(OURS, name, given, named)
    theirs = outcome(THEIRS, name, given, named)
    assert ours == theirs


def test_what_is_frozen_stays_as_it_is() -> None:
    for made in (OURS, THEIRS):
        point = made["Point"](1)
        for name in ("x", "other"):
            with pytest.raises(FrozenInstanceError):
                setattr(point, name, 2)
        with pytest.raises(FrozenInstanceError):
            del point.x
        assert (point.double, replace(point, x=3).x, point.x) == (2, 3, 1)
        with pytest.raises(ValueError, match="made"):
            replace(point, made=[])
        opened = made["Open"](1)
        opened.value = 2
        assert (opened.value, opened.seen) == (2, 1)


def test_either_comes_from_the_other() -> None:
    for made, make in ((OURS, dataclasses.dataclass), (THEIRS, records.dataclass)):
        body = {"__annotations__": {"z": "int"}, "z": 0, "__module__": __name__}
        Higher: Any = make(frozen=True)(type("Higher", (made["Noted"],), body))
        higher = Higher(4, notes=("a",))
        assert (higher.z, higher.notes, higher) == (4, ("a",), Higher(4, notes=("a",)))
        with pytest.raises(FrozenInstanceError):
            higher.z = 5


def test_one_that_holds_itself_can_be_written() -> None:
    opened = OURS["Open"](1)
    opened.value = opened
    assert repr(opened).endswith("Open(value=..., seen=1)")


@records.dataclass(frozen=True)
class Travelling:
    """Seen from other processes."""

    words: tuple[int, ...]


def test_it_travels_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(Travelling((1, 2)))) == Travelling((1, 2))
