"""The only file that knows LogicKor's shapes: its `generated/` and `evaluated/` files -> our records.

    generated/<org>/<model>/<default|1-shot|cot-1-shot>.jsonl   id category questions outputs references
    evaluated/<org>/<model>/<default|1-shot|cot-1-shot>.jsonl   the same, query_single and query_multi
    results/judge_<org>_<model>.jsonl                           the same (v1; also <org>_<model>_judge_<date>.jsonl)
    results/<model>_<n>.jsonl                                   flat rows: see `logickor_flat`

`query_single` is the verdict on turn 1, `query_multi` the one on turn 2, each `{judge_message, judge_score}`.
A message that begins with "Impossible to judge" beside a score of 0 is a failed call and no zero; so is a verdict on
an error message in an answer's place (`$ERROR$`). Files may
begin with a BOM; rows stand in any order.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Annotated, Any

from pydantic import Field

from judge.config import STRATEGIES
from judge.errors import InputError, did_you_mean
from judge.files import Line, raw_lines, read_lines, validate
from judge.packs.logickor_rows import category_name
from judge.records import Answer, Failure, Item, Judgment, Question, QuestionId, Record
from judge.sources.completing import item_key
from judge.sources.logickor_flat import RUN_NUMBER, is_flat, unfolded
from judge.sources.place import FileFormat, FirstRow, Place, Reading, Saved
from judge.tables.answer_notes import answer_notes
from judge.tables.results import Results
from judge.text.digests import texts_of
from judge.text.stand_ins import is_stand_in

STRATEGY_NAMES = {"default": "0-shot"}
"""LogicKor's strategy names that differ from ours."""

TOP_FOLDERS = ("generated", "evaluated")
"""LogicKor's folders above the organisations; never an organisation themselves."""

JUDGE = "logickor-file"
"""What the judge of an `evaluated/` file is called: the file does not name it."""

_V1_NAME = re.compile(r"(?P<before>.+)_judge_[\d_.-]+|judge_(?:[\d_.-]+|(?P<behind>.+))")
"""LogicKor v1: `<org>_<model>_judge_<date>`, `judge_<org>_<model>`, `judge_<date>`."""

_VERDICT = re.compile(rb'(?<!\\)"query_(?:single|multi)"\s*:\s*\{')

FAILED_MESSAGE = "Impossible to judge"
_ANSWER_KEYS = ("id", "category", "questions", "outputs", "references")


class _Query(Record):
    judge_message: str
    judge_score: Annotated[float, Field(strict=True)]


class _Queries(Record):
    query_single: _Query | None = None
    query_multi: _Query | None = None


def identity(path: Path, *, model_name: str | None = None, strategy: str | None = None) -> tuple[str, str]:
    """Return (model, strategy), read off `<org>/<model>/<strategy>.jsonl` where not given; case is kept.

    `generated/<model>/default.jsonl` is a model without an organisation. Raises InputError where the path
    does not tell them.
    """
    if strategy is None:
        strategy = path.stem
        known = [*STRATEGY_NAMES, *STRATEGIES]
        if strategy not in known:
            raise InputError(
                f"the file name does not tell the strategy, {did_you_mean(strategy, known)}",
                path=path,
                mend="give it with --strategy",
            )
    return model_name or _model_of(path), STRATEGY_NAMES.get(strategy, strategy)


def read_generated(path: Path, *, model_name: str | None = None, strategy: str | None = None) -> list[Answer]:
    """Return the answers of a `generated/` file in file order.

    Categories lose their gloss, model and strategy are filled in. A question beyond the last output stays in
    `questions` and is no turn. Raises InputError (file, line, field).
    """
    names = identity(path, model_name=model_name, strategy=strategy)
    return [answer for _, answer in _answers(path, names)]


def read_evaluated(
    path: Path, *, model_name: str | None = None, strategy: str | None = None, judge: str = JUDGE
) -> Results:
    """Return the verdicts of an `evaluated/` file.

    Expected is a verdict on each turn that has an output, in the order of ids; a row without `query_multi`
    although it has two outputs is a missing verdict. Rows that the file lacks cannot be known here: see
    `completing`. Raises InputError (file, line, field), also for a score out of 0-10.
    """
    return _read(path, identity(path, model_name=model_name, strategy=strategy), judge)[0]


def _read(path: Path, names: tuple[str, str], judge: str) -> tuple[Results, list[Answer]]:
    outcomes: list[Judgment | Failure] = []
    answers: list[Answer] = []
    expected: dict[Item, str] = {}
    for line, answer in _answers(path, names):
        answers.append(answer)
        expected |= {(answer.id, turn): answer.category for turn in answer.turns}
        queries = validate(line.data, _Queries, path=path, line=line.number)
        for turn, field in enumerate(("query_single", "query_multi"), start=1):
            query: _Query | None = getattr(queries, field)
            if query is None:
                continue
            if turn not in answer.turns:
                raise InputError(
                    f"is a verdict on turn {turn}, but there is no output {turn}",
                    path=path,
                    line=line.number,
                    field=field,
                    mend="delete the verdict or restore the output",
                )
            if not 0 <= query.judge_score <= 10:
                raise InputError(
                    f"is {query.judge_score:g}, a score is 0 to 10",
                    path=path,
                    line=line.number,
                    field=f"{field}.judge_score",
                    mend="correct it or delete the verdict",
                )
            outcomes.append(_outcome(answer, turn, query, judge))
    ordered = dict(sorted(expected.items(), key=lambda entry: item_key(entry[0])))
    outcomes.sort(key=lambda outcome: item_key((outcome.id, outcome.turn)))
    notes = tuple(answer_notes(answers))
    return Results(*names, judge, tuple(outcomes), ordered, texts=texts_of(answers), notes=notes), answers


def _model_of(path: Path) -> str:
    """Return `<org>/<model>` or `<model>` of a file: by its own name in LogicKor v1, else by the folders above it."""
    if found := _V1_NAME.fullmatch(path.stem):
        if name := found["before"] or found["behind"]:
            return name.replace("_", "/", 1)
        what = "the file name does not tell the model"
        raise InputError(what, path=path, mend="give this file alone, with --model-name")
    whole = PurePath(os.path.abspath(path)).parent.parts
    tops = [place for place, name in enumerate(whole) if name in TOP_FOLDERS]
    given = PurePath(os.path.normpath(path)).parent
    names = whole[tops[-1] + 1 :] if tops else given.parts[1 if given.anchor else 0 :]
    if not names or ".." in names:
        raise InputError("the path does not tell the model", path=path, mend="give it with --model-name")
    return "/".join(names[-2:])


def _answers(path: Path, names: tuple[str, str]) -> Iterator[tuple[Line, Answer]]:
    """Yield every row with its answer. Raises InputError for a file without rows and for a repeated id."""
    first_lines: dict[QuestionId, int] = {}
    for line in read_lines(path):
        line = line._replace(data=unfolded(line.data))
        answer = _answer(path, line, names)
        if answer.id in first_lines:
            raise InputError(
                f"{answer.id!r} is already the id of line {first_lines[answer.id]}",
                path=path,
                line=line.number,
                field="id",
                mend="keep one of the two rows",
            )
        first_lines[answer.id] = line.number
        yield line, answer
    if not first_lines:
        raise InputError("holds no row", path=path, mend="delete it or make it again")


def _answer(path: Path, line: Line, names: tuple[str, str]) -> Answer:
    if line.data.get("outputs") in (None, []):
        raise InputError(
            "has no answers to the questions",
            path=path,
            line=line.number,
            field="outputs",
            mend="generate them again or delete the row",
        )
    data = {key: line.data[key] for key in _ANSWER_KEYS if key in line.data}
    if data.get("references") is None:
        data.pop("references", None)
    answer = validate(data, Answer, path=path, line=line.number)
    update = {"category": category_name(answer.category), "model": names[0], "strategy": names[1]}
    return answer.model_copy(update=update)


def _outcome(answer: Answer, turn: int, query: _Query, judge: str) -> Judgment | Failure:
    common: dict[str, Any] = {
        "id": answer.id,
        "turn": turn,
        "judge": judge,
        "category": answer.category,
        "model": answer.model,
        "strategy": answer.strategy,
    }
    if is_stand_in(answer.outputs[turn - 1]):
        return Failure(**common, kind="upstream", detail=f"the answer is {answer.outputs[turn - 1].strip():.80}")
    if query.judge_score == 0 and query.judge_message.strip().startswith(FAILED_MESSAGE):
        return Failure(**common, kind="upstream", detail=query.judge_message)
    return Judgment(**common, score=query.judge_score, comment=query.judge_message)


class _Generated(Place):
    what = "LogicKor answers"
    holds_answers = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.tells_strategy = path.stem in STRATEGY_NAMES or path.stem in STRATEGIES

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        """Return the verdicts of later rows: the first one, by which the file was recognised, may lack its own."""
        judged = any(_VERDICT.search(piece) for piece in raw_lines(self.path))
        return _Evaluated(self.path).read(model_name, strategies) if judged else super().read(model_name, strategies)

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> Saved:
        return Saved(read_generated(self.path, model_name=model_name, strategy=strategy))

    def summary(self) -> str:
        return f"LogicKor answers to {len(self.answers('-', '0-shot').answers)} questions"


class _Evaluated(_Generated):
    what = "LogicKor verdicts"

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        only = strategies[0] if len(strategies) == 1 and not self.tells_strategy else None
        names = identity(self.path, model_name=model_name, strategy=only)
        series, answers = _read(self.path, names, JUDGE)
        return Reading([series], self.path, [(names, answers)], partial=True)

    def summary(self) -> str:
        outcomes = read_evaluated(self.path, model_name="-", strategy="0-shot").outcomes
        failed = sum(isinstance(outcome, Failure) for outcome in outcomes)
        return f"LogicKor verdicts: {len(outcomes) - failed} judged, {failed} failed"


class _Flat(_Evaluated):
    what = "LogicKor verdicts in flat rows"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.tells_strategy = False

    def read(self, model_name: str | None = None, strategies: Sequence[str] = ()) -> Reading:
        return super().read(model_name or RUN_NUMBER.sub("", self.path.stem), strategies)

    def answers(
        self, model_name: str | None = None, strategy: str | None = None, questions: Iterable[Question] = ()
    ) -> Saved:
        return super().answers(model_name or RUN_NUMBER.sub("", self.path.stem), strategy, questions)


def _recognise(path: Path, first: FirstRow) -> Place | None:
    """An answer with verdicts is `evaluated/`, one that names neither model nor strategy (as ours do) `generated/`."""
    if "outputs" in first and ("query_single" in first or "query_multi" in first):
        return _Evaluated(path)
    if is_flat(first):
        return _Flat(path)
    answer = {"id", "category", "questions", "outputs"} <= first.keys()
    return _Generated(path) if answer and not {"model", "strategy"} <= first.keys() else None


FORMAT = FileFormat(verdicts="LogicKor's evaluated/", answers="LogicKor's generated/", recognise=_recognise)
