"""The option of the pytest plugin. pytest loads this always, so it loads nothing itself."""

from __future__ import annotations

from typing import Any

_HELP = (
    "Of kernels that tests run on a machine, tell of failing ones the first wrong output, the slot "
    "that makes it wrong and a repair; of others cycles, floor, and the change since the last time."
)


def pytest_addoption(parser: Any) -> None:
    """`--vliwdbg`."""
    parser.getgroup("vliwdbg").addoption("--vliwdbg", action="store_true", help=_HELP)


def pytest_configure(config: Any) -> None:
    """Load the plugin where it is wanted."""
    if config.getoption("--vliwdbg"):
        from vliwdbg.testing.plugin import Plugin

        config.pluginmanager.register(Plugin(config), "vliwdbg-kernels")
