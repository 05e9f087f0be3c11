"""Verdicts -> Every Eval Ever's files (schema 0.3): one aggregate a model, its samples beside it.

    DIR/data/kojudge/<developer>/<model>/<uuid>.json            a result a strategy, judge and mean
    DIR/data/kojudge/<developer>/<model>/<uuid>_samples.jsonl   a row a judged turn whose answer is at hand

Scores stay on their own scale. Their `is_correct` is a yes or no that a judge's score is not: it is true at the top of
the scale only. The uuid is made of the content, so that the same verdicts give the same files, but for the time at
which they are written.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from judge.config import STANDARD_RANGE
from judge.files import replace_text, without_half_characters
from judge.records import Item, Judgment
from judge.runs.names import safe_part
from judge.tables.judged_turns import JudgedTurn
from judge.tables.means import category_names, item_scores
from judge.tables.ranges import Range, ranges
from judge.tables.results import Results
from judge.tables.row import Row
from judge.wording import Note, led

SCHEMA = "0.3.0"
NAME = "kojudge"
UNKNOWN = "unknown"

Object = dict[str, Any]


def export_eee(
    series: Sequence[Results],
    rows: Sequence[Row],
    judged: Sequence[JudgedTurn],
    folder: Path,
    *,
    named: Mapping[str, str],
    version: str,
    now: int,
) -> list[str]:
    """Write the files of every model and return a line a file.

    `series`: of judges that are models; `rows`: of the series, in the same order, with intervals; `named`: model ->
    what its question set is called, where that is known (`facts.set_names`); `now`: seconds since 1970.
    """
    found: dict[str, list[tuple[Results, Row]]] = defaultdict(list)
    for one, row in zip(series, rows, strict=True):
        found[one.model].append((one, row))
    lines = []
    for model, mine in found.items():
        results = [result for one, row in mine for result in _results(one, row, named.get(model, ""))]
        content = json.dumps([model, results], sort_keys=True, ensure_ascii=False).encode("utf-8", "backslashreplace")
        name = str(uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=4))  # the only version it takes
        developer, _, short = model.rpartition("/")
        place = Path("data") / NAME / safe_part(developer or UNKNOWN) / safe_part(short)
        identity = f"{NAME}/{model.replace('/', '_')}/{now}"
        samples = [row for one, _ in mine for row in _samples(one, judged, identity)]
        aggregate = _aggregate(model, identity, results, version, now)
        if samples:
            text = without_half_characters("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in samples))
            file = place / f"{name}_samples.jsonl"
            replace_text(folder / file, text)
            told = Note(f"{len(samples)} judged turns", f"채점한 턴 {len(samples)}개")
            lines.append(led(str(folder / file), told))
            aggregate["detailed_evaluation_results"] = {
                "format": "jsonl",
                "file_path": file.as_posix(),
                "hash_algorithm": "sha256",
                "checksum": hashlib.sha256(text.encode()).hexdigest(),
                "total_rows": len(samples),
            }
        path = folder / place / f"{name}.json"
        replace_text(path, json.dumps(aggregate, ensure_ascii=False, indent=2) + "\n")
        lines.append(led(str(path), Note(f"{len(results)} results of {model}", f"{model}의 결과 {len(results)}개")))
    return lines


def _aggregate(model: str, identity: str, results: list[Object], version: str, now: int) -> Object:
    return {
        "schema_version": SCHEMA,
        "evaluation_id": identity,
        "retrieved_timestamp": str(now),
        "source_metadata": {
            "source_name": NAME,
            "source_type": "evaluation_run",
            "source_organization_name": UNKNOWN,
            "evaluator_relationship": "other",
        },
        "eval_library": {"name": NAME, "version": version},
        "model_info": _model(model),
        "evaluation_results": results,
    }


def _model(name: str) -> Object:
    developer, _, _ = name.rpartition("/")
    known = {"deployment_type": UNKNOWN, "model_availability": UNKNOWN}
    return {"name": name, "id": name, **({"developer": developer} if developer else {}), "additional_details": known}


def _results(one: Results, row: Row, asked: str) -> Iterator[Object]:
    scale, count = next(iter(ranges([one])), STANDARD_RANGE), f"{row.questions} questions, {len(one.expected)} turns"
    verdicts = [o for o in one.outcomes if isinstance(o, Judgment)]
    days = sorted(o.created for o in verdicts if o.created)
    means: list[tuple[str, Fraction | None]] = [("Overall", row.overall), ("싱글턴", row.single), ("멀티턴", row.multi)]
    means += [(name, row.categories[name]) for name in category_names(row.categories)]
    for name, mean in means:
        if mean is None:
            continue
        score: Object = {"score": float(mean), "details": _counts(row)}
        if name == "Overall" and row.interval:
            method = row.interval.method
            score["uncertainty"] = {
                "standard_error": {"value": row.interval.error, "method": method},
                "confidence_interval": {
                    "lower": row.interval.low,
                    "upper": row.interval.high,
                    "confidence_level": 0.95,
                    "method": method,
                },
                "num_samples": row.questions,
            }
        yield {
            "evaluation_result_id": _id(one, name),
            "evaluation_name": f"{NAME} {name}",
            "source_data": {
                "dataset_name": asked or count,
                "source_type": "other",
                "additional_details": {"question texts": _asked(one), **({"asked": count} if asked else {})},
            },
            **({"evaluation_timestamp": days[-1]} if days else {}),
            "metric_config": _metric(one, name, scale, verdicts),
            "score_details": score,
            "generation_config": {"additional_details": {"prompt strategy": one.strategy}},
        }


def _counts(row: Row) -> dict[str, str]:
    counts = {"judged": row.judged, "failed": row.failed, "expected": row.expected}
    found = {name: str(number) for name, number in counts.items()} | {"failed verdicts": row.failures}
    return found | ({"notes": "; ".join(row.notes)} if row.notes else {})


def _metric(one: Results, name: str, scale: Range, verdicts: Sequence[Judgment]) -> Object:
    templates = sorted({o.template for o in verdicts if o.template})
    shown = f"kojudge's judge templates, digest {', '.join(templates)}" if templates else "not known"
    each = [(own.judge, own.returned) for own in one.shared] or [(one.own_judge, one.returned)]
    judges = []
    for own, returned in each:
        judge = _model(own)
        judge["additional_details"] |= {"answered as": returned} if returned else {}
        judges.append({"model_info": judge})
    return {
        "metric_id": f"{NAME}.{name}",
        "metric_name": name,
        "metric_kind": "llm_judge_score",
        "metric_unit": "points",
        "lower_is_better": False,
        "score_type": "continuous",
        "min_score": scale[0],
        "max_score": scale[1],
        "llm_scoring": {"judges": judges, "input_prompt": shown},
    }


def _samples(one: Results, judged: Sequence[JudgedTurn], identity: str) -> Iterator[Object]:
    """Yield a row a judged turn; several verdicts on one answer are its mean."""
    scores = item_scores(one)
    top = next(iter(ranges([one])), STANDARD_RANGE)[1]
    key = (one.model, one.strategy, one.judge)
    seen: dict[Item, JudgedTurn] = {}
    for each in judged:
        if each.key[:3] == key:
            seen.setdefault((each.judgment.id, each.judgment.turn), each)
    for item, each in seen.items():
        score, reference = float(scores[item]), each.reference
        last = len(each.earlier) + 1  # the answer's place among the messages
        source = f"messages[{last}].content" if item[1] > 1 else "output.raw"
        hashed = each.question + (reference or "")
        yield {
            "schema_version": SCHEMA,
            "evaluation_id": identity,
            "model_id": one.model,
            "evaluation_name": f"{NAME} Overall",
            "evaluation_result_id": _id(one, "Overall"),
            "sample_id": f"{item[0]}/{item[1]}",
            "sample_hash": hashlib.sha256(hashed.encode("utf-8", "replace")).hexdigest(),
            "interaction_type": "multi_turn" if item[1] > 1 else "single_turn",
            "input": {"raw": each.question, "reference": [reference] if reference is not None else []},
            "output": {"raw": [each.output]} if item[1] == 1 else None,
            "messages": _messages(each) if item[1] > 1 else None,
            "answer_attribution": [
                {
                    "turn_idx": last if item[1] > 1 else 0,
                    "source": source,
                    "extracted_value": each.output,
                    "extraction_method": "llm_judge",
                    "is_terminal": True,
                }
            ],
            "evaluation": {"score": score, "is_correct": score >= top, "num_turns": item[1]},
            "metadata": {"category": one.expected[item], "turn": str(item[1]), "comment": each.judgment.comment},
        }


def _messages(each: JudgedTurn) -> list[Mapping[str, Any]]:
    said = [*each.earlier, each.question, each.output]
    return [
        {"turn_idx": place, "role": "assistant" if place % 2 else "user", "content": text}
        for place, text in enumerate(said)
    ]


def _asked(one: Results) -> str:
    items = sorted((str(item), text) for item, text in one.texts.items())
    return hashlib.sha256(repr(items).encode()).hexdigest()[:16] if items else "not known"


def _id(one: Results, name: str) -> str:
    return f"{one.strategy}/{one.judge}/{name}"
