"""What all views have in common.

    @dataclass(frozen=True)
    class Uses(View, kind="uses"):
        "Which slots read a word next."

        place: str
        readers: tuple[SlotAt, ...]

A view holds plain values and other views: words, cycles and counts are ints and never text, places
are written as a user would. A field is a bool, int, float, str, None, an enum, a Literal, a tuple,
a mapping with keys of text or numbers, a frozen dataclass, a named tuple, or a union of these. From
the types come JSON, back and forth, and the JSON Schema.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Literal, Union, cast, get_args, get_origin, get_type_hints

VIEWS: dict[str, type[View]] = {}
"""Every kind of view with its class."""


@dataclass(frozen=True)
class View:
    """The base: `kind` is the name under which JSON knows it."""

    kind: ClassVar[str] = ""
    drawn_by: ClassVar[Callable[[View], str] | None] = None
    """What draws views for notebooks, once it is loaded."""

    def __init_subclass__(cls, *, kind: str = "") -> None:
        super().__init_subclass__()
        if kind:
            assert kind not in VIEWS, f"two views are of the kind {kind}"
            cls.kind = kind
            VIEWS[kind] = cls

    @property
    def ok(self) -> bool:
        """Whether the command that answers it has done what it was to do."""
        return True

    def _repr_html_(self) -> str | None:
        """What a notebook shows."""
        draw = type(self).drawn_by
        return None if draw is None else draw(self)

    def to_json(self) -> dict[str, Any]:
        """Its fields by name, and its kind, as values that `json` writes."""
        return cast("dict[str, Any]", to_json(self))


def to_json(value: Any) -> Any:
    """A view's value as JSON has it: objects of dataclasses and named tuples, lists of tuples."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    cls: Any = type(value)
    names = field_names(cls)
    if names is None:
        return [to_json(item) for item in value]
    kind = {"kind": value.kind} if isinstance(value, View) else {}
    return kind | {name: to_json(getattr(value, name)) for name in names}


def view_from_json(data: Mapping[str, Any]) -> View:
    """The view of which `to_json` made this. Raises KeyError, TypeError or ValueError."""
    return cast("View", _object(VIEWS[data["kind"]], data))


@cache
def field_names(cls: type) -> tuple[str, ...] | None:
    """Those of a dataclass or a named tuple; None for anything else."""
    if is_dataclass(cls):
        return tuple(field.name for field in fields(cls))
    names: tuple[str, ...] | None = getattr(cls, "_fields", None)
    return names


@cache
def field_types(cls: type) -> Mapping[str, Any]:
    """The fields of a dataclass or a named tuple with their types."""
    hints = get_type_hints(cls)
    return {name: hints[name] for name in field_names(cls) or ()}


def is_union(wanted: Any) -> bool:
    """Whether a type is one of several."""
    return get_origin(wanted) in (Union, types.UnionType)


def _object(cls: type, data: Mapping[str, Any]) -> Any:
    values = {
        name: value_from_json(wanted, data[name]) for name, wanted in field_types(cls).items()
    }
    return cls(**values)


def value_from_json(wanted: Any, data: Any) -> Any:
    """The value of a type that JSON has as this. Raises as `view_from_json`."""
    origin, arguments = get_origin(wanted), get_args(wanted)
    if is_union(wanted):
        return _first_that_fits(arguments, data)
    if origin is Literal:
        return arguments[arguments.index(data)]
    if origin is tuple:
        return _tuple(arguments, data)
    if origin is not None and issubclass(origin, Mapping):
        key, item = arguments
        return {key(name): value_from_json(item, value) for name, value in data.items()}
    if isinstance(wanted, type) and issubclass(wanted, View) and isinstance(data, Mapping):
        return _view_of(wanted, data)
    if isinstance(wanted, type) and field_names(wanted) is not None:
        return _object(wanted, data)
    return _plain(wanted, data)


def _view_of(wanted: type[View], data: Mapping[str, Any]) -> View:
    view = view_from_json(data)
    if not isinstance(view, wanted):
        raise TypeError(f"{data['kind']} is not the view that is wanted")
    return view


def _tuple(arguments: Sequence[Any], data: Any) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise TypeError(f"{data!r} is no list")
    if arguments[1:] == (...,):
        return tuple(value_from_json(arguments[0], item) for item in data)
    return tuple(value_from_json(item, value) for item, value in zip(arguments, data, strict=True))


def _plain(wanted: Any, data: Any) -> Any:
    if wanted is Any:
        return data
    if wanted is None or wanted is types.NoneType:
        if data is not None:
            raise TypeError(f"{data!r} is not None")
        return None
    if issubclass(wanted, Enum):
        return wanted(data)
    # A bool is an int to Python, but not to JSON.
    if not isinstance(data, (int, float) if wanted is float else wanted) or (
        isinstance(data, bool) and wanted is not bool
    ):
        raise TypeError(f"{data!r} is no {wanted.__name__}")
    return data


def _first_that_fits(choices: Sequence[Any], data: Any) -> Any:
    for choice in choices:
        try:
            return value_from_json(choice, data)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    raise TypeError(f"{data!r} is none of {choices}")
