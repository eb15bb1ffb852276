"""The public simulator's module, on this machine: what people's test files import from theirs.

from machine.compat import Input, Machine, Tree, build_mem_image, reference_kernel2

machine = Machine(mem, kb.instrs, kb.debug_info(), value_trace=value_trace)
machine.enable_pause = False
machine.run()
assert machine.mem[a:b] == expected and machine.cycle < 2000

simulator    the machine, bundle by bundle in Python, with all that can be set and overridden
acceleration the same runs on the compiled core, as far as nobody can tell the difference
loading      programs that were seen before are not encoded again
reference    trees, inputs and the reference kernels
"""

from machine.compat.reference import (
    HASH_STAGES,
    Input,
    Tree,
    build_mem_image,
    myhash,
    myhash_traced,
    reference_kernel,
    reference_kernel2,
)
from machine.compat.simulator import (
    N_CORES,
    SLOT_LIMITS,
    Core,
    CoreState,
    DebugInfo,
    Engine,
    Instruction,
    Machine,
)
from machine.isa import SCRATCH_SIZE, VLEN
from machine.trace import BASE_ADDR_TID

__all__ = [
    "BASE_ADDR_TID",
    "HASH_STAGES",
    "N_CORES",
    "SCRATCH_SIZE",
    "SLOT_LIMITS",
    "VLEN",
    "Core",
    "CoreState",
    "DebugInfo",
    "Engine",
    "Input",
    "Instruction",
    "Machine",
    "Tree",
    "build_mem_image",
    "myhash",
    "myhash_traced",
    "reference_kernel",
    "reference_kernel2",
]
