"""The manifest that a call begins or goes on with."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from pathlib import Path

from judge.config import GenerateConfig, differing_fields
from judge.errors import ConfigError
from judge.records import QuestionId
from judge.runs.answers import answered_ids, holds_nothing
from judge.runs.manifest import ExpectedQuestion, Manifest, now, versions


def begun(
    run: Path,
    old: Manifest | None,
    config: GenerateConfig,
    expected: Sequence[ExpectedQuestion],
    of_questions: int,
    *,
    edition: str = "",
    question_file: str = "",
    fresh: bool = False,
) -> Manifest:
    """Return the manifest of a run in which `expected` is asked; `old`: the one on disk; `edition`: of a
    built-in set; `question_file`: what another is called.

    A run without any answer or judgment takes the new configuration. Expected is what is asked now and what has an
    answer already: more than before where more is asked, less where `--limit` is smaller. Raises ConfigError naming the
    fields where the folder holds another configuration.
    """
    different = differing_fields(old.config, config) if old else []
    if old is None or (different and holds_nothing(run)):
        return Manifest(
            kojudge=versions().get("kojudge", ""),
            config=config,
            expected=tuple(expected),
            of_questions=of_questions,
            edition=edition,
            question_file=question_file,
            host=platform.node(),
            created=now(),
            usage=old.usage if old else {},
            fresh=fresh,
        )
    if different:
        kept = (
            f"; where only references, notes or checks have changed: kojudge judge {run} --questions FILE "
            "keeps the answers"
        ) * all(one.startswith("questions: ") for one in different)
        raise ConfigError(
            f"{run} holds a run of another configuration ({'; '.join(different)}); "
            f"give another --out, or --fresh to move that run aside{kept}"
        )
    return old.model_copy(
        update={
            "kojudge": versions().get("kojudge", ""),
            "config": old.config.model_copy(update={"strategies": {**old.config.strategies, **config.strategies}}),
            "expected": _expected(run, old, expected),
            "of_questions": of_questions,
            "edition": edition,
            "question_file": question_file,
        }
    )


def _expected(run: Path, old: Manifest, asked: Sequence[ExpectedQuestion]) -> tuple[ExpectedQuestion, ...]:
    """Return what was expected before in its order, without what is neither asked now nor answered, and what is new."""
    ids, known = {question.id for question in asked}, {question.id for question in old.expected}
    answered: set[QuestionId] = answered_ids(run) if known - ids else set()
    kept = (question for question in old.expected if question.id in ids or question.id in answered)
    return (*kept, *(question for question in asked if question.id not in known))
