"""List scheduling with searched parameters.

The offsets for which `list` has a formula are found by search (`kernels.tune`), for each vector
and round its own, and so are the vectors' modes. Every operation has a few cycles of noise too,
which is where the last two in a hundred are. Parameters hold for the very operations for which
they were found; for others the search has to be run again.
"""

from __future__ import annotations

from kernels.analysis.names import Names, share_constants
from kernels.errors import BuildError
from kernels.ir import Code
from kernels.schedule.base import Schedule
from kernels.schedule.compiled import pack
from kernels.schedule.list import assemble
from kernels.schedule.pack_input import flatten
from kernels.schedule.priority import Groups, ranks
from kernels.schedule.scratch import pin
from kernels.schedule.tuning import Tuning


def tuned_schedule(code: Code, tuning: Tuning) -> Schedule:
    """The schedule of these parameters. Raises BuildError where they are for other operations."""
    code = share_constants(code)
    names = Names(code)
    if names.fingerprint() != tuning.operations:
        raise BuildError("the stored ones are for other operations; run the search again")
    address, pinned_words = pin(code)
    flat = flatten(code, pinned_words)
    vectors = len(tuning.modes)
    groups = Groups(vectors, (len(tuning.offsets) - 1) // vectors - 1)
    rank = ranks(flat, names, groups, tuning.offsets, tuning.noise)
    parts = pack(flat, rank, tuning.window, tuning.spare)
    return assemble(code, flat, address, parts, pinned_words)
