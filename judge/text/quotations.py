"""What a text says in its own words: quotations, block quotes, code and markup set aside. Pure.

Blanking keeps the length, so that an offset in the blanked text is one in the text. Time is linear: every pattern
stops at its own opener.
"""

from __future__ import annotations

import re
import unicodedata

from judge.text.code import reply_blocks
from judge.text.thoughts import late_thoughts

# Spelling. NFC of a whole reply would be quadratic in a run of combining marks; only jamo need it.
_JAMO = re.compile(r"[\u1100-\u11ff]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_LINE_END = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
_TO_ASCII = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x2236: ":", 0xFE55: ":", 0x2044: "/", 0x2215: "/"}

# What hides a score line, beside code blocks.
OPEN_THOUGHT = "\ue000"
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


def own_words(text: str) -> str:
    """Return `text` with every character of a quotation, block quote, code block or late thought as U+FFFC, with
    ASCII forms for full-width ones and with markup made blank. Its length and its offsets are those of `text`.

    The opening of a thought that is not closed becomes `OPEN_THOUGHT`: what follows may be thought or said.
    """
    text = text.translate(_TO_ASCII)
    characters = list(text)
    for start, end in reply_blocks(text):
        characters[start:end] = _hide(text[start:end])
    text = "".join(characters)
    for thought in late_thoughts(text):
        piece = text[thought.start : thought.end]
        characters[thought.start : thought.end] = _hide(piece) if thought.closed else OPEN_THOUGHT * len(piece)
    text = "".join(characters)
    text = _BLOCK_QUOTE.sub(lambda m: _hide(m[0]), text)
    text = _QUOTED.sub(_hide_quotation, text)
    text = _MARKUP.sub(blank, text)
    text = _BREAK.sub(lambda m: " " * (len(m[0]) - 1) + "\n", text)
    return _TAG.sub(r" \1 ", text)


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
