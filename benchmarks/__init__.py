"""How fast the machine is, as ratios to the plain model: `python -m benchmarks`.

workloads.py    the programs
timing.py       alternating runs and medians
screen.py       what keys cost, and how long a start takes
agents.py       what agents wait for
rows.py         one row per bar: what is measured, what it must be
__main__.py     prints the table; with --write it also stands in docs/performance.md
"""
