"""A run as a file for other programs and for people without this one.

    asm     the program with names, and the values that its slots make
    page    one HTML file that needs nothing else: pictures, floors, and a walk through the run

Slots used by cycle as comma-separated values are `vliwdbg.inspect.stats.csv_lines`, a trace for
Perfetto is `machine.trace.write_run`.
"""
