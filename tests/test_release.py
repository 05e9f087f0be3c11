"""What a release says of itself is the same everywhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


PROJECT = tomllib.loads(text("pyproject.toml"))["project"]


def test_the_citation_is_of_this_version_and_this_licence() -> None:
    cited = yaml.safe_load(text("CITATION.cff"))
    assert (cited["version"], cited["license"]) == (PROJECT["version"], PROJECT["license"])
    assert set(PROJECT["keywords"]) & set(cited["keywords"]) >= {"korean", "vllm", "logickor"}
    assert cited["cff-version"] == "1.2.0"
    assert cited["authors"] == [{"name": "The kojudge authors"}]
    for page in ("docs/publishing.md", "docs/ko/publishing.md"):
        assert f"version = {{{PROJECT['version']}}}" in text(page)
        assert f"{{{{{cited['authors'][0]['name']}}}}}" in text(page)


def test_the_changelog_begins_with_this_version() -> None:
    assert re.findall(r"^## (\S+)", text("CHANGELOG.md"), re.MULTILINE)[0] == PROJECT["version"]


@pytest.mark.parametrize("job", ["build", "install"])
def test_the_workflow_runs_what_make_runs_and_publishes_nothing(job: str) -> None:
    workflow = yaml.safe_load(text(".github/workflows/release.yml"))
    steps = workflow["jobs"][job]["steps"]
    targets = [target for step in steps for target in re.findall(r"make ([\w-]+)", step.get("run", ""))]
    assert all(re.search(rf"^{target}:", text("Makefile"), re.MULTILINE) for target in targets)
    assert ("release-check" in targets) is (job == "build")
    assert workflow["permissions"] == {"contents": "read"}
