"""How much of a reference an answer holds: numbers, choices, orders, formulas, key words (pure).

Used by `observations`. Every function takes any text and never raises.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from judge.rules.numbers import formula_of, has_formula, holds, numbers, plain_math
from judge.text.code import has_code

LONGEST_REFERENCE = 4_000
"""Characters of a reference that are read."""


class Match(NamedTuple):
    """How far an answer agrees with its reference, and what was found, in Korean."""

    share: float
    """0 (nothing of it) to 1 (all of it, stated as the result)."""
    reason: str
    verbatim: bool = False
    """The reference stands in the answer word for word, and not in the question."""


_NOTE = re.compile(
    r"\([^()]*(?:허용|정답|가능|무관|인정)[^()]*\)"
    r"|(?:^|(?<=[.\n]))\s*단,[^\n]*"
    r"|아래[^\n]{0,40}(?:인정|정답)\.?\n?"
)
"""What a reference says to the judge ("단, 풀이에 집중하여 평가") and not as an answer."""
_ALTERNATIVE = re.compile(r"\s(?:또는|혹은|or)\s")
_CLAIM = re.compile(
    r"정답|답은|답:|답변:|따라서|그러므로|그래서|결론|결국|즉,|최종|총|입니다\.?$|이다\.?$|=|\*\*|answer",
    re.IGNORECASE,
)
_ANSWER = re.compile(r"정답|답은|답\s*:|답변\s*:|따라서|그러므로|결론|결국|answer", re.IGNORECASE)
_GLOSS = re.compile(r"^([^()]*[가-힣]{2}[^()]*)\(([^()]*[가-힣]{2}[^()]*)\)\.?$")
"""A reference said in two ways: "6번째 문단(마지막 문단)"."""
_ENOUGH = re.compile(r"(?:중|뜻|가운데)[^.\n]{0,10}?(\d|[두세네]|다섯)\s*(?:개|가지)")
"""How many of a list are asked for: "... 중 5개를 설명", "두 가지 이상"."""
_KEY_QUOTED = re.compile(r"['‘“\"\[]([가-힣A-Za-z0-9 ]{1,20})['’”\"\]]")
_LABEL = re.compile(
    r"^\(?(?P<label>[A-Ha-h]|\d{1,2}|[①-⑩]|[ㄱ-ㅎ]|[가나다라마](?=[).]))"
    r"(?:\)|\.(?!\d)|번(?!째)|$)\s*(?P<text>[^\n]*)$"
)
_NEXT_LABEL = re.compile(r"(?:^|[\s(])(?:[A-H]|\d{1,2}|[가나다라마바사])[).](?!\d)")
"""After a label: the reference answers several parts, "(가) ..., (나) ...", and names no choice."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_+#]*|[가-힣]+|\d+")
_ORDER_ASKED = re.compile(r"정렬|순으로|순서대로|차례대로|오름차순|내림차순")
_SET = re.compile(r"\{[^{}:;=\"'\n]{1,200}\}")
"""A set as mathematics writes it; an object or a piece of code is none."""
_ENDING = re.compile(
    r"(?<=[가-힣])(?:하다|되다|스럽다|롭다|입니다|이었다|이다|이며|이고|이란|이라고|한다|합니다|했다|하는|하고|"
    r"하며|하여|하면|해야|된다|됩니다|되는|에서의|에서|에게|께서|으로|로|부터|까지|보다|처럼|만큼|이나|라고|라는|"
    r"들은|들이|들을|들의|들|은|는|이|가|을|를|의|에|와|과|도|만|다)$"
)
_PREDICATE = re.compile(r"^(있|없|맞|옳|같|다르|그렇|아니|틀리|크|작|[가-힣]{1,4}(?=하다|되다))(?:하|되)?다\.?$")
_OPPOSITE = {
    "있": "없", "없": "있", "맞": "틀", "옳": "틀", "같": "다르|다릅", "다르": "같", "그렇": "아니|아닙",
    "아니": "그렇", "가능": "불가능",
}  # fmt: skip
_MODAL = re.compile(r"(?:수|수가|필요가|고|점이|것이)\s*(?:있|없)[가-힣]*")
"""있다 and 없다 that assert nothing: "할 수 있다", "필요가 있다"."""
_COMMON_WORDS = {
    "있다", "없다", "이다", "하다", "되다", "그", "이", "저", "및", "등", "것", "수", "중", "때", "더",
    "또는", "여부", "경우", "따라서", "그리고", "하나의", "하나", "여러", "대한", "답은", "정답", "답",
}  # fmt: skip


def match_reference(reference: str, question: str, output: str) -> Match:
    """Return how much of `reference` stands in `output`, best of its alternatives ("7/15 또는 46.7%").

    Numbers, labels of choices and words that the question itself gives away count in full only where the
    answer states them as its result (`claim_text`).
    """
    reference = unicodedata.normalize("NFC", reference[:LONGEST_REFERENCE])
    cleaned = _NOTE.sub(" ", reference).strip() or reference
    question, output = (unicodedata.normalize("NFC", text) for text in (question, output))
    claims = claim_text(output)
    parts = [part.strip() for part in _ALTERNATIVE.split(cleaned) if part.strip()]
    parts += [gloss for part in parts if (found := _GLOSS.match(part)) for gloss in found.groups()]
    enough = _ENOUGH.search(reference)
    need = int(numbers(f"{enough[1]} 개")[0]) if enough else None
    matches = [_match_one(part, question, output, claims, need) for part in parts]
    return max(matches, key=lambda match: match.share, default=Match(0.0, "참고 답을 읽을 수 없음"))


def claim_text(output: str) -> str:
    """Return the sentences in which the answer states its result: the first, the last two, those beside
    정답, 따라서, "=" or bold type; all of a short answer."""
    lines = [piece for piece in re.split(r"\n+|(?<=[.?!])\s+", output) if piece.strip()]
    if len(lines) <= 2:
        return output
    stated = {0, len(lines) - 1, len(lines) - 2}
    return "\n".join(line for i, line in enumerate(lines) if i in stated or _CLAIM.search(line))


def answer_text(output: str) -> str:
    """Return the lines that name the answer (정답, 따라서, ...), else the first and the last line."""
    lines = [line for line in output.split("\n") if line.strip()]
    named = [line for line in lines if _ANSWER.search(line)]
    return "\n".join(named or [*lines[:1], *lines[1:][-1:]])


def _match_one(part: str, question: str, output: str, claims: str, need: int | None) -> Match:
    if squash(part) and squash(part) == squash(output):
        return Match(1.0, f"참고 답과 같음: '{_short(part)}'", verbatim=True)
    if len(part) >= 4 and part.strip(" .") in output:
        return Match(1.0, f"참고 답이 그대로 있음: '{_short(part)}'", verbatim=part not in question)
    label = _LABEL.match(part)
    only = label and not _NEXT_LABEL.search(label["text"])
    if label and only and (label["text"] or not label["label"].isdigit()):
        return _match_choice(label["label"], label["text"], output, claims)
    words = _KEY_QUOTED.findall(part) or key_words(part, question)
    special = (
        _match_formula(part, words, output)
        or _match_listed(part, question, output)
        or (_match_numbers(part, question, output, claims) if len(part) <= 30 and len(words) <= 2 else None)
        or _match_predicate(part, claims)
    )
    return special or _match_words(words, output, claims, need)


def _match_words(words: list[str], output: str, claims: str, need: int | None) -> Match:
    lowered, squashed = output.casefold(), squash(output)
    hits = [word for word in words if word.casefold() in lowered or (len(word) > 2 and squash(word) in squashed)]
    share = min(1.0, len(hits) / (need or len(words))) if words else 0.0
    if len(words) <= 3 and not any(word in claims for word in hits):
        share *= 0.6
    return Match(share, f"참고 답의 핵심어 {len(words)}개 중 {len(hits)}개가 있음")


def _match_formula(part: str, words: list[str], output: str) -> Match | None:
    """A formula alone, or half formula and half words where the reference explains it."""
    formula = formula_of(part)
    if not formula:
        return None
    found = has_formula(formula, output)
    share = float(found)
    if len(part) > 30 and words:
        share = (share + sum(word in output for word in words) / len(words)) / 2
    return Match(share, f"참고 답의 식 '{_short(formula)}': {'있음' if found else '없음'}")


def _match_listed(part: str, question: str, output: str) -> Match | None:
    """A set {1, 2, 3} must stand as it is; a list must stand in its order where an order was asked."""
    braces = _SET.search(plain_math(part))
    if braces and not has_code(part):
        found = squash(braces[0]) in squash(plain_math(output).replace("\\", ""))
        return Match(float(found), f"참고 답의 집합 '{_short(braces[0])}': {'있음' if found else '없음'}")
    items = [item.strip() for item in re.split(r",|→|->", part)]
    asked = "→" in part or "->" in part or _ORDER_ASKED.search(question)
    if len(items) < 3 or not all(items) or not asked:
        return None
    in_order = re.search(r"[^가-힣A-Za-z]{1,12}".join(map(re.escape, items)), output)
    reason = f"참고 답의 차례 '{_short(part)}': {'맞음' if in_order else '다름'}"
    return Match(1.0 if in_order else 0.1, reason)


def _match_predicate(part: str, claims: str) -> Match | None:
    """ "있다", "유효하다": said in the claims and not denied ("있지 않다", "유효하지 않다", "없다")."""
    predicate = _PREDICATE.match(part)
    if not predicate:
        return None
    stem = predicate[1]
    claims = _MODAL.sub(" ", claims)
    said = claims.count(stem)
    denied = len(re.findall(rf"{re.escape(stem)}(?:하|되)?지\s*(?:않|못)", claims))
    denied += len(re.findall(_OPPOSITE.get(stem, r"(?!)"), claims))
    share = 0.2 if not said else 1.0 if not denied else 0.5 if said > denied else 0.2
    verdict = "맞게 답함" if share > 0.75 else "분명하지 않음" if said else "그런 말이 없음"
    return Match(share, f"참고 답 '{_short(part)}': {verdict}")


def _match_numbers(part: str, question: str, output: str, claims: str) -> Match | None:
    """The numbers of a short reference; the last ones of the answer are its result."""
    values = numbers(part)
    if not values:
        return None
    given, stated, anywhere = numbers(question), numbers(claims), numbers(output)
    last = stated[-2:] + anywhere[-1:]
    total = 0.0
    for value in values:
        known = holds(given, value)  # the question says it too: weaker evidence
        if holds(last, value):
            total += 0.7 if known else 1.0
        elif holds(stated, value):
            total += 0.5 if known else 0.8
        elif holds(anywhere, value):
            total += 0.1 if known else 0.4
    share = total / len(values)
    found = "답으로 있음" if share >= 0.7 else "일부만 있거나 답으로 내세우지 않음" if share else "없음"
    return Match(share, f"참고 답의 수 '{_short(part)}': {found}")


def _match_choice(label: str, text: str, output: str, claims: str) -> Match:
    """A choice counts by its label or by its text, less where the answer names other choices too."""
    kind = r"\d{1,2}" if label.isdigit() else "[A-Ha-h]" if label.isascii() else "[①-⑩ㄱ-ㅎ가-마]"
    choice = re.compile(rf"(?<![\w.]){kind}(?![A-Za-z0-9]|\.\d)")
    named = choice.findall(answer_text(output)) or choice.findall(claims)
    share = named.count(label) / len(named) if named else 0.0
    if named and named[0] == label:
        share = max(share, 0.7)
    words = _WORD.findall(text)
    if words:
        by_text = sum(word in claims for word in words) / len(words)
        alone = by_text == 1 or set(named) <= {label}
        share = max(by_text if alone else by_text / 2, share * (0.7 if label.isdigit() else 1.0))
    chosen = "고름" if share > 0.5 else "분명히 고르지 않음"
    return Match(share, f"참고 답의 선택지 '{_short(f'{label} {text}')}': {chosen}")


def key_words(text: str, question: str = "") -> list[str]:
    """Return the distinct words of `text` without endings and without words of `question`.

    All of them, if none were left. A word whose stem the question has, but in another form (자동차을 ->
    자동차를), keeps its ending.
    """
    stems: dict[str, None] = {}
    for word in _WORD.findall(text):
        stem = stem_of(word)
        if not _COMMON_WORDS.isdisjoint((stem, _ENDING.sub("", word))) or (len(stem) < 2 and not word.isascii()):
            continue
        if stem not in question:
            stems[stem] = None
        elif word not in question:
            stems[word] = None
    if not stems:
        stems = {stem: None for word in _WORD.findall(text) if (stem := stem_of(word)) not in _COMMON_WORDS}
    return list(stems)


def stem_of(word: str) -> str:
    """Return `word` without its last particle or ending, where at least two syllables remain."""
    stem = _ENDING.sub("", word)
    return stem if len(stem) >= 2 else word


def squash(text: str) -> str:
    """Return `text` without whitespace, quotes and markup, casefolded: for comparing wordings."""
    return re.sub(r"[\s'\"`*_“”‘’「」.,]", "", text).casefold()


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 30 else flat[:29] + "…"
