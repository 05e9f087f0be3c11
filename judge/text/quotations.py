"""What a text says in its own words: quotations, block quotes, code and markup set aside. Pure.

Blanking keeps the length, so that an offset in the blanked text is one in the text. Time is linear: every pattern
stops at its own opener.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from judge.text.code import reply_blocks
from judge.text.thoughts import late_thoughts

# Spelling. NFC of a whole reply would be quadratic in a run of combining marks; only jamo need it.
_JAMO = re.compile(r"[\u1100-\u11ff]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_LINE_END = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
_TO_ASCII = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x2236: ":", 0xFE55: ":", 0x2044: "/", 0x2215: "/"}

# What hides a score line, beside code blocks.
OPEN_THOUGHT = "\ue000"
_QUOTING = "pre|code|blockquote|samp|kbd|q|cite|quote|del|strike|answer|response|example|user|prompt|question|reference"
_QUOTING += "|답변|응답|인용|원문|예시|질문|참고|모범답안|참고답"
_THOUGHT = r"think(?:ing)?|thoughts?|reasoning|scratchpad|analysis|reflection|seed:[a-z_]{1,30}|사고|생각"
_ELEMENT = re.compile(
    rf"(?:<(?P<close>/)?(?P<name>{_QUOTING}|{_THOUGHT})\b[^<>\n]{{0,80}}>(?!\s?(?:태그|토큰|tags?\b|tokens?\b|[을를이가]\s))"
    r"|\[(?P<end>/)?(?P<bracket>THINK)\]"
    r"|<\|channel\|>\s{0,3}(?P<channel>analysis|commentary)"
    r"|(?P<final><\|(?:end|return|start)\|>|<\|channel\|>\s{0,3}final)"
    r"|^[ \t]*(?P<mark>={2,8}\w{4,64}={2,8})\s{0,3}(?:시작|begin|start)"
    r"|^[ \t]*(?P<marked>={2,8}\w{4,64}={2,8})\s{0,3}(?:끝|end)"
    r"|\[(?P<mt>The Start of)[^\]\n]{0,60}\]|\[(?P<mtend>The End of)[^\]\n]{0,60}\])",
    re.IGNORECASE | re.MULTILINE,
)
_IS_QUOTING = re.compile(_QUOTING, re.IGNORECASE)
_IS_THOUGHT = re.compile(rf"{_THOUGHT}|channel", re.IGNORECASE)
_STRUCK = re.compile(r"~~(?=[^\s~])[^~\n]{1,200}~~|<s>[^<\n]{1,200}</s>|<!--[^>]{0,300}-->", re.IGNORECASE)
_BLOCK_QUOTE = re.compile(r"^[ \t]*(?:[-*•][ \t]+)?>.*$", re.MULTILINE)
_QUOTED = re.compile(
    r"\"[^\"\n]*\"|(?<![A-Za-z0-9])'[^'\n]*'(?![A-Za-z0-9])|`{1,2}[^`\n]+`{1,2}"
    r"|“[^“”]*”|‘[^‘’]*’|「[^「」]*」|『[^『』]*』|《[^《》]*》|〈[^〈〉]*〉|«[^«»]*»"
)
_QUOTED_NUMBER = re.compile(r"[^\w\s]{1,2}\s?[\d./]{1,9}\s?점?[^\w\s]{1,2}")

# Markup says nothing. A chat token and a closing tag end the line; of `<점수>8</점수>` the first word is kept.
_MARKUP = re.compile(
    r"[*_`#$}]|~~|\\(?:boxed|text[a-z]{0,4}|math[a-z]{1,4})\{|\\(?=[()\[\]])"
    r"|</?(?:s|b|strong|i|em|u|p|span|div|br|font|h\d)\b[^<>\n]{0,80}>"
)
_BREAK = re.compile(r"</[^<>\n]{1,40}>|<\|[^<>\n]{1,40}\|>")
_TAG = re.compile(r"<(\w{1,20})>")


def spelled(reply: str) -> str:
    """Return `reply` with composed syllables, `\\n` as the only line end and no invisible characters."""
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", reply))
    return _JAMO.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)


def unwrapped(text: str) -> str:
    """Take off a code block around the whole reply: it is a wrapping, not a quotation."""
    inner = text.strip()
    first, *body = inner.split("\n")
    if re.fullmatch(r"[`~]{3,}\w*", first.strip()) and next(reply_blocks(inner), None) == (0, len(inner)):
        return "\n".join(body[:-1])
    return text


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every quoting element, late thought and echoed part of the prompt, outermost ones only.

    What is never ended reaches beyond the end, a quoting tag up to the last line; a thought's closing tag alone ends
    what stands before it.
    """
    opened: list[tuple[str, int]] = []
    lone = 0
    for found in _ELEMENT.finditer(text):
        if text[max(0, found.start() - 1) : found.start()] == text[found.end() : found.end() + 1] == "`":
            continue  # the tag is spoken of
        closing, name = _tag(found)
        if not closing:
            if not opened or opened[0][0] == name:
                opened.append((name, found.start()))
        elif opened and opened[-1][0] == name:
            _, start = opened.pop()
            if not opened:
                yield start, found.end()
        elif not opened and name == "thought":
            lone = found.end()
    if lone:
        yield 0, lone
    if opened:
        name, start = opened[0]
        stop = text.rstrip().rfind("\n") + 1 if _IS_QUOTING.fullmatch(name) else len(text) + 1
        yield start, max(start, stop)


def ends_in_a_thought(text: str, position: int) -> bool:
    """Say whether a thought that is never ended begins behind `position`."""
    unfinished = [start for start, end in _elements(text) if end > len(text)]
    return bool(unfinished and unfinished[0] >= position)


def _tag(found: re.Match[str]) -> tuple[bool, str]:
    """Return whether a mark closes, and the name of what it opens or closes; every thought is called `thought`."""
    if found["mark"] or found["marked"]:
        return bool(found["marked"]), (found["mark"] or found["marked"]).lower()
    if found["mt"] or found["mtend"]:
        return bool(found["mtend"]), "part"
    if found["channel"] or found["final"]:
        return bool(found["final"]), "channel"
    name = (found["name"] or found["bracket"]).lower()
    return bool(found["close"] or found["end"]), "thought" if _IS_THOUGHT.fullmatch(name) else name


def own_words(text: str) -> str:
    """Return `text` with every character of a quotation, block quote, code block or late thought as U+FFFC, with
    ASCII forms for full-width ones and with markup made blank. Its length and its offsets are those of `text`.

    The opening of a thought that is not closed becomes `OPEN_THOUGHT`: what follows may be thought or said.
    """
    text = _QUOTED.sub(_hide_quotation, without_blocks(text))
    text = _MARKUP.sub(blank, text)
    text = _BREAK.sub(lambda m: " " * (len(m[0]) - 1) + "\n", text)
    return _TAG.sub(r" \1 ", text)


def without_blocks(text: str) -> str:
    """Return the same, but quotations within a line and markup as they are."""
    text = text.translate(_TO_ASCII)
    for spans in (reply_blocks, _elements):
        characters: list[str] = []
        for start, end in spans(text):
            characters = characters or list(text)
            characters[start:end] = _hide(text[start:end])
        text = "".join(characters) or text
    characters = list(text)
    for thought in late_thoughts(text):
        piece = text[thought.start : thought.end]
        characters[thought.start : thought.end] = _hide(piece) if thought.closed else OPEN_THOUGHT * len(piece)
    text = "".join(characters)
    for pattern in (_STRUCK, _BLOCK_QUOTE):
        text = pattern.sub(lambda m: _hide(m[0]), text)
    return text


def blank(found: re.Match[str]) -> str:
    """Return as many spaces as `found` is long."""
    return " " * len(found[0])


def _hide(text: str) -> str:
    return re.sub(r"[^\n]", "\ufffc", text)


def _hide_quotation(quotation: re.Match[str]) -> str:
    """A quotation is hidden; quotation marks around a mere number (점수: "8") are markup."""
    if _QUOTED_NUMBER.fullmatch(quotation[0]):
        return re.sub(r"[^\w\s./]", " ", quotation[0])
    return _hide(quotation[0])
