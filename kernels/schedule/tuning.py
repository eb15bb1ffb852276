"""What a search has found for a kernel of some sizes, as a small JSON file.

    {"format": "vliwdbg-tuning/1", "kernel": "treehash",
     "problem": {"forest_height": 10, "rounds": 16, "batch_size": 256}, "outputs": ["values"],
     "cycles": 887, "found_by": "vliwdbg tune --time 900 --seed 8 --from-scratch",
     "without": ["three-blocks"], "settings": {"forest-buffers": 4},   if anything
     "operations": "9f…",                      fingerprint of the operations that it was found for
     "window": 24, "spare": 1,                 as `schedule.pack` takes them
     "modes": {"last_address": "2230…", …},       a digit for each vector
     "offsets": "…", "noise": "…"}             in steps: by group, and by operation

The last two are compressed, as nobody reads them. Stored files lie in `kernels/tune/found`, beside
the search that finds them again.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import get_data
from typing import TYPE_CHECKING, Any

from kernels.errors import BuildError
from kernels.plan import CHOICE_SIZES, VectorChoices

if TYPE_CHECKING:
    from machine.problem import Problem

FORMAT = "vliwdbg-tuning/1"
SIZES = ("forest_height", "rounds", "batch_size")


@dataclass(frozen=True)
class Tuning:
    """Searched parameters, and what they are good for."""

    kernel: str
    sizes: Mapping[str, int]
    outputs: tuple[str, ...]
    cycles: int
    found_by: str
    operations: str
    """The fingerprint of the operations; with others the parameters mean nothing."""
    window: int
    spare: int
    modes: tuple[VectorChoices, ...]
    """By vector."""
    offsets: array[int]
    """By group (see `schedule.priority`), as noise in its steps."""
    noise: array[int]
    """By operation, in the order of their ties (see `analysis.names`)."""
    without: tuple[str, ...] = ()
    settings: Mapping[str, int] = field(default_factory=dict)
    """What was left out, and set, as `build` has it."""

    def is_for(self, kernel: str, problem: Problem, outputs: Sequence[str]) -> bool:
        """Whether it was searched for this kernel, these sizes and outputs."""
        mine = (self.kernel, dict(self.sizes), sorted(self.outputs))
        return mine == (kernel, sizes_of(problem), sorted(outputs))


def sizes_of(problem: Problem) -> dict[str, int]:
    """The sizes of a problem, by name."""
    return {name: getattr(problem, name) for name in SIZES}


def find_tuning(kernel: str, problem: Problem, outputs: Sequence[str]) -> Tuning | None:
    """The stored one of a kernel, sizes and outputs, None if there is none."""
    # Asked of the package above: kernels.tune would import all of the search.
    try:
        text = get_data("kernels", f"tune/found/{stored_name(kernel, problem, outputs)}")
    except OSError:
        return None
    return parse_tuning(text.decode()) if text is not None else None


def read_tuning(file: str) -> Tuning:
    """The one in a file of the user's. Raises BuildError where there is none."""
    try:
        return parse_tuning(Path(file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise BuildError(f"{file}: {getattr(wrong, 'strerror', None) or wrong}") from None


def stored_name(kernel: str, problem: Problem, outputs: Sequence[str]) -> str:
    """The name of the file in which it is stored."""
    sizes = map(str, sizes_of(problem).values())
    return "-".join([kernel, *sizes, *sorted(outputs)]) + ".json"


def format_tuning(tuning: Tuning) -> str:
    """The text of a file."""
    written = {
        "format": FORMAT,
        "kernel": tuning.kernel,
        "problem": dict(tuning.sizes),
        "outputs": list(tuning.outputs),
        "cycles": tuning.cycles,
        "found_by": tuning.found_by,
        **({"without": list(tuning.without)} if tuning.without else {}),
        **({"settings": dict(tuning.settings)} if tuning.settings else {}),
        "operations": tuning.operations,
        "window": tuning.window,
        "spare": tuning.spare,
        "modes": {
            name: "".join(str(getattr(modes, name)) for modes in tuning.modes)
            for name in CHOICE_SIZES
        },
        "offsets": _packed(array("i", tuning.offsets)),
        "noise": _packed(array("b", tuning.noise)),
    }
    return json.dumps(written, indent=1) + "\n"


def parse_tuning(text: str) -> Tuning:
    """The tuning that a file's text holds. Raises BuildError where it is none."""
    try:
        return _tuning(json.loads(text))
    except _SPOILT as wrong:
        raise BuildError(f"no tuning: {wrong}") from wrong


_SPOILT = (ValueError, KeyError, TypeError, AttributeError, OverflowError, zlib.error)


def _tuning(written: dict[str, Any]) -> Tuning:
    if written["format"] != FORMAT:
        raise ValueError(f"the format is not {FORMAT}")
    return Tuning(
        kernel=str(written["kernel"]),
        sizes={name: int(written["problem"][name]) for name in SIZES},
        outputs=tuple(map(str, _list(written["outputs"]))),
        cycles=int(written["cycles"]),
        found_by=str(written["found_by"]),
        operations=str(written["operations"]),
        window=int(written["window"]),
        spare=int(written["spare"]),
        modes=_modes(written["modes"]),
        offsets=_unpacked("i", written["offsets"]),
        noise=array("i", _unpacked("b", written["noise"])),
        without=tuple(map(str, _list(written.get("without", [])))),
        settings={str(name): int(n) for name, n in written.get("settings", {}).items()},
    )


def _modes(written: dict[str, str]) -> tuple[VectorChoices, ...]:
    """By vector; fields that have come or gone since are as they are by default."""
    known = [name for name in CHOICE_SIZES if name in written]
    if not known:
        raise ValueError("it has no modes")
    columns = [[int(digit) for digit in written[name]] for name in known]
    for name, column in zip(known, columns, strict=True):
        if not set(column) <= set(range(CHOICE_SIZES[name])):
            raise ValueError(f"{name} is 0 to {CHOICE_SIZES[name] - 1}")
    return tuple(
        VectorChoices(**dict(zip(known, row, strict=True))) for row in zip(*columns, strict=True)
    )


def _list(written: Any) -> list[Any]:
    if not isinstance(written, list):
        raise TypeError("the outputs are no list")
    return written


def _packed(numbers: array[int]) -> str:
    return b64encode(zlib.compress(_little(numbers).tobytes(), 9)).decode()


def _unpacked(code: str, text: str) -> array[int]:
    numbers = array(code)
    numbers.frombytes(zlib.decompress(b64decode(text)))
    return _little(numbers)


def _little(numbers: array[int]) -> array[int]:
    """The same with the bytes of a little-endian machine, or back."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
