"""Paths -> one HTML file: the board, the plots, and every item with every verdict on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from judge.config import STANDARD_RANGE
from judge.files import replace_text
from judge.packs.folder import builtin
from judge.records import Answer, QuestionId
from judge.reports.page_data import Material, build
from judge.reports.page_html import MODULES, Heading, Language, Sources, render_page
from judge.runs.manifest import now, versions
from judge.sources.certificates import find_certificates
from judge.sources.judged import Evidence, load_evidence
from judge.sources.place import Group
from judge.tables.certificate import citations
from judge.tables.means import mean_rows
from judge.tables.numbers import Rounding
from judge.tables.ranges import range_of
from judge.tables.results import FailureRule
from judge.tables.row import Row
from judge.tables.shared_notes import raw_notes
from judge.text.digests import answer_digest
from judge.trust.agreement import agreements, alpha_of, raters
from judge.trust.audit import audit, judge_checks
from judge.trust.audit_rules import AUDIT_RULES
from judge.trust.compare import Comparisons, compare
from judge.trust.intervals import with_intervals
from judge.trust.language_gate import gated_out, with_gate
from judge.trust.stats import DRAWS, SEED


@dataclass(frozen=True)
class Written:
    """What was written where."""

    path: Path
    bytes: int
    rows: tuple[Row, ...]
    verdicts: int


@dataclass(frozen=True)
class Wishes:
    """How the page is made."""

    language: Language = "ko"
    title: str = ""
    rounding: Rounding = "half-up"
    failures: FailureRule = "exclude"
    draws: int = DRAWS
    seed: int = SEED


def write_report(
    paths: Sequence[Path],
    out: Path,
    *,
    lang: Language = "ko",
    judges: Sequence[str] = (),
    strategies: Sequence[str] = (),
    model_name: str | None = None,
    wishes: Wishes | None = None,
) -> Written:
    """Write the page of all that lies at `paths` to `out`, replacing it in one step.

    `judges`, `strategies` and `model_name` are those of `load_results`. Raises InputError for what cannot be read and
    StoreError where `out` cannot be written.
    """
    wished = wishes or Wishes(language=lang)
    found = load_evidence(paths, judges=judges, strategies=strategies, model_name=model_name)
    material = gather(found, wished)
    certificates = find_certificates(paths)
    said = citations(found.series, certificates)
    rows = [
        replace(row, notes=(*row.notes, *raw_notes(row), *said[row.model, row.strategy, row.judge]))
        for row in material.rows
    ]  # the page has no place for legends
    material = replace(material, rows=rows)
    heading = Heading(wished.title, wished.language, now(), f"kojudge {versions().get('kojudge', '')}".strip())
    html = render_page(build(material), heading, page_sources())
    replace_text(out, html)
    return Written(out, out.stat().st_size, tuple(material.rows), sum(row.judged for row in material.rows))


def gather(found: Evidence, wished: Wishes) -> Material:
    """Return everything that the page shows, computed by the modules that the tables and the verbs use."""
    series, judged = found.series, found.judged
    rows = mean_rows(series, failures=wished.failures)
    rows = with_intervals(rows, series, ci="bootstrap", draws=wished.draws, seed=wished.seed)
    standard = range_of(series) == STANDARD_RANGE  # the gate, most rules and the checks are made for that range
    rows = with_gate(rows, series, judged) if standard else rows
    answers = _answers(found)
    digests = {
        (*group, a.id, turn): answer_digest(a, turn)
        for group, each in answers.items()
        for a in each.values()
        for turn in a.turns
    }
    given = raters(series)
    strategies = len({one.strategy for one in series}) > 1
    chosen = (
        compare(series, "strategy", failures=wished.failures, draws=wished.draws, seed=wished.seed)
        if strategies
        else None
    )
    return Material(
        series=series,
        rows=rows,
        answers=answers,
        digests=digests,
        hits=audit(judged, [rule for rule in AUDIT_RULES if standard or rule.any_range]),
        gated=frozenset(gated_out(judged) if standard else ()),
        comparisons=chosen or Comparisons(()),
        agreements=agreements(given) if len(given) > 1 else (),
        alpha=alpha_of(given) if len(given) > 1 else float("nan"),
        findings=judge_checks(series, judged, wished.draws, wished.seed) if standard else (),
        rounding=wished.rounding,
    )


def _answers(found: Evidence) -> dict[Group, dict[QuestionId, Answer]]:
    """Return the answers beside the verdicts, and those whose verdicts have all failed."""
    answers: dict[Group, dict[QuestionId, Answer]] = {}
    for one in found.judged:
        answers.setdefault((one.key[0], one.key[1]), {}).setdefault(one.answer.id, one.answer)
    asked: dict[Group, set[QuestionId]] = {}
    for series in found.series:
        asked.setdefault((series.model, series.strategy), set()).update(outcome.id for outcome in series.outcomes)
    owed = {group for group, ids in asked.items() if ids - answers.get(group, {}).keys()}
    for group in (group for group in found.answers if group in owed):
        for answer in found.answers[group]:
            answers.setdefault(group, {}).setdefault(answer.id, answer)
    return answers


def page_sources() -> Sources:
    """Return the page's own texts and the plot library's JavaScript, which comes with its Python package."""
    import plotly.offline  # type: ignore[import-untyped]  # only here is it needed

    folder = builtin() / "templates" / "report"

    def text(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    return Sources(
        page=text("page.html.jinja"),
        style=text("page.css"),
        modules={name: text(f"{name}.js") for name in MODULES},
        plotly=plotly.offline.get_plotlyjs(),
    )
