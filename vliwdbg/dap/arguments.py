"""The arguments of a request, read as the types that its handler is annotated with.

    def variables(adapter: Adapter, *, variables_reference: int, start: int = 0) -> Body: ...

takes `variablesReference`, and `start` where it is given. What nobody asks for is passed over, as
the protocol wants it. An object is a named tuple of such fields; a parameter of that type before
the `*` takes all arguments as one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from inspect import Parameter, signature
from types import NoneType
from typing import Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

LARGEST = 2**53
"""Of a whole number; past it JavaScript knows no more."""


class RequestError(Exception):
    """Why a request is not done; the message is for people. `kind` is a word for the client."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class _Field(NamedTuple):
    """An argument: its name for us and for the protocol, its type, and what stands for it."""

    name: str
    told: str
    wanted: Any
    default: Any


def read_arguments(
    handler: Callable[..., Any], given: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """What a handler takes after its first parameter, by position and by keyword.

    Raises RequestError.
    """
    whole: list[Any] = [read_object(wanted, given) for wanted in _wholes(handler)]
    return whole, _values(_fields(handler), given, "")


T = TypeVar("T")


def read_object(wanted: type[T], given: Mapping[str, Any], where: str = "") -> T:
    """A named tuple of these arguments. Raises RequestError."""
    fields: tuple[_Field, ...] = _fields(wanted)  # type: ignore[arg-type]
    return wanted(**_values(fields, given, where))


@cache
def _fields(taker: Any) -> tuple[_Field, ...]:
    """Those of a handler, or of a named tuple."""
    hints = get_type_hints(taker)
    return tuple(
        _Field(name, camel(name), hints[name], formal.default)
        for name, formal in signature(taker).parameters.items()
        if isinstance(taker, type) or formal.kind is Parameter.KEYWORD_ONLY
    )


@cache
def _wholes(handler: Callable[..., Any]) -> tuple[type, ...]:
    hints = get_type_hints(handler)
    formals = list(signature(handler).parameters.values())[1:]
    return tuple(hints[formal.name] for formal in formals if formal.kind is not formal.KEYWORD_ONLY)


def camel(name: str) -> str:
    """A name as the protocol spells it: `variablesReference`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _values(wanted: tuple[_Field, ...], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    return dict(_each(wanted, given, where))


def _each(
    wanted: tuple[_Field, ...], given: Mapping[str, Any], where: str
) -> Iterator[tuple[str, Any]]:
    for field in wanted:
        data = given.get(field.told)
        if data is not None:
            yield field.name, _value(field.wanted, data, where + field.told)
        elif field.default is Parameter.empty:
            raise RequestError(f"{where}{field.told} is missing")
        else:
            yield field.name, field.default


_CALLED = {int: "a whole number", str: "text", bool: "true or false"}


def _value(wanted: Any, data: Any, where: str) -> Any:
    origin, parts = get_origin(wanted), get_args(wanted)
    if NoneType in parts:  # what is null was passed over
        return _value(next(part for part in parts if part is not NoneType), data, where)
    if wanted is Any:
        return data
    if origin is tuple:
        _require(isinstance(data, list), where, "a list")
        return tuple(_value(parts[0], item, f"{where}[{at}]") for at, item in enumerate(data))
    if origin is not None and issubclass(origin, Mapping):
        _require(isinstance(data, dict), where, "an object")
        return {key: _value(parts[1], item, f"{where}.{key}") for key, item in data.items()}
    if wanted in _CALLED:
        _require(_is(wanted, data), where, _CALLED[wanted])
        return data
    _require(isinstance(data, dict), where, "an object")
    return read_object(wanted, data, f"{where}.")


def _is(wanted: type, data: Any) -> bool:
    if wanted is int:
        return type(data) is int and abs(data) <= LARGEST
    if wanted is str:
        return isinstance(data, str) and _is_text(data)
    return isinstance(data, wanted)


def _is_text(text: str) -> bool:
    """Whether it is Unicode, without half characters, and no file's name could not be it."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _require(holds: bool, where: str, called: str) -> None:
    if not holds:
        raise RequestError(f"{where} is {called}")
