"""`dataclass` as the standard library has it, made without compiling anything.

The library's writes up to seven methods for each class and compiles them: most of a millisecond,
and for the classes that stand behind the first picture of a debugger a quarter of all that Python
does for it. The methods here are closures over a class's fields, which are the library's own, so
that `fields`, `replace` and `asdict` know these classes too. What a type checker sees is the
library's.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, FrozenInstanceError
from itertools import chain
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as dataclass
else:

    def dataclass(
        cls: type | None = None,
        /,
        *,
        frozen: bool = False,
        eq: bool = True,
        kw_only: bool = False,
    ) -> Any:
        """Give a class the methods that its fields call for."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, eq=eq, kw_only=kw_only)
        _give_fields(cls, kw_only=kw_only)
        for name, method in _methods(dataclasses.fields(cls), frozen=frozen, eq=eq).items():
            if vars(cls).get(name) is None:
                setattr(cls, name, method)
        cls.__dataclass_params__.frozen = frozen
        return cls


def _give_fields(cls: Any, *, kw_only: bool) -> None:
    """What the library calls a class's fields: those of its bases, and its own, which the library
    finds in a class that has nothing else and so needs no methods."""
    own = {name: vars(cls)[name] for name in cls.__annotations__ if name in vars(cls)}
    about = {name: getattr(cls, name) for name in ("__annotations__", "__module__")}
    bare = type(cls.__name__, (), {**own, **about, "__doc__": "Fields."})
    found: Any = dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(bare)
    for name, value in own.items():
        if not isinstance(value, Field):
            continue
        if name in vars(found):
            setattr(cls, name, vars(found)[name])
        else:
            delattr(cls, name)
    bases = (vars(base).get("__dataclass_fields__", {}) for base in reversed(cls.__mro__))
    cls.__dataclass_fields__ = dict(chain.from_iterable(map(dict.items, bases)))
    cls.__dataclass_fields__ |= found.__dataclass_fields__
    cls.__dataclass_params__ = found.__dataclass_params__
    names = (f.name for f in dataclasses.fields(cls) if f.init and not f.kw_only)
    setattr(cls, "__match_args__", tuple(names))  # noqa: B010  # as a checker takes it for final


def _methods(fields: tuple[Field[Any], ...], *, frozen: bool, eq: bool) -> dict[str, Any]:
    """The methods of a class with these fields, by name."""
    methods: dict[str, Any] = {"__init__": _init_of(fields), "__repr__": _repr}
    if eq:
        values_of = _getter([field.name for field in fields if field.compare])
        methods |= {"__eq__": _eq_by(values_of), "__hash__": None}
    if eq and frozen:
        methods["__hash__"] = lambda self: hash(values_of(self))
    if frozen:
        methods |= {"__setattr__": _refuse_to_assign, "__delattr__": _refuse_to_delete}
    return methods


def _init_of(fields: tuple[Field[Any], ...]) -> Callable[..., None]:
    names = [field.name for field in fields if field.init]
    by_place = [field.name for field in fields if field.init and not field.kw_only]
    defaults = {f.name: f.default for f in fields if f.init and f.default is not MISSING}
    makers = {f.name: f.default_factory for f in fields if f.default_factory is not MISSING}
    needed = {*names} - {*defaults} - {*makers}

    def __init__(self: Any, /, *given: Any, **named: Any) -> None:  # noqa: N807
        values = self.__dict__
        values.update(zip(by_place, given, strict=False))
        if len(given) != len(fields):
            wrong = [name for name in named if name in values or name not in names]
            values.update(named)
            values.update((name, defaults[name]) for name in defaults if name not in values)
            values.update((name, makers[name]()) for name in makers if name not in values)
            wrong += [name for name in names if name in needed and name not in values]
            if wrong or len(given) > len(by_place):
                raise _refusal(self, wrong, names)
        elif named or len(by_place) < len(given):
            raise _refusal(self, [*named], names)
        if post := getattr(self, "__post_init__", None):
            post()

    return __init__


def _refusal(record: Any, wrong: list[str], names: list[str]) -> TypeError:
    about = f"not so with {', '.join(wrong)}" if wrong else "not more values"
    return TypeError(f"{type(record).__qualname__}() takes {', '.join(names)} once each, {about}")


def _getter(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()


def _eq_by(values_of: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def __eq__(self: Any, other: Any) -> Any:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values_of(self) == values_of(other)

    return __eq__


@recursive_repr()
def _repr(record: Any) -> str:
    shown = (field.name for field in dataclasses.fields(record) if field.repr)
    values = ", ".join(f"{name}={getattr(record, name)!r}" for name in shown)
    return f"{type(record).__qualname__}({values})"


def _refuse_to_assign(_: Any, name: str, __: Any) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_: Any, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")
