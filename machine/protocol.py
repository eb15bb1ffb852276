"""What a core is: it executes, records, takes back, saves and loads; time is not its business.

    run            executes bundles and returns why it stopped; it never waits
    flags          a byte for each pc: stop a run before or after its bundle
    memory_flags   a byte for each word of memory: stop before or after what reads or writes it
    set_traps      what is to be true where a flag stops a run, if not every flag does
    take_back      undoes the bundles that its record still holds
    save, load     the whole state, in a form of the core's own

`machine.timeline` puts a history around any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from machine.conditions import Trap
from machine.stops import Commit, State, Stop

BREAK_BEFORE = 1
"""Flags for a pc."""
BREAK_AFTER = 2

BREAK_BEFORE_READ = 1
"""Flags for a word of memory: stop a run before the bundle that reads it, and so on."""
BREAK_BEFORE_WRITE = 2
BREAK_AFTER_READ = 4
BREAK_AFTER_WRITE = 8

NO_LIMIT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All state of a machine at one position; its trace buffer may be longer later on."""

    pc: int
    cycle: int
    position: int
    state: State
    scratch: tuple[int, ...]
    memory: tuple[int, ...]
    trace: tuple[int, ...]


class Core(Protocol):
    """What executes bundles. `machine.model.Model` says what each member means.

    `atomic` says that what a signal's handler raises never meets a bundle half executed.
    `stretch` is how many bundles take a tenth of a second at most, `keyframe_interval` how many
    are worth a state saved, and `saved_bytes` what a saved state takes.
    """

    debug: bool
    pauses: bool
    reference: Mapping[Any, int] | None

    @property
    def pc(self) -> int: ...
    @property
    def atomic(self) -> bool: ...
    @property
    def stretch(self) -> int: ...
    @property
    def keyframe_interval(self) -> int: ...
    @property
    def saved_bytes(self) -> int: ...
    @property
    def cycle(self) -> int: ...
    @property
    def position(self) -> int: ...
    @property
    def flags(self) -> bytearray: ...
    @property
    def memory_flags(self) -> bytearray: ...
    @property
    def visits(self) -> Sequence[int] | None: ...
    @property
    def scratch(self) -> MutableSequence[int]: ...
    @property
    def memory(self) -> MutableSequence[int]: ...
    @property
    def trace(self) -> Sequence[int]: ...
    @property
    def state(self) -> State: ...
    def run(
        self, budget: int, max_cycles: int = ..., *, check_first: bool = ..., heed: bool = ...
    ) -> Stop: ...
    def set_traps(self, traps: Sequence[Trap]) -> None: ...
    def last_commit(self) -> Commit | None: ...
    def take_back(self, bundles: int) -> int: ...
    def forget(self) -> None: ...
    def jump(self, pc: int) -> None: ...
    def pass_pause(self) -> None: ...
    def save(self) -> Any: ...
    def load(self, saved: Any) -> None: ...
    def checkpoint(self) -> Checkpoint: ...
    def restore(self, checkpoint: Checkpoint) -> None: ...
