"""A run folder -> its series, one a (strategy, judge configuration); only verdicts on the answers in force count."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from judge.config import BASELINES, RULES, JudgeConfig, digest
from judge.errors import InputError
from judge.packs.editions import edition_notes
from judge.records import AnswerFailure, Failure, Item, Judgment, QuestionId
from judge.runs.current import in_force
from judge.runs.folder import MANIFEST, RunFolder
from judge.runs.manifest import Manifest
from judge.runs.names import QUALIFY
from judge.sources.place import Reading
from judge.tables.answer_notes import answer_notes
from judge.tables.means import strategy_key
from judge.tables.ranges import noted
from judge.tables.results import Results
from judge.tables.shares import boards
from judge.tables.verdict_notes import verdict_notes
from judge.text.digests import answer_digest, texts_of
from judge.text.reply_forms import range_notes, ratings_notes
from judge.wording import Note, led

ASIDE = re.compile(r"\.before-\d{8}-\d{6}-\d{6}$")
"""The end of the names that `--fresh` gives to what it moves aside; below the path that was asked for, such folders
are not looked into."""


def find_runs(path: Path) -> list[RunFolder]:
    """Return the run at `path`, else the runs below it in path order, without those moved aside and of probes.

    Raises InputError for the folder of probes itself: each text is there for some questions alone, so that no table of
    them means anything.
    """
    if (path / MANIFEST).is_file():
        return [RunFolder(path)]
    if path.resolve().name == QUALIFY and path.is_dir():
        out = path.resolve().parent
        raise InputError(
            "holds what judges said of the probes, no run of a model",
            path=path,
            mend=f"kojudge qualify --judge NAME --out {out} shows what it says of a judge and asks nothing twice; "
            "kojudge report takes one folder of verdicts in it",
        )
    found = sorted(p.parent for p in path.rglob(MANIFEST) if not _is_left_out(p.parent.relative_to(path)))
    return [RunFolder(p) for p in found]


def is_aside(folder: Path) -> bool:
    """Whether a folder lies in one that `--fresh` has moved aside."""
    return any(ASIDE.search(part) for part in folder.parts)


def _is_left_out(folder: Path) -> bool:
    return is_aside(folder) or QUALIFY in folder.parts


def strategies_of(run: RunFolder) -> list[str]:
    """Return the strategies a run was asked for, in table order."""
    return sorted(run.head().config.strategies, key=strategy_key)


def results_of_run(run: RunFolder, judge_digests: Collection[str] | None = None) -> Sequence[Results]:
    """Return the series of `read_run`."""
    return read_run(run, judge_digests).series


def read_run(run: RunFolder, judge_digests: Collection[str] | None = None) -> Reading:
    """Return one series a (strategy, judge configuration) of a run, and its answers in force.

    Judges that share the questions are one judge (`tables/shares`).

    Only verdicts on these answers count. `judge_digests` keeps only these configurations. Raises InputError.
    """
    manifest = run.manifest()
    expected: dict[Item, str] = {
        (question.id, turn): question.category
        for question in manifest.expected
        for turn in range(1, question.turns + 1)
    }
    strategies, judges = sorted(manifest.config.strategies, key=strategy_key), run.judges()
    answered = {strategy: run.answers(strategy) for strategy in strategies}
    asked = texts_of(answer for answers in answered.values() for answer in answers.values())
    verdicts = {
        (judge, strategy): [
            outcome
            for outcome in run.outcomes(judge, strategy)
            if judge_digests is None or outcome.judge_digest in judge_digests
        ]
        for judge in judges
        for strategy in strategies
    }

    def is_shared(name: str) -> bool:
        return name in manifest.judges and bool(manifest.judges[name].shared)

    seen = {judge: {o.judge_digest for name in strategies for o in verdicts[judge, name]} for judge in judges}
    found: list[Results] = []
    for strategy in strategies:
        answers = answered[strategy]
        failures = {key: one for key, one in run.answer_failures(strategy).items() if key not in answers}
        digests = {(a.id, turn): answer_digest(a, turn) for a in answers.values() for turn in a.turns}
        notes = [
            *_of_run(manifest),
            *edition_notes(manifest.config.questions),
            *answer_notes(answers.values()),
            *_shortness(manifest),
        ]
        for judge in judges:
            groups: dict[str, list[Judgment | Failure]] = {}
            for outcome in verdicts[judge, strategy]:
                groups.setdefault(outcome.judge_digest, []).append(outcome)
            if failures or (answers and not groups):  # what was never judged must not vanish from the table
                for name in sorted(seen[judge]):
                    groups.setdefault(name, [])
            alone = {name: mine for name, mine in groups.items() if not is_shared(name)}
            labels = dict.fromkeys(groups, judge) | (config_labels(judge, alone, manifest.judges) if alone else {})
            for name, outcomes in groups.items():
                number = manifest.rounds.get(name, 1)
                mine = range_notes(manifest.judges[name].settings) if judge == RULES and name in manifest.judges else ()
                for series in _series(strategy, judge, name, outcomes, labels[name], digests, expected, number):
                    unanswered = _unanswered(series, failures)
                    config = manifest.judges.get(name)
                    replies = (o.reply for o in series.outcomes if isinstance(o, Judgment))
                    own = [*(ratings_notes(replies, config.settings) if config else ())]
                    own += [*([] if is_shared(name) else _of_verdicts(series)), *series.notes]
                    own = [led(judge, note) for note in own] if is_shared(name) else own
                    found.append(
                        replace(
                            series,
                            model=manifest.config.model,
                            outcomes=(*series.outcomes, *unanswered),
                            notes=tuple(dict.fromkeys((*notes, *mine, *manifest.said_of(name), *own))),
                            texts={**asked, **texts_of(answers.values())},
                            of_questions=manifest.of_questions,
                            messages=_messages(manifest, strategy),
                        )
                    )
    texts = [((manifest.config.model, strategy), list(answers.values())) for strategy, answers in answered.items()]
    return Reading([noted(one) for one in boards(found, manifest.judges)], run.path, texts)


def _of_run(manifest: Manifest) -> list[str]:
    """Return the manifest's notes without those on the rule judge's range, which are of its own series only."""
    of_rules = {note for config in manifest.judges.values() for note in range_notes(config.settings)}
    return [note for note in manifest.said if note not in of_rules]


def _messages(manifest: Manifest, strategy: str) -> str:
    """Return the digest of what a strategy put before the first turn; empty where no model of ours was asked."""
    config = manifest.config
    asked = config.source == "generated" and config.asked not in BASELINES
    return config.strategies[strategy] if asked else ""


def _shortness(manifest: Manifest) -> list[str]:
    if len(manifest.expected) == manifest.of_questions:
        return []
    asked, whole = len(manifest.expected), manifest.of_questions
    return [Note(f"only {asked} of {whole} questions were asked", f"전체 {whole}문항 가운데 {asked}문항만 물음")]


def _series(
    strategy: str,
    judge: str,
    judge_digest: str,
    outcomes: Sequence[Judgment | Failure],
    label: str,
    digests: Mapping[Item, str],
    expected: Mapping[Item, str],
    finished_round: int,
) -> Iterator[Results]:
    """Yield one series, or one a model id that the judge's endpoint answered as: these are never averaged."""
    force = in_force(outcomes, finished_round)
    current = [o for o in force if not digests or digests.get((o.id, o.turn)) == o.answer_digest]
    notes = []
    if force and not digests:
        notes.append(
            Note(
                "the answers are gone: whether these verdicts are on the text that was there last is not known",
                "답변 파일이 없어, 이 판정이 마지막 답변에 대한 것인지 알 수 없음",
            )
        )
    if len(current) < len(force):
        stale = len(force) - len(current)
        notes.append(
            Note(
                f"{stale} verdicts on answers that changed since do not count",
                f"그 뒤에 바뀐 답변에 대한 판정 {stale}건은 세지 않음",
            )
        )
    later = sum(o.round > finished_round for o in outcomes)
    if later:
        notes.append(
            Note(
                f"a re-judging that is not finished ({later} verdicts so far) does not count yet",
                f"아직 끝나지 않은 재채점(지금까지 {later}건)은 세지 않음",
            )
        )
    several = len({o.judge_returned for o in current if o.judge_returned}) > 1
    for name, mine in by_returned(current):
        yield Results(
            model="",
            strategy=strategy,
            judge=f"{label} [answered as {name}]" if several else label,
            judge_name=judge,
            outcomes=tuple(mine),
            expected=expected,
            offline=judge == RULES,
            config=judge_digest,
            returned=name,
            repeats=max((o.repeat for o in mine), default=1),
            notes=tuple(notes),
        )


def by_returned(outcomes: Sequence[Judgment | Failure]) -> Iterator[tuple[str | None, list[Judgment | Failure]]]:
    """Yield outcomes by the model id that the endpoint answered as; those without one belong to each."""
    names: list[str | None] = [*sorted({o.judge_returned for o in outcomes if o.judge_returned})]
    for name in names or [None]:
        yield name, [o for o in outcomes if o.judge_returned in (name, None)]


def _of_verdicts(series: Results) -> Sequence[str]:
    return () if series.offline else tuple(verdict_notes(series.outcomes))


def config_labels(judge: str, groups: Mapping[str, object], known: Mapping[str, JudgeConfig]) -> dict[str, str]:
    """Return what each configuration is called: the judge's name, with what differs where there are several."""
    if len(groups) == 1:
        return dict.fromkeys(groups, judge)
    configs = {name: known.get(name) for name in groups}
    fields = {
        name: {
            "template": config.template[:6],
            "structured": config.structured,
            "run code": config.run_code,
            "pack settings": digest(config.settings)[:6],
            **config.sampling.parameters(),
            **config.engine,
        }
        if config
        else {"config": name[:6]}
        for name, config in configs.items()
    }
    keys = list(dict.fromkeys(key for values in fields.values() for key in values))
    differ = [key for key in keys if len({str(values.get(key)) for values in fields.values()}) > 1]
    return {
        name: f"{judge} [{', '.join(f'{key} {values[key]}' for key in differ if key in values)}]"
        for name, values in fields.items()
    }


def _unanswered(series: Results, failures: Mapping[QuestionId, AnswerFailure]) -> list[Failure]:
    """A question that the model failed to answer is a failed verdict on each of its turns."""
    done = {(outcome.id, outcome.turn) for outcome in series.outcomes}
    return [
        Failure(
            id=item[0],
            turn=item[1],
            repeat=repeat,
            judge=series.judge,
            category=category,
            model=series.model,
            strategy=series.strategy,
            kind="not_answered",
            detail=failures[item[0]].detail,
        )
        for item, category in series.expected.items()
        if item[0] in failures and item not in done
        for repeat in range(1, series.repeats + 1)
    ]
