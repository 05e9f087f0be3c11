"""PATH -> the answers that judges grade: runs as they are, other answers as new runs.

Saved answers of another program become a run of their own below the output folder, so that judging them is
resumed, locked and tabulated like any other run. What judges are shown beside the answers (references, notes, checks)
may be taken over anew from a question set: then a line with the same outputs is added, and older verdicts on those
turns no longer count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from judge.config import GenerateConfig, digest
from judge.errors import ConfigError, InputError, did_you_mean
from judge.packs.editions import TAKEN_OVER, taken_over
from judge.packs.questions import QuestionSet
from judge.records import Answer, AnswerFailure, Question, QuestionId
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion, now
from judge.runs.names import means, model_folder
from judge.sources.logickor import STRATEGY_NAMES
from judge.sources.places import instead, listed, places
from judge.sources.run_results import strategies_of
from judge.tables.answer_notes import not_judged
from judge.tables.means import strategy_key
from judge.text.digests import answer_digest, texts_of
from judge.text.language_rule import languages
from judge.text.stand_ins import is_stand_in


@dataclass(frozen=True)
class ToJudge:
    """The answers of one run; `saved` ones have yet to be written into it."""

    run: RunFolder
    strategies: tuple[str, ...]
    saved: tuple[Answer, ...] = ()
    failed: tuple[AnswerFailure, ...] = ()
    """Of the saved ones, those that hold an error message in an answer's place: never judged."""
    notes: tuple[str, ...] = ()
    """What a reader of the scores must know of the files that the answers were saved in."""
    expected: tuple[ExpectedQuestion, ...] = ()
    of_questions: int = 0
    questions: QuestionSet | None = None
    """Where references, notes and checks are taken from; None: they stay as they are."""
    changed: tuple[Answer, ...] = ()
    """Answers of the run as `questions` has them, where that shows a judge something else."""

    def answers(self) -> Iterable[Answer]:
        """Return the answers as they are judged, those included that are not written yet; iterate it at will."""
        stored = self.saved or self.run.stored_answers(self.strategies)
        anew = {(answer.strategy, answer.id): answer for answer in self.changed}
        return [anew.get((a.strategy, a.id), a) for a in stored] if anew else stored

    def config(self) -> GenerateConfig:
        """Return the configuration of a run of saved answers."""
        return GenerateConfig(
            model=self.saved[0].model,
            questions="as saved",
            strategies=dict.fromkeys(self.strategies, "as saved"),
            source="saved",
        )


def load_answers(
    paths: Sequence[Path],
    out: Path,
    *,
    model_name: str | None = None,
    strategies: Sequence[str] = (),
    questions: QuestionSet | None = None,
    renew: bool = True,
) -> list[ToJudge]:
    """Return what is to be judged at `paths`: runs of ours as they are, other answers as new runs below `out`.

    `strategies` keeps only these; for a single foreign file whose name doesn't tell, it says which one it is.
    `questions`: what foreign answers lack is taken from it, and so are, with `renew`, references, notes and checks
    of the answers in a run. Raises InputError, also where the set has other words than those that were answered.
    """
    found: list[ToJudge] = []
    foreign: list[Answer] = []
    notes: dict[str, list[str]] = {}
    named = [STRATEGY_NAMES.get(name, name) for name in strategies]
    for path in paths:
        there = places(path)
        to_judge = [place for place in there if place.holds_answers]
        if not to_judge:
            nothing = "holds no run and no answers file" if path.is_dir() else "holds no answers"
            other = listed(there) or " (no field 'outputs')" * path.is_file()
            raise InputError(f"{nothing}{other}", path=path, mend=instead(there, "answers"))
        for place in to_judge:
            if stored := place.stored():
                run, known = stored
                found.append(ToJudge(run, _chosen(known, strategies if path.is_dir() else (), run.path)))
                continue
            asked_for = len(named) == 1 and not (path.is_dir() and place.tells_strategy)
            only = named[0] if asked_for else None
            answers, said = place.answers(model_name, only, questions.questions if questions else ())
            wanted = [a for a in answers if not path.is_dir() or not named or a.strategy in named]
            foreign += wanted
            for model in {answer.model for answer in wanted}:
                notes.setdefault(model, []).extend(said)
    if not found and not foreign:
        under = f"no answers under the strategies {', '.join(strategies)}"
        raise InputError(under if strategies else f"holds no answers{listed(there)}", path=paths[0])
    if questions is not None and renew:
        found = [replace(one, questions=questions, changed=_anew(one, questions)) for one in found]
    return [*found, *_as_runs(foreign, out, questions, notes)]


def _chosen(known: Sequence[str], wanted: Sequence[str], path: Path) -> tuple[str, ...]:
    for name in wanted:
        if name not in known:
            raise InputError(f"has no strategy '{name}': {did_you_mean(name, known)}", path=path)
    return tuple(name for name in known if not wanted or means(wanted, name))


def _as_runs(
    answers: Sequence[Answer], out: Path, questions: QuestionSet | None, notes: Mapping[str, Sequence[str]]
) -> list[ToJudge]:
    """`notes`: model -> what is to be said of its files."""
    seen: set[tuple[str, str, QuestionId]] = set()
    for answer in answers:
        key = (answer.model, answer.strategy, answer.id)
        if key in seen:
            raise InputError(
                f"two answers to question {answer.id!r} under {answer.model} / {answer.strategy}",
                mend="give the files apart, or --model-name",
            )
        seen.add(key)
    models = list(dict.fromkeys(answer.model for answer in answers))
    asked = {model: _asked(answers, model, questions) for model in models}
    words = {model: texts_of(answer for answer in answers if answer.model == model) for model in models}
    known = {question.id: question for question in questions.questions} if questions else {}
    runs: list[ToJudge] = []
    for model in models:
        whole = dict(asked[model])
        for other in models:  # one question set: what another model was asked is missing here
            shared = words[other].keys() & words[model].keys()
            if shared and all(words[other][item] == words[model][item] for item in shared):
                whole = {**asked[other], **whole}
        own = tuple(_complete(a, questions, known) for a in answers if a.model == model)
        strategies = tuple(sorted({a.strategy for a in own}, key=strategy_key))
        failed = tuple(filter(None, map(_failed, own)))
        bad = {(one.strategy, one.id) for one in failed}
        good = tuple(answer for answer in own if (answer.strategy, answer.id) not in bad)
        if not good:
            what = f"all {len(own)} answers of {model} hold an error message such as {failed[0].detail}"
            raise InputError(what, mend="generate them again")
        said = dict.fromkeys([*notes.get(model, ()), *[not_judged(len(failed), len(own))] * bool(failed)])
        counts, run = (tuple(whole.values()), len(whole)), RunFolder(model_folder(out, model))
        runs.append(ToJudge(run, strategies, good, failed, tuple(said), *counts, questions))
    return runs


def _failed(answer: Answer) -> AnswerFailure | None:
    """Return the failure that an answer is which holds an error message in the place of a turn; None for any other."""
    turn = next((number for number, text in enumerate(answer.outputs, start=1) if is_stand_in(text)), None)
    if turn is None:
        return None
    return AnswerFailure(
        id=answer.id,
        category=answer.category,
        turn=turn,
        kind="upstream",
        detail=answer.outputs[turn - 1].strip()[:80],
        attempts=1,
        outputs=answer.outputs[: turn - 1],
        model=answer.model,
        strategy=answer.strategy,
        created=now(),
        digest=answer.digest,
    )


def _asked(answers: Sequence[Answer], model: str, questions: QuestionSet | None) -> dict[QuestionId, ExpectedQuestion]:
    if questions is not None:
        return {
            q.id: ExpectedQuestion(id=q.id, category=q.category, turns=len(q.questions)) for q in questions.questions
        }
    found: dict[QuestionId, ExpectedQuestion] = {}
    for answer in answers:
        if answer.model == model:
            turns = max(len(answer.outputs), found[answer.id].turns if answer.id in found else 0)
            found[answer.id] = ExpectedQuestion(id=answer.id, category=answer.category, turns=turns)
    return found


def _complete(answer: Answer, questions: QuestionSet | None, asked: Mapping[QuestionId, Question]) -> Answer:
    """Fill in what a foreign answer lacks: the languages (from the question set if it is given), the digest."""
    if questions is not None:
        known = _known(answer, questions, asked)
        taken = {name: getattr(known, name) for name in ("answer_language", "category", "rubric", "checks", "cases")}
        if any(known.references):  # else the file's own stay
            taken["references"] = known.references[: len(answer.outputs)]
        answer = answer.model_copy(update=taken)
    shown = languages(answer)
    content = [answer.model, answer.strategy, [answer_digest(answer, turn) for turn in answer.turns]]
    return answer.model_copy(update={"answer_language": shown, "digest": digest(content)})


def _known(answer: Answer, questions: QuestionSet, asked: Mapping[QuestionId, Question]) -> Question:
    """Return the question that was answered. Raises InputError where the set has none, or another text."""
    known = asked.get(answer.id)
    if known is None:
        raise InputError(f"has no question {answer.id!r}, which {answer.model} has answered", path=questions.path)
    if known.questions[: len(answer.outputs)] != answer.questions[: len(answer.outputs)]:
        raise InputError(
            f"question {answer.id!r} has another text in {answer.model} / {answer.strategy}",
            path=questions.path,
            mend="give the question set that was answered",
        )
    return known


def _anew(target: ToJudge, questions: QuestionSet) -> tuple[Answer, ...]:
    """Return the answers of a run with the set's references, notes, checks and languages, where these differ."""
    changed: list[Answer] = []
    asked = {question.id: question for question in questions.questions}
    for answer in target.run.stored_answers(target.strategies):
        known, turns = _known(answer, questions, asked), len(answer.outputs)
        if known.category != answer.category:
            raise InputError(
                f"question {answer.id!r} is of another category than in {target.run.path}",
                path=questions.path,
                mend="give the question set that was answered",
            )
        taken = {"references": known.references[:turns], "answer_language": known.answer_language[:turns]}
        taken |= {name: getattr(known, name) for name in ("rubric", "checks", "cases")}
        new = answer.model_copy(update=taken)
        if any(answer_digest(new, turn) != answer_digest(answer, turn) for turn in answer.turns):
            changed.append(new)  # with the digest of what made the outputs, so that nothing is generated again
    return tuple(changed)


def is_under_way(target: ToJudge) -> bool:
    """Whether every answer that the run folder holds is one of the saved ones. Raises InputError."""
    saved = {(answer.strategy, answer.id): answer.digest for answer in target.saved}
    there = target.run.stored_answers(strategies_of(target.run)) if target.run.exists() else ()
    return all(saved.get((answer.strategy, answer.id)) == answer.digest for answer in there)


def import_saved(target: ToJudge, *, fresh: bool = False) -> str:
    """Write into the run folder what is not there yet: saved answers, and what a question set has changed beside them.

    Only inside `run.writing()`. `fresh`: `--fresh` was given. Returns a line on what was taken over, mostly empty.
    Raises ConfigError where the folder holds other answers under the same model, strategy and id.
    """
    if not target.saved:
        changed = _anew(target, target.questions) if target.questions else ()
        return _put_anew(target, changed)
    before = target.run.head().question_file if target.run.exists() else ""
    named = target.questions.named if target.questions else before
    target.run.begin(target.config(), [*target.expected], target.of_questions, question_file=named, fresh=fresh)
    target.run.note(target.notes)
    there = {name: target.run.answers(name) for name in target.strategies}
    known = {name: target.run.answer_failures(name) for name in target.strategies}
    for failure in target.failed:
        if failure.id not in there[failure.strategy] and failure.id not in known[failure.strategy]:
            target.run.add_answer(failure)
    anew: list[Answer] = []
    for answer in target.saved:
        old = there[answer.strategy].get(answer.id)
        if old is not None and old.digest != answer.digest:
            if _same_words(old, answer):
                if target.questions is not None:
                    anew.append(answer)
                    continue
                raise ConfigError(
                    f"{target.run.path} holds question {answer.id!r} with other references, notes or checks than these "
                    "answers; give --questions FILE, whose are to count, or that folder itself to judge what it holds"
                )
            raise ConfigError(
                f"{target.run.path} holds another answer to question {answer.id!r} under {answer.strategy}; "
                "give another --out or --model-name, or --fresh to move that run aside"
            )
    for answer in target.saved:
        if answer.id not in there[answer.strategy]:
            target.run.add_answer(answer)
    return _put_anew(target, anew)


def _same_words(old: Answer, new: Answer) -> bool:
    turns = len(new.outputs)
    return (old.outputs, old.category, old.questions[:turns]) == (new.outputs, new.category, new.questions[:turns])


def _put_anew(target: ToJudge, changed: Sequence[Answer]) -> str:
    for answer in changed:
        target.run.add_answer(answer)
    if not changed or target.questions is None:
        return ""
    number = len({answer.id for answer in changed})
    target.run.note([taken_over(target.questions.digest, target.questions.path.name)], instead_of=TAKEN_OVER)
    return (
        f"{target.run.path}: references, notes or checks of {number} question{'s' * (number > 1)} were taken over "
        f"from {target.questions.path}; older verdicts on them no longer count"
    )
