"""Whether what would be released installs and works: `python -m tests.release [PYTHON…]`.

    sdist and wheel      built, and held to the metadata's rules and to the stable ABI
    each Python found    from 3.11 on, each into empty environments, at both ends of what is
                         depended on; the bundled kernel runs and is right, and some tests pass
    the oldest Python    the same with the lowest versions of all extras

Needs the extra `release`. Prints a line for each step, and what went wrong.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
OLDEST = 11
"""Of Python 3."""
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
ENDS = ("lowest-direct", "highest")
RUNNERS = ["pytest", "pytest-asyncio", "pytest-xdist", "hypothesis", "jsonschema"]
PLAIN_TESTS = [
    "cli/test_completion.py", "cli/test_config.py", "session/test_conditions.py",
    "test_kernel_cache.py", "tui/test_views.py",
]  # fmt: skip
"""One or more for each thing that is depended on."""
EXTRAS = {
    "cpsat": ["kernels/test_cpsat.py"],
    "dask": ["cli/test_tune.py"],
    "mcp": ["agents/test_mcp.py"],
    "serve": ["serve"],
}
TOOLS = Path(sys.executable).parent


class FailedError(Exception):
    """A step that went wrong; the message is what its command said."""


def main(pythons: Sequence[str]) -> int:
    """Do all of it; the exit code."""
    with TemporaryDirectory(prefix="release-") as folder:
        try:
            check(Path(folder), pythons or found_pythons())
        except FailedError as failed:
            print(failed)
            return 1
    return 0


def check(folder: Path, pythons: Sequence[str]) -> None:
    """Raise FailedError for the first step that goes wrong."""
    dist = folder / "dist"
    with step("sdist and wheel"):
        run(TOOLS / "python", "-m", "build", "-q", "-o", dist, ROOT)
    wheel, sdist = next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))
    with step("twine check --strict"):
        run(TOOLS / "twine", "check", "--strict", wheel, sdist)
    with step("abi3audit --strict"):
        run(TOOLS / "abi3audit", "--strict", wheel)
    tests = copy_of_tests(folder)
    for python in pythons:
        for end in ENDS:
            with step(f"{version_of(python)} {end}"):
                check_install(folder, tests, python, end, str(wheel), PLAIN_TESTS)
    oldest = pythons[0]
    for extra, its_tests in EXTRAS.items():
        with step(f"{version_of(oldest)} {ENDS[0]} [{extra}]"):
            check_install(folder, tests, oldest, ENDS[0], f"{wheel}[{extra}]", its_tests)
    with step(f"{version_of(oldest)} from the sdist"):
        check_install(folder, tests, oldest, ENDS[1], str(sdist), [])


def check_install(
    folder: Path, tests: Path, python: str, end: str, what: str, chosen: Sequence[str]
) -> None:
    """Install it into an empty environment; the command has to work, and then the chosen tests."""
    environment = folder / "environment"
    shutil.rmtree(environment, ignore_errors=True)
    run(TOOLS / "uv", "venv", "-q", "--python", python, environment)
    install = (TOOLS / "uv", "pip", "install", "-q", "--python", environment)
    run(*install, "--resolution", end, what)
    told = json.loads(run(environment / "bin" / "vliwdbg", "run", "--json", cwd=folder))
    if told["correct"] is not True:
        raise FailedError(f"the bundled kernel is not right: {told}")
    run(environment / "bin" / "vliwdbg", "--help", cwd=folder)
    if not (environment / "share" / "man" / "man1" / "vliwdbg.1").exists():
        raise FailedError("the man page is not installed")
    if chosen:
        run(*install, *RUNNERS)
        files = [f"tests/{name}" for name in chosen]
        run(environment / "bin" / "python", "-m", "pytest", "-q", "-n", "2", *files, cwd=tests)


def copy_of_tests(folder: Path) -> Path:
    """A folder with the tests and without the packages, which then are those installed."""
    beside = folder / "beside"
    for name in ("tests", "docs"):
        shutil.copytree(ROOT / name, beside / name)
    shutil.copy(ROOT / "pyproject.toml", beside)
    return beside


def found_pythons() -> list[str]:
    """The interpreters on the path and of pyenv, oldest first, each version once."""
    of_pyenv = sorted(PYENV.glob("versions/*/bin"), reverse=True)
    known: dict[int, str] = {}
    for folder in [*map(Path, os.get_exec_path()), *of_pyenv]:
        for file in sorted(folder.glob("python3.[0-9]*")):
            minor = file.name.removeprefix("python3.")
            if minor.isdecimal() and int(minor) >= OLDEST and _starts(file):
                known.setdefault(int(minor), str(file))
    return [known[minor] for minor in sorted(known)]


def _starts(python: Path) -> bool:
    return subprocess.run([python, "--version"], capture_output=True).returncode == 0


def version_of(python: str) -> str:
    """What an interpreter calls itself."""
    return run(python, "--version").strip()


def run(*words: str | Path, cwd: Path = ROOT) -> str:
    """What a command prints. Raises FailedError where it fails."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=own, capture_output=True, text=True
    )
    if done.returncode:
        raise FailedError(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is done, and how long it took."""
    began = time.monotonic()
    try:
        yield
    except FailedError:
        print(f"{name}: FAILED")
        raise
    print(f"{name}: fine ({time.monotonic() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
