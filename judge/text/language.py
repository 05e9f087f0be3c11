"""Which language a text is in, and whether it has gone wrong: loops and leaked chat tokens (pure).

Every function takes any text, never raises, and reads Unicode-normalised (NFC) text, so a file written on
macOS (conjoining jamo) and one written elsewhere give the same figures. Times grow linearly with the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from itertools import pairwise

from judge.records import AnswerLanguage

MOSTLY_KOREAN = 0.4
"""Hangul share from which a text is "mostly Korean". Korean prose about technical things, full of Latin names
and terms, stays above it; an English answer with some Korean terms in brackets stays below."""

LOOP_GRAM = 20
"""Characters (whitespace squeezed) that must come again to count as repetition: about five Korean words."""

LOOP_TIMES = 3
"""Occurrences of the same 20 characters from which it is a loop; twice is a quotation or a refrain."""

_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb\uffa0-\uffdc]")
FENCE = re.compile(r"(?ms)^[ \t]*(```+|~~~+)[ \t]*([\w+#-]*)[^\n]*\n?(.*?)(?:^[ \t]*\1[^\n]*$|\Z)")
INLINE_CODE = re.compile(r"(`{1,3})(?!`)[^`\n]{1,500}\1")
_LATEX = re.compile(
    r"(?s)\$\$.{1,2000}?\$\$"
    r"|\\\[.{1,2000}?\\\]"
    r"|\\\(.{1,1000}?\\\)"
    r"|\\begin\{(\w{1,20}\*?)\}.{0,2000}?\\end\{\1\}"
    # Pandoc's rule for $...$, and no Hangul inside: "$100의 단가와 $60의 비용" is money
    r"|\$(?=[^\s$])[^$\n\u1100-\u11ff\uac00-\ud7a3]{0,300}(?<=[^\s\\$])\$(?!\d)"
)
_HIDDEN_HTML = re.compile(r"(?is)<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]{0,500}>.*?(?:</\1\s*>|\Z)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>|<!doctype[^<>]{0,200}>", re.IGNORECASE)
_VARIABLE = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_URL = re.compile(r"https?://[\w./?=&%#:+~-]+")
_RUN = re.compile(r"(\w{1,4}?)\1{9,}")

_TO_ENGLISH = re.compile(
    r"영어로(?!\s*(?:된|쓰인|쓰여|작성된|적힌|번역된))|영문으로|영작(?!\s*(?:이|은|과)\b)|"
    r"영어\s*(?:문장|단어|이메일|메일|편지|글|문구|제목|대사)(?:\s*\w{1,4}){0,2}?(?:으로|로)\s|"
    r"\b(?:in|into)\s+English\b|\bEnglish\s+only\b",
    re.IGNORECASE,
)
_AWAY_FROM_ENGLISH = re.compile(
    r"영어로\s*(?:하지|쓰지|답하지|대답하지|적지|말하지|작성하지)\s*(?:말|마|않)|영어로는?\s*(?:뭐|무엇|어떻게)|"
    r"영어(?:로|를|에서)?[^.?!\n]{0,30}(?:한국어|우리말|한글)로"
)
_OTHER_LANGUAGE = re.compile(
    r"(?:일본어|일어|중국어|프랑스어|불어|독일어|독어|스페인어|러시아어|베트남어|라틴어|아랍어|이탈리아어)로"
    r"|(?:일본어|중국어|프랑스어|독일어|스페인어)\s*(?:문장|단어)"
    r"|\binto\s+(?:Japanese|Chinese|French|German|Spanish)\b"
)
_CODE_ONLY = re.compile(
    r"(?:코드|수식|숫자|식|기호|알파벳|SQL\s*문?|정규\s*표현식|정규식|쿼리)만\s"
    r"|(?:JSON|YAML|XML|CSV|SQL|HTML|정규\s*표현식|정규식)\s*(?:형식|형태|포맷|문서|구조|쿼리|문|코드|객체)?"
    r"(?:으로|로|만)(?!\s*(?:된|작성된|쓰인))"
    r"|(?:JSON|YAML|XML|CSV)\s*(?:객체|배열|문서)?\s*(?:하나)?(?:를|을)?\s*(?:작성|출력|만들|써)",
    re.IGNORECASE,
)
_ENGLISH_ONLY = re.compile(
    r"영어로만|전체를?\s*영어로|(?:답변?|대답)은?\s*(?:반드시\s*)?영어로|English\s+only", re.IGNORECASE
)
_THEN_EXPLAIN = re.compile(r"(?:후|다음|뒤)[^\n]{0,60}?(?:의미|뜻|이유|차이|문법)[^.?!\n]{0,20}(?:설명|풀이|밝)")


def visible_text(text: str) -> str:
    """Return what a reader sees as prose: no code, no LaTeX, no URL, no HTML tag, script or style.

    The visible text of an HTML page counts whether the page is fenced or not. The result is NFC.
    """

    def prose_of(fence: re.Match[str]) -> str:
        return f"\n{fence[3]}\n" if fence[2].lower() in ("html", "xhtml", "markdown", "md") else "\n"

    plain = FENCE.sub(prose_of, unicodedata.normalize("NFC", text))
    plain = _LATEX.sub(" ", INLINE_CODE.sub(" ", plain))
    plain = _TAG.sub(" ", _HIDDEN_HTML.sub(" ", plain))
    return _URL.sub(" ", unicodedata.normalize("NFC", html.unescape(plain)))


def hangul_share(text: str) -> float | None:
    """Return the share of Hangul among the letters of the visible text, 0 to 1; None where it has no letter.

    A Latin letter on its own is a variable or a label ("f'(x) = 9x^2", "정답: B"), of no language.
    """
    letters = "".join(filter(str.isalpha, _VARIABLE.sub("", visible_text(text))))
    return len(_HANGUL.findall(letters)) / len(letters) if letters else None


def is_mostly_korean(text: str) -> bool:
    """Return whether at least 40 % of the letters are Hangul; no letters ("42") break no rule: True."""
    share = hangul_share(text)
    return share is None or share >= MOSTLY_KOREAN


def demanded_language(question: str, category: str = "") -> AnswerLanguage:
    """Return the language that the words of `question` demand of the answer, for files that do not say it.

    `en`: translate into English, answer in English. `any`: code, JSON, SQL or numbers only, another foreign
    language, or English and Korean both. Else `ko`. English as a topic ("영어 공부") demands nothing.
    `category` is taken into account only for translation packs ("번역", "영어"), where both may be meant.
    """
    text = unicodedata.normalize("NFC", question)
    if _ENGLISH_ONLY.search(text) and not _AWAY_FROM_ENGLISH.search(text):
        return "en"
    if _OTHER_LANGUAGE.search(text) or _CODE_ONLY.search(text):
        return "any"
    if _AWAY_FROM_ENGLISH.search(text):
        return "ko"
    if _TO_ENGLISH.search(text):
        return "any" if _THEN_EXPLAIN.search(text) else "en"
    if ("번역" in category or "영어" in category) and re.search(r"번역|옮기|옮겨", text):
        return "any"
    return "ko"


def loop_share(text: str) -> float:
    """Return the share of `text` that is a further occurrence of something said three times or more, 0 to 1.

    "Something" is 20 characters in a row after whitespace is squeezed, so repeated lines, sentences and
    phrases all count and the first occurrence does not; or a unit of up to four letters ten times on end.
    """
    squeezed = " ".join(unicodedata.normalize("NFC", text).split())
    if not squeezed:
        return 0.0
    marks = [0] * (len(squeezed) + 1)  # +1 where a repeated stretch begins, -1 where it ends
    for run in _RUN.finditer(squeezed):
        if not run[1].isdigit() and "_" not in run[1]:
            marks[run.start() + len(run[1])] += 1
            marks[run.end()] -= 1
    grams = [squeezed[i : i + LOOP_GRAM] for i in range(len(squeezed) - LOOP_GRAM + 1)]
    often = {gram for gram, times in Counter(grams).items() if times >= LOOP_TIMES and _has_words(gram)}
    seen: set[str] = set()
    for start, gram in enumerate(grams):
        if gram in seen:
            marks[start] += 1
            marks[start + LOOP_GRAM] -= 1
        elif gram in often:
            seen.add(gram)
    depth = covered = 0
    for mark in marks[:-1]:
        depth += mark
        covered += depth > 0
    return covered / len(squeezed)


def _has_words(gram: str) -> bool:
    """Rules and table borders ("-----", "| --- |") repeat by nature."""
    return sum(map(str.isalpha, gram)) >= LOOP_GRAM // 2


_LIST_NUMBER = re.compile(r"(?:^|\n)[ \t>*#]*\d{1,3}\.\Z")
"""The number of a list item, and nothing after it."""


def sentences(text: str) -> list[str]:
    """Return the sentences of the visible text: cut at line ends and after . ? ! followed by a space."""
    cuts = [0]
    plain = visible_text(text)
    ends = re.finditer(r"\n+|(?<=[.?!。])[\"'”’)]?\s+", plain)
    cuts += [
        m.end() for m in ends if "\n" in m[0] or not _LIST_NUMBER.search(plain[max(0, m.start() - 16) : m.start()])
    ]
    pieces = (plain[a:b].strip(" \t\n-*#>•") for a, b in pairwise([*cuts, len(plain)]))
    return [piece for piece in pieces if any(map(str.isalnum, piece))]
