"""Check an answer against demands: kept, broken, or not to be told (pure).

Used twice: by the rule judge, and as facts handed to a model that judges ("360~440자 요구, 실제 612자"), for counting
is what such models do worst. A false fact is worse than none. So a demand is kept only if it is kept under every fair
reading of the answer (`readings`) and every fair way to count (`measures`, `sentences`), and broken only if it is
broken under all. Any text is accepted and nothing of it is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from judge.demands import (
    Acrostic,
    Code,
    Contains,
    Count,
    Demand,
    Ends,
    Excludes,
    Format,
    Politeness,
    Regex,
    Register,
    Starts,
)
from judge.text.demand_words import PARTS, UNITS, asked, listed
from judge.text.measures import EMPHASIS, nfc, parts, span, unwrapped
from judge.text.occurrences import occurrence, place
from judge.text.quotations import spelled
from judge.text.readings import Reading, readings, without_remarks
from judge.text.registers import in_style, spoken
from judge.text.sentences import read_sentences, without_quotations, without_smileys
from judge.text.shapes import python, shape

LONGEST = 20_000
"""Characters of an answer that a regular expression is tried on."""

_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " ", 0x00A0: " ", 0x318D: "·"}
_QUOTES = " \t\n'\"“”‘’「」『』()"
_LEAD = re.compile(r"^(?:\d{1,3}[.)]|[-•·①-⑳])[ \t]*")
_LABEL = re.compile(r"^\W*\w\W*[:：.)\]]\W*(?P<first>\w)")


class Finding(NamedTuple):
    """What was found of one demand."""

    met: bool | None
    """Kept, broken, or None: it cannot be told for certain."""
    share: float
    """How far it is met under its kindest reading, 0 to 1; 1 where `met`."""
    fact: str
    """Demand, count and outcome in Korean, for a judge and for people; empty where nothing can be said."""


class _Found(NamedTuple):
    """What one reading of an answer shows."""

    met: bool | None
    share: float
    have: str
    """What was counted, in Korean."""


def check(demand: Demand | Politeness, output: str) -> Finding:
    """Return whether `output` meets `demand`, in three values."""
    text = spelled(nfc(output)).strip()
    ways = _ways(demand, text)
    found = [_check(demand, way.text) for way in ways]
    outcomes = {one.met for one in found}
    share = max(one.share for one in found)
    whole, wanted = found[0], f"{asked(demand)} 요구"
    if outcomes == {True}:
        return Finding(True, 1.0, f"{wanted}, {whole.have} → 지킴")
    if outcomes == {False}:
        return Finding(False, min(share, 0.99), f"{wanted}, {whole.have} → 어김")
    other, way = next((pair for pair in zip(found, ways, strict=True) if pair[0].met != whole.met), (whole, ways[0]))
    if other.met is None or not whole.have:
        return Finding(None, share, "")
    told = f"전체로는 {whole.have}, {_left_out(way)} 빼면 {other.have} → 질문의 뜻에 따라 판단할 것"
    return Finding(None, share, f"{wanted}, {told}")


def _ways(demand: Demand | Politeness, text: str) -> list[Reading]:
    """The readings of an answer that a demand may be meant for, that of the whole first.

    A title is no sentence, so the whole is not one of them where sentences are counted.
    """
    ways = readings(text)
    if isinstance(demand, Code) or (isinstance(demand, Format) and demand.form == "plain"):
        return ways[:1]
    if isinstance(demand, Regex) and "\\A" in demand.pattern:
        ways = [way for way in ways if way.without in ((), ("풀이",))]
    if isinstance(demand, Contains | Excludes | Regex) and (bare := without_remarks(text)):
        ways.append(bare)
    if isinstance(demand, Register) or "sentence" in (getattr(demand, "each", None), getattr(demand, "unit", "")[:-1]):
        bodies = [way for way in ways if way.labels]
        ways = bodies + [way for way in ways[1:] if way not in bodies] if bodies else ways
    return ways


def _left_out(way: Reading) -> str:
    names = "·".join(way.without)
    return names + ("를" if names.endswith("이") else "을")


def check_all(demands: Iterable[Demand], output: str) -> list[Finding]:
    """Return one Finding a demand, in order."""
    return [check(demand, output) for demand in demands]


def demand_facts(demands: Iterable[Demand], output: str) -> list[str]:
    """Return what a judge is told of the demands of one turn, a line each, without what cannot be told for certain.

    They stand outside the fence of the answer, so they hold no more of its text than the first letters of its lines.
    """
    return [finding.fact for finding in check_all(demands, output) if finding.fact]


def nearness(have: int, low: float | None, high: float | None) -> float:
    """Return 1 within the bounds, falling in straight lines to 0 at nothing and at twice `high`."""
    if low is not None and have < low:
        return have / low
    if high is not None and have > high:
        return max(0.0, 1 - (have - high) / max(high, 1))
    return 1.0


def _check(demand: Demand | Politeness, text: str) -> _Found:
    """One reading of an answer."""
    match demand:
        case Count():
            return _count(demand, text)
        case Contains():
            return _contains(demand, text)
        case Excludes():
            return _excludes(demand, text)
        case Starts() | Ends():
            return _edge(demand, text)
        case Acrostic():
            return _acrostic(demand, text)
        case Register() | Politeness():
            return _register(demand, text)
        case Regex():
            return _regex(demand, text)
        case Code():
            return _Found(*python(text))
        case Format():
            return _Found(*shape(demand, text))


def _agreed(outcomes: Iterable[bool | None]) -> bool | None:
    found = set(outcomes)
    return found.pop() if len(found) == 1 else None


def _within(size: tuple[int, int], low: int | None, high: int | None) -> bool | None:
    """Whether a length is within its bounds, however it is counted."""
    least, most = size
    if (low is not None and most < low) or (high is not None and least > high):
        return False
    return True if (low is None or least >= low) and (high is None or most <= high) else None


def _counted(size: tuple[int, int], unit: str) -> str:
    return f"{size[0]}{unit}" if size[0] == size[1] else f"{size[0]}~{size[1]}{unit}"


def _count(demand: Count, text: str) -> _Found:
    unit, low, high = UNITS[demand.unit][1], demand.min, demand.max
    if demand.each is None:
        size = span(text, demand.unit)
        share = max(nearness(have, low, high) for have in size)
        return _Found(_within(size, low, high), share, f"실제 {_counted(size, unit)}")
    ways = [[span(part, demand.unit) for part in way] for way in parts(text, demand.each)]
    off = [_counted(size, unit) for size in ways[0] if _within(size, low, high) is False]
    outcomes = [[_within(size, low, high) for size in way] for way in ways]
    shown = f"({' '.join(off[:3])})" if off else ""
    return _of_parts(outcomes, f"{PARTS[demand.each]} {len(ways[0])}개 중", shown)


def _of_parts(ways: Sequence[Sequence[bool | None]], parts_in_all: str, shown: str = "") -> _Found:
    """`ways`: the outcome of every part, for every way to divide the answer."""
    met = _agreed(False if not way or False in way else None if None in way else True for way in ways)
    share = max(sum(one is not False for one in way) / max(len(way), 1) for way in ways)
    return _Found(met, share, f"실제 {parts_in_all} {sum(one is False for one in ways[0])}개 벗어남{shown}")


def _contains(demand: Contains, text: str) -> _Found:
    plain = EMPHASIS.sub("", text)
    wanted = [nfc(expression) for expression in demand.texts]
    there = [occurrence(expression, plain) for expression in wanted]
    missing = [expression for expression, how in zip(wanted, there, strict=True) if how == "none"]
    share = 1 - len(missing) / len(wanted)
    if missing:
        return _Found(False, share, f"빠진 것 {listed(missing)}")
    if "perhaps" in there:
        return _Found(None, share, "")
    return _in_order(wanted, plain) if demand.ordered else _Found(True, 1.0, "빠진 것 없음")


def _in_order(wanted: Sequence[str], text: str) -> _Found:
    """Certain where the first occurrences are in order, or no occurrences are."""
    firsts = [place(expression, text) for expression in wanted]
    if len(set(wanted)) == len(wanted) and firsts == sorted(firsts):
        return _Found(True, 1.0, "순서대로 있음")
    at, held = 0, 0
    for expression in wanted:
        found = place(expression, text, at)
        if found < 0:
            break
        at, held = found + len(expression), held + 1
    if held == len(wanted):
        return _Found(True if len(set(wanted)) < len(wanted) else None, 1.0, "순서대로 있음")
    return _Found(False, held / len(wanted), f"순서가 다름({held}개까지 맞음)")


def _excludes(demand: Excludes, text: str) -> _Found:
    wanted = [nfc(expression) for expression in demand.texts]
    there = ["word" if demand.inside and expression in text else occurrence(expression, text) for expression in wanted]
    used = [expression for expression, how in zip(wanted, there, strict=True) if how == "word"]
    if demand.inside and not used:
        there = ["none"]
    met = False if used else None if "perhaps" in there else True
    return _Found(met, 1 - len(used) / len(wanted), f"쓴 것 {listed(used) or '없음'}")


def _edge(demand: Starts | Ends, text: str) -> _Found:
    """Marks of emphasis do not count; quotation marks and look-alike signs make it uncertain."""
    wanted, at_start = nfc(demand.text), isinstance(demand, Starts)

    def kept(part: str) -> bool | None:
        bare = part.strip(" \t\n*_`")
        if bare.startswith(wanted) if at_start else bare.endswith(wanted):
            return True
        flat, aim = (
            without_smileys(bare.translate(_FULL_WIDTH)).strip(_QUOTES),
            wanted.translate(_FULL_WIDTH).strip(_QUOTES),
        )
        return None if (flat.startswith(aim) if at_start else flat.endswith(aim)) else False

    if demand.each is None:
        met = kept(EMPHASIS.sub("", unwrapped(text)))
        return _Found(met, float(met is not False), "있음" if met else "없음")
    ways = parts(text, demand.each)
    return _of_parts([[kept(part) for part in way] for way in ways], f"{PARTS[demand.each]} {len(ways[0])}개 중")


def _acrostic(demand: Acrostic, text: str) -> _Found:
    """Lines may have numbers, marks of emphasis, or their letter as a label before them."""
    wanted = [letter for letter in nfc(demand.text) if letter.isalnum()]
    lines = [_LEAD.sub("", line) for line in parts(text, "line")[0]]
    heads = [next((c for c in line if c.isalnum()), "") for line in lines]
    labels = [
        label["first"] if (label := _LABEL.match(line)) else head for line, head in zip(lines, heads, strict=True)
    ]
    hits = sum(have == want for have, want in zip(heads, wanted, strict=False))
    met: bool | None = heads == wanted
    if met and labels != wanted:
        met = None if any(label == want for label, want in zip(labels, wanted, strict=True)) else False
    blocks = [parts(block, "line")[0] for block in re.split(r"\n[ \t]*\n", text)]
    if not met and any([next(filter(str.isalnum, line), "") for line in block] == wanted for block in blocks):
        met = None
    shown = "".join(heads[: len(wanted) + 2])
    return _Found(met, hits / len(wanted) if wanted else 0.0, f"실제 '{shown}'")


def _register(demand: Register | Politeness, text: str) -> _Found:
    """Every sentence that ends like one counts; a noun at the end, or an ending of two levels, makes it uncertain."""
    outcomes, shares = [], []
    for pieces in read_sentences(EMPHASIS.sub("", text)):
        total, taken, possible = in_style(spoken(pieces), demand.style)
        outcomes.append(None if not total else False if possible < total else True if taken == total else None)
        shares.append((total, possible, taken))
    total, possible, taken = shares[0]
    share = max(possible / max(total, 1) for total, possible, _ in shares)
    return _Found(_agreed(outcomes), share if total else 0.0, f"실제 {total}문장 중 {possible}문장")


def _regex(demand: Regex, text: str) -> _Found:
    """Tried on the text as it is, and without emphasis, full-width signs and blanks at line ends."""
    plain = text if re.search(r"\\?[*`#_]", demand.pattern) else EMPHASIS.sub("", unwrapped(text))
    bare = re.sub(r"[ \t]+$", "", plain.translate(_FULL_WIDTH), flags=re.MULTILINE).strip()
    ways = [text, bare]
    if "[.?!" in demand.pattern and not re.search("[\"'“‘]", demand.pattern):
        ways.append(without_quotations(text))  # it is of sentences: those that are quoted may count or not
    counts = [sum(1 for _ in re.finditer(demand.pattern, way[:LONGEST], re.MULTILINE)) for way in ways]
    met = _agreed(_within((have, have), demand.min, demand.max) for have in counts)
    if len(text) > LONGEST and not (met is False and demand.max is not None and min(counts) > demand.max):
        met = None
    shown = f"찾은 곳 {counts[0]}군데" if demand.says else f"실제 {counts[0]}번"
    return _Found(met, max(nearness(have, demand.min, demand.max) for have in counts), shown)
