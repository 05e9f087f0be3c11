"""`kojudge import mtbench` and FastChat's own files: the judge's words are FastChat's, its ratings are read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from judge.cli.main import main
from judge.errors import InputError
from judge.packs.folder import load_settings
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.questions import load_questions
from judge.records import Answer, Failure, Judgment
from judge.sources.fastchat_pack import NEED_REFERENCE, read_bench
from judge.sources.judged import load_evidence
from judge.sources.results import load_results
from judge.trust.language_gate import with_penalty
from tests.support.wire import Wire, chat

ENGLISH = "This is a long answer in the wrong language, with enough letters to show it."
KOREAN = "이 답변은 한국어로 쓴 글이고 글자 수도 언어를 보이기에 넉넉합니다."

QUESTIONS: list[dict[str, Any]] = [
    {"question_id": 81, "category": "writing", "turns": ["바다에 관한 글을 쓰세요.", "더 짧게 줄이세요."]},
    {
        "question_id": 101,
        "category": "math",
        "turns": ["2 더하기 3은?", "그 두 배는?"],
        "reference": ["쓰이지", "않음"],
    },
    {"question_id": 138, "category": "extraction", "turns": ["표로 만드세요.", "JSON으로 바꾸세요."]},
]
PROMPTS = [
    {
        "name": f"single-{math}v1{multi}",
        "type": "single",
        "system_prompt": f"공정하게 평가하라. {multi}" if multi else "심사위원입니다.",
        "prompt_template": template,
        "output_format": "[[rating]]",
    }
    for math, multi, template in (
        ("", "", '형식: {{"점수": "[[N]]"}}\n[물음]\n{question}\n[답]\n{answer}\n끝'),
        ("math-", "", "[물음]\n{question}\n[정답]\n{ref_answer_1}\n[답]\n{answer}\n"),
        ("", "-multi-turn", "1 {question_1}\n{answer_1}\n2 {question_2}\n{answer_2}"),
        (
            "math-",
            "-multi-turn",
            "{question_1} {ref_answer_1} {question_2} {ref_answer_2}\n<|답|>\n{answer_1}\n{answer_2}{{%}}",
        ),
    )
]
REFERENCE = {"question_id": 101, "choices": [{"turns": ["5입니다. {x}", "10입니다."]}]}


def write(path: Path, rows: list[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "mt_bench"
    write(folder / "question.jsonl", QUESTIONS)
    write(tmp_path / "data" / "judge_prompts.jsonl", [{"name": "pair-v2", "type": "pairwise"}, *PROMPTS])
    write(folder / "reference_answer" / "gpt-4.jsonl", [REFERENCE])
    rows = [
        {"question_id": q["question_id"], "model_id": "m", "choices": [{"index": 0, "turns": [ENGLISH, KOREAN]}]}
        for q in QUESTIONS
    ]
    write(folder / "model_answer" / "m.jsonl", rows)
    return folder


@pytest.fixture
def pack(bench: Path, tmp_path: Path) -> Path:
    assert main(["import", "mtbench", str(bench), "-o", str(tmp_path / "pack"), "-q"]) == 0
    return tmp_path / "pack"


def fastchat(question: dict[str, Any], turns: tuple[str, str], *, multi: bool) -> list[dict[str, str]]:
    """What fastchat/llm_judge/common.py's run_judge_single sends."""
    with_reference = question["category"] in ("math", "reasoning", "coding", "arena-hard-200")
    name = f"single-{'math-' if with_reference else ''}v1{'-multi-turn' if multi else ''}"
    prompt = next(prompt for prompt in PROMPTS if prompt["name"] == name)
    more: dict[str, str] = {}
    if with_reference:
        more = {f"ref_answer_{n}": text for n, text in enumerate(REFERENCE["choices"][0]["turns"], start=1)}  # type: ignore[index]
    asked = question["turns"]
    if multi:
        shown = {"question_1": asked[0], "question_2": asked[1], "answer_1": turns[0], "answer_2": turns[1]}
    else:
        shown = {"question": asked[0], "answer": turns[0]}
    text = prompt["prompt_template"].format(**shown, **more)
    return [{"role": "system", "content": prompt["system_prompt"]}, {"role": "user", "content": text}]


def test_the_judge_gets_fastchats_messages_for_every_question_and_turn(pack: Path) -> None:
    prompts = load_judge_prompts(pack)
    turns = (" {answer} {{ x }} <|im_end|>\n", "둘째\r\n")
    for question, row in zip(load_questions(pack).questions, QUESTIONS, strict=True):
        known = question.model_dump(include={"id", "category", "questions", "references", "answer_language"})
        answer = Answer(**known, outputs=turns)
        for turn in (1, 2):
            ours = prompts.render(answer, turn, answer.answer_language)
            assert list(ours) == fastchat(row, turns, multi=turn == 2)


def test_the_pack_rates_from_1_to_10_and_asks_empty_answers(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    judge = load_settings(pack).judge
    assert (judge.range, judge.reply, judge.empty_answers) == ((1.0, 10.0), "rating", "ask")
    assert main(["check", str(pack)]) == 0
    languages = {q.id: q.answer_language for q in load_questions(pack).questions}
    assert languages[81] == ("ko", "ko")
    assert languages[138] == ("any", "any"), "KoMT-Bench leaves questions 138 and 140 out of its penalty"


def test_saved_answers_are_judged_and_tabulated(bench: Path, pack: Path, tmp_path: Path) -> None:
    with Wire(lambda r: chat(f"설명. Rating: [[{r.number % 9 + 1}]]")) as wire:
        words = ["judge", str(bench / "model_answer"), "--pack", str(pack), "--judge", "j"]
        assert main([*words, "--judge-base-url", wire.url, "--out", str(tmp_path / "o"), "-q"]) == 0
        sent = [request.body["messages"] for request in wire.requests]
    wanted = [fastchat(q, (ENGLISH, KOREAN), multi=multi) for q in QUESTIONS for multi in (False, True)]
    assert sorted(map(json.dumps, sent)) == sorted(map(json.dumps, wanted))
    [series] = load_results([tmp_path / "o"])
    assert "scores from 1 to 10" in series.notes
    assert len(series.outcomes) == 6


def test_different_ratings_in_one_reply_are_read_as_fastchat_does_and_counted(
    bench: Path, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire(lambda r: chat("정확성 [[7]], 표현 [[5]]" if r.number <= 2 else "Rating: [[6]]")) as wire:
        words = ["judge", str(bench / "model_answer"), "--pack", str(pack), "--judge", "j"]
        assert main([*words, "--judge-base-url", wire.url, "--out", str(tmp_path / "o"), "-q"]) == 0
    [series] = load_results([tmp_path / "o"])
    assert sorted(o.score for o in series.outcomes if isinstance(o, Judgment)) == [6, 6, 6, 6, 7, 7]
    capsys.readouterr()
    assert main(["table", str(tmp_path / "o")]) == 0
    assert "different ratings in one reply (2 times): the first one counts, as in FastChat" in capsys.readouterr().out
    assert main(["audit", str(tmp_path / "o")]) == 2
    told = capsys.readouterr().err
    assert told.endswith(
        "these verdicts are 1-10; for these there is --rule no-reason, prompt-repeated, different-ratings\n"
    )
    assert main(["audit", str(tmp_path / "o"), "--rule", "different-ratings", "--json"]) == 0
    hits = json.loads(capsys.readouterr().out)["hits"]
    assert [hit["evidence"] for hit in hits if hit["rule"] == "different-ratings"] == ["[[7]], [[5]]"] * 2


def judgments(bench: Path, *scores: float) -> Path:
    path = bench / "model_judgment" / "gpt-4_single.jsonl"
    rows = [
        {
            "question_id": question["question_id"],
            "model": "m",
            "judge": ["gpt-4", "single-v1"],
            "user_prompt": " ".join(question["turns"]),
            "judgment": f"설명 [[{score:g}]]",
            "score": score,
            "turn": turn,
            "tstamp": 1.5,
        }
        for (question, turn), score in zip(((q, t) for q in QUESTIONS for t in (1, 2)), scores, strict=True)
    ]
    write(path, rows)
    return path


def test_fastchats_ratings_are_read_and_minus_one_is_no_number(bench: Path) -> None:
    [series] = load_results([judgments(bench, 9, 4, 10, 1, -1, 0)])
    assert [o.score for o in series.outcomes if isinstance(o, Judgment)] == [9, 4, 10, 1]
    assert [o.kind for o in series.outcomes if isinstance(o, Failure)] == ["unparsable", "unparsable"]
    assert series.expected[(101, 2)] == "math"
    assert (series.model, series.judge) == ("m", "gpt-4")


def test_the_table_reads_a_file_and_a_folder_alike(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = judgments(bench, 9, 4, 10, 1, 3, 3)
    tables = []
    for place in (path, path.parent):
        assert main(["table", str(place), "--format", "csv", "--ci", "none"]) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1]
    assert "writing" in tables[0]


def test_the_penalty_is_the_square_root_of_what_is_not_korean(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = judgments(bench, 9, 4, 16**0.5, 9, 9, 9)
    found = load_evidence([path])
    [series] = with_penalty(found.series, found.judged)
    scores = {(o.id, o.turn): o.score for o in series.outcomes if isinstance(o, Judgment)}
    assert scores == {(81, 1): 3, (81, 2): 4, (101, 1): 2, (101, 2): 9, (138, 1): 9, (138, 2): 9}
    assert "2 verdicts on answers that are not Korean" in series.notes[-1]
    assert main(["table", str(path), "--penalty", "komt", "--format", "json"]) == 0
    [row] = json.loads(capsys.readouterr().out)["rows"]
    assert math.isclose(row["single"], (3 + 2 + 9) / 3, abs_tol=0.01)


def test_answers_are_found_under_another_name_and_where_a_rating_failed(bench: Path) -> None:
    found = load_evidence([judgments(bench, 9, 4, 4, 9, -1, -1)], model_name="mine")
    assert {one.answer.id for one in found.judged} == {81, 101}
    assert [answer.id for answer in found.answers["mine", "0-shot"]] == [81, 101, 138]


def test_the_penalty_says_where_no_answer_is_at_hand(bench: Path) -> None:
    path = judgments(bench, 9, 4, 4, 9, 9, 9)
    (bench / "model_answer" / "m.jsonl").unlink()
    found = load_evidence([path])
    [series] = with_penalty(found.series, found.judged)
    assert series.outcomes == found.series[0].outcomes
    assert "6 could not be examined" in series.notes[-1]


def test_the_categories_that_need_a_reference_are_fastchats() -> None:
    assert NEED_REFERENCE == ("math", "reasoning", "coding", "arena-hard-200")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompt_template": "{question} {answer} {score}"}, "has the mark {score}"),
        ({"prompt_template": "{question"}, "cannot be read"),
        ({"output_format": "[[A]]"}, "is not understood"),
        ({"name": "single-v2"}, "has no prompt 'single-v1'"),
    ],
)
def test_other_prompts_are_told_with_their_place(bench: Path, change: dict[str, str], words: str) -> None:
    write(bench.parent / "judge_prompts.jsonl", [PROMPTS[0] | change, *PROMPTS[1:]])
    with pytest.raises(InputError, match=r"judge_prompts\.jsonl") as caught:
        read_bench(bench)
    assert words in str(caught.value)


def test_a_category_that_is_graded_against_a_reference_needs_one(bench: Path) -> None:
    write(bench / "question.jsonl", [QUESTIONS[1] | {"reference": None}])
    write(bench / "reference_answer" / "gpt-4.jsonl", [REFERENCE | {"question_id": 7}])
    with pytest.raises(InputError, match="no right answer to question 101"):
        read_bench(bench)


def test_a_translation_beside_the_original_has_to_be_chosen(bench: Path) -> None:
    write(bench / "question_ko.jsonl", QUESTIONS[:1])
    with pytest.raises(InputError, match=r"--variant \(none, ko\)"):
        read_bench(bench)
    with pytest.raises(InputError, match="judge_prompts_ko"):
        read_bench(bench, variant="ko")
    found = read_bench(bench, variant="ko", prompts=bench.parent / "judge_prompts.jsonl")
    assert len(found.questions) == 1
    assert len(read_bench(bench, variant="none").questions) == 3


def test_folders_of_answers_and_ratings_are_checked(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(bench / "model_answer")]) == 0
    assert f"m.jsonl: FastChat answers to {len(QUESTIONS)} questions" in capsys.readouterr().out


def test_answers_whose_questions_are_not_at_hand_are_told(bench: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "x" / "y" / "m.jsonl"
    alone.parent.mkdir(parents=True)
    alone.write_bytes((bench / "model_answer" / "m.jsonl").read_bytes())
    assert main(["judge", str(alone), "--judge", "rules", "--out", str(tmp_path / "o"), "-q"]) == 2


def test_an_error_in_an_answers_place_is_a_failure_and_never_judged(
    bench: Path, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = bench / "model_answer" / "m.jsonl"
    rows = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    rows[0]["choices"][0]["turns"][1] = "$ERROR$"
    write(answers, rows)
    words = ["judge", str(answers), "--pack", str(pack), "--judge", "j", "--out", str(tmp_path / "o"), "-q"]
    with Wire(lambda _: chat("Rating: [[7]]")) as wire:
        assert main([*words, "--judge-base-url", wire.url]) == 1
        assert len(wire.requests) == 4
        assert not any("$ERROR$" in request.raw.decode() for request in wire.requests)
    assert "1 of 3 answers hold an error message, are failed and not judged" in capsys.readouterr().out
    [series] = load_results([tmp_path / "o"])
    failed = [outcome for outcome in series.outcomes if isinstance(outcome, Failure)]
    assert [(one.id, one.turn, one.kind, one.detail) for one in failed] == [
        (81, 1, "not_answered", "$ERROR$"),
        (81, 2, "not_answered", "$ERROR$"),
    ]
    rows[0]["choices"][0]["turns"][1] = KOREAN
    write(answers, rows)
    with Wire(lambda _: chat("Rating: [[7]]")) as wire:
        assert main([*words, "--judge-base-url", wire.url]) == 0, "the mended file completes it"
        assert len(wire.requests) == 2


def test_answers_that_are_all_errors_are_refused_in_one_line(
    bench: Path, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(bench / "model_answer" / "m.jsonl", [{"question_id": 81, "choices": [{"turns": ["$ERROR$", "$ERROR$"]}]}])
    words = ["judge", str(bench / "model_answer"), "--pack", str(pack), "--judge", "rules", "--out", str(tmp_path)]
    assert main([*words, "-q"]) == 2
    assert "all 1 answers of m hold an error message such as $ERROR$; generate them again" in capsys.readouterr().err


def test_a_rating_of_an_error_is_no_verdict(bench: Path) -> None:
    path = judgments(bench, 9, 8, 7, 6, 5, 4)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    rows[1]["user_prompt"] += "\n[The Start of Assistant's Answer]\n$ERROR$\n[The End of Assistant's Answer]"
    write(path, rows)
    [series] = load_results([path])
    assert [one.kind for one in series.outcomes if isinstance(one, Failure)] == ["upstream"]


def test_what_of_a_file_does_not_count_is_said(
    bench: Path, pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = bench / "model_answer" / "m.jsonl"
    rows = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    rows[1]["choices"].append({"index": 1, "turns": ["다른 답", "또 다른 답"]})
    write(answers, [*rows, rows[0]])
    words = ["judge", str(answers), "--pack", str(pack), "--judge", "j", "--out", str(tmp_path / "o"), "-q"]
    with Wire(lambda _: chat("Rating: [[7]]")) as wire:
        assert main([*words, "--judge-base-url", wire.url]) == 0
    said = capsys.readouterr().out
    assert "1 of 4 lines hold several choices: the first of each counts" in said
    assert "1 lines of the answers file are replaced by later ones of the same question" in said


def test_ratings_that_end_early_are_said_to_be_some(bench: Path) -> None:
    path = judgments(bench, 9, 8, 7, 6, 5, 4)
    assert not any("no rating" in note for note in load_results([path])[0].notes)
    write(path, [json.loads(line) for line in path.read_text("utf-8").splitlines()][:4])
    assert (
        "2 of 6 turns of question.jsonl have no rating in the file: the means are without them"
        in load_results([path])[0].notes
    )


def test_answers_of_two_models_in_one_file_are_refused(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = bench / "model_answer" / "m.jsonl"
    rows = [json.loads(line) for line in answers.read_text("utf-8").splitlines()]
    write(answers, [*rows, rows[0] | {"model_id": "n"}])
    assert main(["judge", str(answers), "--judge", "rules", "--out", str(bench / "o"), "-q"]) == 2
    assert "holds answers of two models to question 81, m and n; write one file a model" in capsys.readouterr().err


def test_reruns_appended_to_the_ratings_are_said_and_the_last_counts(bench: Path) -> None:
    path = judgments(bench, 9, 8, 7, 6, 5, 4)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    write(path, [*rows, rows[0] | {"score": 5.0}, rows[0] | {"score": 3.0}])
    [series] = load_results([path])
    assert "1 of 6 items are rated more than once in the file: the last one counts" in series.notes
    assert [o.score for o in series.outcomes if isinstance(o, Judgment)] == [3, 8, 7, 6, 5, 4]


def test_ids_that_a_translation_spells_as_texts_are_the_same_questions(bench: Path, tmp_path: Path) -> None:
    write(bench / "question.jsonl", [row | {"question_id": str(row["question_id"])} for row in QUESTIONS])
    [series] = load_results([judgments(bench, 9, 8, 7, 6, 5, 4)])
    assert {identifier for identifier, _ in series.expected} == {81, 101, 138}
    assert set(series.expected.values()) == {"writing", "math", "extraction"}
    assert main(["import", "mtbench", str(bench), "-o", str(tmp_path / "p"), "-q"]) == 0
    words = ["judge", str(bench / "model_answer"), "--pack", str(tmp_path / "p"), "--judge", "rules"]
    assert main([*words, "--out", str(tmp_path / "o"), "-q"]) == 0
