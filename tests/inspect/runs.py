"""Runs of small programs, for the questions."""

import random
from array import array
from collections.abc import Sequence
from typing import Any

from machine import Program
from tests.oracle.randomprograms import random_program
from vliwdbg.inspect import Flow
from vliwdbg.inspect.replay import replay

MOST = 2000


def flow_of(*bundles: dict[str, Any], memory: Sequence[int] = (), **options: Any) -> Flow:
    """The flow of these bundles."""
    return replay(Program.from_bundles(bundles), memory, **options)


def random_flow(seed: int, **options: Any) -> Flow:
    """The flow of a random program, of at most MOST nodes."""
    drawn = random_program(random.Random(seed))
    program = Program.from_bundles(drawn.bundles)
    return replay(program, array("I", drawn.memory), most=MOST, **options)
