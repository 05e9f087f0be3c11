"""What stands beside the means of a table: intervals, ranks, the floor of a judge, and how they are shown."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from judge.tables.judged_turns import judged_of
from judge.tables.means import mean_rows
from judge.tables.render import render_rows
from judge.tables.results import Results
from judge.tables.row import Equated, Gated, Row
from judge.trust import null_floor as nulls
from judge.trust.intervals import with_intervals
from judge.trust.language_gate import with_gate
from tests.support.results import answer, board, failure, series

HEADER = (
    "model,strategy,judge,추론,수학,글쓰기,코딩,이해,문법,싱글턴,멀티턴,Overall,judged,failed,expected,lowest,highest"
)
SIX = dict(enumerate([c for c in ("추론", "수학", "글쓰기", "코딩", "이해", "문법") for _ in range(7)], start=1))


def models(*levels: float, spread: float = 2.0) -> list[Results]:
    """One row a level over 42 questions; what is hard for one is hard for all."""
    generator = np.random.default_rng(0)
    hard = generator.normal(0, spread, (42, 2))
    return [
        board(
            *map(tuple, np.clip(level + hard + generator.normal(0, 0.5, (42, 2)), 0, 10).round(1).tolist()),
            model=f"m{place}",
            categories=SIX,
        )
        for place, level in enumerate(levels)
    ]


def shown(given: list[Results], **options: object) -> list[Row]:
    return with_intervals(mean_rows(given), given, **({"ci": "bootstrap", "draws": 2000} | options))  # type: ignore[arg-type]


def test_bootstrap_and_analytic_agree_and_the_mean_is_not_touched() -> None:
    given = models(5)
    [drawn], [computed], [plain] = shown(given), shown(given, ci="analytic"), shown(given, ci="none")
    assert drawn.interval is not None
    assert computed.interval is not None
    assert plain.interval is None
    assert drawn.overall == computed.overall == plain.overall
    assert drawn.interval.half == pytest.approx(computed.interval.half, rel=0.08)


def test_the_same_seed_prints_the_same_table() -> None:
    given = models(5, 6)
    assert shown(given, seed=1) == shown(given, seed=1)
    assert shown(given, seed=1) != shown(given, seed=2)


def test_rows_alike_are_tied_and_a_far_one_is_not() -> None:
    first, second, third = shown(models(6, 6.05, 3), by="model")
    assert first.ranks is not None
    assert second.ranks is not None
    assert third.ranks is not None
    assert {first.ranks.rank, second.ranks.rank} == {1, 2}
    assert (first.ranks.low, first.ranks.high) == (1, 2)
    assert first.ranks.tied == (second.ranks.rank,)
    assert (third.ranks.rank, third.ranks.low, third.ranks.high, third.ranks.tied) == (3, 3, 3, ())


def test_ranks_are_among_rows_that_can_be_compared() -> None:
    """By model each strategy is a board of its own; another judge or question set is never on it."""
    one, two = models(5, 6)
    other = Results(**{**vars(one), "strategy": "1-shot"})
    judged_else = Results(**{**vars(one), "judge": "k"})
    small = board((5, 5), (6, 6), model="small")
    found = shown([one, two, other, judged_else, small], by="model")
    assert [row.ranks is not None for row in found] == [True, True, False, False, False]
    assert [row.ranks is not None for row in shown([one, two, other], by="strategy")] == [True, True, True]
    assert all(row.ranks is None for row in shown([one, two], by="judge"))


def test_rows_that_were_asked_other_words_are_never_ranked_together() -> None:
    one, two, three, four = models(5, 6, 7, 8)
    asked = dict.fromkeys(one.expected, "ours")
    others = dict.fromkeys(one.expected, "theirs")
    given = [replace(s, texts=t) for s, t in ((one, asked), (two, asked), (three, others), (four, others))]
    found = shown(given, by="model")
    assert [row.question_set for row in found] == [1, 1, 2, 2]
    assert [row.ranks.rank if row.ranks else None for row in found] == [2, 1, 2, 1]
    text = render_rows(found, by="model")
    assert re.findall("^### (.*)$", text, re.M) == ["0-shot, question set 1", "0-shot, question set 2"]
    assert text.count("answer different questions") == 1
    unknown = replace(four, texts={})
    assert {row.question_set for row in mean_rows([given[0], unknown])} == {None}


def test_a_row_that_lacks_verdicts_has_no_rank_and_says_why() -> None:
    one, two, three = models(5, 6, 7)
    partial = replace(three, outcomes=three.outcomes[:-2])
    found = shown([one, two, partial], by="model")
    assert [row.ranks.rank if row.ranks else None for row in found] == [2, 1, None]
    assert found[2].legend[-1] == "no rank for m2 0-shot (j): 2 verdicts missing of 84"
    assert found[2].interval is not None
    assert "place among 2 rows" in found[0].legend[-1]


def test_few_failures_leave_a_rank_and_many_do_not_unless_they_count_as_zero() -> None:
    one, two = models(5, 6)

    def failed(number: int) -> Results:
        lost = tuple(failure((o.id, o.turn), model=o.model) for o in two.outcomes[:number])
        return replace(two, outcomes=(*lost, *two.outcomes[number:]))

    assert shown([one, failed(4)])[1].ranks is not None  # 80 of 84: 95 %
    assert shown([one, failed(5)])[1].ranks is None
    given = [one, failed(5)]
    counted = with_intervals(mean_rows(given, failures="zero"), given, ci="bootstrap", draws=500)
    assert counted[1].ranks is not None


def test_no_row_is_tied_with_its_own_rank() -> None:
    one, two = models(6, 6)
    same = replace(one, model="twin")
    for row in shown([one, same, two], by="model"):
        assert row.ranks is not None
        assert row.ranks.rank not in row.ranks.tied


def test_why_there_are_no_ranks_is_said() -> None:
    given = models(5, 6)
    assert "--ci bootstrap" in render_rows(shown(given, ci="analytic"))
    assert "no ranks: judges are compared with" in render_rows(shown(given, by="judge"), by="judge")
    assert "no ranks by turn" in render_rows(shown(given, by="turn"), by="turn")
    assert "no ranks" not in render_rows(shown(given))


def test_every_rank_says_among_which_rows_it_is() -> None:
    """Two judges in one table are two boards."""
    given = [*models(5, 6), *(replace(s, judge="k") for s in models(7, 8))]
    legend = [line for row in shown(given) for line in row.legend if line.startswith("rank: ")]
    assert sorted(set(legend)) == [
        "rank: place among 2 rows of j on the same 42 questions",
        "rank: place among 2 rows of k on the same 42 questions",
    ]


def test_json_holds_what_the_footnotes_say() -> None:
    one, two = models(5, 6)
    lost = replace(one, outcomes=(failure((1, 1), model="m0"), *one.outcomes[1:]), of_questions=64, notes=("a note",))
    given = [lost, two, replace(board(*[(2.0, 2.0)] * 42, categories=SIX), model="baseline:echo")]
    _, first, _ = json.loads(render_rows(nulls.with_floor(shown(given)), format="json"))["rows"]
    assert (first["questions"], first["of_questions"], first["missing"]) == (42, 64, 0)
    assert first["failure_kinds"] == {"timeout": 1}
    assert first["notes"] == ["a note"]
    assert first["floor"] == {"model": "baseline:echo", "overall": 2.0}
    assert any(line.startswith("rank: ") for line in first["legend"])
    [bare] = json.loads(render_rows(nulls.with_floor(mean_rows([one])), format="json"))["rows"]
    assert bare["floor"] == {"model": None, "overall": None}


def test_the_floor_is_of_the_same_questions() -> None:
    ours, theirs = ({(1, t): name for t in (1, 2)} for name in ("ours", "theirs"))
    given = [board((5, 5), texts=ours), board((2, 2), model="baseline:echo", texts=theirs)]
    [model, null] = nulls.with_floor(mean_rows(given))
    assert model.floor is not None
    assert (model.floor.overall, null.floor.overall if null.floor else None) == (None, 2)


def test_one_question_has_no_interval_and_no_rank() -> None:
    found = shown([board((5, 5), model="a"), board((6, 6), model="b")])
    assert all(row.interval is None and row.ranks is None for row in found)
    assert "±" not in render_rows(found).splitlines()[0]


def test_a_row_without_a_verdict_stays_out() -> None:
    empty = series({}, model="none", expected=models(5)[0].expected)
    first, none = shown([models(5)[0], empty])
    assert first.interval is not None
    assert none.interval is None
    assert "| none " in render_rows([first, none])


def test_markdown_shows_overall_with_its_half_width_and_explains_it() -> None:
    found = shown(models(6, 3), by="model")
    text = render_rows(found, by="model")
    line = next(line for line in text.splitlines() if line.startswith("| m0"))
    half = found[0].interval.half if found[0].interval else 0
    assert re.search(rf"\| \d\.\d\d ±{half:.2f} \|", line)
    assert line.rstrip(" |").endswith("-")  # tied with nobody
    assert "| 1 (1) |" in re.sub(" +", " ", line)
    assert "- ±: half of the 95 % interval, by cluster bootstrap" in text
    assert text.count("- ±: half") == 1


def test_csv_keeps_its_header_and_appends_what_was_asked_for() -> None:
    given = models(6, 3)
    assert render_rows(mean_rows(given), format="csv").split("\n")[0] == HEADER
    lines = list(csv.reader(io.StringIO(render_rows(shown(given, by="model"), format="csv"))))
    assert lines[0] == [*HEADER.split(","), "Overall_low", "Overall_high", "rank", "rank_low", "rank_high", "tied_with"]
    cells = dict(zip(lines[0], lines[1], strict=True))
    assert float(cells["Overall_low"]) < float(cells["Overall"]) < float(cells["Overall_high"])
    assert (cells["rank"], cells["rank_low"], cells["rank_high"], cells["tied_with"]) == ("1", "1", "1", "")


def test_json_holds_the_interval_unrounded_only_where_asked_for() -> None:
    given = models(6)
    [plain] = json.loads(render_rows(mean_rows(given), format="json"))["rows"]
    [found] = json.loads(render_rows(shown(given), format="json"))["rows"]
    assert set(found) - set(plain) == {"interval"}
    assert found["interval"]["method"] == "bootstrap"


def test_by_turn_and_latex_show_the_interval_too() -> None:
    found = shown(models(6))
    assert re.search(r"\| 전체 .*±\d\.\d\d \|", render_rows(found, by="turn"))
    assert re.search(r"& \d\.\d\d ±\d\.\d\d &", render_rows(found, format="latex"))


def test_gate_and_calibration_have_columns_of_their_own() -> None:
    [row] = mean_rows(models(6))
    full = Row(**{**vars(row), "gated": Gated(row.overall, 3, 84), "equated": Equated("gpt-4", 5.126, 4.1, 6.3)})
    head, _, line = render_rows([full, row]).splitlines()[:3]
    assert head.split("|")[-4:-1] == [" gated ", " changed ", " equated to gpt-4 "]
    assert [cell.strip() for cell in line.split("|")[-3:-1]] == ["3 of 84", "5.13 ±1.10"]
    lines = list(csv.DictReader(io.StringIO(render_rows([full, row], format="csv"))))
    assert (lines[0]["gate_changed"], lines[0]["equated_to"], lines[0]["equated"]) == ("3", "gpt-4", "5.13")
    assert (lines[1]["gate_changed"], lines[1]["equated"]) == ("", "")
    [first, second] = json.loads(render_rows([full, row], format="json"))["rows"]
    assert first["equated"] == {"to": "gpt-4", "score": 5.126, "low": 4.1, "high": 6.3}
    assert "equated" not in second


KOREAN = "물어보신 것은 이렇게 답할 수 있습니다. 차례로 설명해 드리겠습니다."


def rule_judged() -> tuple[Results, dict[object, object]]:
    answers = {
        n: answer((f"{n}번 문제의 답은 무엇입니까?", KOREAN), references=[f"{n}개"], id=n, category="수학")
        for n in range(1, 5)
    }
    one = series({(n, 1): 5.0 for n in answers}, judge="rules", offline=True)
    return one, answers  # type: ignore[return-value]


def test_the_rule_judge_is_asked_about_the_null_models_at_once() -> None:
    one, answers = rule_judged()
    judged = list(judged_of(one, answers))  # type: ignore[arg-type]
    found = nulls.computed([one], judged)
    assert [s.model for s in found] == [
        "baseline:echo",
        "baseline:boilerplate",
        "baseline:reference",
        "baseline:shuffled",
    ]
    scores = {row.model: float(row.overall or 0) for row in mean_rows(found)}
    assert scores["baseline:echo"] < 2
    assert scores["baseline:reference"] > 5
    assert nulls.computed([one, *found], judged) == []
    assert nulls.computed([board((5, 5))], judged) == []  # what a model as judge gives to nothing cannot be made up


def test_the_floor_of_a_judge_stands_below_its_rows() -> None:
    given = [board((5, 5)), board((2, 2), model="baseline:echo"), board((9, 9), model="baseline:reference")]
    found = nulls.with_floor(mean_rows([*given, board((5, 5), judge="k")]))
    text = render_rows(found)
    assert "floor of j: it gives 2.00 to baseline:echo" in text
    assert "floor of k: not known" in text


def test_the_gate_keeps_the_interval_of_the_row() -> None:
    one, answers = rule_judged()
    given = [one]
    [row] = with_gate(shown(given), given, list(judged_of(one, answers)))  # type: ignore[arg-type]
    assert row.interval is not None
    assert row.gated is not None
    assert row.gated.changed == 0


@pytest.mark.parametrize("ci", ["bootstrap", "analytic"])
def test_the_interval_of_a_partly_judged_row_is_that_of_the_judged_questions(ci: str) -> None:
    [whole] = models(5)
    some = {item: o.score for item in whole.expected if item[0] % 7 < 2 for o in whole.outcomes if o.key[:2] == item}  # type: ignore[union-attr]
    judged = series(some, categories=SIX)
    expected = {item: SIX[item[0]] for item in whole.expected}
    partly = series(some, expected=expected, model="partly")
    [alone] = shown([judged], ci=ci)
    [among] = shown([partly], ci=ci)
    beside = shown([whole, partly], ci=ci)[1]
    assert (among.judged, among.missing) == (len(some), 84 - len(some))
    assert alone.interval is not None
    assert among.interval == beside.interval == alone.interval


@pytest.mark.parametrize("ci", ["bootstrap", "analytic"])
@pytest.mark.parametrize("format", ["md", "latex", "text", "csv", "json"])
@pytest.mark.parametrize("turns", [(), (1,)])
def test_no_number_stands_where_nothing_was_judged(ci: str, format: str, turns: tuple[int, ...]) -> None:
    """Overall needs both kinds of turn: without the later ones there is none, and so no interval of it."""
    [whole] = models(5)
    scores = {(o.id, o.turn): o.score for o in whole.outcomes if o.turn in turns}  # type: ignore[union-attr]
    [row] = shown([series(scores, expected={item: SIX[item[0]] for item in whole.expected})], ci=ci)
    assert (row.overall, row.interval) == (None, None)
    text = render_rows([row], format=format)  # type: ignore[arg-type]
    assert not re.search(r"[±]\s*-?\d", text)
    assert "-0.00" not in text
