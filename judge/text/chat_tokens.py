"""Special tokens of chat templates in a text: cut off, counted, and defused so that no template obeys them (pure).

Three readings, different on purpose. Text is cut off an answer only at a token that nothing else writes
(`TURN_TOKEN`, `FAKE_TURN`); a leak that is counted may be any token of the usual forms, and a heading of a made-up turn
(`leaked_tokens`); a space is put into whatever some tokenizer might hold as one token (`defuse`).
"""

from __future__ import annotations

import re
import unicodedata

from judge.text.code import FENCE, INLINE_CODE

_CHAT_TOKEN = re.compile(
    r"<\|[A-Za-z_]{1,30}\|?>?"  # <|eot_id|>, <|im_end|>, <|user|>
    r"|(?<![A-Za-z|])(?:im_start|im_end|eot_id|endoftext|end_of_turn|end_of_text)\|?>"
    r"|</?(?:start_of_turn|end_of_turn|bos|eos|pad|unk)>"
    r"|\[/?INST\]|<</?SYS>>|\[\|?(?:endofturn|END|EOS)\|?\]"
    r"|^#{2,3}[ \t]*(?:User|Human|Assistant|Instruction|Response|System|Input|사용자|질문자)[ \t]*:?[ \t]*$"
    r"|^#{2,3}[ \t]*(?:User|Human|Assistant|Instruction|Response|System|사용자)[ \t]*:"
    r"|^(?:USER|HUMAN|ASSISTANT|SYSTEM|Human|Assistant)[ \t]*:",
    re.MULTILINE,
)
_SENTENCE_TOKEN = re.compile(r"</?s>")
_STRUCK = re.compile(r"<s>[^<\n]{1,200}</s>")  # HTML strike-through, a pair within one line

_MARKER = (
    r"<\|(?:im_end|im_start|eot_id|endoftext|end_of_text|end|eos|endofturn|end_header_id|start_header_id|user|system"
    r"|assistant|end_of_turn|stop|return|turn)\|>|</?s>|<end_of_turn>|<start_of_turn>|<eos>|\[/?INST\]|<</?SYS>>"
    r"|\[\|(?:endofturn|system|user|assistant)\|\]|<turn\|>|<\|turn>|<｜end▁of▁sentence｜>"
)
TURN_TOKEN = re.compile(_MARKER)
"""A token that only a chat template writes."""
TRAILING_TOKENS = re.compile(rf"(?:\s*(?:{_MARKER}|<\|im_end|<\|eot_id|im_end\|>))+\s*\Z")
"""At the end of a text: such tokens, the last one perhaps torn."""
FAKE_TURN = re.compile(
    r"^[ \t]*(?:USER:|###\s*(?:User|Human|Instruction)\b|<\|user\|>|<\|im_start\|>\s*user|<start_of_turn>user"
    r"|<\|start_header_id\|>\s*user|\[INST\]|\[\|user\|\]|<\|turn>user)"
    r"|(?:<\|im_end\|>|<\|eot_id\|>|</s>|<end_of_turn>|\[\|endofturn\|\]|<turn\|>)\s*"
    r"(?:<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>|<\|user\|>|\[INST\]|\[\|user\|\]|<\|turn>)",
    re.MULTILINE,
)
"""Where the model goes on as the user."""


def leaked_tokens(text: str) -> list[str]:
    """Return every chat token or fake turn heading outside code, in order, as it is written in the text."""
    prose = INLINE_CODE.sub(" ", FENCE.sub("\n", unicodedata.normalize("NFC", text)))
    struck = [match.span() for match in _STRUCK.finditer(prose)]
    found = [(m.start(), m[0].strip()) for m in _CHAT_TOKEN.finditer(prose)]
    found += [
        (m.start(), m[0])
        for m in _SENTENCE_TOKEN.finditer(prose)
        if not any(start <= m.start() < end for start, end in struck)
    ]
    return [token for _, token in sorted(found)]


_ANGLE_WORDS = (
    r"s|sep|cls|mask|pad|unk|sop|sot|eo[a-z]|bo[acips]|img|image|turn|think|thinking|thought|system|assistant|usr|sys|role"
    r"|unused\d+|ctrl\d+|0x[0-9a-f]{2}|_\w{3,20}"
    r"|(?:begin|start|end|bos|eos|sep|cls|mask|pad|unk|boi|eoi|im|img|fim|tool|extra|file|repo|image|audio|video|system|user"
    r"|assistant|human|turn|channel|reserved|unused|special|tokens|function|arg|think|of|fake|issue|jupyter|commit|gh)_\w{1,40}"
    r"|fim-\w{1,20}|(?:seed|mm|minimax|atem):\w{1,40}|(?:mask|think|arg_key|arg_value|tool_calls?):\w{1,40}|ifm\|\w{1,40}"
)
"""Between `<` and `>`: names that some tokenizer of a chat model holds as one token. HTML has none but <s>."""

_SPECIAL = re.compile(
    rf"<(?=[|｜]|/?(?i:{_ANGLE_WORDS})>|/?\w{{1,40}}[|｜]>|</?SYS>>|/?(?:PRE|SUF|MID|BOT)>)"
    r"|<(?=\[[^\[\]\n]{0,40}▁[^\[\]\n]{0,40}\]>)"  # Seed-Coder
    r"|\[(?=\||/?[A-Z][A-Z0-9_]{2,40}\]|[gs]MASK\]|e~\[)"
    r"|\](?=~!?b[\[\]]|![pd]~\[|<\][^\[\]<>\n]{1,40}\[>\[)"  # MiniMax
    r"|◁(?=[^◁▷\s]{1,40}▷)"  # Kimi-VL
    r"|>>(?=(?:TITLE|ABSTRACT|INTRODUCTION|SUMMARY|COMMENT|ANSWER|QUESTION|DOMAIN|PREFIX|SUFFIX|MIDDLE)<<)"  # Falcon
)


def defuse(text: str) -> str:
    """Return a model's text with a space inside everything that a tokenizer may read as a special token.

    `<|im_end|>` in an answer IS that token for a judge on vLLM: it could close its place and speak as the system.
    """
    return _SPECIAL.sub(lambda found: f"{found[0]} ", text)
