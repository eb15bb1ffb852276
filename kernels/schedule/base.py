"""What a scheduler makes of operations: for each its bundle, for each register its address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kernels.ir import Code


@dataclass(frozen=True)
class Schedule:
    """Where everything is. `code` has every operation as the slot it is issued as."""

    code: Code
    bundle: list[int]
    """By operation, the bundle it is issued in."""
    address: list[int]
    """By register, its first scratch word; -1 for one that nothing writes."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the scheduler says of its work, for the program's `build`."""
