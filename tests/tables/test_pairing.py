"""Which questions are the same: by their words, and by id and category only where the words are not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from judge.errors import InputError
from judge.records import Answer
from judge.sources.logickor import read_evaluated
from judge.sources.places import places
from judge.tables.judged_turns import judged_of
from judge.tables.pairing import question_sets, shared
from judge.tables.results import Results
from judge.text.digests import question_digests, texts_of
from judge.trust.agreement import agree, alpha_of, raters
from judge.trust.audit import null_models, verbosity
from judge.trust.calibrate import calibrate
from judge.trust.compare import compare
from judge.trust.items import measure
from judge.trust.noise import identical_prompts
from judge.trust.null_floor import computed
from tests.support.public import PUBLIC, needs_public
from tests.support.results import answer, board, judged, series

KOREAN = "물어보신 것은 이렇게 답할 수 있습니다. 차례로 설명해 드리겠습니다."


def worded(one: Results, name: str, only: range | None = None) -> Results:
    """The same series, asked in words of its own; `only`: these ids, the others in the words of all."""
    words = {item: f"{name if only is None or item[0] in only else 'common'} {item}" for item in one.expected}
    return replace(one, texts=words)


def levels(model: str, start: float = 3, questions: int = 12, **more: str) -> Results:
    return board(*[(start + q % 5, start + q % 3) for q in range(questions)], model=model, **more)


def test_a_turn_is_told_by_all_that_was_asked_up_to_it() -> None:
    one, two = (
        question_digests(("이 시를 읽어 줘.", "요약해 줘.")),
        question_digests(("이 글을 읽어 줘.", "요약해 줘.")),
    )
    assert one[0] != two[0]
    assert one[1] != two[1]  # the same words after another beginning are another question
    assert question_digests(("이 시를 읽어 줘.", "평가해 줘."))[0] == one[0]
    assert question_digests(("ab", "c")) != question_digests(("a", "bc"))


@pytest.mark.parametrize("text", ["봄\r\n여름", "봄\n여름\n", "  봄\n여름", "봄  \n여름", "\u1107\u1169\u11b7\n여름"])
def test_line_ends_outer_blanks_and_unicode_form_make_no_other_question(text: str) -> None:
    assert question_digests((text,)) == question_digests(("봄\n여름",))


@pytest.mark.parametrize("text", ["봄 여름", "봄\n\n여름", "봄\n여름.", "봄\n 여름"])
def test_other_words_do(text: str) -> None:
    assert question_digests((text,)) != question_digests(("봄\n여름",))


def test_category_and_reference_are_no_part_of_a_question() -> None:
    one = answer(("봄은?", "꽃"), references=["꽃"], category="글쓰기")
    other = answer(("봄은?", "비"), references=[None], category="문법")
    assert texts_of([one]) == texts_of([other])


def test_items_of_one_id_pair_by_words_else_by_category() -> None:
    a = worded(levels("a"), "x", range(1, 5))
    b = worded(levels("b"), "y", range(1, 5))
    found = shared(a, b, list(a.expected))
    assert ({i for i, _ in found.same}, {i for i, _ in found.other}) == (set(range(5, 13)), set(range(1, 5)))
    assert found.by_id == 0
    assert found.different_sets is None  # most of it is the same
    unknown = shared(a, replace(b, texts={}), list(a.expected))
    assert (len(unknown.same), unknown.by_id) == (24, 24)


def test_words_rule_over_the_category() -> None:
    a, b = worded(levels("a"), "x"), worded(levels("b", categories={1: "문법"}), "x")  # type: ignore[arg-type]
    assert len(shared(a, b, list(a.expected)).same) == 24


def test_rows_of_one_set_are_found_across_gaps() -> None:
    whole, other = worded(levels("a"), "x"), worded(levels("b"), "y")
    short = worded(levels("c", questions=3), "x")
    elsewhere = replace(series({(99, 1): 5}), texts={(99, 1): "z"})
    assert question_sets([other, short, whole, elsewhere]) == [1, 2, 2, 3]
    assert question_sets([replace(whole, texts={}), whole]) == [1, 1]
    one_changed = worded(levels("d"), "y", range(1, 2))
    assert len(set(question_sets([worded(levels("a"), "common"), one_changed]))) == 2


def test_compare_never_pairs_other_words() -> None:
    a, b = worded(levels("a"), "x", range(1, 5)), worded(levels("b", 5), "y", range(1, 5))
    [one] = compare([a, b], "model").found
    assert (one.questions, one.items) == (8, 16)
    assert "8 items that ask another question on the other side" in one.left_out
    assert not one.notes


def test_compare_says_that_two_sets_are_different_ones() -> None:
    result = compare([worded(levels("a"), "x"), worded(levels("b"), "y")], "model")
    assert not result.found
    assert result.skipped == (
        "0-shot · j: a and b: these are different question sets: of 12 ids that both have, none ask the same words",
    )
    a, b = worded(levels("a"), "x", range(1, 10)), worded(levels("b"), "y", range(1, 10))
    [little] = compare([a, b], "model").found
    assert little.questions == 3
    assert "only 3 ask the same words" in little.notes[0]


def test_compare_pairs_unknown_words_by_id_and_says_so() -> None:
    [one] = compare([worded(levels("a"), "x"), levels("b")], "model").found
    assert one.items == 24
    assert one.notes == ("all items are paired by id and category alone: the question texts of one side are not known",)


@pytest.mark.proofs
def test_agreement_and_alpha_leave_other_words_out() -> None:
    """Where the words are the same the two say the same; where only the id is, the opposite."""
    a = board(*[(q % 10, q % 10) for q in range(12)])
    b = board(*[(9 - q, 9 - q) if q < 4 else (q % 10, q % 10) for q in range(12)], judge="k")
    first, second = raters([worded(a, "x", range(1, 5)), worded(b, "y", range(1, 5))])
    found = agree(first, second)
    assert (found.items, found.other_question, found.different_sets, found.error) == (16, 8, None, 0)
    assert alpha_of([first, second]) == pytest.approx(1)
    by_id = raters([a, b])
    assert agree(*by_id).error > 1
    assert alpha_of(by_id) < 0.9
    different = raters([worded(levels("m"), "x"), worded(levels("m", judge="k"), "y")])
    assert agree(*different).items == 0
    assert "different question sets" in (agree(*different).different_sets or "")
    assert alpha_of(different) != alpha_of(different)  # no item has two scores


def test_the_rule_judge_has_a_table_of_its_own_and_no_part_in_alpha() -> None:
    rules = replace(levels("m", 6, judge="rules"), offline=True)
    three = raters([levels("m"), levels("m", judge="k"), rules])
    assert [agree(a, b).offline for a, b in ((three[0], three[1]), (three[0], three[2]))] == [False, True]
    assert three[2].name == "rules (offline heuristic)"
    assert alpha_of(three) == pytest.approx(1)


def test_calibrate_says_that_the_two_judged_different_questions() -> None:
    models = [f"m{n}" for n in range(6)]
    old = [worded(levels(m, n, 30, judge="old"), "x") for n, m in enumerate(models)]
    new = [worded(levels(m, n, 30, judge="new"), "x") for n, m in enumerate(models)]
    assert calibrate(old, new).verdicts == 6 * 60
    with pytest.raises(InputError, match="different question sets: of 30 ids that both have, none ask the same words"):
        calibrate(old, [worded(one, "y") for one in new])
    partly = [worded(one, "y", range(1, 6)) for one in new]
    found = calibrate([worded(one, "x", range(1, 6)) for one in old], partly)
    assert (found.verdicts, found.other_questions, found.by_id) == (6 * 50, 6 * 10, 0)
    assert calibrate(old, [replace(one, texts={}) for one in new]).by_id == 6 * 60


def test_items_are_measured_within_one_set_of_words() -> None:
    ours = [worded(levels(f"a{n}", n), "x") for n in range(5)]
    theirs = [worded(levels(f"b{n}", n), "y") for n in range(5)]
    assert [table.rows for table in measure([*ours, *theirs])] == [5, 5]
    with pytest.raises(InputError, match="of one question set; there are 2 different ones"):
        measure([*ours[:3], *theirs[:3]])


def test_identical_prompts_hold_the_question() -> None:
    one, other = answer(("가?", "답"), model="a"), answer(("나?", "답"), model="b")
    assert identical_prompts([judged(one, 5), judged(other, 7)]) == {}
    assert len(identical_prompts([judged(one, 5), judged(one.model_copy(update={"model": "b"}), 7)])) == 1


def test_a_model_is_held_against_null_models_of_its_own_questions_only() -> None:
    model, null = levels("m", 1), levels("baseline:echo", 5)
    [found] = null_models("j", [worded(model, "x"), worded(null, "x")])
    assert found.says.endswith("; m get no more")
    [apart] = null_models("j", [worded(model, "x"), worded(null, "y")])
    assert "get no more" not in apart.says


def test_length_is_weighed_within_one_question() -> None:
    """By id alone the longer answers are the better ones; within each question there is nothing to compare."""
    verdicts = [
        judged(answer((f"질문 {n}?", KOREAN * (n + 1)), model=f"m{n}"), float(n)) for n in range(4)
    ]  # four questions of the id 1
    assert verbosity("j", verdicts) is None
    same = [judged(answer(("질문?", KOREAN * (n + 1)), model=f"m{n}"), float(n)) for n in range(4)]
    found = verbosity("j", same)
    assert found is not None
    assert found.value == pytest.approx(1)


def offline(text: str, category: str = "수학", turns: int = 4) -> tuple[Results, dict[object, Answer]]:
    answers = {
        n: answer((f"{text} {n}?", KOREAN), references=[f"{n}개"], id=n, category=category, model=text)
        for n in range(1, turns + 1)
    }
    one = series({(n, 1): 5.0 for n in answers}, judge="rules", offline=True, model=text)
    return replace(one, texts=texts_of(answers.values())), answers  # type: ignore[return-value]


def test_null_models_are_asked_the_words_of_each_set() -> None:
    (one, answers), (two, others) = offline("하나", turns=6), offline("둘")
    found = computed([one, two], [*judged_of(two, others), *judged_of(one, answers)])  # type: ignore[arg-type]
    assert len(found) == 8
    assert [len(s.outcomes) for s in found if s.model == "baseline:echo"] == [6, 4]
    assert question_sets([one, two, *found]) == [1, 2, *[1] * 4, *[2] * 4]


def test_a_verdict_stands_beside_the_answer_to_its_own_question() -> None:
    (one, answers), (_, others) = offline("하나"), offline("둘")
    assert len(list(judged_of(one, answers))) == 4  # type: ignore[arg-type]
    assert not list(judged_of(one, others))  # type: ignore[arg-type]


@needs_public
def test_the_public_files_are_one_question_set() -> None:
    found = [read_evaluated(place.path) for place in places(PUBLIC / "evaluated")]
    assert set(question_sets(found)) == {1}
    first = found[0]
    assert all(len(shared(first, one, first.expected).other) == 0 for one in found)
