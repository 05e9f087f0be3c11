"""`kojudge qualify` from the command line: over the wire, resumed, cited, and looked at again."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import judge
from judge.cli.main import main
from judge.packs.folder import builtin
from judge.packs.probes import Probe, answers_of, load_probes
from judge.runs.names import QUALIFY
from judge.text.language_rule import found_language, languages
from tests.support.batch_wire import BatchServer, reply
from tests.support.page_blocks import data_of, unpacked
from tests.support.probe_judge import probe_judge
from tests.support.vices import SIMULATED
from tests.support.wire import Request, Response, Wire, chat, error

pytestmark = pytest.mark.proofs

IDS = ("m1", "m4", "m7", "u4")
"""Of one turn, of two, and with all kinds of language: 39 texts, some of them on two turns. Four, since a kind that fewer
probes have is never called seen."""


@pytest.fixture
def few(tmp_path: Path) -> tuple[Path, list[Probe]]:
    """A file of four of the probes, and these."""
    found = load_probes()
    path = tmp_path / "few.jsonl"
    rows = [json.loads(line) for line in found.path.read_text(encoding="utf-8").splitlines()]
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows if row["id"] in IDS), encoding="utf-8"
    )
    return path, [probe for probe in found.probes if probe.id in IDS]


def command(few: tuple[Path, list[Probe]], tmp_path: Path, *more: str) -> list[str]:
    return ["qualify", "--judge", "j", "--probes", str(few[0]), "--out", str(tmp_path / "out"), "-q", "--json", *more]


def certificates(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["certificates"]
    return found


def table_of(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the table of a small run below the same folder, judged by the same judge at `url`."""
    out = str(tmp_path / "out")
    assert main(["generate", "baseline:echo", "--out", out, "--strategy", "0-shot", "--limit", "2", "-q"]) == 0
    assert main(["judge", f"{out}/baseline_echo", "--judge", "j", "--base-url", url, "-q"]) == 0
    capsys.readouterr()
    assert main(["table", out, "--judge", "j", "--format", "md"]) == 0
    return capsys.readouterr().out


def sent_by_rule(probes: Sequence[Probe]) -> int:
    """Return how many texts no judge is asked about: those that are certainly in another language."""
    ends = [(languages(answer), answer.outputs) for answer in answers_of(probes)]
    return sum(found_language(shown[-1], outputs[-1]).verdict == "wrong" for shown, outputs in ends)


def test_the_call_gives_the_certificate_and_the_command_says_it_in_korean(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    [found] = asyncio.run(judge.qualify(judge="rules", probes=few[0], out=out))
    assert found.missing == 0
    assert found.certificate is not None
    assert found.certificate.grade == "limited"
    assert found.place is not None
    assert json.loads(found.place.read_bytes()) == found.certificate.model_dump(mode="json")
    assert capsys.readouterr().out == ""
    words = ["qualify", "--judge", "rules", "--probes", str(few[0]), "--out", str(out), "-q", "--format", "md"]
    assert main([*words, "--lang", "ko"]) == 0
    whole = capsys.readouterr().out
    first, _, reason, *_ = whole.splitlines()
    assert first.startswith("심판 rules: 제한적으로 자격 있음.")
    assert reason == f"- {found.certificate.reasons[0].korean}"
    assert main([*words, "--again", "--lang", "ko"]) == 0
    whole += capsys.readouterr().out
    assert "점수가 그대로입니다" in whole
    assert set(re.findall("[A-Za-z]{3,}", re.sub("[0-9a-f]{8,}", "", whole))) == {"rules"}, "nothing is left in English"
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("judge rules: qualified with limits: ")


def always(request: Request, model: str = "wire-judge-2026") -> Response:
    return chat("평가: 보통입니다.\n점수: 5", model=model)


def test_a_sound_judge_gets_a_certificate_once_and_the_table_cites_it(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = sum(len(probe.texts) for probe in few[1]) - sent_by_rule(few[1])
    of_two_turns = len(few[1][2].texts)
    with Wire(probe_judge(SIMULATED["sound"], few[1])) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 0
        [first] = certificates(capsys)
        assert first["grade"] == "qualified"
        assert first["reasons"] == []
        assert first["returned"] == ["wire-judge-2026"]
        assert len(wire.requests) == texts + of_two_turns
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 0
        [second] = certificates(capsys)
        assert second == first, "nothing is asked twice and the certificate is the same"
        assert len(wire.requests) == texts + of_two_turns
    [file] = (tmp_path / "out" / QUALIFY / "certificates").glob("*.json")
    assert json.loads(file.read_text(encoding="utf-8"))["judge_digest"] == first["judge_digest"]

    with Wire(always) as wire:
        text = table_of(tmp_path, wire.url, capsys)
        number, date = first["number"], first["date"]
        assert "judge j: qualified: it is undecided whether it sees wrong results of arithmetic, " in text
        assert f" (certificate {number}, {date}, on probes of one's own: 4)" in text
        assert "kojudge-probes" not in text, "the probes are no model's answers"
        for lang, said in (("en", "judge j: qualified"), ("ko", "심판 j: 자격 있음")):
            assert main(["card", str(tmp_path / "out"), "--judge", "j", "--lang", lang]) == 0
            assert said in capsys.readouterr().out
        page = tmp_path / "page.html"
        assert main(["report", str(tmp_path / "out"), "-o", str(page), "--lang", "ko", "-q"]) == 0
        board = unpacked(data_of(page.read_text(encoding="utf-8"), "board"))
        assert "심판 j: 자격 있음" in json.dumps(board, ensure_ascii=False)


def test_a_judge_that_was_never_examined_is_called_not_qualified(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(always) as wire:
        text = table_of(tmp_path, wire.url, capsys)
    assert "judge j: not qualified, it was never examined (kojudge qualify --judge j)" in text


def test_a_judge_that_gives_everything_the_same_is_not_qualified(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(always) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 1
        [found] = certificates(capsys)
        assert found["grade"] == "not qualified"
        assert [reason["code"] for reason in found["reasons"]] == ["order"]
        assert "judge j: not qualified: puts only 50%" in table_of(tmp_path, wire.url, capsys)


def test_missing_verdicts_mean_no_certificate_and_the_same_command_goes_on(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = probe_judge(SIMULATED["sound"], few[1])

    def some_fail(request: Request) -> Response:
        return error(400, "this one not") if request.number % 9 == 0 else sound(request)

    with Wire(some_fail) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 1
    told = capsys.readouterr()
    assert json.loads(told.out) == {"certificates": []}
    assert "verdicts are missing, so there is no new certificate; the same command goes on" in told.err
    with Wire(sound) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 0
        assert 0 < len(wire.requests) < 10, "only what had failed"


def test_replies_without_a_score_count_against_the_judge(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = probe_judge(SIMULATED["sound"], few[1])

    def mute(request: Request) -> Response:
        return chat("좋은 답변입니다.") if request.number % 4 == 0 else sound(request)

    with Wire(mute) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--parse-retries", "0")) == 1
    [found] = certificates(capsys)
    assert "parsed" in [reason["code"] for reason in found["reasons"]]


def test_another_model_behind_the_endpoint_and_drift_are_named(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = SIMULATED["sound"]
    with Wire(always) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--again")) == 2
        assert "without --again first" in capsys.readouterr().err
        assert not wire.requests
    with Wire(probe_judge(sound, few[1])) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 0
        [first] = certificates(capsys)
    with Wire(probe_judge(sound, few[1], model="another-judge", shift=-3)) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--again")) == 1
        [after] = certificates(capsys)
        assert after["number"] == first["number"], "a check is no new certificate"
        [check] = after["checks"]
        assert check["drifted"]
        assert check["shift"] < -1
        assert (
            main([word for word in command(few, tmp_path, "--base-url", wire.url, "--again") if word != "--json"]) == 1
        )
        said = capsys.readouterr().out
        assert "judge j has drifted: qualify it again with --rerun all" in said
        assert "the endpoint answers as another-judge; the certificate is of wire-judge-2026" in said
    with Wire(lambda request: always(request, model="a-third")) as wire:
        text = table_of(tmp_path, wire.url, capsys)
    assert "judge j: its certificate is of wire-judge-2026, these verdicts are by a-third: not qualified" in text


def test_verdicts_of_more_repeats_do_not_hide_missing_ones(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half of three repeats are more verdicts than one repeat needs, and leave half of the texts without any."""
    sound = probe_judge(SIMULATED["sound"], few[1])
    with Wire(lambda request: sound(request) if request.number <= 75 else error(400, "this one not")) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--repeats", "3")) == 1
    with Wire(lambda request: error(400, "this one not")) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 1
    assert "verdicts are missing" in capsys.readouterr().err
    assert not (tmp_path / "out" / QUALIFY / "certificates").exists()


def test_a_judge_that_gives_no_scores_any_more_has_drifted_until_it_is_examined_anew(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = probe_judge(SIMULATED["sound"], few[1])
    with Wire(sound) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url)) == 0
    with Wire(lambda request: chat("좋은 답변입니다.")) as wire:
        capsys.readouterr()
        assert main(command(few, tmp_path, "--base-url", wire.url, "--again", "--parse-retries", "0")) == 1
        [after] = certificates(capsys)
    [check] = after["checks"]
    assert (check["probes"], check["failed"], check["drifted"]) == (0, 3, True)
    assert {check[name] for name in ("shift", "low", "high", "gap")} == {None}
    with Wire(always) as wire:
        text = table_of(tmp_path, wire.url, capsys)
    assert (
        f"judge j: its scores have drifted since its certificate ({check['date']}: 3 replies without a score)" in text
    )
    with Wire(sound) as wire:
        words = [word for word in command(few, tmp_path, "--base-url", wire.url, "--lang", "ko") if word != "--json"]
        assert main(words) == 1, "it has changed"
        assert "점수가 없는 응답 3건). --rerun all로 처음부터 다시 검증하세요" in capsys.readouterr().out
    with Wire(lambda request: sound(request) if request.number < 20 else error(400, "this one not")) as wire:
        again = [*words, "--base-url", wire.url, "--rerun", "all"]
        assert main(again) == 1
        told = capsys.readouterr()
        assert (told.out, "다시 채점하기가 끝나지 않았습니다" in told.err) == ("", True)
    with Wire(sound) as wire:
        assert main([*words, "--base-url", wire.url, "--rerun", "all"]) == 0
    assert "--rerun all" not in capsys.readouterr().out


def test_what_is_done_anew_is_said_when_it_is_done_and_takes_the_place_of_what_was_found_before(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A judge at temperature 0 whose endpoint was another's for a day: its scores are the same ones afterwards."""

    def steady(request: Request) -> Response:
        return chat(f"평가: 보통입니다.\n점수: {len(request.last) % 10}")

    with Wire(steady) as wire:
        main(command(few, tmp_path, "--base-url", wire.url))
        main(command(few, tmp_path, "--base-url", wire.url, "--again"))
        capsys.readouterr()
    again = [word for word in command(few, tmp_path, "--again", "--rerun", "all") if word != "--json"]
    high = chat("평가: 좋습니다.\n점수: 10")
    with Wire(lambda request: high if request.number == 1 else error(400, "this one not")) as wire:
        assert main([*again, "--base-url", wire.url]) == 1
        told = capsys.readouterr()
        assert (told.out, "the re-judging is not finished" in told.err) == ("", True)
    with Wire(lambda request: high) as wire:
        assert main([*again, "--base-url", wire.url]) == 1
        assert "has drifted: qualify it again with --rerun all" in capsys.readouterr().out
    with Wire(steady) as wire:
        main(command(few, tmp_path, "--base-url", wire.url))
        [kept] = certificates(capsys)
        main(command(few, tmp_path, "--base-url", wire.url, "--rerun", "all"))
        [anew] = certificates(capsys)
    assert [check["drifted"] for check in kept["checks"]] == [True]
    assert (anew["scores"], anew["checks"]) == (kept["scores"], [])


def test_a_judge_is_no_better_for_a_command_that_is_repeated(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same command asks again for what held no score: that is good for a board, and no part of an examination."""
    sound = probe_judge(SIMULATED["sound"], few[1])

    def mute(request: Request) -> Response:
        return chat("좋은 답변입니다.") if request.number % 4 == 0 else sound(request)

    found = []
    for each in (mute, sound, sound):
        with Wire(each) as wire:
            main(command(few, tmp_path, "--base-url", wire.url, "--parse-retries", "0"))
            found += certificates(capsys)
    shares = [(one["figures"]["parsed"]["hits"], one["figures"]["parsed"]["of"]) for one in found]
    assert shares == [shares[0]] * 3
    assert all("parsed" in [reason["code"] for reason in one["reasons"]] for one in found)
    with Wire(sound) as wire:
        main(command(few, tmp_path, "--base-url", wire.url, "--rerun", "all"))
    [anew] = certificates(capsys)
    assert anew["figures"]["parsed"]["hits"] == shares[0][1]


def test_the_tries_of_a_batch_and_of_requests_after_it_are_those_of_one_command(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = BatchServer(lambda body: reply("좋은 답변입니다."), ordinary=always)
    with Wire(server, chat_only=False) as wire:
        words = command(few, tmp_path, "--base-url", wire.url, "--batch", "--batch-poll", "0.01")
        assert main(words) == 1  # everything gets a 5
    [found] = certificates(capsys)
    assert [reason["code"] for reason in found["reasons"]] == ["order"]
    assert found["figures"]["parsed"]["hits"] == found["figures"]["parsed"]["of"] > 40


def test_more_repeats_do_not_make_drift_forgotten_and_a_new_examination_does(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound = SIMULATED["sound"]
    with Wire(probe_judge(sound, few[1])) as wire:
        main(command(few, tmp_path, "--base-url", wire.url))
    with Wire(probe_judge(sound, few[1], shift=-3)) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--again")) == 1
        capsys.readouterr()
        assert main(command(few, tmp_path, "--base-url", wire.url, "--repeats", "2")) == 1
        [mixed] = certificates(capsys)
        assert [check["drifted"] for check in mixed["checks"]] == [True]
        main(command(few, tmp_path, "--base-url", wire.url, "--repeats", "2", "--rerun", "all"))
        [anew] = certificates(capsys)
        assert anew["checks"] == []
        [file] = (tmp_path / "out" / QUALIFY / "certificates").glob("*.json")
        later = json.loads(file.read_text("utf-8")) | {"begun": "9999-01-01T00:00:00+00:00"}
        file.write_text(json.dumps(later), "utf-8")  # anew, and after the --again of this day
        asked = len(wire.requests)
        assert main(command(few, tmp_path, "--base-url", wire.url, "--again")) == 2
        assert "examined anew after the --again of this day" in capsys.readouterr().err
        assert len(wire.requests) == asked
        assert main(command(few, tmp_path, "--base-url", wire.url, "--again", "--rerun", "all")) == 0


def test_a_limit_of_cost_stops_cleanly_and_a_higher_one_goes_on(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = ["--price-in", "10", "--price-out", "100", "--judge-concurrency", "1"]  # $0.00037 a request
    with Wire(probe_judge(SIMULATED["sound"], few[1])) as wire:
        plain = command(few, tmp_path, "--base-url", wire.url, *prices)
        assert main([*plain, "--max-cost", "0.001"]) == 1
        assert not wire.requests, "one request may cost more than that"
        assert json.loads(capsys.readouterr().out) == {"certificates": []}
        assert main([*plain, "--max-cost", "1"]) == 0
        texts = sum(len(p.texts) * len(p.questions) for p in few[1])
        assert len(wire.requests) == texts - sent_by_rule(few[1]), "nothing is paid twice"


def test_a_judge_that_never_gives_a_score_is_told_so(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(lambda request: chat("좋습니다.")) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--parse-retries", "0")) == 1
    assert "judge j: none of its replies to the texts that count holds a score" in capsys.readouterr().err


def test_scores_of_another_range_are_put_on_ten_points(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(builtin() / "templates" / "judge", pack / "templates" / "judge")
    (pack / "pack.yaml").write_text("judge: {lowest: 0, highest: 100, step: 5}\n", encoding="utf-8")
    with Wire(probe_judge(SIMULATED["sound"], few[1], times=10)) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--pack", str(pack))) == 0
    [found] = certificates(capsys)
    assert 8.5 < found["figures"]["full"] <= 10


def test_two_judges_get_a_certificate_each(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(probe_judge(SIMULATED["sound"], few[1])) as wire:
        assert main(command(few, tmp_path, "--judge", "rules", "--base-url", wire.url)) == 0
    assert [one["judge"] for one in certificates(capsys)] == ["j", "rules"]


def test_a_judge_that_is_examined_afresh_costs_no_other_its_verdicts(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["qualify", "--judge", "rules", "--probes", str(few[0]), "--out", str(tmp_path / "out"), "-q"]
    assert main(words) == 0
    assert main([*words, "--fresh"]) == 0
    with Wire(probe_judge(SIMULATED["sound"], few[1])) as wire:
        assert main(command(few, tmp_path, "--base-url", wire.url, "--fresh")) == 2
        assert "would move the verdicts of rules" in capsys.readouterr().err
        assert not wire.requests
        assert main(command(few, tmp_path, "--judge", "rules", "--base-url", wire.url, "--fresh")) == 0


def test_a_dry_run_asks_and_writes_nothing(
    few: tuple[Path, list[Probe]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = ["--price-in", "1", "--price-out", "10"]
    plain = [word for word in command(few, tmp_path, "--dry-run", *prices) if word != "--json"]
    assert main(plain) == 0
    assert "judge j: 4" in (said := capsys.readouterr().out)
    assert "requests, about" in said
    assert "$" in said
    assert not (tmp_path / "out").exists()


def test_the_rule_judge_can_be_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["qualify", "--judge", "rules", "--out", str(tmp_path), "-q"]) == 0
    said = capsys.readouterr().out
    assert "judge rules: qualified with limits" in said
    assert "does not see wrong steps to a right answer" in said
    assert main(["qualify", "--judge", "rules", "--out", str(tmp_path), "-q", "--again"]) == 0
    assert "judge rules scores as it did" in capsys.readouterr().out
    capsys.readouterr()
    for verb in ("table", "compare", "report"):
        assert main([verb, str(tmp_path / QUALIFY)]) == 2
        told = capsys.readouterr().err
        assert "holds what judges said of the probes, no run of a model" in told
    [mend] = re.findall(r"kojudge (qualify .*?) shows", told)
    assert main([*shlex.split(mend.replace("NAME", "rules")), "-q"]) == 0


@pytest.mark.proofs
def test_the_whole_set_over_the_wire(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge = SIMULATED["length and arithmetic"]
    with Wire(probe_judge(judge, load_probes().probes)) as wire:
        main(["qualify", "--judge", "j", "--base-url", wire.url, "--out", str(tmp_path), "-q", "--json"])
        [found] = certificates(capsys)
        assert {reason["code"] for reason in found["reasons"]} == judge.expected
        asked = len(wire.requests)
        assert main(["qualify", "--judge", "j", "--base-url", wire.url, "--out", str(tmp_path), "-q", "--again"]) == 0
        assert asked < len(wire.requests) <= asked + 20  # what a program judges is not asked
        assert "judge j scores as it did" in capsys.readouterr().out
