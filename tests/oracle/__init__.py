"""The test oracle: docs/machine.md a second time, sharing neither code nor tables with `machine`.

shapes.py          what the other three speak: slots, bundles, faults
interpreter.py     the contract as a slow, plain machine
cases.py           a hand-computed row for each sentence of the contract
randomprograms.py  seeded programs over every opcode, with conflicts and faults
"""
