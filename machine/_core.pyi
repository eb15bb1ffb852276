from collections.abc import Sequence
from typing import Any, Self

from typing_extensions import Buffer

LIMITS: dict[str, int]
OPERATIONS: int

class Machine:
    raw_pc: int
    cycle: int
    position: int
    debug: bool
    pauses: bool
    @property
    def status(self) -> int: ...
    @property
    def fault(self) -> tuple[int, int, int, int, int]: ...
    @property
    def trace_bytes(self) -> bytes: ...
    @property
    def log_bytes(self) -> int: ...
    @property
    def saved_bytes(self) -> int: ...
    def __new__(
        cls,
        lowered: Lowered,
        scratch: Buffer,
        memory: Buffer,
        flags: Buffer,
        visits: Buffer | None,
        long_log: bool,
        /,
    ) -> Self: ...
    def advance(self, budget: int, max_cycles: int, check_first: bool, heed: bool, /) -> int: ...
    def take_back(self, bundles: int, /) -> int: ...
    def last(self) -> tuple[int, int, list[tuple[int, int]], list[tuple[int, int]], int] | None: ...
    def forget(self) -> None: ...
    def save(self) -> bytes: ...
    def load(self, saved: bytes, /) -> None: ...
    def become(self, pc: int, cycle: int, position: int, status: int, trace: Buffer, /) -> None: ...
    def set_pc(self, pc: int, /) -> None: ...
    def pass_pause(self) -> None: ...
    def expect(self, words: Buffer | None, /) -> None: ...
    def watch(self, flags: Buffer | None, /) -> None: ...
    def trap(self, rows: Sequence[tuple[bytes, bool, int, int, int, bytes]], /) -> None: ...

class Lowered:
    def __new__(cls, columns: tuple[Any, ...], works: bytes, /) -> Self: ...
    def compared(self) -> list[int]: ...
    def set_far(self, slot: int, negative: bool, /) -> bool: ...

class Seen:
    def __new__(
        cls, first_group: Buffer, group_engine: Buffer, first_slot: Buffer, frozen: list[Any], /
    ) -> Self: ...
    def holds(self, bundles: object, /) -> bool: ...

def adopt_rows(rows: Sequence[tuple[str, str, str, bool]], /) -> None: ...
def adopt_plain(
    engines: tuple[tuple[str, int], ...],
    slots: tuple[tuple[int, str, int, tuple[int, ...]], ...],
    mapping: type,
    /,
) -> None: ...
def take_bundles(
    bundles: object,
    start: int,
    groups: int,
    slots: int,
    payloads: int,
    indices: bool,
    frozen: list[Any] | None,
    /,
) -> tuple[tuple[bytearray, ...], list[Any]]: ...
def find_plain(data: Buffer, each: int, /) -> tuple[int, bytes] | None: ...
def run_together(machine: Machine, images: Buffer, words: int, max_cycles: int, /) -> list[int]: ...
def trace(
    machine: Machine,
    scratch: Buffer,
    memory: Buffer,
    pc: int,
    most: int,
    max_cycles: int,
    from_start: bool,
    /,
) -> tuple[int, int, bytes, tuple[bytes, ...]]: ...
def find_waits(
    machine: Machine, pcs: Buffer, addresses: Buffer, /
) -> tuple[bytes, bytes, bytes, bytes, bytes]: ...
def try_variants(
    machine: Machine,
    patches: Machine,
    variants: Buffer,
    memory: Buffer,
    outputs: Buffer,
    most: int,
    /,
) -> bytes: ...
def draw(seeds: Sequence[bytes], images: Buffer, shape: tuple[int, int, int, int], /) -> None: ...
def solve(
    images: Buffer,
    shape: tuple[int, int, int, int],
    rounds: int,
    stages: Sequence[tuple[str, int, str, str, int]],
    /,
) -> None: ...
def record(
    image: Buffer,
    shape: tuple[int, int, int, int],
    rounds: int,
    stages: Sequence[tuple[str, int, str, str, int]],
    words: Buffer,
    /,
) -> None: ...
