"""Which rows a verb takes: judges by label or name, strategies of runs and of LogicKor files."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.errors import InputError
from judge.sources.place import Reading
from judge.sources.results import chosen
from tests.support.evaluated import evaluated
from tests.support.results import board


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two LogicKor files and the rule judge's run of their answers."""
    root = tmp_path_factory.mktemp("filters")
    for strategy in ("default", "1-shot"):
        evaluated(root, "org/m", strategy, 5)
    assert (
        main(["judge", str(root / "evaluated"), "--judge", "rules", "--out", str(root / "runs"), "-q", "--json"]) == 0
    )
    return root


def strategies(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert main(["table", *words, "--format", "csv"]) == 0
    return [line["strategy"] for line in csv.DictReader(io.StringIO(capsys.readouterr().out))]


@pytest.mark.parametrize("place", ["evaluated", "runs"])
def test_strategies_choose_rows_of_runs_and_of_logickor_files(
    place: str, places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(places / place)
    assert strategies([path], capsys) == ["0-shot", "1-shot"]
    assert strategies([path, "--strategy", "1-shot"], capsys) == ["1-shot"]
    assert strategies([path, "--strategy", "0-shot,1-shot"], capsys) == ["0-shot", "1-shot"]
    assert strategies([path, "--strategy", "default"], capsys) == ["0-shot"]  # LogicKor's name of it
    assert main(["table", path, "--strategy", "cot-1-shot"]) == 2
    assert "no verdicts under strategy 'cot-1-shot'" in capsys.readouterr().err


def test_one_strategy_names_that_of_a_file_whose_name_does_not_tell(
    places: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "evaluated" / "org" / "m" / "mine.jsonl"
    file.parent.mkdir(parents=True)
    file.write_bytes((places / "evaluated/org/m/default.jsonl").read_bytes())
    assert strategies([str(file), "--strategy", "cot-1-shot"], capsys) == ["cot-1-shot"]
    assert main(["table", str(file)]) == 2
    assert "does not tell the strategy" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["compare", "items", "agreement", "audit"])
def test_every_verb_takes_the_same_filters(verb: str, places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [verb, str(places / "evaluated"), "--strategy", "2-shot"]
    assert main(words) == 2
    assert "no verdicts under strategy '2-shot'" in capsys.readouterr().err
    assert main([*words[:2], "--judge", "logickor-fle"]) == 2
    assert "did you mean 'logickor-file'" in capsys.readouterr().err


@pytest.fixture
def judges() -> Reading:
    """What a run of judges gives whose names hold brackets and commas; one of them under two configurations."""
    given = [
        board((1, 1), judge="gpt [x] [temperature 0]", judge_name="gpt [x]"),
        board((2, 2), judge="gpt [x] [temperature 0.5]", judge_name="gpt [x]"),
        board((3, 3), judge="gpt, mini", judge_name="gpt, mini"),
        board((4, 4), judge="my [x]", judge_name="my [x]"),
        replace(board((5, 5), judge="rules", judge_name="rules"), offline=True),
    ]
    return Reading(given, Path("run"))


@pytest.mark.parametrize(
    ("words", "scores"),
    [
        (["gpt [x]"], [1, 2]),
        (["gpt [x] [temperature 0.5]"], [2]),
        (["gpt, mini"], [3]),
        (["my [x]"], [4]),
        (["rules"], [5]),
        (["rules (offline heuristic)"], [5]),
        (["my [x]", "gpt, mini"], [3, 4]),
        (["my [x],rules"], [4, 5]),
        ([], [1, 2, 3, 4, 5]),
    ],
)
def test_a_judge_is_named_by_its_label_or_its_own_name(judges: Reading, words: list[str], scores: list[int]) -> None:
    assert [getattr(one.outcomes[0], "score", None) for one in chosen([judges], words)] == scores


def test_an_unknown_judge_is_named_with_the_nearest(judges: Reading) -> None:
    with pytest.raises(InputError, match=r"no verdicts of judge 'my \[y\]': did you mean 'my \[x\]'"):
        chosen([judges], ["my [y]"])
    with pytest.raises(InputError, match="no verdicts of judge 'nobody'"):
        chosen([judges], ["rules,nobody"])


@pytest.mark.proofs
def test_a_plain_table_waits_for_no_library_that_only_intervals_need(places: Path) -> None:
    code = (
        "import sys; from judge.cli.main import main\n"
        "for place in sys.argv[1:]: main(['table', place, '--format', 'csv'])\n"
        "print([name for name in ('numpy', 'scipy', 'pandas', 'openai') if name in sys.modules], file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, str(places / "evaluated"), str(places / "runs")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert done.stdout.count("org/m,") == 2 * 2


def test_json_names_the_judge_with_what_it_is(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["compare", str(places / "runs"), "--json"]) == 0
    [one] = json.loads(capsys.readouterr().out)["comparisons"]
    assert one["same"] == ["org/m", "rules (offline heuristic)"]
    assert (
        main(["compare", str(places / "runs"), str(places / "evaluated"), "--by", "judge", "--against", "rules"]) == 2
    )
    assert "a model as judge beside a heuristic" in capsys.readouterr().err
