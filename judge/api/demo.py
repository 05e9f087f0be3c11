"""`kojudge demo`: the whole way on embedded parts, through the same stages as any run.

Hand-written sample answers of four levels of quality are replayed, the null models answer the same questions under
the same strategies, and the offline rule judge grades them all. No GPU, key or network. `ending` is the last screen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from judge.config import BASELINES, STRATEGIES, GenerateConfig
from judge.packs.folder import samples
from judge.packs.questions import QuestionSet, load_questions
from judge.packs.strategies import load_strategies
from judge.records import Item, Question, Usage
from judge.rules.scoring import rules_config
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.runs.names import model_folder
from judge.sources.saved_answers import ToJudge, import_saved, load_answers
from judge.stages.answerers import BaselineAnswerer
from judge.stages.conversations import expected_conversations
from judge.stages.judges import RuleJudge
from judge.stages.pipeline import generate_run, judge_run
from judge.stages.progress import Reporter
from judge.tables import means
from judge.tables.cells import Grid
from judge.tables.columns import SHOWN_RANK, plus_minus, shown_cells
from judge.tables.numbers import format_score
from judge.tables.parts import signed
from judge.tables.results import Results
from judge.tables.row import Row
from judge.tables.terminal import Screen, screen_grid, screen_lines, screen_text, visible
from judge.wording import Lang, Note, worded

if TYPE_CHECKING:
    from judge.trust.compare import Comparison

CONCURRENCY = 8
HAND_WRITTEN = Note(
    "sample answers written by hand: no model made them", "사람이 손으로 쓴 예시 답변: 모델이 만든 것이 아님"
)


OPENING = STRATEGIES[0]
"""The strategy whose table is shown."""
COMPARED = "hand-written/middle"
"""The model whose strategies are compared: written by hand, so unlike a null model's its answers differ by strategy."""
DRAWS = 2000
"""Bootstrap draws of the numbers that are shown; `kojudge table` takes more."""
WHAT_IT_IS = Note(
    "Rule scores of written samples and null models: no LLM answered, none judged.",
    "손으로 쓴 예시와 널 모델의 규칙 점수: LLM이 답하거나 채점한 것이 아님",
)


async def make_demo(out: Path, report: Reporter) -> list[RunFolder]:
    """Make or complete every run of the demo below `out` and return them."""
    judge, questions = RuleJudge(rules_config()), load_questions()
    samples_to_judge = load_answers([samples()], out)
    asked = {answer.id for target in samples_to_judge for answer in target.saved}
    chosen = [question for question in questions.questions if question.id in asked]
    runs = [await _baseline(name, out, questions, chosen, judge, report) for name in BASELINES]
    return [*runs, *[await _sample(target, len(questions.questions), judge, report) for target in samples_to_judge]]


async def _baseline(
    name: str, out: Path, questions: QuestionSet, chosen: Sequence[Question], judge: RuleJudge, report: Reporter
) -> RunFolder:
    strategies = load_strategies()
    config = GenerateConfig(model=name, questions=questions.digest, strategies={s.name: s.digest for s in strategies})
    run = RunFolder(model_folder(out, name))
    asked = [ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in chosen]
    with run.writing():
        report.say(name)
        run.begin(config, asked, len(questions.questions), edition=questions.edition)
        await generate_run(
            run,
            expected_conversations(chosen, strategies, config),
            BaselineAnswerer(name, questions.questions),
            concurrency=CONCURRENCY,
            report=report,
        )
        await _judge(run, list(config.strategies), judge, report)
    return run


async def _sample(target: ToJudge, of_questions: int, judge: RuleJudge, report: Reporter) -> RunFolder:
    with target.run.writing():
        report.say(target.saved[0].model)
        import_saved(replace(target, of_questions=of_questions))
        target.run.add_usage("generate", Usage(), (HAND_WRITTEN,))
        await _judge(target.run, target.strategies, judge, report)
    return target.run


async def _judge(run: RunFolder, strategies: Sequence[str], judge: RuleJudge, report: Reporter) -> None:
    await judge_run(run, strategies, judge, repeats=1, concurrency=CONCURRENCY, report=report)


def ending(series: Sequence[Results], out: Path, page: str, screen: Screen, lang: Lang = "en") -> str:
    """Return the demo's last screen, 80 columns of 24 lines: a row a model, the strategies compared, what to do next.

    `page`: the report that was written, if one was. `lang`: of all but the names of columns.
    """
    from judge.trust.compare import compare
    from judge.trust.intervals import with_intervals

    asked = frozenset.intersection(*(frozenset(one.expected) for one in series))  # an earlier demo may have asked more
    common = [_only(one, asked) for one in series]
    opening = [one for one in common if one.strategy == OPENING]
    rows = with_intervals(means.mean_rows(opening), opening, ci="bootstrap", by="model", draws=DRAWS)
    compared = [one for one in common if one.model == COMPARED]
    pairs = compare(compared, "strategy", draws=DRAWS).found
    own = worded(Note("for a model of your own", "내 모델을 평가하려면"), lang)
    steps = [f"table {out} --by model", f"compare {out / COMPARED}", f"run --help  # {own}"]
    where = Note(f"Everything is in {out}", f"결과는 모두 {out}에 있음")
    if page:
        where = Note(f"{where}: open {page} in a browser", f"{where.korean}. 브라우저로 {page} 열기")
    told = [
        screen_text(worded(Note(f"strategies of {COMPARED}:", f"{COMPARED}의 전략 비교:"), lang), screen),
        screen_lines((worded(_compared(one), lang) for one in pairs), screen),
        screen_text(worded(WHAT_IT_IS, lang), screen),
        # Commands and paths are not wrapped: they are there to be copied.
        worded(Note("next:", "다음 명령:"), lang),
        *(f"  kojudge {visible(step)}" for step in steps),
        visible(worded(where, lang)),
    ]
    return screen_grid(_board(rows).worded(lang), screen) + "\n\n" + "\n".join(told) + "\n"


def _only(series: Results, asked: Collection[Item]) -> Results:
    """Return a series of these items alone."""
    expected = {item: category for item, category in series.expected.items() if item in asked}
    outcomes = tuple(one for one in series.outcomes if (one.id, one.turn) in asked)
    return replace(series, expected=expected, outcomes=outcomes)


def _board(rows: Sequence[Row]) -> Grid:
    """Return the table: a row a model, best first."""
    categories = means.category_names(name for row in rows for name in row.categories)
    lines = [
        [
            row.model,
            *(format_score(row.categories.get(name), "half-up", none="-") for name in categories),
            format_score(row.overall, "half-up", none="-") + plus_minus(row),
            *shown_cells(row, SHOWN_RANK[:1], "half-up"),
        ]
        for row in means.sort_rows(rows, "model")
    ]
    first = rows[0]
    title = Note(
        f"{OPENING}, {first.judge_label}, {first.questions} questions, ±: half of the 95 % interval",
        f"{OPENING}, {first.judge_label}, {first.questions}문항, ±: 95 % 신뢰구간 너비의 절반",
    )
    return Grid(title, (), ["model", *categories, "Overall", *SHOWN_RANK[:1]], 1, lines)


def _compared(one: Comparison) -> Note:
    """Return a comparison in a line."""
    low, high = (signed(one.interval.low), signed(one.interval.high)) if one.interval else ("", "")
    spread = Note(f", 95 % {low} to {high}", f", 95 % {low} ~ {high}") if one.interval else Note("", "")
    pair = f"{one.b} - {one.a}: {signed(one.difference)}"
    return Note(f"{pair}{spread}: {one.verdict}", f"{pair}{spread.korean}: {worded(one.verdict, 'ko')}")
