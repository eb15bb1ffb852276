"""The protocol's own declarations as a JSON Schema, and messages held against it.

`python -m tests.dap.protocol debugProtocol.d.ts` makes `protocol.json` of what the npm package
@vscode/debugprotocol declares, without its comments; its license is `protocol.LICENSE.txt`. It is
stricter than the protocol: a message may hold nothing that is not declared, so that a misspelled
name is noticed.
"""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]
FILE = Path(__file__).with_name("protocol.json")

# Reading the declarations

_TOKEN = re.compile(r"'[^']*'|\w+|[{}\[\];:?|<>,=]")
_NAMED = re.compile(r"// (command|event): '(\w+)'")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_PLAIN: dict[str, Schema] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "object": {"type": "object"},
    "any": {},
}


def schema_of(declarations: str) -> Schema:
    """Definitions by name, and which of them belong to each command and event."""
    named: dict[str, dict[str, str]] = {"command": {}, "event": {}}
    for interface in re.split(r"\binterface ", declarations)[1:]:
        name = re.match(r"\w+", interface)
        for kind, value in _NAMED.findall(interface):
            assert name
            named[kind][value] = name[0]
    reader = _Reader(_TOKEN.findall(_COMMENT.sub("", declarations)))
    definitions = dict(reader.definitions())
    definitions["LaunchRequestArguments"]["additionalProperties"] = True  # they are the adapter's
    return {**named, "$defs": definitions}


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.interfaces: dict[str, Schema] = {}

    def take(self, wanted: str = "") -> str:
        token = self.tokens[self.at]
        assert not wanted or token == wanted, (wanted, self.tokens[self.at - 5 : self.at + 5])
        self.at += 1
        return token

    def peek(self, token: str) -> bool:
        if self.tokens[self.at] != token:
            return False
        self.at += 1
        return True

    def definitions(self) -> Iterator[tuple[str, Schema]]:
        self.at = self.tokens.index("{") + 1
        while not self.peek("}"):
            if self.take() == "interface":
                name = self.take()
                base = self.interfaces[self.take()] if self.peek("extends") else {}
                self.take("{")
                self.interfaces[name] = self.fields(base)
                yield name, self.interfaces[name]
            else:
                name = self.take()
                self.take("=")
                yield name, self.type()
                self.take(";")

    def fields(self, base: Schema) -> Schema:
        """Up to the brace that ends them."""
        properties, required = dict(base.get("properties", {})), set(base.get("required", []))
        others: Any = False
        while not self.peek("}"):
            if self.peek("["):  # of any name: [key: string]: T;
                while self.take() != "]":
                    pass
                self.take(":")
                others = self.type()
            else:
                name = self.take()
                optional = self.peek("?")
                self.take(":")
                properties[name] = self.type()
                (required.discard if optional else required.add)(name)
            self.peek(";")
        return {
            "type": "object",
            "properties": properties,
            "required": sorted(required),
            "additionalProperties": others,
        }

    def type(self) -> Schema:
        """A union of one or more."""
        choices = [self.one()]
        while self.peek("|"):
            choices.append(self.one())
        literals = [choice["const"] for choice in choices if "const" in choice]
        others = [choice for choice in choices if "const" not in choice]
        if _PLAIN["string"] in others:  # 'a' | 'b' | string is open
            literals = []
        all_ = ([{"enum": literals}] if literals else []) + others
        return all_[0] if len(all_) == 1 else {"anyOf": all_}

    def one(self) -> Schema:
        token = self.take()
        if token == "{":
            found = self.fields({})
        elif token.startswith("'"):
            found = {"const": token[1:-1]}
        else:
            found = _PLAIN.get(token, {"$ref": f"#/$defs/{token}"})
        while self.peek("["):
            self.take("]")
            found = {"type": "array", "items": found}
        return found


# Holding messages against it


@cache
def protocol() -> Schema:
    """The declarations."""
    read: Schema = json.loads(FILE.read_text("utf-8"))
    return read


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$defs": protocol()["$defs"], "$ref": f"#/$defs/{name}"})


def definition_of(message: dict[str, Any]) -> str:
    """The name of what a message is, by the protocol."""
    if message["type"] == "event":
        return str(protocol()["event"][message["event"]])
    if message["type"] == "response" and not message["success"]:
        return "ErrorResponse"
    request = str(protocol()["command"][message["command"]])
    return request if message["type"] == "request" else request.replace("Request", "Response")


def complaints(message: dict[str, Any]) -> list[str]:
    """What is wrong with a message."""
    wrong = _validator(definition_of(message)).iter_errors(message)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in wrong]


if __name__ == "__main__":
    made = schema_of(Path(sys.argv[1]).read_text("utf-8"))
    FILE.write_text(json.dumps(made, separators=(",", ":")) + "\n", "utf-8")
