"""Builds the extensions in C; all else about the package is in pyproject.toml.

They are optional: where they cannot be built the install succeeds, and plain Python runs in their
place. `VLIWDBG_SANITIZE=1` builds them with the address and undefined-behaviour sanitizers, for
`make sanitize`.
"""

import os
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

STABLE_SINCE = "0x030B0000"
EXTENSIONS = {
    "machine._core": Path("machine/core"),
    "kernels.schedule._core._pack": Path("kernels/schedule/_core"),
}
# The stable ABI of free-threaded builds does not exist yet; they get extensions of their own.
STABLE = not sysconfig.get_config_var("Py_GIL_DISABLED")


def compile_arguments() -> list[str]:
    """A switch that forgets an operation is an error: it would give wrong words."""
    if sys.platform == "win32":
        return ["/O2", "/std:c11", "/we4062"]
    always = ["-std=c11", "-Wswitch", "-Werror=switch"]
    if os.environ.get("VLIWDBG_SANITIZE"):
        return [*always, "-g", "-O1", "-fno-omit-frame-pointer", *SANITIZERS]
    return [*always, "-O3", "-fvisibility=hidden"]


BITS = Path("machine/core/bits.h")
"""The header that all have in common."""
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


def extension(name: str, folder: Path) -> Extension:
    return Extension(
        name,
        sources=[str(path) for path in sorted(folder.glob("*.c"))],
        depends=[str(path) for path in sorted({*folder.glob("*.h"), BITS})],
        define_macros=[("Py_LIMITED_API", STABLE_SINCE)] if STABLE else [],
        extra_compile_args=compile_arguments(),
        extra_link_args=SANITIZERS if os.environ.get("VLIWDBG_SANITIZE") else [],
        py_limited_api=STABLE,
        optional=True,
    )


class BuildWithManual(build_py):
    """Modules, and beside them the manual that they show, which is written for people in docs."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            self.copy_file("docs/machine.md", os.path.join(self.build_lib, "machine", "machine.md"))


setup(
    cmdclass={"build_py": BuildWithManual},
    ext_modules=[extension(name, folder) for name, folder in EXTENSIONS.items()],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if STABLE else {},
)
