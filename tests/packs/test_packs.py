"""Question sets, strategies and templates: what loads, and how a fault is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from judge.config import STRATEGIES
from judge.errors import InputError
from judge.packs.folder import builtin, load_settings
from judge.packs.judge_prompts import JUDGE_TEMPLATES, load_judge_prompts
from judge.packs.questions import QuestionSet, load_questions
from judge.packs.strategies import load_strategies, own_strategies, strategy_names
from judge.packs.yaml_files import read_yaml
from judge.records import BASELINE_CATEGORIES, Answer, Question


def row(number: int | str = 1, category: str = "수학", **more: Any) -> dict[str, Any]:
    return {"id": number, "category": category, "questions": ["하나", "둘"]} | more


def pack(place: Path, *rows: dict[str, Any], name: str = "core") -> Path:
    folder = place / "questions"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return place


def strategy(place: Path, text: str, name: str = "mine") -> Path:
    folder = place / "templates" / "strategies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return place


def templates(place: Path, **texts: str) -> Path:
    folder = place / "templates" / "judge"
    folder.mkdir(parents=True)
    for name in JUDGE_TEMPLATES:
        (folder / f"{name}.jinja").write_text(texts.get(name.replace(".", "_"), "글"), encoding="utf-8")
    return place


def questions_of(*categories: str) -> QuestionSet:
    return QuestionSet(
        Path("x"), tuple(Question(id=n, category=c, questions=("가",)) for n, c in enumerate(categories))
    )


# -- the built-in pack


def test_the_built_in_questions_are_42_two_turn_ones_seven_a_category() -> None:
    questions = load_questions().questions
    assert len(questions) == 42
    assert {c: sum(q.category == c for q in questions) for c in BASELINE_CATEGORIES} == dict.fromkeys(
        BASELINE_CATEGORIES, 7
    )
    assert all(len(q.questions) == 2 for q in questions)


def test_the_built_in_strategies_are_logickors_three_in_its_order() -> None:
    loaded = load_strategies()
    assert tuple(s.name for s in loaded) == STRATEGIES
    assert [[m["role"] for m in s.messages] for s in loaded] == [
        [],
        ["user", "assistant"],
        ["system", "user", "assistant"],
    ]
    assert len({s.digest for s in loaded}) == 3


def test_the_built_in_judge_templates_render_every_built_in_question() -> None:
    prompts = load_judge_prompts()
    for question in load_questions().questions:
        answer = Answer(
            id=question.id,
            category=question.category,
            questions=question.questions,
            outputs=("답 하나", "답 둘"),
            references=question.references,
        )
        for turn in answer.turns:
            system, user = prompts.render(answer, turn, question.answer_language)
            assert len(system["content"]) > 200
            assert question.questions[turn - 1] in user["content"]


# -- question sets


def test_a_question_set_is_found_by_name_by_file_and_as_the_only_one(tmp_path: Path) -> None:
    mine = pack(tmp_path / "p", row("a"), name="mine")
    only = load_questions(mine)
    assert only.questions == load_questions(mine, "mine").questions
    file = mine / "questions" / "mine.jsonl"
    assert load_questions(None, str(file)).path == file
    pack(mine, row("b"), name="v1.5")
    assert load_questions(mine, "v1.5").questions[0].id == "b"
    pack(mine, row("c"))
    assert load_questions(mine).questions[0].id == "c", "core goes first"


def test_a_folder_of_the_same_name_does_not_hide_a_question_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "core").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_questions(None, "core").path == builtin() / "questions" / "core.jsonl"


def test_an_unknown_question_set_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    mine = pack(tmp_path, row(), name="logic")
    with pytest.raises(InputError, match=r"unknown question set 'lgoic': did you mean 'logic'\?"):
        load_questions(mine, "lgoic")
    with pytest.raises(InputError, match="no such file"):
        load_questions(mine, "absent.jsonl")


def test_several_sets_without_core_must_be_chosen_from(tmp_path: Path) -> None:
    mine = pack(pack(tmp_path, row(), name="a"), row(), name="b")
    with pytest.raises(InputError, match=r"a, b.*--questions"):
        load_questions(mine)


def test_ids_are_unique_and_their_type_counts(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_questions(pack(tmp_path / "a", row(7), row(8), row(7)))
    assert (caught.value.line, caught.value.field) == (3, "id")
    assert "line 1" in str(caught.value)
    assert [q.id for q in load_questions(pack(tmp_path / "b", row(1), row("1"))).questions] == [1, "1"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"references": ["하나뿐"]}, "'references': 1 for 2 turns"),
        ({"references": []}, "'references': 0 for 2 turns"),
        ({"answer_language": ["ko", "ko", "en"]}, "'answer_language': 3 for 2 turns"),
        ({"answer_language": ["ko", "jp"]}, "answer_language.1"),
        ({"referneces": ["가", "나"]}, "'referneces': is not a known field"),
        ({"questions": []}, "'questions'"),
        ({"questions": ["", "가"]}, "'questions.0'"),
        ({"category": ""}, "'category'"),
        ({"id": True}, "'id'"),
    ],
)
def test_a_faulty_row_is_told_with_its_line(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        load_questions(pack(tmp_path, row(1), row(2, **more)))
    assert "core.jsonl, line 2" in str(caught.value)
    assert words in str(caught.value)


def test_a_set_without_questions_and_a_folder_that_is_no_pack_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no question"):
        load_questions(pack(tmp_path / "p"))
    (tmp_path / "bare").mkdir()
    with pytest.raises(InputError, match="neither questions/ nor templates/"):
        load_questions(tmp_path / "bare")
    with pytest.raises(InputError, match="no such folder"):
        load_questions(tmp_path / "absent")


def test_absent_references_and_languages_are_filled_in_a_turn(tmp_path: Path) -> None:
    (question,) = load_questions(pack(tmp_path, row(references=None))).questions
    assert question.references == (None, None)
    assert question.answer_language == ("ko", "ko")


def test_the_digest_counts_every_field_and_not_the_order_of_rows(tmp_path: Path) -> None:
    rows = [row(1), row("1"), row(2)]
    one = load_questions(pack(tmp_path / "a", *rows)).digest
    assert load_questions(pack(tmp_path / "b", *rows[::-1])).digest == one
    changes: list[dict[str, Any]] = [
        {"category": "문법"},
        {"references": ["가", None]},
        {"questions": ["하나"]},
        {"answer_language": ["en", "ko"]},
    ]
    for number, change in enumerate(changes):
        assert load_questions(pack(tmp_path / f"c{number}", *rows[:2], row(2, **change))).digest != one


# -- head


def test_a_limit_spreads_over_the_categories_and_keeps_the_order_of_the_file() -> None:
    questions = questions_of(*"aaaabbc")
    assert [q.id for q in questions.head(3)] == [0, 4, 6]
    assert [q.id for q in questions.head(5)] == [0, 1, 4, 5, 6]
    assert questions.head(None) == questions.head(7) == questions.head(99) == questions.questions
    assert {q.category for q in load_questions().head(6)} == set(BASELINE_CATEGORIES)


def test_a_larger_limit_holds_every_smaller_one() -> None:
    questions = questions_of(*"abbcccaab")
    for limit in range(1, 9):
        assert {q.id for q in questions.head(limit)} < {q.id for q in questions.head(limit + 1)}


# -- strategies


def test_a_pack_with_strategies_alone_takes_the_rest_from_the_built_in_one(tmp_path: Path) -> None:
    mine = strategy(tmp_path, "messages: []", "0-shot")
    strategy(mine, "messages:\n- {role: user, content: 가}\n- {role: assistant, content: 나}", "bare")
    assert own_strategies(mine) == ["0-shot", "bare"]
    assert load_strategies(["bare"], mine)[0].messages[1] == {"role": "assistant", "content": "나"}
    assert len(load_questions(mine).questions) == 42
    assert load_judge_prompts(mine).digest == load_judge_prompts().digest


def test_a_packs_strategies_stand_beside_the_built_in_ones_and_win_over_them(tmp_path: Path) -> None:
    mine = strategy(tmp_path, "messages:\n- {role: system, content: 높임말}", "polite")
    assert strategy_names(mine) == ["0-shot", "1-shot", "cot-1-shot", "polite", "tot"]
    both = load_strategies(["polite", "1-shot"], mine)
    assert [one.name for one in both] == ["polite", "1-shot"]
    assert both[1] == load_strategies(["1-shot"])[0]
    strategy(mine, "messages:\n- {role: system, content: 나의 것}", "1-shot")
    assert load_strategies(["1-shot"], mine)[0].messages[0]["content"] == "나의 것"


def test_the_default_is_all_of_a_packs_own_or_logickors_three(tmp_path: Path) -> None:
    (tmp_path / "questions").mkdir()
    assert [one.name for one in load_strategies(None, tmp_path)] == ["0-shot", "1-shot", "cot-1-shot"]
    strategy(tmp_path, "messages: []", "bare")
    strategy(tmp_path, "messages: []", "0-shot")
    assert [one.name for one in load_strategies(None, tmp_path)] == ["0-shot", "bare"]


def test_a_strategy_may_be_a_file_alone_or_beside_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("messages:\n- {role: system, content: 짧게}", "utf-8")
    Path("0-shot.yml").write_text("messages: []", "utf-8")
    assert [one.name for one in load_strategies(["0-shot", "mine.yaml"])] == ["0-shot", "mine"]
    assert load_strategies([str(tmp_path / "mine.yaml")]) == load_strategies(["mine.yaml"])
    with pytest.raises(InputError, match=r"'0-shot' and '0-shot.yml' are both called '0-shot'; rename the file"):
        load_strategies(["0-shot", "0-shot.yml"])
    with pytest.raises(InputError, match=r"^none\.yaml: no such file"):
        load_strategies(["none.yaml"])


def test_an_unknown_strategy_is_told_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--strategy mine\.yaml, or PACK/templates/strategies/mine\.yaml and --pack"):
        load_strategies(["mine"])


def test_strategies_come_in_the_order_asked_for_and_once() -> None:
    names = ["cot-1-shot", "0-shot", "cot-1-shot"]
    assert [s.name for s in load_strategies(names)] == ["cot-1-shot", "0-shot"]


def test_an_unknown_strategy_is_told_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"unknown strategy 'cot1shot': did you mean 'cot-1-shot'\?"):
        load_strategies(["0-shot", "cot1shot"])


def test_a_pack_whose_strategies_are_gone_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "templates" / "strategies").mkdir(parents=True)
    with pytest.raises(InputError, match="strategies"):
        load_strategies(None, tmp_path)


PAIR = "- {role: user, content: 가}\n- {role: assistant, content: 나}\n"


@pytest.mark.parametrize(
    ("text", "field", "line"),
    [
        ("mesages: []", "messages", None),
        ("messages: none", "messages", None),
        ("[]", "messages", None),
        ("", "messages", None),
        ("messages:\n- {role: usr, content: 가}", "messages.0", None),
        (f"messages:\n{PAIR}- {{role: user, contents: 가}}", "messages.2", None),
        ("messages:\n- {role: system, content: 7}", "messages.0", None),
        ("messages:\n- {role: system, content: 가, nmae: 나}", "messages.0", None),
        ("messages:\n- {role: user, content: 가}", "messages", None),
        ("messages:\n- {role: assistant, content: 가}\n- {role: user, content: 가}", "messages", None),
        (f"messages:\n{PAIR}- {{role: system, content: 가}}", "messages", None),
        ("messages:\n- {role: system, content: 가}\n- {role: system, content: 나}", "messages", None),
        ("messages:\n- {role: user, content: '가}\n", None, 3),
        ("messages: [\n\tx", None, 2),
        (f"made: {'9' * 5000}\nmessages: []", None, None),
        ("messages: \x07", None, None),
    ],
)
def test_a_faulty_strategy_is_told_with_its_place(
    tmp_path: Path, text: str, field: str | None, line: int | None
) -> None:
    with pytest.raises(InputError) as caught:
        load_strategies(["mine"], strategy(tmp_path, text))
    error = caught.value
    assert error.path == tmp_path / "templates" / "strategies" / "mine.yaml"
    assert (error.field, error.line) == (field, line)


def test_yaml_is_data_and_builds_no_objects(tmp_path: Path) -> None:
    mine = strategy(tmp_path, f"messages: !!python/object/apply:pathlib.Path ['{tmp_path}']")
    with pytest.raises(InputError, match="is not YAML"):
        load_strategies(["mine"], mine)


def test_yaml_in_another_encoding_and_an_absent_file_are_bad_input(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("가: 나".encode("cp949"))
    with pytest.raises(InputError, match="is not UTF-8"):
        read_yaml(tmp_path / "a.yaml")
    with pytest.raises(InputError, match="no such file"):
        read_yaml(tmp_path / "b.yaml")
    (tmp_path / "c.yaml").write_bytes("가: 나".encode("utf-8-sig"))
    assert read_yaml(tmp_path / "c.yaml") == {"가": "나"}


# -- judge templates


def test_a_missing_judge_template_is_named(tmp_path: Path) -> None:
    mine = templates(tmp_path)
    (mine / "templates" / "judge" / "multi.user.jinja").unlink()
    with pytest.raises(InputError, match=r"templates/judge: template multi\.user\.jinja is missing"):
        load_judge_prompts(mine)


def test_a_judge_template_that_is_not_utf_8_is_bad_input_and_a_byte_order_mark_is_no_text(
    tmp_path: Path,
) -> None:
    mine = templates(tmp_path)
    file = mine / "templates" / "judge" / "single.user.jinja"
    file.write_bytes("가".encode("cp949"))
    with pytest.raises(InputError, match=r"single\.user\.jinja: is not UTF-8"):
        load_judge_prompts(mine)
    file.write_bytes("가".encode("utf-8-sig"))
    answer = Answer(id=1, category="수학", questions=("문",), outputs=("답",))
    assert load_judge_prompts(mine).render(answer, 1, ("ko",))[1]["content"] == "가"


LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.proofs
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("judge: &j\n  reply: *j\n", "holds itself"),
        ("aliases: &a {x: *a}\n", "holds itself"),
        (LAUGHS, "holds over 1,000,000 values"),
        ("judge: &a\n  <<: [*a, *a]\n", "line 2, column 3: is not YAML ('<<' is not read)"),
        ("judge: {lowest: 1}\njudge: {lowest: 0}\n", "line 2, column 1: is not YAML ('judge' is given twice)"),
        ("judge: " + "[" * 1000 + "]" * 1000, "is nested too deep"),
    ],
    ids=["recursive", "recursive mapping", "aliases of aliases", "merge", "key twice", "deep"],
)
def test_yaml_without_end_or_with_a_value_that_would_be_lost_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    (pack(tmp_path, row()) / "pack.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_settings(tmp_path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'pack.yaml'}")


def test_an_alias_within_bounds_is_what_it_stands_for(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &x [1, 2]\nb: *x\n", encoding="utf-8")
    assert read_yaml(tmp_path / "a.yaml") == {"a": [1, 2], "b": [1, 2]}
