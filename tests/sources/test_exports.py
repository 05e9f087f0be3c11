"""Files for Every Eval Ever, for Inspect and for the hub's data sets: what they say is what the table says."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from judge.cli.main import main
from judge.packs.questions import load_questions
from judge.records import Judgment
from judge.sources.results import load_results
from judge.sources.run_results import find_runs
from judge.tables.means import mean_rows
from tests.support.card_files import evaluated, level
from tests.support.wire import Wire, chat

SCHEMAS = os.environ.get("EEE_SCHEMAS", "")


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Verdicts of which one has failed: question 3, turn 2."""
    score = level(5)
    return evaluated(tmp_path, "org/m", "default", lambda i, turn: None if (i, turn) == (3, 2) else score(i, turn))


def test_every_eval_ever_holds_the_means_and_the_judged_turns(source: Path, tmp_path: Path) -> None:
    assert main(["export", "eee", str(source), "-o", str(tmp_path / "o"), "-q"]) == 1, "a verdict has failed"
    folder = tmp_path / "o" / "data" / "kojudge" / "org" / "m"
    [path] = folder.glob("*.json")
    assert uuid.UUID(path.stem).version == 4, "the schema takes no other"
    data = json.loads(path.read_text("utf-8"))
    [series] = load_results([source])
    [row] = mean_rows([series])
    found = {one["metric_config"]["metric_name"]: one for one in data["evaluation_results"]}
    means = {"Overall": row.overall, "싱글턴": row.single, "멀티턴": row.multi, **row.categories}
    assert {name: one["score_details"]["score"] for name, one in found.items()} == {
        name: float(mean) for name, mean in means.items() if mean is not None
    }
    overall = found["Overall"]
    assert overall["score_details"]["details"] == {
        **{"judged": "35", "failed": "1", "expected": "36", "failed verdicts": "exclude"}
    }
    interval = overall["score_details"]["uncertainty"]["confidence_interval"]
    assert interval["lower"] < overall["score_details"]["score"] < interval["upper"]
    assert (overall["metric_config"]["min_score"], overall["metric_config"]["max_score"]) == (0, 10)

    detailed = data["detailed_evaluation_results"]
    file = tmp_path / "o" / detailed["file_path"]
    assert detailed["checksum"] == hashlib.sha256(file.read_bytes()).hexdigest()
    samples = {one["sample_id"]: one for one in rows(file)}
    assert len(samples) == detailed["total_rows"] == 35
    assert "3/2" not in samples, "a failure is no number"
    scores = {f"{o.id}/{o.turn}": o.score for o in series.outcomes if isinstance(o, Judgment)}
    assert {name: one["evaluation"]["score"] for name, one in samples.items()} == scores
    assert {one["evaluation_result_id"] for one in samples.values()} == {overall["evaluation_result_id"]}
    assert {one["evaluation_id"] for one in samples.values()} == {data["evaluation_id"]}
    single, multi = samples["1/1"], samples["1/2"]
    assert (single["output"], single["messages"]) == ({"raw": ["답변입니다."]}, None)
    [taken] = multi["answer_attribution"]
    assert multi["messages"][taken["turn_idx"]]["content"] == taken["extracted_value"] == "덧붙입니다."
    assert [one["role"] for one in multi["messages"]] == ["user", "assistant"] * 2


@pytest.mark.skipif(not SCHEMAS, reason="needs every_eval_ever/schemas of its repository, named by EEE_SCHEMAS")
def test_every_eval_ever_accepts_both_files(source: Path, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    main(["export", "eee", str(source), "-o", str(tmp_path / "o"), "-q"])
    [path] = (tmp_path / "o").rglob("*.json")
    [samples] = (tmp_path / "o").rglob("*.jsonl")
    aggregate, instance = (
        jsonschema.Draft7Validator(json.loads((Path(SCHEMAS) / f"{name}.schema.json").read_text("utf-8")))
        for name in ("eval", "instance_level_eval")
    )
    aggregate.validate(json.loads(path.read_text("utf-8")))
    for row in rows(samples):
        instance.validate(row)


def test_a_rating_for_inspect_is_the_mean_of_a_question_whose_turns_are_all_judged(
    source: Path, tmp_path: Path
) -> None:
    assert main(["export", "inspect", str(source), "-o", str(tmp_path / "o"), "-q"]) == 1
    found = {one["id"]: one for one in rows(tmp_path / "o" / "org" / "m" / "0-shot" / "logickor-file.jsonl")}
    assert len(found) == 17
    assert 3 not in found, "Inspect leaves it unscored"
    score = level(5)
    for i, one in found.items():
        turns = [score(i, 1), score(i, 2)]
        assert (one["metadata"]["turns"], one["value"]) == (turns, sum(turns) / 2)  # type: ignore[arg-type]


def test_every_eval_ever_names_the_question_set_that_the_run_names(tmp_path: Path) -> None:
    questions, out = tmp_path / "내 문항.jsonl", str(tmp_path / "runs")
    questions.write_text('{"id": 1, "category": "상식", "questions": ["하나?", "둘?"]}\n', "utf-8")
    with Wire(lambda _: chat("평가: 음\n점수: 4")) as wire:
        command = ["run", "baseline:echo", "--strategy", "0-shot", "--out", out, "--no-report", "-q"]
        judge = ["--judge", "j", "--judge-base-url", wire.url]
        assert main([*command, *judge, "--questions", str(questions)]) == 0
    [run] = find_runs(Path(out))
    for n, given in enumerate((Path(out), run.path, run.path / "run.json", run.judgments_file("j", "0-shot"))):
        assert main(["export", "eee", str(given), "-o", str(tmp_path / f"o{n}"), "-q"]) == 0
        [path] = (tmp_path / f"o{n}").rglob("*.json")
        results = json.loads(path.read_text("utf-8"))["evaluation_results"]
        [name] = {one["source_data"]["dataset_name"] for one in results}
        assert name == f"내 문항.jsonl ({run.head().config.questions})"


@pytest.mark.parametrize("kind", ["eee", "inspect"])
def test_the_rule_judge_is_not_passed_on(
    kind: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    assert main(["judge", str(source), "--judge", "rules", "--out", str(runs), "-q"]) == 0
    assert main(["export", kind, str(runs), "-o", str(tmp_path / "o")]) == 2
    assert "holds no verdict of a model as judge" in capsys.readouterr().err
    [run] = find_runs(runs)
    [mine] = load_results([runs])
    path = run.judgments_file("j", "0-shot")
    path.parent.mkdir(parents=True)
    verdicts = [o.model_copy(update={"judge": "j", "by": "llm"}) for o in mine.outcomes]
    path.write_text("".join(verdict.model_dump_json() + "\n" for verdict in verdicts), "utf-8")
    assert main(["export", kind, str(runs), "-o", str(tmp_path / "o")]) == 0
    assert "the rule judge's scores are left out" in capsys.readouterr().out
    written = "".join(path.read_text("utf-8") for path in (tmp_path / "o").rglob("*.json*"))
    assert "heuristic" not in written
    assert '"rules"' not in written


def test_questions_become_a_data_set_that_says_its_licence_edition_and_digests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "my set"
    core = load_questions(questions="core")
    assert main(["export", "dataset", str(core.path), "-o", str(out), "--license", "cc-by-4.0"]) == 0
    assert f"hf upload ORG/NAME '{out}' . --repo-type dataset" in capsys.readouterr().out
    card = (out / "README.md").read_text("utf-8")
    front = yaml.safe_load(card.split("---")[1])
    assert (front["license"], front["language"], front["pretty_name"]) == ("cc-by-4.0", ["ko"], "my set")
    [config] = front["configs"]
    file = out / config["data_files"][0]["path"]
    assert hashlib.sha256(file.read_bytes()).hexdigest() in card
    assert core.digest in card
    assert "edition: core, edition" in card
    task = yaml.safe_load((out / "eval.yaml").read_text("utf-8"))
    assert {one["config"] for one in task["tasks"]} == {config["config_name"]}
    assert "0-shot" in {one["id"] for one in task["tasks"]}, "as card --eval-results names it"
    found = rows(file)
    assert [(one["id"], one["questions"]) for one in found] == [(str(q.id), list(q.questions)) for q in core.questions]
    for column in found[0]:  # one type a column
        kinds = {type(one[column]) for one in found} - {type(None)}
        assert len(kinds) <= 1, column
        assert all(len(one["rubric"]) == len(one["questions"]) for one in found)
    assert main(["export", "dataset", str(core.path), "-o", str(out), "--license", "cc-by-4.0"]) == 2
    assert "is not empty" in capsys.readouterr().err


def test_the_tasks_of_a_pack_are_the_strategies_that_a_run_of_it_takes(tmp_path: Path) -> None:
    pack, out = tmp_path / "p", tmp_path / "o"
    assert main(["new-pack", str(pack), "-q"]) == 0
    assert main(["export", "dataset", str(pack), "-o", str(out), "--license", "mit", "-q"]) == 0
    tasks = yaml.safe_load((out / "eval.yaml").read_text("utf-8"))["tasks"]
    assert [one["id"] for one in tasks] == ["0-shot", "polite"]


def test_runs_become_answers_and_verdicts(source: Path, tmp_path: Path) -> None:
    runs, out = str(tmp_path / "runs"), tmp_path / "o"
    assert main(["judge", str(source), "--judge", "rules", "--out", runs, "-q"]) == 0
    assert main(["export", "dataset", runs, "-o", str(out), "--license", "mit", "--title", "답변", "-q"]) == 0
    answers, verdicts = rows(out / "data" / "answers.jsonl"), rows(out / "data" / "verdicts.jsonl")
    assert (len(answers), len(verdicts)) == (18, 36)
    [series] = load_results([Path(runs)])
    wanted = {(str(o.id), o.turn): o.score for o in series.outcomes if isinstance(o, Judgment)}
    assert {(one["id"], one["turn"]): one["score"] for one in verdicts} == wanted
    front = yaml.safe_load((out / "README.md").read_text("utf-8").split("---")[1])
    assert [one["config_name"] for one in front["configs"]] == ["answers", "verdicts"]
    assert not (out / "eval.yaml").exists()


def every_kind_of_value(folder: Path) -> Path:
    """Write a pack-less question file: ids of both types, turns of different number, null beside text and alone."""
    first = {
        "id": 1,
        "category": "수학",
        "questions": ["하나?", "둘?\u2028줄", "셋?"],
        "references": ["1", None, "3\n"],
    }
    second = {"id": "b-2", "category": "글쓰기", "questions": ["넷?"], "rubric": ["'어' \"음\""], "difficulty": "hard"}
    third = {
        "id": "3",
        "category": "추론",
        "questions": ["다섯?"],
        "checks": [[{"kind": "count", "unit": "sentences", "min": 2}]],
    }
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in (first, second, third)), "utf-8")
    return path


def test_parquet_holds_the_values_of_jsonl(source: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow, of the extra parquet")
    pandas = pytest.importorskip("pandas")
    runs = str(tmp_path / "runs")
    assert main(["judge", str(source), "--judge", "rules", "--out", runs, "-q"]) == 0
    for given in (str(every_kind_of_value(tmp_path)), runs):
        found = []
        for form in ("jsonl", "parquet"):
            out = tmp_path / f"{Path(given).name}-{form}"
            assert main(["export", "dataset", given, "-o", str(out), "--license", "mit", "--format", form, "-q"]) == 0
            found.append(out)
        plain, packed = found
        card = (packed / "README.md").read_text("utf-8")
        for config in yaml.safe_load(card.split("---")[1])["configs"]:
            file = packed / config["data_files"][0]["path"]
            assert file.suffix == ".parquet"
            assert hashlib.sha256(file.read_bytes()).hexdigest() in card
            wanted = rows(plain / "data" / f"{file.stem}.jsonl")
            table = parquet.read_table(file)
            assert repr(table.to_pylist()) == repr(wanted), "and 1 is not 1.0"
            assert "null" not in {str(field.type) for field in table.schema}, "a column of null alone has a type"
            frame = pandas.read_parquet(file)
            assert frame["id"].tolist() == [one["id"] for one in wanted]
            if "questions" in frame:
                assert [each.tolist() for each in frame["questions"]] == [one["questions"] for one in wanted]


def test_parquet_without_pyarrow_says_what_to_install_and_writes_nothing(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    out = tmp_path / "o"
    command = ["export", "dataset", str(every_kind_of_value(tmp_path)), "-o", str(out), "--license", "mit"]
    assert main([*command, "--format", "parquet"]) == 2
    assert "pip install 'kojudge[parquet]'" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dataset"], "needs --license"),
        (["dataset", "--license", "mit", "--judge", "j"], "--judge is not for export dataset"),
        (["eee", "--failures", "zero"], "--failures is for export logickor"),
        (["eee", "--format", "parquet"], "--license, --title and --format are for export dataset"),
        (["inspect", "--title", "x"], "--license, --title and --format are for export dataset"),
        (["eee", "--judge", "nobody"], "no verdicts of judge 'nobody'"),
    ],
)
def test_an_option_of_another_export_is_refused(
    words: list[str], told: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", words[0], str(source), "-o", str(tmp_path / "o"), *words[1:]]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
