"""Program files: JSON in and out, every fault with its place.

    {"format": "vliwdbg/1", "bundles": [...], "scratch_map": {"8": ["tmp", 1]}, ...}

A bare list of bundles is a program too, and `instrs` or `program` are taken for `bundles`: that is
what people have who dump the public `KernelBuilder`. `FIELDS` has a row for each key of the file;
`machine.schema` publishes the same as a JSON Schema. All that is wrong with a file is gathered and
raised at once, and what is only odd becomes a note of the program.
"""

from __future__ import annotations

import json
import os
import re
import sys
from array import array
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from machine import apart, provenance
from machine.collector import gc_paused
from machine.columns import Columns
from machine.encode import ENOUGH, are_flat, flaw_of, kind_of
from machine.encode_fast import make_encoder
from machine.errors import Complaint, ProgramError, quoted
from machine.isa import SCRATCH_SIZE, WORD_MASK
from machine.problem import OUTPUTS, Problem
from machine.program import Program, Tag
from machine.provenance import Provenance

FORMAT = "vliwdbg/1"
MAX_BYTES = 256 * 2**20
"""A larger file is refused before it is read."""
STDIN = "-"
BUNDLE_KEYS = ("bundles", "instrs", "program")
PROBLEM_KEYS = ("forest_height", "rounds", "batch_size", "seed")
_CHUNK = 2**20


def read_program(source: str, scratch_size: int = SCRATCH_SIZE) -> Program:
    """The program of a JSON file, or of standard input for `-`, for a machine with so much scratch.

    Raises ProgramError with every fault of the file.
    """
    with gc_paused():
        # What was parsed is gone again before the collector could look through it.
        document = _with_provenance(_read(source), source, scratch_size)
        return program_of(document, _name_of(source), scratch_size)


def _with_provenance(data: bytes, source: str, scratch_size: int) -> Any:
    """The JSON value of a program file, in which the provenance may be left unread."""
    parted = provenance.part(data)
    if parted:
        rest, slots = parted
        with suppress(ProgramError):  # which is told of the whole file
            value = _with_columns(rest, source, scratch_size)
            if value and provenance.KEY not in value:
                value[provenance.KEY] = slots
                return value
    return _with_columns(data, source, scratch_size)


def _with_columns(data: bytes, source: str, scratch_size: int) -> Any:
    """The JSON value of a program file, in which columns may be in the place of the bundles."""
    parted = apart.part(data, partial(parse_json, source=source), scratch_size)
    if parted:
        rest, columns = parted
        with suppress(ProgramError):  # which is told of the whole file
            value = apart.filled(parse_json(rest, source), columns)
            if value is not None:
                return value
    return parse_json(data, source)


def read_words(source: str) -> array[int]:
    """A memory image: a JSON list of 32-bit words, as `--dump-memory` writes it.

    Raises ProgramError.
    """
    faults = _Faults()
    words = _words(faults, source, read_json(source))
    faults.raise_any()
    return words


def _name_of(source: str) -> str:
    return "standard input" if source == STDIN else Path(source).name


# Reading JSON


def read_json(source: str) -> Any:
    """The JSON value in a file or in standard input. Raises ProgramError with one clear line."""
    return parse_json(_read(source), source)


def _read(source: str) -> bytes:
    try:
        return _read_bytes(source)
    except ProgramError:
        raise
    except OSError as error:
        raise ProgramError.at(source, _reason(error)) from None
    except ValueError:
        raise ProgramError.at(quoted(source), "no file has a NUL in its name") from None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _read_bytes(source: str) -> bytes:
    if source == STDIN:
        return _read_bounded(sys.stdin.buffer, source, _CHUNK)
    size = os.stat(source).st_size
    if size > MAX_BYTES:
        raise ProgramError.at(source, f"{size} bytes, the limit is {MAX_BYTES}")
    with open(source, "rb") as stream:
        return _read_bounded(stream, source, size + 1)


def _read_bounded(stream: IO[bytes], source: str, expected: int) -> bytes:
    # At once where that is all; by chunks further on, since pipes and devices tell no size.
    chunks: list[bytes] = []
    left = MAX_BYTES
    while chunk := stream.read(_CHUNK if chunks else max(expected, _CHUNK)):
        chunks.append(chunk)
        left -= len(chunk)
        if left < 0:
            raise ProgramError.at(source, f"more than {MAX_BYTES} bytes, which is the limit")
    return b"".join(chunks)


class _Repeated(dict[str, Any]):
    """An object in which a key appears twice; Python's own parser would lose the first."""

    repeated: tuple[str, ...]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    taken = dict(pairs)
    if len(taken) == len(pairs):
        return taken
    names = [name for name, _ in pairs]
    marked = _Repeated(taken)
    marked.repeated = tuple(dict.fromkeys(name for name in names if names.count(name) > 1))
    return marked


def parse_json(data: bytes, source: str) -> Any:
    """The value of JSON text in UTF-8, with or without a byte order mark. Raises ProgramError."""
    try:
        text = data.removeprefix(BOM_UTF8).decode()
        with gc_paused():
            value = json.loads(text)
            if _has_keys(text, _count_keys(value)):  # so none was lost
                return value
            return json.loads(text, object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        offset = error.start + len(data) - len(error.object)
        message = f"not UTF-8: byte 0x{data[offset]:02x} at offset {offset}"
    except json.JSONDecodeError as error:
        message = _json_message(error)
    except RecursionError:
        message = "JSON nested too deeply to be a program"
    except ValueError:  # Python's own limit on the digits of an integer
        message = _digits_message(text)
    raise ProgramError.at(source, message)


def _has_keys(text: str, keys: int) -> bool:
    """Whether JSON text surely has so many keys and no more: after each stands a colon, and before
    that a quote. Where texts have colons, too, there may be fewer keys than it seems."""
    if keys == text.count(":"):
        return True
    spaced = any(f"{space}:" in text for space in " \t\n\r")
    return not spaced and keys == text.count('":')


def _count_keys(value: Any) -> int:
    """How many keys there are in objects, in lists of objects, and in objects of those."""
    if isinstance(value, dict):
        return len(value) + sum(map(_count_keys, value.values()))
    if isinstance(value, list) and {dict}.issuperset(map(type, value)):
        return sum(map(len, value))
    return 0


def _json_message(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "empty; a program is JSON"
    where = f"line {error.lineno} column {error.colno}"
    cut_short = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
    return f"JSON cut short at {where}" if cut_short else f"not JSON: {error.msg} at {where}"


def _digits_message(text: str) -> str:
    limit = sys.get_int_max_str_digits()
    found = re.search(rf"\d{{{limit + 1},}}", text)
    if found is None:
        return "not JSON that can be read"
    line = text.count("\n", 0, found.start()) + 1
    return f"an integer of {len(found.group())} digits on line {line}, the limit is {limit}"


# A JSON value into a program


@dataclass
class _Faults:
    """What is wrong with a file, and what is only odd."""

    complaints: list[Complaint] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    scratch_size: int = SCRATCH_SIZE

    def add(self, place: str, message: str) -> None:
        self.complaints.append(Complaint(place, message))

    def expects(self, place: str, value: Any, kind: type | tuple[type, ...], called: str) -> bool:
        """Whether a value is of a kind; a complaint if not. A bool is no integer here."""
        fits = isinstance(value, kind) and not (isinstance(value, bool) and kind is int)
        if not fits:
            self.add(place, f"is {kind_of(value)}, not {called}")
        for name in getattr(value, "repeated", ()):
            self.add(place, f"the key {quoted(name)} appears twice")
        return fits

    def raise_any(self) -> None:
        if self.complaints:
            raise ProgramError(self.complaints)


def program_of(document: Any, name: str = "", scratch_size: int = SCRATCH_SIZE) -> Program:
    """The program that a JSON value describes. Raises ProgramError with every fault in it."""
    faults = _Faults(scratch_size=scratch_size)
    if isinstance(document, list):
        document = {"bundles": document}
    if not isinstance(document, dict):
        message = f"is {kind_of(document)}; a program is a list of bundles or an object with them"
        raise ProgramError.at("", message)
    faults.expects("", document, dict, "an object")
    facts: dict[str, Any] = {"name": name, "scratch_size": scratch_size}
    columns = _bundles(faults, document)
    for key, value in document.items():
        if key in FIELDS:
            facts[key] = FIELDS[key](faults, key, value)
        elif key not in BUNDLE_KEYS:
            _verify_parts(faults, [(quoted(key), value)])
            faults.notes.append(f"the key {quoted(key)} is unknown and ignored")
    facts.pop("format", None)
    if not faults.complaints:
        _verify_header(faults, facts)
    faults.raise_any()
    facts["tags"] = _with_ends(facts.get("tags", []), len(columns))
    return Program(columns, **facts, notes=tuple(faults.notes))


def _bundles(faults: _Faults, document: Mapping[str, Any]) -> Columns:
    given = [key for key in BUNDLE_KEYS if key in document]
    encoder = make_encoder(faults.scratch_size)
    if len(given) != 1:
        found = " and ".join(given) + " are both given" if given else "there are none"
        faults.add("bundles", f"{found}; a program is a list of bundles or an object with them")
    elif isinstance(columns := document[given[0]], Columns):
        return columns
    else:
        encoder.add_all(document[given[0]])
    faults.complaints += encoder.complaints
    faults.notes += encoder.notes
    return encoder.columns


def _format(faults: _Faults, place: str, value: Any) -> Any:
    if value != FORMAT:
        faults.add(place, f"is {kind_of(value)}; this version reads {FORMAT!r}")
    return value


def _text(faults: _Faults, place: str, value: Any) -> str:
    return value if faults.expects(place, value, str, "a text") else ""


def _whole(faults: _Faults, place: str, value: Any, least: int, most: int) -> int:
    if not faults.expects(place, value, int, "an integer"):
        return least
    if not least <= value <= most:
        faults.add(place, f"{kind_of(value).removeprefix('the number ')} is not in {least}..{most}")
        return least
    return int(value)


def _words(faults: _Faults, place: str, value: Any) -> array[int]:
    if not faults.expects(place, value, list, "a list of words"):
        return array("I")
    if set(map(type, value)) <= {int}:
        try:
            return array("I", value)
        except OverflowError:
            pass
    for address, word in enumerate(value):
        _whole(faults, f"{place}[{address}]", word, 0, WORD_MASK)
        if len(faults.complaints) > ENOUGH:
            break
    return array("I")


def _scratch_map(faults: _Faults, place: str, value: Any) -> dict[int, tuple[str, int]]:
    names: dict[int, tuple[str, int]] = {}
    if not faults.expects(place, value, dict, "an object of addresses with their names"):
        return names
    size = faults.scratch_size
    for key, entry in value.items():
        here = f"{place}[{quoted(key)}]"
        if not re.fullmatch(r"0|[1-9]\d{0,4}", key, re.ASCII) or int(key) >= size:
            faults.add(here, f"is no scratch address; they are 0..{size - 1}")
        elif not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
            faults.add(here, "is not a list of a name and a width in words")
        else:
            name, width = entry
            names[int(key)] = (name, _whole(faults, here, width, 1, size - int(key)))
    return names


def _problem(faults: _Faults, place: str, value: Any) -> Problem | None:
    if not faults.expects(place, value, dict, "an object of sizes"):
        return None
    faults.notes += [
        f"the key {quoted(key)} of problem is unknown and ignored"
        for key in value
        if key not in PROBLEM_KEYS
    ]
    known = {key: value[key] for key in PROBLEM_KEYS if key in value}
    if not all(faults.expects(f"{place}.{k}", v, int, "an integer") for k, v in known.items()):
        return None
    try:
        return Problem(**known)
    except ProgramError as error:
        faults.complaints += error.complaints
        return None


def _outputs(faults: _Faults, place: str, value: Any) -> tuple[str, ...]:
    if not faults.expects(place, value, list, "a list of outputs"):
        return ()
    wrong = [output for output in value if output not in OUTPUTS]
    if wrong or "values" not in value:
        what = kind_of(wrong[0]) if wrong else "no values"
        faults.add(place, f"names {what}; a program claims values, or values and indices")
    return tuple(output for output in OUTPUTS if output in value)


def _tags(faults: _Faults, place: str, value: Any) -> list[tuple[int, str, int | None]]:
    tags: list[tuple[int, str, int | None]] = []
    if not faults.expects(place, value, list, "a list of tags"):
        return tags
    for i, tag in enumerate(value):
        here = f"{place}[{i}]"
        if not faults.expects(here, tag, dict, "an object with pc and name"):
            continue
        pc = _whole(faults, f"{here}.pc", tag.get("pc"), 0, WORD_MASK)
        end = tag.get("end")
        if end is not None:
            end = _whole(faults, f"{here}.end", end, pc, WORD_MASK)
        tags.append((pc, _text(faults, f"{here}.name", tag.get("name")), end))
    return tags


def _with_ends(tags: Sequence[tuple[int, str, int | None]], bundles: int) -> tuple[Tag, ...]:
    """Tags in order of pc; one without an end of its own reaches to the next one's pc."""
    ordered = sorted(tags, key=lambda tag: tag[0])
    starts = [tag[0] for tag in ordered] + [bundles]
    return tuple(
        Tag(pc, name, max(pc, following) if end is None else end)
        for (pc, name, end), (_, following) in zip(ordered, pairwise(starts), strict=True)
    )


def _build(faults: _Faults, place: str, value: Any) -> dict[str, Any]:
    if not faults.expects(place, value, dict, "an object"):
        return {}
    _verify_parts(faults, ((f"{place}[{quoted(key)}]", part) for key, part in value.items()))
    return dict(value)


def _slots(faults: _Faults, place: str, value: Any) -> Sequence[Any]:
    if isinstance(value, Provenance):  # it has been looked over
        return value
    if not faults.expects(place, value, list, "a list"):
        return []
    # As there may be many: first whether anything at all is wrong.
    if not are_flat(value) and any(map(flaw_of, value)):
        _verify_parts(faults, ((f"{place}[{i}]", part) for i, part in enumerate(value)))
    return list(value)


def _verify_parts(faults: _Faults, parts: Iterable[tuple[str, Any]]) -> None:
    """Values that may be anything, each with its place, still may not be just anything."""
    for place, part in parts:
        flaw = flaw_of(part)
        if flaw:
            faults.add(place, flaw)


def _verify_header(faults: _Faults, facts: Mapping[str, Any]) -> None:
    """Where memory and problem are both given, memory has to be an image of that problem."""
    problem, memory = facts.get("problem"), facts.get("memory")
    if problem is None or memory is None:
        return
    for complaint in disagreements(problem, memory):
        faults.complaints.append(complaint)


def disagreements(problem: Problem, memory: Sequence[int]) -> list[Complaint]:
    """Where a memory is no image of a problem: its length, its header.

    Words among the indices may be anything: kernels leave there what they like.
    """
    layout = problem.layout
    if len(memory) < layout.words:
        message = f"{len(memory)} words, but the problem's image has {layout.words}"
        return [Complaint("memory", message)]
    return [
        Complaint(f"memory[{word}]", f"is {found}, but the problem says {expected}")
        for word, (found, expected) in enumerate(zip(memory, layout.header, strict=False))
        if found != expected
    ]


FIELDS: Mapping[str, Callable[[_Faults, str, Any], Any]] = {
    "format": _format,
    "name": _text,
    "scratch_map": _scratch_map,
    "memory": _words,
    "problem": _problem,
    "outputs": _outputs,
    "tags": _tags,
    "build": _build,
    "slots": _slots,
}


# A program into JSON


def write_program(program: Program, stream: IO[str]) -> None:
    """Write a program file, a bundle a line, in ASCII alone so that any stream takes it."""
    head = {"format": FORMAT, "name": program.name}
    stream.write(json.dumps(head)[:-1])
    stream.write(',\n "bundles": [')
    for pc, bundle in enumerate(program.written()):
        stream.write((",\n  " if pc else "\n  ") + json.dumps(bundle))
    stream.write("\n ]")
    for key, value in _described(program).items():
        stream.write(f',\n "{key}": {json.dumps(value)}')
    stream.write("}\n")


def _described(program: Program) -> dict[str, Any]:
    """All of a program file but its bundles; what is empty is left out."""
    problem, memory = program.problem, program.memory
    described = {
        "scratch_map": {str(at): list(entry) for at, entry in program.scratch_map.items()},
        "memory": None if memory is None else list(memory),
        "problem": problem and {key: getattr(problem, key) for key in PROBLEM_KEYS},
        "outputs": list(program.outputs),
        "tags": [{"pc": tag.pc, "name": tag.name, "end": tag.end} for tag in program.tags],
        "build": dict(program.build),
        "slots": list(program.slots),
    }
    kept_empty = {"memory"}  # no words is not the same as no memory
    return {k: v for k, v in described.items() if v or (k in kept_empty and v is not None)}
