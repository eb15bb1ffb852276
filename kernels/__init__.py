"""The bundled kernels: written once, made fast by passes, packed into bundles by schedulers.

    kernel -> operations on virtual registers -> passes -> schedule -> Program
    (ir, builder)                               (passes)  (schedule)  (lower)

The rooms' rule: `kernels` knows the ISA, programs and the problem, never the simulator.
"""
