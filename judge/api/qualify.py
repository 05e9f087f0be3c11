"""A judge on the probes -> its certificate: `judge.qualify`, and what the verb shares with it.

The probes are judged like the answers of any run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from judge.api.batches import check_batches
from judge.api.calls import takes_only
from judge.api.judge import judge_all
from judge.api.options import QualifyOptions
from judge.api.plan import judge_plans
from judge.config import RULES, JudgeConfig
from judge.errors import ConfigError, FailureKind
from judge.packs.probes import FULL, KINDS, TOP, Probe, ProbeSet, answers_of, load_probes
from judge.records import Answer, Failure, Judgment, QuestionId
from judge.runs.folder import RunFolder
from judge.runs.manifest import ExpectedQuestion, now, versions
from judge.sources.certificates import certificate_file, qualify_folder, read_certificate, write_certificate
from judge.sources.run_results import results_of_run
from judge.sources.saved_answers import ToJudge
from judge.stages.owed import repeats_of
from judge.stages.progress import Reporter, reporter
from judge.tables.certificate import Certificate, Check, Reason, Unsure
from judge.text.language import is_mostly_korean
from judge.trust.drift import anchors, drift
from judge.trust.findings import findings, grade_of, undecided
from judge.trust.qualify import ProbeText, Qualification, Scored, qualification

SAID_NOTHING: frozenset[FailureKind] = frozenset(
    ("unparsable", "length", "empty_reply", "refusal", "truncated_reasoning", "content_filter", "unfinished")
)
"""Failures that are the judge's own: it answered, without a score. What failed otherwise is missing."""

_Key = tuple[str, QuestionId, int, int]
"""(kind, id, turn, repeat): one verdict."""


@dataclass(frozen=True)
class Examined:
    """One judge's examination."""

    config: JudgeConfig
    certificate: Certificate | None
    """`.grade`, `.reasons`, `.figures`; None: verdicts are missing, a re-judging is unfinished, or no reply to a
    full-mark answer holds a score."""
    found: Qualification | None
    """The figures with their intervals; None also where the judge was only looked at again."""
    missing: int
    """Verdicts that are not there, for another reason than that the judge gave none."""
    place: Path | None = None
    """The certificate's file."""
    unfinished: bool = False
    """Whether a re-judging (`rerun`) has not come to its end: until then what was known before stands."""


@takes_only(QualifyOptions)
async def qualify(options: QualifyOptions) -> list[Examined]:
    """Examine judges on the probes, as `kojudge qualify` does, and return what was found of each.

    A certificate is written below `out`, where tables, cards and pages find it. Raises KojudgeError. Verdicts that are
    missing are no error: they are counted in `missing`, and there is no certificate then; the same call goes on.
    """
    with reporter(quiet=not options.progress) as report:
        return await examine(options, report)


def probes_of(options: QualifyOptions) -> ProbeSet:
    """Return the probes asked for. Raises InputError."""
    return load_probes(None if options.probes is None else Path(options.probes))


def probes_target(options: QualifyOptions, probes: ProbeSet) -> ToJudge:
    """Return the texts to judge, as the answers of a run of their own. Raises ConfigError, InputError."""
    check_batches(options)
    if options.share:
        raise ConfigError("qualify examines each judge on all probes: leave --share out")
    for name in ("questions", "strategy", "model_name", "reparse"):  # of `judge`, whose options these are
        if getattr(options, name):
            raise ConfigError(f"qualify examines each judge on all probes: leave {name} out")
    place = qualify_folder(Path(options.out)) / probes.digest
    if not options.again:
        return _target(place, probes.probes, answers_of(probes.probes))
    chosen = {(probe.id, kind) for probe, kind in anchors(probes.probes)}
    some = [probe for probe in probes.probes if any(probe.id == id for id, _ in chosen)]
    texts = [answer for answer in answers_of(some) if (answer.id, answer.strategy) in chosen]
    return _target(place.with_name(f"{probes.digest}.again") / now()[:10], some, texts)


def _target(place: Path, probes: Sequence[Probe], answers: Sequence[Answer]) -> ToJudge:
    asked = tuple(ExpectedQuestion(id=p.id, category=p.category, turns=len(p.questions)) for p in probes)
    there = {answer.strategy for answer in answers}
    kinds = tuple(kind for kind in (FULL, *KINDS) if kind in there)
    return ToJudge(RunFolder(place), kinds, tuple(answers), expected=asked, of_questions=len(asked))


async def examine(options: QualifyOptions, report: Reporter) -> list[Examined]:
    """Judge the probes as far as that is still to be done, and return what it came to, judge by judge.

    A certificate is written where no verdict is missing. Raises KojudgeError.
    """
    probes = probes_of(options)
    target = probes_target(options, probes)
    configs = [config for config, _ in judge_plans(options)]
    if options.fresh:
        _check_fresh(target, configs)
    out = Path(options.out)
    known = {config.digest(): _known(out, config, probes, options) for config in configs} if options.again else {}
    for config in configs if options.again and options.rerun != "all" else ():
        _check_day(target, config, known[config.digest()])
    await judge_all([target], options, report)
    unfinished = target.run.head().open_rounds if options.rerun != "failed" else {}

    def found(config: JudgeConfig) -> Examined:
        if config.digest() in unfinished:
            return Examined(config, None, None, 0, unfinished=True)
        if options.again:
            return _looked_again(target, known[config.digest()], config, options)
        return _examined(target, probes, config, options)

    return [found(config) for config in configs]


def _own(probes: ProbeSet, options: QualifyOptions) -> bool:
    return options.probes is not None and probes.digest != load_probes().digest


def _file(out: Path, config: JudgeConfig, probes: ProbeSet, options: QualifyOptions) -> Path:
    return certificate_file(out, config.judge, config.digest(), probes.digest if _own(probes, options) else "")


def _known(out: Path, config: JudgeConfig, probes: ProbeSet, options: QualifyOptions) -> Certificate:
    path = _file(out, config, probes, options)
    found = read_certificate(path)
    if found is None or found.probes != probes.digest:
        what = "is of another probe set" if found else "is not there"
        raise ConfigError(
            f"--again compares {config.judge} with its certificate, and {path} {what}: run the same command without "
            "--again first"
        )
    return found


def _check_fresh(target: ToJudge, configs: Sequence[JudgeConfig]) -> None:
    """Raise ConfigError where --fresh would move aside what other judges were paid for."""
    run, mine = target.run, {config.judge for config in configs}
    others = [name for name in run.judges() if name not in mine] if run.exists() and not run.head().fresh else []
    if others:
        raise ConfigError(
            f"--fresh would move the verdicts of {', '.join(others)} in {run.path} aside, too; "
            "examine these judges anew with --rerun all, or in another --out"
        )


def _check_day(target: ToJudge, config: JudgeConfig, known: Certificate) -> None:
    """Raise ConfigError where the texts were last judged again on this day before the certificate was made anew."""
    done = [line.created for _, line in _earlier(target, config, _outcomes(target, config))]
    if done and max(done) < known.begun:
        raise ConfigError(
            f"{config.judge} was examined anew after the --again of this day ({target.run.path}); "
            "--again --rerun all judges the texts another time"
        )


def _examined(target: ToJudge, probes: ProbeSet, config: JudgeConfig, options: QualifyOptions) -> Examined:
    given = _given(target, config, options)
    found = qualification(probes.probes, given.scored)
    if found is None or given.missing:
        return Examined(config, None, found, given.missing)
    wrong = findings(found)
    certificate = Certificate(
        judge=config.judge,
        judge_digest=config.digest(),
        template=config.template,
        probes=probes.digest,
        own_probes=_own(probes, options),
        returned=given.returned,
        begun=given.begun,
        date=now()[:10],
        kojudge=versions().get("kojudge", ""),
        grade=grade_of(wrong),
        reasons=tuple(Reason(**asdict(one)) for one in wrong),
        undecided=tuple(
            Unsure(kind=one.kind, english=KINDS[one.kind].name, korean=KINDS[one.kind].korean)
            for one in undecided(found)
        ),
        figures={name: value for name, value in asdict(found).items() if name != "unscored" or value},
        scores={f"{id}/{kind}": sum(each) / len(each) for (id, kind), each in given.scored.scores.items()},
    )
    out = Path(options.out)
    old = read_certificate(_file(out, config, probes, options))
    anew = options.rerun == "all" or old is None or old.begun != certificate.begun
    if old is not None and not anew and old.probes == certificate.probes:
        date = old.date if old.scores == certificate.scores else certificate.date
        certificate = certificate.model_copy(update={"date": date, "checks": old.checks})
    return Examined(config, certificate, found, 0, write_certificate(out, certificate))


def _looked_again(target: ToJudge, known: Certificate, config: JudgeConfig, options: QualifyOptions) -> Examined:
    given = _given(target, config, options)
    if given.missing:
        return Examined(config, None, None, given.missing)
    scored = given.scored.asked()
    means = {f"{id}/{kind}": sum(each) / len(each) for (id, kind), each in scored.scores.items()}
    found = drift(known, means, scored.at_once / max(1, scored.replies), scored.replies - scored.at_once)
    day = target.run.path.name
    check = Check(date=day, returned=given.returned, **asdict(found))
    checks = (*(one for one in known.checks if one.date != day), check)
    certificate = known.model_copy(update={"checks": checks})
    return Examined(config, certificate, None, 0, write_certificate(Path(options.out), certificate))


@dataclass(frozen=True)
class _Given:
    """What a judge has said of the texts."""

    scored: Scored
    returned: tuple[str, ...]
    """The model ids that it answered as."""
    missing: int
    """Verdicts that are not there."""
    begun: str
    """When the first of them was given; empty: there are none."""


def _given(target: ToJudge, config: JudgeConfig, options: QualifyOptions) -> _Given:
    """Return what a judge has said of the texts, in the round that counts."""
    outcomes = _outcomes(target, config)
    earlier = _earlier(target, config, outcomes)
    turns = {answer.id: len(answer.outputs) for answer in target.saved}
    lowest, highest = config.settings.range
    scores: dict[ProbeText, list[float]] = {}
    alike: dict[tuple[object, int], list[float]] = {}
    comments: list[bool] = []
    ruled: set[ProbeText] = set()
    settled: set[_Key] = set()
    failed = 0
    for (kind, id, turn, repeat), outcome in outcomes.items():
        if isinstance(outcome, Judgment) or _is_mute(outcome):
            settled.add((kind, id, turn, repeat))
        if isinstance(outcome, Failure):
            failed += _is_mute(outcome)
            continue
        score = (outcome.score - lowest) / (highest - lowest) * TOP
        if outcome.by == "rule" and config.judge != RULES:
            ruled.add((id, kind))
        if turn == turns[id]:
            scores.setdefault((id, kind), []).append(score)
        else:
            alike.setdefault((id, turn), []).append(score)
        if outcome.by == "llm" and outcome.comment.strip():
            comments.append(is_mostly_korean(outcome.comment))
    repeats = range(1, repeats_of(config, options.repeats) + 1)
    expected = product(((a.strategy, a.id, turn) for a in target.saved for turn in a.turns), repeats)
    missing = sum((*work, repeat) not in settled for work, repeat in expected)
    korean = sum(comments) / len(comments) if comments else None
    returned = tuple(sorted({o.judge_returned for o in outcomes.values() if o.judge_returned}))
    mute = {key for key, line in earlier if _gave_up(line, config)}
    late = [key for key in mute if isinstance(last := outcomes[key], Judgment) and not last.reparsed]
    scored = Scored(scores, tuple(alike.values()), failed, korean, frozenset(ruled), late=len(late))
    return _Given(scored, returned, missing, min((line.created for _, line in earlier), default=""))


def _is_mute(outcome: Judgment | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.kind in SAID_NOTHING


def _gave_up(outcome: Judgment | Failure, config: JudgeConfig) -> bool:
    """Whether all tries of a command got no score: the reply of a batch is asked for again by the same command."""
    if not isinstance(outcome, Failure) or outcome.kind not in SAID_NOTHING:
        return False
    return outcome.attempts > config.parse_retries or not (outcome.reply or outcome.kind == "empty_reply")


def _earlier(
    target: ToJudge, config: JudgeConfig, outcomes: Mapping[_Key, Judgment | Failure]
) -> list[tuple[_Key, Judgment | Failure]]:
    """Return every line of the rounds that outcomes in force are of, those included in whose place these are."""
    lines = (
        ((kind, line.id, line.turn, line.repeat), line)
        for kind in target.strategies
        for line in (target.run.each_outcome(config.judge, kind) if outcomes else ())
        if line.judge_digest == config.digest()
    )
    return [(key, line) for key, line in lines if key in outcomes and line.round == outcomes[key].round]


def _outcomes(target: ToJudge, config: JudgeConfig) -> Mapping[_Key, Judgment | Failure]:
    def each() -> Iterator[tuple[_Key, Judgment | Failure]]:
        for series in results_of_run(target.run, {config.digest()}):
            for one in series.outcomes:
                yield (series.strategy, one.id, one.turn, one.repeat), one

    return dict(each()) if target.run.exists() else {}
