"""The core that is in use, as who starts a program says it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from machine.native import VARIABLE, choose


@contextmanager
def core_asked_for(name: str | None) -> Iterator[None]:
    """As if the environment had named this core from the start, or no core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, name or "")
        choose.cache_clear()
        try:
            yield
        finally:
            choose.cache_clear()
