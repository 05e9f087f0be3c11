"""How the verdicts of a card were made, as far as the files say it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from judge.packs.editions import edition_of
from judge.records import Judgment
from judge.runs.manifest import Manifest
from judge.tables.results import Results
from judge.wording import joined

LOGICKOR_FILE = "logickor-file"
"""What the judge of LogicKor's saved verdicts is called: these files don't name it."""


@dataclass(frozen=True)
class Facts:
    """What is said below the tables of one judge. Empty where the files don't say it."""

    judge: str
    """The judge's own name, as it was configured; empty: LogicKor's files, which don't name it."""
    returned: tuple[str, ...]
    """The model ids that the judge's endpoint answered as."""
    dates: tuple[str, ...]
    """First and last day of judging, UTC, ISO 8601; one where they are the same."""
    questions: int
    turns: int
    """Largest numbers of questions and of turns that a row was expected to have."""
    repeats: int
    versions: tuple[tuple[str, str], ...]
    """(program, version) of what made the answers and verdicts; vLLM only where kojudge started it."""
    templates: tuple[str, ...]
    """Digests of the judge templates."""
    asked: str = ""
    """Digest of the questions of the row that was asked most; the same whatever stands beside it."""
    editions: tuple[str, ...] = ()
    """Editions of built-in question sets that the runs were answered on, or files of others, each with its digest."""


def judge_facts(series: Sequence[Results], manifests: Iterable[Manifest]) -> Facts:
    """Return what is known of series of one judge; `manifests`: of the runs that they come from."""
    verdicts = [o for one in series for o in one.outcomes if isinstance(o, Judgment)]
    asked = [o for o in verdicts if o.by == "llm"]
    days = sorted({o.created[:10] for o in verdicts if o.created})
    name, known = series[0].own_judge, list(manifests)
    return Facts(
        judge="" if name == LOGICKOR_FILE else name,
        returned=tuple(sorted({o.judge_returned for o in asked if o.judge_returned})),
        dates=tuple(dict.fromkeys((days[0], days[-1]))) if days else (),
        questions=max(len({item[0] for item in one.expected}) for one in series),
        turns=max(len(one.expected) for one in series),
        repeats=max(one.repeats for one in series),
        versions=_versions(known),
        templates=tuple(sorted({o.template for o in verdicts if o.template})),
        asked=_asked(max(series, key=lambda one: len(one.expected))),
        editions=tuple(sorted({_edition(one) for one in known if one.edition or one.question_file})),
    )


def set_names(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Return model -> what its question set is called: edition or file, with its digest.

    A model whose runs do not say it, or are of several sets, has none.
    """
    found: dict[str, set[str]] = {}
    for one in manifests:
        found.setdefault(one.config.model, set()).add(_edition(one) if one.edition or one.question_file else "")
    return {model: name for model, names in found.items() if len(names) == 1 for name in names if name}


def _edition(manifest: Manifest) -> str:
    """Return the edition or the file that a run was answered on, with its digest."""
    if manifest.config.source == "saved":  # the digest stands in the name: the run itself was made of answers alone
        return manifest.question_file
    digest = manifest.config.questions
    found = edition_of(digest)
    return joined([found.note if found else manifest.edition or manifest.question_file, f"({digest})"], " ")


def _asked(series: Results) -> str:
    """Eight hex digits of the ids, turns, categories and, where they are known, words."""
    items = [(repr(i), turn, name, series.texts.get((i, turn), "")) for (i, turn), name in series.expected.items()]
    return hashlib.sha256(repr(sorted(items)).encode("utf-8", "backslashreplace")).hexdigest()[:8]


def _versions(manifests: Iterable[Manifest]) -> tuple[tuple[str, str], ...]:
    found: dict[tuple[str, str], None] = {}
    for manifest in manifests:
        if manifest.kojudge:
            found["kojudge", manifest.kojudge] = None
        if manifest.config.engine and "vllm" in manifest.versions:
            found["vLLM", manifest.versions["vllm"]] = None
    return tuple(sorted(found))
