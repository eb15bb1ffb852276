"""The bundled kernel is kept, and never taken for another one."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from machine import Problem, Program
from tests.cli.command import Command
from vliwdbg import kernel_cache
from vliwdbg.programs import Choice, build_bundled

SMALL = {"forest_height": 2, "rounds": 2, "batch_size": 8}
OUTPUTS = ("values",)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "vliwdbg"


@pytest.fixture
def counted() -> tuple[Callable[[], Program], list[int]]:
    """A build, and how often it was done."""
    done: list[int] = []

    def build() -> Program:
        done.append(1)
        return Program.from_bundles([{"alu": [["+", 0, 0, 0]]}], name=f"built {len(done)}")

    return build, done


def test_what_is_read_is_what_was_built(cache: Path) -> None:
    built, read = (build_bundled(Choice(sizes=SMALL)) for _ in range(2))
    assert len(list(cache.iterdir())) == 1
    assert list(built) == list(read)
    for field in ("name", "scratch_map", "problem", "outputs", "tags", "build", "notes"):
        assert getattr(built, field) == getattr(read, field), field
    assert [dict(slot) for slot in built.slots] == [dict(slot) for slot in read.slots]


def test_each_request_has_its_own(cache: Path) -> None:
    choices = [Choice(sizes=SMALL), Choice(sizes={**SMALL, "rounds": 3})]
    choices += [replace(choice, indices=True) for choice in choices]
    programs = [build_bundled(choice) for choice in choices * 2]
    assert len(list(cache.iterdir())) == 4
    assert [list(p) for p in programs[:4]] == [list(p) for p in programs[4:]]
    asked = [(p.problem, p.outputs) for p in programs[4:]]
    assert asked == [(p.problem, p.outputs) for p in programs[:4]]
    build_bundled(Choice(sizes=SMALL, without=("hash-fusion",)))
    build_bundled(Choice(sizes=SMALL, scheduler="list"))
    assert len(list(cache.iterdir())) == 4


def test_another_seed_is_the_same_kernel_for_another_memory(cache: Path) -> None:
    first, second = (build_bundled(Choice(sizes={**SMALL, "seed": seed})) for seed in (1, 2))
    assert len(list(cache.iterdir())) == 1
    assert (first.problem, second.problem) == (Problem(**SMALL, seed=1), Problem(**SMALL, seed=2))


CHANGES: dict[str, Callable[[Path], object]] = {
    "edited": lambda root: (root / "kernels/passes/dead.py").write_text("x = 2"),
    "added": lambda root: (root / "kernels/passes/more.py").write_text(""),
    "removed": lambda root: (root / "kernels/passes/dead.py").unlink(),
    "renamed": lambda root: (root / "kernels/passes/dead.py").rename(root / "kernels/passes/d.py"),
    "found": lambda root: (root / "kernels/found.json").write_text("[]"),
    "compiled": lambda root: (root / "kernels/_core.abi3.so").write_bytes(b"1"),
    "machine": lambda root: (root / "machine/isa.py").write_text("x = 2"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_built_anew_when_anything_that_builds_it_changes(
    cache: Path,
    counted: tuple[Callable[[], Program], list[int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    root = tmp_path / "source"
    for folder in ("kernels/passes", "machine/core", "vliwdbg"):
        (root / folder).mkdir(parents=True)
    (root / "kernels/passes/dead.py").write_text("x = 1")
    (root / "machine/isa.py").write_text("x = 1")
    monkeypatch.setattr(kernel_cache, "__file__", str(root / "vliwdbg/kernel_cache.py"))
    build, done = counted
    for _ in range(2):
        kernel_cache.kept(Problem(), OUTPUTS, build)
    assert len(done) == 1
    (root / "kernels/passes/notes.txt").write_text("builds nothing")
    kernel_cache.kept(Problem(), OUTPUTS, build)
    assert len(done) == 1
    CHANGES[change](root)
    assert kernel_cache.kept(Problem(), OUTPUTS, build).name == "built 2"


@pytest.mark.parametrize("content", ["", "{", "[7]", '{"bundles": 1}'])
def test_a_spoilt_file_is_replaced(
    cache: Path, counted: tuple[Callable[[], Program], list[int]], content: str
) -> None:
    build, done = counted
    kernel_cache.kept(Problem(), OUTPUTS, build)
    (file,) = cache.iterdir()
    file.write_text(content)
    for _ in range(2):
        kernel_cache.kept(Problem(), OUTPUTS, build)
    assert len(done) == 2


def test_only_so_many_are_kept(
    cache: Path, counted: tuple[Callable[[], Program], list[int]]
) -> None:
    build, done = counted
    for rounds in range(kernel_cache.MOST_KEPT + 3):
        kernel_cache.kept(Problem(rounds=rounds), OUTPUTS, build)
        kernel_cache.kept(Problem(rounds=0), OUTPUTS, build)  # used all the time, stays
    assert len(list(cache.iterdir())) == kernel_cache.MOST_KEPT
    assert len(done) == kernel_cache.MOST_KEPT + 3


def test_without_a_place_to_keep_it_it_is_built(
    cache: Path, counted: tuple[Callable[[], Program], list[int]]
) -> None:
    cache.write_text("a file where a folder should be")
    build, done = counted
    for _ in range(2):
        kernel_cache.kept(Problem(), OUTPUTS, build)
    assert len(done) == 2


def test_the_command_builds_it_once(tmp_path: Path) -> None:
    vliwdbg = Command(tmp_path)
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    first, second = (vliwdbg("run", "--json", env=env) for _ in range(2))
    assert first.code == second.code == 0
    assert first.json == second.json
    assert vliwdbg("run", "--json", "--scheduler", "tuned", env=env).json == first.json
    shutil.rmtree(tmp_path / "cache")
