"""Saved answers -> who is to meet whom: the sides and the contests of `pairwise`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

from judge.api.batches import check_batches
from judge.api.judges import pack_of
from judge.api.options import PairwiseOptions
from judge.api.plan import question_set_of
from judge.config import digest
from judge.errors import ConfigError, InputError, did_you_mean
from judge.packs.questions import load_questions
from judge.records import Answer, QuestionId
from judge.runs.contest_folder import ContestFolder, ContestSide, contest_folder, orders_of
from judge.runs.games import ORDERS
from judge.runs.names import sample_of
from judge.sources.saved_answers import ToJudge, load_answers
from judge.stages.pairs import Pair
from judge.tables.contest import Side, common_answers
from judge.text.digests import answer_digest


@dataclass(frozen=True)
class Entrant:
    """One side with its answers."""

    side: Side
    digest: str
    answers: tuple[Answer, ...]

    @property
    def on_disk(self) -> ContestSide:
        """The side as a contest's manifest names it."""
        return ContestSide(model=self.side.model, strategy=self.side.strategy, digest=self.digest)


@dataclass(frozen=True)
class Fixture:
    """Two sides that are to meet."""

    a: Entrant
    b: Entrant
    """In their order on disk."""
    turned: bool
    """The user has named side B first."""
    folder: ContestFolder
    pairs: tuple[Pair, ...]
    """One a question and order; both orders of a question follow each other, for a run that is cut off."""
    asked: tuple[QuestionId, ...] | None = None
    """The questions of `pairs`, where these are not all yet."""
    looks: tuple[int, ...] = ()
    """After how many questions it is looked at whether it is settled."""

    @property
    def label(self) -> str:
        """Both sides in words."""
        return f"{self.a.side.label} and {self.b.side.label}"


def fixtures_of(paths: Sequence[Path], options: PairwiseOptions) -> list[Fixture]:
    """Resolve and check everything before anything is started, and return who is to meet whom. Raises KojudgeError."""
    check_batches(options)
    if options.run_code:
        raise ConfigError("pairwise tells a judge nothing of what code does: leave --run-code out")
    if options.share and options.until_decided:
        raise ConfigError(
            "--until-decided looks at the games of one judge, and with --share no judge has all: leave one of them out"
        )
    pack = pack_of(options)
    own = options.questions or (pack and (pack / "questions").is_dir())
    questions = load_questions(pack, question_set_of(options)) if own else None
    targets = [
        target
        for path in paths  # each by itself: files of two models may bear one name
        for target in load_answers(
            [path],
            Path(options.out),
            model_name=options.model_name,
            strategies=options.strategy,
            questions=questions,
            renew=options.questions is not None,
        )
    ]
    entrants = _told_apart(_first_samples([one for target in targets for one in _entrants(target)]))
    met = [_fixture(a, b, options) for a, b in _meetings(entrants, options)]
    played = [one for one in met if one.pairs]
    for one in met if played else ():
        if not one.pairs:
            print(f"left out: {one.label} have answered no question in common", file=sys.stderr)
    if not played:
        raise InputError(
            f"{met[0].label} have answered no question in common", mend="give two runs of one question set"
        )
    return played


def _entrants(target: ToJudge) -> Iterator[Entrant]:
    config = target.config() if target.saved else target.run.head().config
    answers: dict[str, list[Answer]] = {}
    for answer in target.answers():
        answers.setdefault(answer.strategy, []).append(answer)
    for strategy, mine in answers.items():
        made_by: list[object] = [strategy, config.strategies.get(strategy, "")]
        made_by.append(config.model_dump(mode="json", exclude={"strategies"}))
        if config.source != "generated":  # what made them is not known, so the texts have to tell
            texts = {str(a.id): [answer_digest(a, turn) for turn in a.turns] for a in mine}
            made_by.append(texts)
        yield Entrant(Side(config.model, strategy), digest(made_by), tuple(mine))


def _first_samples(entrants: Sequence[Entrant]) -> list[Entrant]:
    """Return the sides without second and later answers to a question, and say so: each would be a contest."""
    there = {one.side for one in entrants}
    first = [one for one in entrants if _first(one.side) == one.side or _first(one.side) not in there]
    if later := len(entrants) - len(first):
        print(f"left out: {later} sets of further answers (--samples); the first of each side meet", file=sys.stderr)
    return first


def _first(side: Side) -> Side:
    return Side(side.model, sample_of(side.strategy)[0])


def _told_apart(entrants: Sequence[Entrant]) -> list[Entrant]:
    """Return the sides without repeats; two of one name bear their digests, and so do their answers."""
    unique = list({(one.side, one.digest): one for one in entrants}.values())
    names = [one.side for one in unique]
    found = []
    for one in unique:
        if names.count(one.side) > 1:
            side = replace(one.side, model=f"{one.side.model} #{one.digest[:8]}")
            answers = tuple(answer.model_copy(update={"model": side.model}) for answer in one.answers)
            one = replace(one, side=side, answers=answers)
        found.append(one)
    return found


def _meetings(entrants: Sequence[Entrant], options: PairwiseOptions) -> list[tuple[Entrant, Entrant]]:
    """Return who meets whom, in the order in which they were named; with `baseline` it is the second of each."""
    models = list(dict.fromkeys(one.side.model for one in entrants))
    strategies = list(dict.fromkeys(one.side.strategy for one in entrants))
    by = options.by or ("model" if len(models) > 1 else "strategy")
    same, other = ("strategy", "model") if by == "model" else ("model", "strategy")
    pairs = [
        (a, b)
        for a, b in combinations(entrants, 2)
        if getattr(a.side, same) == getattr(b.side, same) and getattr(a.side, other) != getattr(b.side, other)
    ]
    if not pairs:
        known = ", ".join(one.side.label for one in entrants)
        mend = "give two models, or one with two strategies; --by chooses which"
        raise InputError(f"there are no two sides that differ in the {by} alone: {known}", mend=mend)
    if (base := options.baseline) is None:
        return pairs
    names = models if by == "model" else strategies
    if base not in names:
        raise InputError(f"--baseline: no {by} '{base}': {did_you_mean(base, names)}")
    turned = [(a, b) if getattr(b.side, other) == base else (b, a) for a, b in pairs]
    return [(a, b) for a, b in turned if getattr(b.side, other) == base]


def _fixture(first: Entrant, second: Entrant, options: PairwiseOptions) -> Fixture:
    a, b = sorted((first, second), key=lambda one: (one.side, one.digest))
    common = common_answers(a.side, a.answers, b.side, b.answers)
    asked = ORDERS if options.orders == "both" else ()
    pairs = tuple(
        Pair(one, two, order, options.scope) for one, two in common.pairs for order in orders_of(one.id, asked)
    )
    folder = contest_folder(Path(options.out), (a.on_disk, b.on_disk))
    return Fixture(a, b, a is not first, folder, pairs)
