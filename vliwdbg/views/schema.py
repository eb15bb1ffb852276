"""The JSON Schema of views, from the types of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from vliwdbg.views.base import VIEWS, View, field_names, field_types, is_union

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Mapping[Any, Mapping[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    None: {"type": "null"},
    NoneType: {"type": "null"},
    Any: {},
}


def schema_of(view: type[Any]) -> dict[str, Any]:
    """The schema of what a view, or a dataclass, is as JSON."""
    return _Schemas().document(view)


def schema_of_values(wanted: Any) -> dict[str, Any]:
    """The schema of a field's values, of a type without fields of its own."""
    return _Schemas().of(wanted)


def schema_of_all() -> dict[str, Any]:
    """The schema of any view."""
    return _Schemas().document(View)


class _Schemas:
    """Gathers the objects that refer to each other, each under its own name."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def document(self, view: type[Any]) -> dict[str, Any]:
        return {"$schema": _DRAFT, **self.of(view), "$defs": self.known}

    def of(self, wanted: Any) -> dict[str, Any]:
        origin, arguments = get_origin(wanted), get_args(wanted)
        if is_union(wanted):
            return {"anyOf": [self.of(choice) for choice in arguments]}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is tuple:
            return self._tuple(arguments)
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1])}
        if wanted in _PLAIN:
            return dict(_PLAIN[wanted])
        if issubclass(wanted, Enum):
            return {"enum": [member.value for member in wanted]}
        return self._view(wanted) if issubclass(wanted, View) else self._reference(wanted)

    def _tuple(self, arguments: tuple[Any, ...]) -> dict[str, Any]:
        if arguments[1:] == (...,):
            return {"type": "array", "items": self.of(arguments[0])}
        items = [self.of(argument) for argument in arguments]
        exactly = {"minItems": len(items), "maxItems": len(items)}
        return {"type": "array", "prefixItems": items, **exactly}

    def _view(self, view: type[View]) -> dict[str, Any]:
        """A view of this class: itself, or where it has no kind of its own any of its kinds."""
        kinds = [view] if view.kind else [of for of in VIEWS.values() if issubclass(of, view)]
        if len(kinds) == 1:
            return self._reference(kinds[0])
        return {"anyOf": [self._reference(kind) for kind in kinds]}

    def _reference(self, cls: Any) -> dict[str, Any]:
        name = cls.__name__
        if name not in self.known:
            self.known[name] = {}  # it may be about to refer to itself
            self.known[name] = self._object(cls)
        return {"$ref": f"#/$defs/{name}"}

    def _object(self, cls: Any) -> dict[str, Any]:
        if field_names(cls) is None:
            raise TypeError(f"a view has no values of the type {cls!r}")
        kind = {"kind": {"const": cls.kind}} if issubclass(cls, View) else {}
        properties = kind | {name: self.of(wanted) for name, wanted in field_types(cls).items()}
        return {
            "type": "object",
            "description": " ".join((cls.__doc__ or "").split()),
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
