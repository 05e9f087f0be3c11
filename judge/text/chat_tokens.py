"""Special tokens of chat templates in a text: counted, and defused so that no template obeys them (pure)."""

from __future__ import annotations

import re
import unicodedata

from judge.text.language import FENCE, INLINE_CODE

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
    r"s|bos|eos|sep|cls|mask|pad|unk|sop|eop|sot|eot|boi|eoi|img|image|turn|think|thinking|unused\d+|0x[0-9a-f]{2}"
    r"|(?:begin|start|end|bos|eos|sep|cls|mask|pad|unk|boi|eoi|im|fim|tool|extra|file|repo|image|audio|video|system|user"
    r"|assistant|human|turn|channel|reserved|unused|special|function|arg|think|of)_\w{1,40}"
)
"""Between `<` and `>`: names that some tokenizer of a chat model holds as one token. HTML has none but <s>."""

_SPECIAL = re.compile(
    rf"<(?=[|｜]|/?(?i:{_ANGLE_WORDS})>|/?\w{{1,40}}[|｜]>|</?SYS>>)|\[(?=\||/?[A-Z][A-Z0-9_]{{2,40}}\]|[gs]MASK\])"
)


def defuse(text: str) -> str:
    """Return a model's text with a space inside everything that a tokenizer may read as a special token.

    `<|im_end|>` in an answer IS that token for a judge on vLLM: it could close its place and speak as the system.
    """
    return _SPECIAL.sub(lambda found: f"{found[0]} ", text)
