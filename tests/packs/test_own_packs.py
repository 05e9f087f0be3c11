"""A pack of one's own: the skeleton, its settings, another score range through every stage, and what the check tells."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from judge.cli.main import main
from judge.config import GenerateSettings, JudgeSettings, PackSettings
from judge.errors import ConfigError, InputError
from judge.packs.folder import load_settings
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.questions import load_questions
from judge.records import Answer
from judge.runs.folder import RunFolder
from judge.sources.check import check_path
from judge.sources.results import load_results
from judge.tables.ranges import noted, one_range, ranges
from tests.support.wire import Request, Response, Wire, chat, error


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    assert main(["new-pack", str(tmp_path / "pack"), "-q"]) == 0
    return tmp_path / "pack"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def faults(path: Path) -> list[str]:
    return [str(found) for found in check_path(path) if isinstance(found, InputError)]


def judged(pack: Path, out: Path, *words: str, reply: str = "평가: 괜찮다\n점수: 4") -> tuple[int, list[Request]]:
    """Let a null model answer the pack and a scripted judge grade it."""
    with Wire(lambda _: chat(reply)) as wire:
        given = ["run", "baseline:echo", "--pack", str(pack), "--out", str(out), "--judge", "j"]
        given += [] if "--strategy" in words else ["--strategy", "0-shot"]
        code = main([*given, "--judge-base-url", wire.url, "-q", *words])
        return code, wire.requests


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


# -- the skeleton


def test_the_skeleton_is_accepted_as_it_is(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(pack)]) == 0
    assert "scores 1-5" in capsys.readouterr().out
    assert {len(q.questions) for q in load_questions(pack).questions} == {1, 2, 3}


def test_the_skeleton_explains_every_setting_there_is(pack: Path) -> None:
    settings = load_settings(pack)
    text = (pack / "pack.yaml").read_text("utf-8")
    names = [*type(settings).model_fields, *type(settings.judge).model_fields, *type(settings.generate).model_fields]
    assert not [name for name in names if f"{name}:" not in text]


def test_the_skeleton_names_every_value_a_template_can_use(pack: Path) -> None:
    (pack / "templates/judge/single.user.jinja").write_text("{{ nothing }}", "utf-8")
    text = (pack / "README.md").read_text("utf-8")
    seen: dict[str, Any] = {}
    prompts = load_judge_prompts(pack)
    prompts._templates.text = lambda name, values: seen.update(values) or "x"  # type: ignore[method-assign, assignment]
    prompts.render(Answer(id=1, category="c", questions=("q",), outputs=("o",)), 1, ("ko",))
    assert not [name for name in seen if f"`{name}`" not in text and name != "facts"]


# -- another range, and more than two turns


@pytest.mark.proofs
def test_a_pack_of_three_turns_and_five_points_goes_the_whole_way(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, sent = judged(pack, tmp_path / "o")
    assert code == 0
    assert len(sent) == 6
    assert all("1점부터 5점까지 1점 단위" in request.body["messages"][0]["content"] for request in sent)
    third = next(request.last for request in sent if "채점할 것은 3번째" in request.last)
    assert third.count("번째 질문") >= 3
    assert "80자를 넘으면" in third
    verdicts = lines(tmp_path / "o/baseline_echo/judgments/j/0-shot.jsonl")
    assert {tuple(v["score_range"]) for v in verdicts} == {(1.0, 5.0)}
    table = capsys.readouterr().out
    assert "scores from 1 to 5" in table
    assert "4.00" in table


def test_a_judge_of_the_skeleton_is_told_what_the_program_found(pack: Path, tmp_path: Path) -> None:
    _, requests = judged(pack, tmp_path / "out")
    told = [request.last for request in requests]
    assert any("글자 수(공백 포함) 80자 이하 요구, 실제" in text for text in told)
    assert not all("프로그램으로 확인한 사실" in text for text in told), "nothing is said where nothing is demanded"


def test_the_check_tells_of_templates_that_lose_the_facts(pack: Path) -> None:
    def notes() -> list[str]:
        return [str(found) for found in check_path(pack) if "no judge is told what the program finds" in str(found)]

    assert notes() == []
    edit(pack / "templates" / "judge" / "multi.user.jinja", '{% include "facts.jinja" %}', "")
    assert len(notes()) == 1


def test_a_score_outside_the_packs_range_is_a_failure_and_no_number(pack: Path, tmp_path: Path) -> None:
    code, sent = judged(pack, tmp_path / "o", "--parse-retries", "1", reply="평가: 아주 좋다\n점수: 9")
    assert code == 1
    assert len(sent) == 12
    verdicts = lines(tmp_path / "o/baseline_echo/judgments/j/0-shot.jsonl")
    assert {v["kind"] for v in verdicts} == {"unparsable"}
    assert "outside 1-5" in verdicts[0]["detail"]


def test_structured_verdicts_offer_the_packs_scores(pack: Path, tmp_path: Path) -> None:
    code, sent = judged(pack, tmp_path / "o", "--structured", reply='{"평가": "괜찮다", "점수": 2}')
    assert code == 0
    offered = sent[0].body["response_format"]["json_schema"]["schema"]["properties"]["점수"]["enum"]
    assert offered == [1, 2, 3, 4, 5]


def test_the_rule_judge_is_on_the_packs_range_and_says_so(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["run", "baseline:echo", "--pack", str(pack), "--judge", "rules", "--out", str(tmp_path / "o"), "-q"]
    assert main(words) == 0
    assert "mapped in a straight line on 1-5" in capsys.readouterr().out
    scores = [v["score"] for v in lines(tmp_path / "o/baseline_echo/judgments/rules/0-shot.jsonl")]
    assert all(1 <= score <= 5 for score in scores)


def test_only_the_rule_judges_rows_say_how_its_scores_were_mapped(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(pack, tmp_path / "o")[0] == 0
    run = str(tmp_path / "o/baseline_echo")
    assert main(["judge", run, "--pack", str(pack), "--judge", "rules", "-q"]) == 0
    for judge, said in (("j", False), ("rules", True)):
        capsys.readouterr()
        assert main(["table", run, "--judge", judge]) == 0
        assert ("mapped in a straight line" in capsys.readouterr().out) == said


@pytest.mark.proofs
def test_verdicts_of_two_ranges_are_never_in_one_table(pack: Path, tmp_path: Path) -> None:
    judged(pack, tmp_path / "o")
    main(["run", "baseline:echo", "--judge", "rules", "--out", str(tmp_path / "p"), "--limit", "2", "-q"])
    with pytest.raises(ConfigError, match=r"several score ranges \(0-10: .*; 1-5: "):
        load_results([tmp_path / "o", tmp_path / "p"])
    five = load_results([tmp_path / "o"])
    assert ranges(five).keys() == {(1.0, 5.0)}
    assert noted(five[0]) == five[0] == one_range(five)[0], "the note stands there once"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audit"], "the audit is made for the rubric of 0-10; these verdicts are 1-5"),
        (["table", "--gate", "language"], "--gate language is made for the rubric of 0-10"),
        (["table", "--failures", "zero"], "0, which is no score of 1-5"),
    ],
)
def test_what_is_made_for_the_ten_point_rubric_says_so_of_another(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    judged(pack, tmp_path / "o")
    assert main([*words, str(tmp_path / "o")]) == 2
    assert said in capsys.readouterr().err


def test_an_empty_answer_is_sent_only_where_the_pack_says_so(pack: Path, tmp_path: Path) -> None:
    questions = pack / "questions/example.jsonl"
    questions.write_text(questions.read_text("utf-8").splitlines()[1], "utf-8")
    saved = tmp_path / "answers.jsonl"
    row = {"id": 2, "category": "계산", "questions": load_questions(pack).questions[0].questions, "outputs": ["", "8"]}
    saved.write_text(json.dumps(row | {"model": "m", "strategy": "0-shot"}, ensure_ascii=False), "utf-8")

    def grade(out: Path) -> tuple[int, list[dict[str, Any]]]:
        with Wire(lambda _: chat("평가: 글\n점수: 3")) as wire:
            words = ["judge", str(saved), "--pack", str(pack), "--judge", "j", "--judge-base-url", wire.url]
            assert main([*words, "--out", str(out), "-q"]) == 0
            return len(wire.requests), lines(out / "m/judgments/j/0-shot.jsonl")

    requests, verdicts = grade(tmp_path / "a")
    assert (requests, sorted((v["by"], v["score"]) for v in verdicts)) == (1, [("llm", 3.0), ("rule", 1.0)])
    edit(pack / "pack.yaml", "empty_answers: lowest", "empty_answers: ask")
    requests, verdicts = grade(tmp_path / "b")
    assert (requests, {(v["by"], v["score"]) for v in verdicts}) == (2, {("llm", 3.0)})


@pytest.mark.proofs
def test_the_schema_offers_what_the_scale_of_the_templates_names(pack: Path, tmp_path: Path) -> None:
    """Of the built-in rubric, of a pack of another range, and of a pack without templates of its own."""

    def offered(*words: str) -> list[float]:
        with Wire(lambda _: chat('{"평가": "음", "점수": 4}')) as wire:
            main(["judge", str(tmp_path / "plain"), "--judge", "j", "--judge-base-url", wire.url, "-q", *words])
        [request, *_] = wire.requests
        properties = request.body["response_format"]["json_schema"]["schema"]["properties"]
        scale = re.search(r"눈금 \((\S+)점부터 (\S+)점까지 (\S+)점 단위\)", request.body["messages"][0]["content"])
        assert scale
        first, last, step = map(float, scale.groups())
        found: list[float] = properties["점수"]["enum"]
        assert found == [first + at * step for at in range(round((last - first) / step) + 1)]
        return found

    plain = ["generate", "baseline:boilerplate", "--limit", "1", "--strategy", "0-shot", "-q", "--out"]
    assert main([*plain, str(tmp_path / "plain")]) == 0
    assert offered()[0] == 1
    assert offered("--pack", str(pack)) == [1, 2, 3, 4, 5]
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings/pack.yaml").write_text("judge: {again_temperature: 0.5}", "utf-8")
    assert offered("--pack", str(tmp_path / "settings"))[0] == 1


def test_another_range_needs_templates_that_ask_for_it(pack: Path) -> None:
    for path in sorted((pack / "templates/judge").iterdir()):
        path.unlink()
    (pack / "templates/judge").rmdir()
    with pytest.raises(InputError, match=r"pack\.yaml.*needs judge templates"):
        load_settings(pack)


# -- the check


def test_every_fault_of_a_pack_is_told_at_once(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(pack / "pack.yaml", "highest: 5", "highest: 5\n  hihgest: 6")
    questions = pack / "questions/example.jsonl"
    rows = questions.read_text("utf-8").splitlines()
    broken = [
        json.dumps({"id": 2, "category": "", "questions": ["글", ""]}),
        json.dumps({"id": 2, "category": "가", "questions": ["글"], "references": ["하나", "둘"], "level": 3}),
        "{'id': 7}",
        rows[1],
    ]
    questions.write_text("\n".join([*rows, *broken]), "utf-8")
    edit(pack / "templates/strategies/polite.yaml", "role: system", "role: sytem")
    assert main(["check", str(pack)]) == 2
    said = capsys.readouterr().err.splitlines()
    wanted = [
        "pack.yaml, field 'judge.hihgest': is not a known field",
        "line 4, field 'category'",
        "line 4, field 'questions.1'",
        "line 5, field 'level'",
        "line 6",
        "line 7, field 'id': id 2 stands on line 2 too",
        "polite.yaml, field 'messages.0'",
    ]
    for words, line in zip(wanted, said, strict=True):
        assert words in line, (words, line)


def test_judge_templates_are_tried_on_every_question(pack: Path) -> None:
    edit(pack / "templates/judge/multi.user.jinja", "{{ turn }}번째 답변입니다", "{{ 6 // (3 - turn) }}번째 답변입니다")
    edit(pack / "templates/judge/single.user.jinja", "{{ question }}", "{{ qestion }}")
    found = faults(pack)
    assert len(found) == 2
    assert any("single.user.jinja" in line and "'qestion' is undefined" in line for line in found)
    assert any("multi.user.jinja" in line and "zero" in line for line in found), "only question 1 has a third turn"


def test_a_missing_template_and_an_alias_of_nothing_are_told(pack: Path) -> None:
    (pack / "templates/judge/multi.system.jinja").unlink()
    edit(pack / "pack.yaml", "aliases: {}", "aliases: {존댓말: polit}")
    found = faults(pack)
    assert "there is no strategy 'polit'" in found[0]
    assert "multi.system.jinja" in found[1]


def test_an_alias_names_a_strategy(pack: Path, tmp_path: Path) -> None:
    edit(pack / "pack.yaml", "aliases: {}", "aliases: {존댓말: polite}")
    code, _ = judged(pack, tmp_path / "o", "--strategy", "존댓말")
    assert code == 0
    assert (tmp_path / "o/baseline_echo/answers/polite.jsonl").is_file()


@pytest.mark.proofs
def test_a_packs_strategies_are_all_run_and_compared_with_built_in_ones_and_files(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("messages:\n- {role: system, content: 짧게 답하세요.}\n", "utf-8")
    run = ["run", "baseline:echo", "--pack", str(pack), "--judge", "rules", "--out", str(tmp_path / "o"), "-q"]

    def shown(*words: str) -> list[str]:
        capsys.readouterr()
        assert main(["table", str(tmp_path / "o"), "--json", *words]) == 0
        return [row["strategy"] for row in json.loads(capsys.readouterr().out)["rows"]]

    assert main(run) == 0
    assert sorted(shown()) == ["0-shot", "polite"]
    assert main([*run, "--strategy", "polite", "--strategy", f"1-shot,{mine}"]) == 0
    assert sorted(shown()) == ["0-shot", "1-shot", "mine", "polite"]
    assert shown("--strategy", str(mine)) == ["mine"]
    assert main(["compare", str(tmp_path / "o"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["comparisons"]) == 6


def test_the_settings_in_the_readme_are_the_ones_that_hold_anyway() -> None:
    text = (Path(__file__).parents[2] / "questions/README.md").read_text("utf-8")
    shown = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    assert PackSettings.model_validate(shown) == PackSettings()
    names = {name for part in (shown, shown["judge"], shown["generate"]) for name in part}
    known = [*PackSettings.model_fields, *JudgeSettings.model_fields, *GenerateSettings.model_fields]
    assert names == set(known)


def test_stored_replies_are_read_again_on_the_packs_own_range(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged(pack, tmp_path / "o")
    path = tmp_path / "o/baseline_echo/judgments/j/0-shot.jsonl"
    path.write_text(path.read_text("utf-8").replace("점수: 4", "점수: 5"), "utf-8")
    capsys.readouterr()
    assert main(["judge", str(tmp_path / "o"), "--judge", "j", "--reparse", "--out", str(tmp_path / "o")]) == 0
    assert "6 verdicts changed, 0 gained, 0 lost" in capsys.readouterr().err
    assert {v["score"] for v in lines(path)[6:]} == {5.0}


@pytest.mark.parametrize("verbatim", [True, False])
def test_a_run_says_that_its_answers_were_sent_as_they_are(
    verbatim: bool, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = yaml.safe_load((pack / "pack.yaml").read_text("utf-8"))
    settings["judge"]["verbatim"] = verbatim
    (pack / "pack.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    assert judged(pack, tmp_path / "out")[0] == 0
    capsys.readouterr()
    assert main(["table", str(tmp_path / "out")]) == 0
    note = "j was sent the answers as they are (verbatim, as the pack asks): chat tokens"
    assert (note in capsys.readouterr().out) == verbatim


# -- packs of strangers


@pytest.mark.parametrize(
    "part",
    [
        "pack.yaml",
        "questions/example.jsonl",
        "questions",
        "templates/judge/single.user.jinja",
        "templates/judge",
        "templates/strategies/polite.yaml",
        "templates",
    ],
)
def test_a_link_out_of_a_pack_is_not_followed(
    pack: Path, tmp_path: Path, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (pack / part).rename(tmp_path / "elsewhere")
    (pack / part).symlink_to(tmp_path / "elsewhere")
    assert any("is a link out of the pack; put a copy of the file in its place" in fault for fault in faults(pack))
    code, requests = judged(pack, tmp_path / "out")
    assert (code, requests) == (2, [])
    assert f"{pack / part}" in capsys.readouterr().err


def test_links_within_a_pack_and_to_a_pack_are_followed(pack: Path, tmp_path: Path) -> None:
    (pack / "questions" / "example.jsonl").rename(pack / "kept")
    (pack / "questions" / "example.jsonl").symlink_to("../kept")
    (tmp_path / "link").symlink_to(pack)
    assert faults(tmp_path / "link") == []
    code, requests = judged(tmp_path / "link", tmp_path / "out")
    assert code == 0
    assert requests


KILLED = """
import os, sys
from pathlib import Path
from judge.packs.write import new_pack
rename, done = Path.rename, []
def killed(old, new):
    if len(done) == parts:
        os._exit(9)
    done.append(new)
    return rename(old, new)
Path.rename = killed
for parts, target in enumerate(sys.argv[1:]):
    if (child := os.fork()) == 0:
        new_pack(Path(target))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.proofs
def test_half_of_a_pack_is_never_taken_for_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    targets = [tmp_path / f"{parts} parts" for parts in range(3)]
    for target in targets:
        target.mkdir()  # what is written is moved into a folder that is there, part by part
    words = [sys.executable, "-c", KILLED, *map(str, targets)]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout.split() == ["9"] * 3
    for target in targets:
        assert main(["check", str(target)]) != 0
        code, requests = judged(target, tmp_path / "out")
        assert (code, requests) == (2, [])
        told = capsys.readouterr().err.strip().splitlines()[-1]
        assert f"{target}: is half of a pack: what wrote it was killed; remove {target / '.unfinished-'}" in told


@pytest.mark.proofs
def test_strategies_named_like_files_beside_answers_are_named_by_check_and_lose_nothing(
    pack: Path, tmp_path: Path
) -> None:
    place = pack / "templates" / "strategies"
    for name in ("polite.turns", "polite.failures"):
        (place / f"{name}.yaml").write_bytes((place / "polite.yaml").read_bytes())
    told = [str(found) for found in check_path(pack)]
    assert f"{place / 'polite.turns'}.yaml: named like a file beside answers; its own are kept in " in "\n".join(told)
    assert faults(pack) == []

    def half(request: Request) -> Response:
        return chat("네") if len(request.body["messages"]) < 6 else error(400, "no")

    names = ["polite", "polite.turns", "polite.failures"]
    with Wire(half) as broken, Wire(lambda _: chat("네")) as whole:
        for wire, code in ((broken, 1), (whole, 0)):
            command = ["generate", "m", "--pack", str(pack), "--out", str(tmp_path), "--base-url", wire.url, "-q"]
            assert main([*command, "--strategy", ",".join(names)]) == code
    assert main(["check", str(tmp_path / "m")]) == 0
    run = RunFolder(tmp_path / "m")
    assert {len(run.answers(name)) for name in names} == {len(load_questions(pack).questions)}
