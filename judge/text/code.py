"""Code in a text: where it stands, is it wanted, is it JSON, is it Python (pure).

Every other module asks here what a fence, inline code or a line of code is.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Iterator

FENCE = re.compile(
    r"(?ms)^[ \t]*(?P<mark>```+|~~~+)[ \t]*(?P<language>[\w+#-]*)[^\n]*\n?(?P<body>.*?)(?:^[ \t]*(?P=mark)[^\n]*$|\Z)"
)
"""A fenced block as Markdown reads it: it begins and ends on a line of its own; one that is never closed reaches the
end of the text."""
INLINE_CODE = re.compile(r"(`{1,3})(?!`)[^`\n]{1,500}\1")

# A judge's reply is read with more suspicion, for what stands in code there must not become a score: a block may open
# in the midst of a line, and a fence with a language behind it never closes one.
_REPLY_FENCE = re.compile(r"(?P<mark>`{3,}|^[ \t]*~{3,})(?P<language>[a-zA-Z])?", re.MULTILINE)

# Two readings of a line of code, different on purpose. The first is evidence that code was written, so prose must not
# look like it; the second only keeps a line out of a count of letters, so English prose after "for" may.
_CODE_LINE = re.compile(
    r"^[ \t]*(?:def |class |import |from \w+ import|(?:for|while|if) [^\n]*[:{][ \t]*$|return\b|print\(|"
    r"#include|public |private |function |const |let |var |SELECT\b|INSERT\b|CREATE\b|</?\w+[^>\n]*>|"
    r"\w+[ \t]*=[ \t]*\S|\w+\([^\n]*\);?[ \t]*$|[{}];?[ \t]*$)",
    re.MULTILINE,
)
_PERHAPS_CODE = re.compile(
    r"^\s*(?:(?:def|class|import|from|for|while|if|elif|else|return|print|with|try|except|const|let|var|function)\b"
    r"|[\w.\[\]]+\s*(?:[-+*/]?=(?!=)|\()|.*[;{}]\s*$)"
)
_REMARK = re.compile(r"(?:#|//)(.*)")
_CODE_WANTED = re.compile(
    r"(?:코드|함수|클래스|프로그램|스크립트|쿼리|SQL|HTML|CSS|메서드|정규식|정규\s*표현식)"
    r"(?:[^.?!\n]{0,25}?(?:작성|구현|짜|만들|고쳐|고치|수정|써|완성)|\s*(?:문)?(?:을|를|만)?\s*출력하)"
    r"|구현(?:해|하)|코딩\s*문제|write\s+(?:a|the)\s+\w*\s*(?:function|program|code|script)",
    re.IGNORECASE,
)


def wants_code(question: str) -> bool:
    """Return whether the question asks for code to be written, rather than explained."""
    return _CODE_WANTED.search(question) is not None


def has_code(output: str) -> bool:
    """Return whether the answer holds a fence, inline code or three lines that look like code."""
    return re.search(r"```|`[^`\n]{3,}`", output) is not None or len(_CODE_LINE.findall(output)) >= 3


def without_code(line: str) -> str:
    """Return a line as it is, or only the remark of a line that may be code: the rest of it has no language."""
    if not _PERHAPS_CODE.match(line):
        return line
    remark = _REMARK.search(line)
    return remark[1] if remark else ""


def reply_blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of every code block of a judge's reply; one that is never closed reaches the last line."""
    opener: re.Match[str] | None = None
    for fence in _REPLY_FENCE.finditer(text):
        if opener is None:
            opener = fence
        elif not fence["language"] and fence["mark"].strip().startswith(opener["mark"].strip()):
            yield opener.start(), fence.end()
            opener = None
    last_line = text.rstrip().rfind("\n") + 1
    if opener is not None and opener.start() < last_line:
        yield opener.start(), last_line


def json_in(output: str) -> bool:
    """Return whether the answer is a JSON object or array, or holds one (fenced or not)."""
    bodies = [fence["body"] for fence in FENCE.finditer(output)]
    first, last = re.search(r"[{\[]", output), max(output.rfind("}"), output.rfind("]"))
    bodies += [output[first.start() : last + 1]] if first and last > first.start() else []
    for body in bodies:
        try:
            if isinstance(json.loads(body), dict | list):
                return True
        except (ValueError, RecursionError):
            continue
    return False


def python_programs(output: str) -> list[list[str]]:
    """Return the Python programs that an answer may mean, each as its blocks in order, the likeliest first.

    All fenced blocks that parse together, then each of several by itself, for an answer may show the faulty program
    behind the mended one. Without a block the whole answer is taken if it parses and defines something.
    """
    fenced = [(language.lower(), textwrap.dedent(body)) for _, language, body in FENCE.findall(output)]
    python = [body for language, body in fenced if language in ("", "python", "py", "python3")]
    blocks = [(body, parsed) for body in python if (parsed := _defines(body)) is not None]
    if not any(defining for _, defining in blocks):
        return [[output]] if not blocks and _defines(output) else []
    own = [[block] for block, defining in blocks if defining]
    return [[block for block, _ in blocks], *(own if len(blocks) > 1 else [])]


def _defines(text: str) -> bool | None:
    """Return whether Python code holds a function or a class; None for what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
