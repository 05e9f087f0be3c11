"""Fixtures that several test files share."""

pytest_plugins = ["tests.vllm_fixtures", "tests.small_run"]
