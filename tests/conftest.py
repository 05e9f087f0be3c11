"""Fixtures that several test files share."""

import pytest

from tests.support.clock import Clock

pytest_plugins = ["tests.support.vllm_fixtures", "tests.support.small_run"]


@pytest.fixture
def clock() -> Clock:
    """A clock that only the test turns."""
    return Clock()
