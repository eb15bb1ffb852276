"""Every test of a session is held on each core."""

from collections.abc import Iterator

import pytest

from machine.core import choose_core
from machine.native import NAMES, CoreError
from tests.cores import core_asked_for


@pytest.fixture(params=NAMES, autouse=True, scope="module")
def core(request: pytest.FixtureRequest) -> Iterator[str]:
    name = str(request.param)
    try:
        choose_core(name)
    except CoreError as missing:
        pytest.skip(str(missing))
    with core_asked_for(name):
        yield name
