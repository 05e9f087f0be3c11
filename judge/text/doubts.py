"""Why a number behind a score label is not the judge's score: taken back, somebody else's, of a criterion. Pure.

Every question here is asked of blanked text (`quotations.own_words`), and a doubt is enough: the judge is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_N = r"(?<![\d.])(?P<n>\d+(?:\.\d+)?)"

# On the score's own line, behind the number.
_NOT_MEANT = re.compile(
    r"취소|철회|무효|보류|번복|정정|재검토|재평가|아님|아닙니다|아니다|아니[요오]|아니라|아닌\s|[였었했썼]을|다면|라면"
    r"|(?:영|빵|공|제로|삼|사|육|칠|팔|구)\s?점|(?:으로|에서)\s?(?:낮|내|올|높|조정|변경|수정)"
    r"|(?<![★☆⭐🌟\ufe0f])[★☆⭐🌟]\ufe0f?(?![★☆⭐🌟\ufe0f])|백분|퍼센트|\bpercent|\bstars?\b|\bzero\b|\bnil\b|\bcancel|\bvoid|\bwithdr|\bretract|\binvalid|\bif\b|\bunless\b"
    r"|\bnot (?:valid|applicable|the|my|a)\b|\bn/a\b|\bwould be\b",
    re.IGNORECASE,
)
# In the sentences after the score.
_INTERJECTION = re.compile(
    r"\W{0,3}(?:잠깐|잠시만|아니(?=[,.!\s])|아(?=[,.!])|아차|앗|다시\s?(?:보니|생각|검토|채점|평가)|재검토|재평가|재채점|정정(?=합|하|한|함|:|\s?$)"
    r"|(?:wait|hold on|actually|hmm+|oops|sorry|correction|scratch that|on (?:second|further) thought"
    r"|on reflection|upon re)\b)",
    re.IGNORECASE,
)
_SCORE_WORD = r"(?:점수|점을|점으로|총점|평점|채점|평가를|판정|score|rating|grade|verdict)(?!의?\s?(?:근거|이유))"
_UNDONE = (
    r"(?:취소|철회|무효|번복|정정|보류|무시|재검토|재평가|재채점|바로잡|바꾸|바꿔|바꿉|변경|조정|수정|낮추|낮춥|낮춰|낮춘"
    r"|내립|내린|내려|올립|올린|올려|높입|높여|높인|다시 매|잘못|영점|빵점|retract|withdr[ae]w|disregard|ignore|cancel"
    r"|void|invalid|chang|revis|lower|rais|adjust|correct(?:ed|ion|ing)|reconsider|mistaken)"
)
_UNDOING = re.compile(
    rf"(?:(?:위|앞|이|제|내|그|최종|해당|방금)[의서선]?\s{{0,2}}{_SCORE_WORD}"
    rf"|(?:my|the|this|that|above|final|previous) {_SCORE_WORD})[^.!?\n]{{0,40}}{_UNDONE}"
    rf"|{_UNDONE}[^.!?\n]{{0,30}}\b(?:my|the|this|that|above) {_SCORE_WORD}"
    r"|(?:영|빵|공|제로)\s?점\s?(?:처리|으로|입니다|이다|을|임)|take (?:that|it|this) back",
    re.IGNORECASE,
)
_OTHER_SCORE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_N}\s?점\s?(?:으로|로|입니다|이다|임\b|이\s?(?:맞|적절|타당|옳|합당|최종)|만\s?(?:줍|준|주|부여)"
        r"|을\s?(?:줍|준|주겠|드리|드립|매깁|매긴|부여)|이?어야|처리)",
        rf"(?:최종(?:적으로)?|결국|결론은)[^.!?\n\d]{{0,20}}{_N}(?=\s?(?:점(?!\s?만점)|/|[.!]?\s*$))",
        r"(?:(?:수정|변경|조정|정정|보정|재채점|재평가|재산정)\s?(?:된|한|후|합니다|함)?\s?(?:점수|총점|평점)?"
        r"|(?:실제|새로운|새|(?:감점|가점|가산점?|반영|적용)\s?(?:후|한|된))\s?(?:점수|총점|평점))"
        rf"\s?(?:[:=→(]|은|는)?\s?{_N}"
        r"(?=\s?(?:점(?!\s?만점)|/|입니다|이다|임\b|[.)]*\s*$))",
        rf"\bfinal(?:ly)?(?: score| rating| grade)?\W{{0,4}}{_N}(?=\s?(?:points?|/\s?10|[.!]?\s*$))",
        r"\b(?:score|rating|grade|verdict)\s(?:is|was|of|to|becomes|(?:should|must|would|ought to) (?:be|have been))"
        rf"\s(?:an?\s|only\s)?{_N}",
        r"\b(?:make (?:that|it)|give (?:it|this)"
        r"|(?:chang|revis|lower|rais|adjust|correct)\w*\b[^.!?\n\d]{0,30}\bto)"
        rf"\s(?:an?\s|only\s)?{_N}",
        rf"\[\[{_N}\]\]",
    )
)
_SENTENCE = re.compile(r"[^.!?\n]*(?:\.(?=\d)[^.!?\n]*)*[.!?\n]?")
_BARE_NUMBER = re.compile(r"\s*(?:→|⇒|[=-]>)?\s*\d+(?:\.\d+)?\s*점?\s*(?:\n|$)")
_GOES_ON = re.compile(
    r"\s*(?:\ufffc{0,3}[\])}>'\"”“’‘》」』]{1,3}\s*\S"
    r"|(?:을|를|이?라고|이?라는|이?라며|으?로|와|과|이라|라)\s)"
)


def not_meant(tail: str) -> bool:
    """Say whether the words behind the number, on its own line, leave it open, unsay it or put it on another scale."""
    return bool(_NOT_MEANT.search(tail))


def taken_back(after: str, score: float) -> bool:
    """Say whether what stands behind the score unsays it, names another one, or goes on from a quoted line."""
    below = after[after.find("\n") :] if "\n" in after else ""
    if _BARE_NUMBER.match(below) or _GOES_ON.match(below):
        return True
    if unsaid(after):
        return True
    others = (other for found in _SENTENCE.finditer(after) for one in _OTHER_SCORE for other in one.finditer(found[0]))
    return any(float(other["n"]) != score for other in others)


def unsaid(after: str) -> bool:
    """Say whether a sentence behind a verdict begins as one that thinks again, or takes the verdict back."""
    sentences = (found[0] for found in _SENTENCE.finditer(after))
    return any(_INTERJECTION.match(sentence) or _UNDOING.search(sentence) for sentence in sentences)


def other_in_json(after: str, score: float) -> bool:
    """Say whether JSON behind the score, which blanking would hide, gives another one."""
    return any(float(other["n"]) != score for other in _JSON_SCORE.finditer(after))


# What stands above a score line.
_MARKED = re.compile(
    r"\s*(?:#{1,6}\s|[-*•+·▪■□●○◆▶]\s?|\d{1,2}[.)]\s?|[①-⑳]|[\[(【<])?\s*(?P<name>[^\n]{1,40}?)[\])】>]?\s*:?\s*$"
)
_OWN_NAME = re.compile(
    r"평가|총평|점수|채점|판정|심사|결과|결론|요약|의견|이유|근거|사유|설명|코멘트|피드백|최종|종합|전체|총|출력"
    r"|score|rating|verdict|evaluation|assessment|result|conclusion|summary|comment|feedback|reason|explanation|overall"
    r"|final|output|total",
    re.IGNORECASE,
)
_PLAIN_NAME = re.compile(r"[가-힣A-Za-z][가-힣A-Za-z&/·, ]{0,24}")
_PROSE_END = re.compile(r"(?:[은는을를]|다|요|함|음|음니다|니다)$")
_SOMEBODY = (
    r"(?:답변|답안|응답|모델|원문|출력|사용자|예시|형식|answer|response|output|model|user|example|format|transcript)"
)
_INTRODUCES = re.compile(
    rf"\W*(?:[가-힣A-Za-z]{{1,12}}['의]?s?\s)?{_SOMEBODY}(?:\s?(?:원문|내용|전문|본문|인용|발췌|예시|예|text))?\s?:\W*$"
    r"|.*(?:원문|출력|마지막\s?(?:줄|문장|부분|말)|끝부분|말미|형식 예|예시|last line|\boutput|example|\bends? with)"
    r"[^.\n]{0,20}(?::|(?:다음|아래)[와과]? 같[^.\n]{0,12}\.?\)?|as follows.?)\s*$"
    rf"|.*{_SOMEBODY}[^.\n]{{0,20}}(?:다음|아래)[와과]? 같이 (?:끝|말|썼|쓰|작성|출력|적|답|주장)"
    r"[^.\n]{0,12}[.:]?\s*$",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(
    r".*(?:(?:답안|정답|답변|응답|모델|원문|사용자)의|스스로|(?:다음|아래)(?:와|과)? 같이?\)?"
    r"|\b(?:wrote|writes|says|claims|reads))[^\w]{0,3}$",
    re.IGNORECASE,
)


def introduced(above: str) -> bool:
    """Say whether the line above a score line says that somebody else's words follow."""
    return bool(_INTRODUCES.match(above))


def of_somebody(above: str) -> bool:
    """Say whether the line above may say so: enough where the judge has given another score before."""
    return bool(_INTRODUCES.match(above) or _OF_SOMEBODY.match(above))


def criterion(above: str) -> str:
    """Return the kind of heading that a line is (`#`, `-`, `1`, `[`, `a` for a bare name), empty where it is none or
    names the verdict itself."""
    text = above.strip()
    marked = _MARKED.match(text)
    if not marked or not text or _OWN_NAME.search(text):
        return ""
    name = marked["name"].strip("*_`#: \t")
    kind = text[0] if not text[0].isalnum() else "1" if text[0].isdigit() else "a"
    if _PROSE_END.search(name) or not _PLAIN_NAME.fullmatch(name):
        return ""
    return kind


def line_above(text: str, start: int) -> str:
    """Return the last line before `start` that says something."""
    before = text[max(0, start - 400) : start].rstrip()
    return before[before.rfind("\n") + 1 :]


def headings(text: str) -> Iterator[str]:
    """Yield the kind of every line that is a criterion's heading and marked as one."""
    for line in text.split("\n"):
        if len(line) <= 60 and (kind := criterion(line)) and kind != "a":
            yield kind


# Scales.
_WORDS = {"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9, "십": 10}
_WORDS |= {"다섯": 5, "열": 10, "이십": 20, "오십": 50, "백": 100, "천": 1000}
_WORDS |= {"three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "twenty": 20, "fifty": 50, "hundred": 100}
_A_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_AMOUNT = rf"(?!이\s?(?:척도|기준))(?:\d+(?:\.\d+)?|{_A_WORD})"  # `이 척도로` is "on this scale", not "of two"
_ALONE = r"(?<![\d.가-힣A-Za-z])"
SCALE_IN_WORDS = re.compile(
    rf"{_ALONE}(?P<a>{_AMOUNT})\s?점?\s?(?:만점|척도|기준)|만점\s?[은:]\s?(?P<b>{_AMOUNT})(?![가-힣]*\s?만점)"
    rf"|{_ALONE}(?P<c>{_AMOUNT})(?:\s|-)points?[ -](?:scale|system|likert)\b|\bout\s+of\s+(?:a\s+)?(?P<d>{_AMOUNT})\b"
    rf"|\b(?:scale|range)\s+(?:of|from)?\s*[01]\s*(?:to|[-~–])\s*(?P<e>{_AMOUNT})",
    re.IGNORECASE,
)
_HEAD_SCALE = re.compile(
    r"(?:점수|총점|평점|채점|배점|score|rating)[ \t]{0,2}(?:기준)?[ \t]{0,2}\((?P<scale>[^()\n]{1,40})\)", re.IGNORECASE
)
_SCALE_TOLD = re.compile(
    rf"^\W*(?:(?:채점|평가|점수|배점)\s?(?:기준|척도|범위|방식)?[은는]?\W{{0,3}})?(?P<a>{_AMOUNT})\s?점?\s?(?:만점|척도)"
    r"(?:\s?기준)?(?:입니다|이다|임)?\W*$"
    rf"|{_ALONE}(?P<b>{_AMOUNT})\s?점?\s?(?:만점|척도)(?:\s?기준)?(?:으?로|에서)?\s?(?:채점|평가|점수를)",
    re.MULTILINE,
)
_JSON_SCORE = re.compile(
    rf"[\"'](?:(?:최종|종합|전체|총|final|overall|total)[ _]?)?(?:점수|총점|평점|score|rating)[\"']\s?:\s?[\"']?{_N}",
    re.IGNORECASE,
)
_MOST = re.compile(r"만점|배점|최고|최대|가중|비율|비중|%|\bmax|\bweight", re.IGNORECASE)


def amount_in(said: str) -> float:
    """Return a number given in digits or in a word."""
    word = said.lower()
    return float(_WORDS[word]) if word in _WORDS else float(said)


def scales_in(text: str) -> Sequence[float]:
    """Return the ends of all scales that the text names in digits or words."""
    return [amount_in(said) for found in SCALE_IN_WORDS.finditer(text) for said in found.groups() if said]


def other_scale(text: str, start: int, highest: float) -> bool:
    """Say whether a heading, a line of its own or a table's head before `start` puts the score on a scale that does
    not end at `highest`."""
    for found in _HEAD_SCALE.finditer(text, 0, start + 200):
        if any(scale != highest for scale in scales_in(found["scale"])):
            return True
    told = (found["a"] or found["b"] for found in _SCALE_TOLD.finditer(text, 0, start))
    if any(amount_in(said) != highest for said in told):
        return True
    head = _table_head(text, start)
    return bool(head and _MOST.search(head) and highest not in scales_in(head))


def _table_head(text: str, start: int) -> str:
    """Return the first row of the table that the line at `start` is a row of, empty where it is no table's."""
    rows = text[max(0, start - 4000) : start].rstrip("\n").split("\n")
    head = ""
    for row in reversed(rows):
        if not row.strip().startswith("|"):
            break
        head = row
    line = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
    return head if line.strip().startswith("|") else ""


# `[[N]]` within a sentence or a quotation.
RATING = re.compile(r"\[\[\s?(?P<n>\d+(?:\.\d+)?)\s?\]\]")
_BEFORE_RATING = re.compile(
    r"(?:(?:점수|평점|평가|판정|등급|score|rating|grade)[^.!?\n]{0,60}|[.!?:]\s{0,3}|^)[\s*_\"'“‘(]{0,6}$",
    re.IGNORECASE,
)
_AFTER_RATING = re.compile(r"[*_\"'”’)]{0,4}\s?(?:점|(?:을|를|으?로)\s?(?:평가|부여|매|채점|줍|드))")
_QUOTED_RATING = re.compile(r"(?:^[^\w]*|:|점수[는은로]?|평가[는은]?)[\s*_(]{0,4}$")
_AFTER_QUOTED = re.compile(r"[\s*_)]{0,4}(?:$|[.,](?!\w))")
_MORE = re.compile(r"[*_\"']{0,4}\s?[\d%/~+-]")
_EXAMPLE = re.compile(
    r"(?:예:|예시:|예를 들[어면]|형식|for example|e\.g\.|such as|format|like this|following this)\W{0,12}"
    r"(?:rating:?)?\W{0,6}$",
    re.IGNORECASE,
)


def only_rating(text: str, blanked: str, lines: Sequence[tuple[int, int, str]]) -> re.Match[str] | None:
    """Return the last `[[N]]` of a reply that holds no other rating; None where it may be another's or an example.

    `text` is the reply without its quoted blocks, `blanked` its own words, `lines` where score lines begin and end and
    what they say for certain.
    """
    found = list(RATING.finditer(text))
    if len({float(rating["n"]) for rating in found}) != 1:
        return None
    one = found[-1]
    first, last = one.span()
    while first and blanked[first - 1] == "\ufffc" == blanked[one.start()]:
        first -= 1
    while last < len(text) and blanked[last] == "\ufffc" == blanked[one.start()]:
        last += 1
    begin, end = text.rfind("\n", 0, first) + 1, (text + "\n").index("\n", last)
    before, after = text[max(begin, first - 120) : first], text[last : min(end, last + 120)]
    if _EXAMPLE.search(before) or introduced(before) or not_meant(after) or _MORE.match(after):
        return None
    if first < one.start():  # in quotation marks
        if not _QUOTED_RATING.search(before) or not _AFTER_QUOTED.match(after):
            return None
    elif not _BEFORE_RATING.search(before) and not _AFTER_RATING.match(after):
        return None
    for start, stop, score in lines:
        rest = blanked[start:stop].replace(blanked[one.start() : one.end()], "")
        if float(score) != float(one["n"]) if score else re.search(r"\d", rest):
            return None
    return one
