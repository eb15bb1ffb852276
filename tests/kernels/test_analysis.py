"""What analyses say of operations, and what importing the catalog costs."""

from __future__ import annotations

import subprocess
import sys

from kernels.analysis.dependences import dependences
from kernels.analysis.floors import floors
from kernels.builder import Builder
from kernels.catalog import build
from kernels.ir import Region
from kernels.plan import plan_for
from kernels.treehash import compile_plan
from machine.isa import opcode
from machine.problem import Problem
from tests.kernels.running import run

ADD, CONST = opcode("alu", "+"), opcode("load", "const")
LOAD, STORE = opcode("load", "load"), opcode("store", "store")


def edges(build: Builder) -> set[tuple[int, int, int]]:
    graph = dependences(build.code)
    return {(node, *edge) for node in range(graph.nodes) for edge in graph.edges_of(node)}


def test_words_make_raw_war_and_waw_edges() -> None:
    build = Builder()
    a, b = map(build.scalar, "ab")
    build.emit(CONST, a, 1)
    build.emit(ADD, b, a, a)
    build.emit(CONST, a, 2)
    assert edges(build) == {(0, 1, 1), (0, 2, 1), (1, 2, 0)}


def test_lanes_of_a_vector_are_words_of_their_own() -> None:
    build = Builder()
    v, w = build.vector("v"), build.vector("w")
    build.emit(CONST, v, 1)
    build.emit(CONST, v + 1, 1)
    build.emit(opcode("valu", "+"), w, v, v)
    assert edges(build) == {(0, 2, 1), (1, 2, 1)}


def test_memory_is_ordered_where_regions_meet() -> None:
    build = Builder()
    a, b = map(build.scalar, "ab")
    here, there = Region(0, 8), Region(8, 16)
    build.emit(LOAD, b, a, region=here)
    build.emit(STORE, a, a, region=there)
    build.emit(STORE, a, a, region=here)
    build.emit(LOAD, b, a, region=there)
    assert edges(build) == {(0, 2, 0), (1, 3, 1), (0, 3, 1)}  # the last of b, written twice


def test_many_loads_before_a_store_wait_in_a_join() -> None:
    build = Builder()
    a = build.scalar("a")
    for _ in range(5):
        build.emit(LOAD, build.scalar("b"), a, region=Region(0, 8))
    for _ in range(2):
        build.emit(STORE, a, a, region=Region(0, 1))
    graph = dependences(build.code)
    assert graph.nodes == 8
    assert graph.heights() == [1, 1, 1, 1, 1, 1, 0, 1]


def test_loads_of_a_table_wait_for_all_its_stores_in_one_join() -> None:
    build = Builder()
    a = build.scalar("a")
    for row in range(5):
        build.emit(STORE, a, a, region=Region(8 * row, 8 * row + 8))
    for _ in range(2):
        build.emit(LOAD, build.scalar("b"), a, region=Region(0, 40))
    assert edges(build) == {*((store, 7, 1) for store in range(5)), (7, 5, 0), (7, 6, 0)}


def test_no_schedule_is_below_the_floors() -> None:
    problem = Problem(10, 9, 64)
    code = compile_plan(problem, plan_for(problem))
    assert max(floors(code).values()) <= run(build(problem=problem)).cycles


def test_the_catalog_imports_nothing_heavy() -> None:
    script = "import sys, kernels.catalog; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    ours = {name for name in loaded.stdout.split() if name.startswith(("kernels.", "machine."))}
    assert ours == {"kernels.catalog", "kernels.errors", "kernels.schedule", "machine.collector"}
