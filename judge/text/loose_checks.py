"""Check an answer against demands that were read off a question's words, and may mean less than they say (pure).

`demand_checks` asks for the letter, because a question set that ships a demand means it. Words leave room: "표로" is
met by an HTML table, "JSON으로" by a JSON object with prose around it, an acrostic by lines below a title. Checked by
the letter, the rule judge agrees less with the public verdicts (Spearman over single verdicts of the held-out models
0.536 instead of 0.540). What no entry here loosens is checked by the letter.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from judge.demands import Acrostic, Code, Contains, Count, Demand, Ends, Format, Politeness, Register, Starts
from judge.text.code import has_code, json_in, python_error
from judge.text.demand_checks import check, nearness, size
from judge.text.language import visible_text
from judge.text.sentences import bare_ends, in_level, sentences

PARAGRAPH = 30
"""Characters above which a block of lines is a paragraph and not a heading."""
LATE_START = 200
"""Characters in which the demanded beginning may follow a subject line or a greeting."""

_LIST_ITEM = re.compile(r"^[ \t]*(?:[-*+•·]|\(?\d{1,2}[.)]|[①-⑳]|[가-하][.)]|#{1,4}\s|\*\*\d)[ \t]*\S", re.MULTILINE)
_TABLE = re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*\n[ \t]*\|[ \t:|-]+\||<table", re.MULTILINE | re.IGNORECASE)
_PREDICATE = re.compile(r"[다요죠까오음함됨야어아지해]$")


def list_items(text: str) -> int:
    """Return how many lines begin like an item of a list or a heading."""
    return len(_LIST_ITEM.findall(text))


class Met(NamedTuple):
    """How far a demand is met."""

    share: float | None
    """0 to 1; None where the answer shows nothing of it."""
    have: int | str = ""
    """What was counted, or the syntax error that was found."""


def check_loosely(demand: Demand | Politeness, output: str, slack: float = 0.0) -> Met:
    """Return how far `output` meets `demand`. `slack`: the share by which a length may miss its bounds."""
    text = unicodedata.normalize("NFC", output)
    match demand:
        case Count():
            return _count(demand, text, slack)
        case Starts() | Ends():
            return Met(_edge(demand, text))
        case Contains():
            share = check(demand, text).share
            return Met(share, round(share * len(demand.texts)))
        case Acrostic():
            heads = [line.lstrip(" \t-*#'\"[(")[:1] for line in text.splitlines() if line.strip()]
            wanted = [c for c in demand.text if c.isalnum()]
            hits = sum(c in heads for c in wanted)
            return Met(hits / max(len(wanted), 1), hits)
        case Format(form="json"):
            return Met(float(json_in(text)))
        case Format(form="markdown_table"):
            return Met(float(_TABLE.search(text) is not None))
        case Format():
            items = list_items(text)
            return Met(1.0 if items >= 2 else 0.3, items)
        case Code():
            error = python_error(text) if has_code(text) else None
            return Met(0.5, error) if error else Met(float(has_code(text)))
        case Register() | Politeness():
            ends = [end for end in bare_ends(sentences(text)) if _PREDICATE.search(end)]
            return Met(in_level(ends, demand.style) / len(ends) if ends else None)
        case _:
            return Met(check(demand, text).share)


def _count(demand: Count, text: str, slack: float) -> Met:
    """A block of a few characters is no paragraph; code and markup are neither words nor characters."""
    if demand.unit == "paragraphs":
        have = sum(len(block.strip()) > PARAGRAPH for block in re.split(r"\n\s*\n", text))
    elif demand.unit == "words":
        have = len(visible_text(text).split())
    elif demand.unit == "chars":
        have = len(visible_text(text).strip())
    else:
        have = size(text, demand.unit)
    low = None if demand.min is None else demand.min * (1 - slack)
    if demand.max is None:
        return Met(nearness(have, low, None), have)
    return Met(nearness(have, low, demand.max * (1 + slack), none_at=2 * demand.max), have)


def _edge(demand: Starts | Ends, text: str) -> float:
    """Quotation marks, markup and punctuation at both ends do not count."""
    around = " \t\n'\"“”‘’*#`.!?>-"
    said, wanted = text.strip(around), demand.text.strip(around)
    if isinstance(demand, Ends):
        return float(said.endswith(wanted))
    return 1.0 if said.startswith(wanted) else 0.7 if wanted in said[:LATE_START] else 0.0
