"""Tools as calls: what they take and answer as JSON Schema, and JSON in, JSON out."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from machine.errors import quoted
from vliwdbg.agents.bounded import LIMIT, bounded
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.base import View, field_names, to_json, value_from_json
from vliwdbg.views.schema import schema_of, schema_of_values

_PAGE = {"offset": 0, "limit": LIMIT}
"""What every tool takes, and where nobody says otherwise."""
_GREATEST = 2**63
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer"}}


@dataclass(frozen=True)
class Tool:
    """A function as a tool."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def what(self) -> str:
        """What it does, in a sentence or two."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function)

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        """Those of all parameters that have one."""
        formals = inspect.signature(self.function).parameters.values()
        given = {one.name: one.default for one in formals if one.default is not one.empty}
        return given | _PAGE

    @cached_property
    def _types(self) -> dict[str, Any]:
        named = {name: kind for name, kind in self._hints.items() if name != "return"}
        return named | dict.fromkeys(_PAGE, int)

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """Of its arguments."""
        properties = {name: schema_of_values(kind) for name, kind in self._types.items()}
        for name, default in self._defaults.items():
            properties[name]["default"] = to_json(default)
        return {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name not in self._defaults],
            "additionalProperties": False,
        }

    @cached_property
    def output_schema(self) -> dict[str, Any]:
        """Of its answers."""
        kind = self._hints["return"]
        if field_names(kind) is None:
            return {"type": "object"}
        document = schema_of(kind)
        root: dict[str, Any] = document["$defs"][kind.__name__]
        fields = {name: of for name, of in root["properties"].items() if name != "kind"}
        properties = {"ok": {"type": "boolean"}, **fields, "cut": _COUNTS}
        return root | {
            "properties": properties,
            "required": list(properties),
            "$defs": document["$defs"],
        }

    def answer(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What comes of a call. Raises DebuggerError for arguments that are none, and what the
        function raises."""
        values = self._read(arguments)
        page = {name: values.pop(name) for name in _PAGE}
        found = self.function(**values)
        if isinstance(found, View):
            fields = {name: value for name, value in found.to_json().items() if name != "kind"}
            return bounded({"ok": found.ok, **fields}, **page)
        return bounded(to_json(found), **page)

    def _read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        unknown = [name for name in arguments if name not in self._types]
        missing = [
            name for name in self._types if name not in arguments and name not in self._defaults
        ]
        if unknown or missing:
            wrong = (
                f"no parameter {quoted(unknown[0])}" if unknown else f"to be told its {missing[0]}"
            )
            raise DebuggerError(f"{self.name} has {wrong}; it takes {', '.join(self._types)}.")
        given = {name: self._value(name, value) for name, value in arguments.items()}
        return self._defaults | given

    def _value(self, name: str, data: Any) -> Any:
        kind = self._types[name]
        for written in (False, True):  # clients write lists and numbers as text, too
            try:
                value = value_from_json(kind, json.loads(data) if written else data)
            except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
                continue
            if not _is_huge(value):
                return value
        wanted = json.dumps(schema_of_values(kind))
        raise DebuggerError(f"{name} of {self.name} has to be as {wanted}.")


def _is_huge(value: Any) -> bool:
    """Whether a number in it is none that any question is about."""
    if isinstance(value, Mapping):
        return any(map(_is_huge, value.values()))
    if isinstance(value, tuple):
        return any(map(_is_huge, value))
    return isinstance(value, int) and abs(value) >= _GREATEST
