"""Processes that share work: what they may not do is run what lies in the current folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "PYTHONSAFEPATH"


@contextmanager
def safe_path() -> Iterator[None]:
    """While it lasts, Python processes that are started look for no module in their folder.

    Workers are started by `python -c`, whose first place for modules is the current folder: an
    `array.py` that lies there would be run. Forked ones never were in danger.
    """
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before
