"""Fixtures that several test files share."""

pytest_plugins = ["tests.support.vllm_fixtures", "tests.support.small_run"]
