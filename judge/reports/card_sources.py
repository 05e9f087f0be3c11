"""What the card is made of: groups of runs, the model's own scores, checked links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote, urlsplit

from judge.config import STANDARD_RANGE
from judge.errors import ConfigError, InputError, did_you_mean
from judge.reports.card import CardGroup
from judge.reports.facts import judge_facts
from judge.reports.lm_eval import Benchmark, Score, merged_scores
from judge.runs.folder import MANIFEST, RunFolder
from judge.runs.manifest import Manifest
from judge.sources.certificates import find_certificates
from judge.sources.results import load_results
from judge.sources.run_results import find_runs
from judge.tables.certificate import Certificate, citation
from judge.tables.means import mean_rows
from judge.tables.ranges import Range, ranges
from judge.tables.results import FailureRule, Results
from judge.tables.row import Row
from judge.trust.intervals import Ci, with_intervals
from judge.trust.stats import DRAWS, SEED


@dataclass(frozen=True)
class Wanted:
    """Which rows a card is made of, and how they are counted."""

    paths: Sequence[Path]
    """Of the card's model, or of several of which `model` is one."""
    compared: Sequence[Path] = ()
    """Of the models that stand beside it."""
    model: str | None = None
    """Whose card it is; None where `paths` hold one model."""
    judges: Sequence[str] = ()
    strategies: Sequence[str] = ()
    model_name: str | None = None
    """Of a LogicKor file whose path does not tell it."""
    failures: FailureRule = "exclude"
    ci: Ci = "bootstrap"
    draws: int = DRAWS
    seed: int = SEED


def own_scores(benchmarks: Sequence[Benchmark], model: str) -> list[Score]:
    """Return the scores of the card's model. Raises ConfigError where it is not among several that are named."""
    scores = merged_scores(benchmarks)
    found = list(dict.fromkeys(name for name, _ in scores))
    last = model.rpartition("/")[2].casefold()
    mine = found if len(found) < 2 else [name for name in found if name.rpartition("/")[2].casefold() == last]
    if found and not mine:
        raise ConfigError(f"--metadata: none of the --lm-eval files is of {model}; they are of {', '.join(found)}")
    return [score for name, score in scores if name in mine]


def groups_of(wanted: Wanted) -> tuple[str, list[CardGroup], Range]:
    """Return the card's model, its rows by judge and question set beside those compared, the score range."""
    paths = [*wanted.paths, *wanted.compared]
    series = load_results(paths, judges=wanted.judges, model_name=wanted.model_name, strategies=wanted.strategies)
    model = _model(wanted, series)
    rows = mean_rows(series, failures=wanted.failures)
    rows = with_intervals(rows, series, ci=wanted.ci, draws=wanted.draws, seed=wanted.seed)
    manifests = [run.manifest() for path in paths for run in runs_of(path)]
    places: dict[tuple[bool, str, int], list[int]] = {}
    for i, row in enumerate(rows):
        places.setdefault((row.offline, row.judge, row.question_set or 0), []).append(i)
    known = find_certificates(paths)
    members = [[(rows[i], series[i]) for i in found] for _, found in sorted(places.items())]
    groups = [_group(model, each, manifests, known) for each in members]
    groups = [group for group in groups if group.rows]
    others = dict.fromkeys(row.model for row in rows if row.model != model)
    return model, [_with_left_out(group, others) for group in groups], next(iter(ranges(series)), STANDARD_RANGE)


def _group(
    model: str,
    members: Sequence[tuple[Row, Results]],
    manifests: Sequence[Manifest],
    known: Mapping[str, Certificate],
) -> CardGroup:
    mine = [one for row, one in members if row.model == model] or [one for _, one in members]
    return CardGroup(
        rows=tuple(row for row, _ in members if row.model == model),
        compared=tuple(row for row, _ in members if row.model != model),
        facts=judge_facts(mine, [m for m in manifests if m.config.model == model]),
        cited=tuple(dict.fromkeys(line for one in mine for line in citation(one, known))),
    )


def _with_left_out(group: CardGroup, others: Iterable[str]) -> CardGroup:
    there = {row.model for row in group.compared}
    return replace(group, left_out=tuple(name for name in others if name not in there))


def runs_of(path: Path) -> list[RunFolder]:
    """Return the runs at a path, or the one that its file or a file of judgments lies in; none for another tool's."""
    if path.is_dir() or path.name == MANIFEST:
        return list(find_runs(path if path.is_dir() else path.parent))
    return list(find_runs(path.parents[2])) if path.parent.parent.name == "judgments" else []


def _model(wanted: Wanted, series: Sequence[Results]) -> str:
    """Return whose card it is: --model, or the only model at PATH."""
    known = list(dict.fromkeys(one.model for one in series))
    if wanted.model:
        found = [name for name in known if wanted.model in (name, name.rpartition("/")[2])]
        if len(found) == 1 or wanted.model in found:
            return wanted.model if wanted.model in found else found[0]
        raise InputError(f"--model: no verdicts on '{wanted.model}': {did_you_mean(wanted.model, known)}")
    if wanted.compared:
        own = load_results(wanted.paths, model_name=wanted.model_name)
        known = list(dict.fromkeys(one.model for one in own))
    if len(known) != 1:
        raise ConfigError(f"PATH holds {len(known)} models; say whose card it is with --model ({', '.join(known)})")
    return known[0]


def checked_url(url: str) -> str:
    """Return an http(s) URL whose characters cannot leave a Markdown link. Raises ConfigError for any other."""
    mend = f"--answers-url '{url}' is no web address; give one that begins with https://"
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ConfigError(mend) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ConfigError(mend)
    return quote(url, safe=":/?#@!$&'*+,;=%~-._")
