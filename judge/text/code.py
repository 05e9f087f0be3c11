"""Code in a text: is it there, is it wanted, does it parse (pure)."""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings

FENCE = re.compile(r"(?ms)^[ \t]*```[ \t]*([\w+#-]*)[^\n]*\n(.*?)(?:^[ \t]*```|\Z)")
_CODE_LINE = re.compile(
    r"^[ \t]*(?:def |class |import |from \w+ import|(?:for|while|if) [^\n]*[:{][ \t]*$|return\b|print\(|"
    r"#include|public |private |function |const |let |var |SELECT\b|INSERT\b|CREATE\b|</?\w+[^>\n]*>|"
    r"\w+[ \t]*=[ \t]*\S|\w+\([^\n]*\);?[ \t]*$|[{}];?[ \t]*$)",
    re.MULTILINE,
)
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


def python_error(output: str) -> str | None:
    """Return the syntax error of the first broken Python block; None where all parse or none is there."""
    for language, body in FENCE.findall(output):
        named = language.lower() in ("python", "py", "python3")
        looks = not language and re.search(r"^(?:def \w+\([^\n]*:|import \w+)", body, re.MULTILINE)
        if not (named or looks) or re.search(r"^\s*(?:>>>|\$ |\.\.\.\s*$|%|!)", body, re.MULTILINE):
            continue  # another language, or a session or notebook rather than a program
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SyntaxWarning)
                ast.parse(textwrap.dedent(body[:20_000]))
        except SyntaxError as error:
            return error.msg
        except (ValueError, RecursionError, MemoryError):
            return "읽을 수 없음"
    return None


def json_in(output: str) -> bool:
    """Return whether the answer is a JSON object or array, or holds one (fenced or not)."""
    bodies = [body for _, body in FENCE.findall(output)]
    first, last = re.search(r"[{\[]", output), max(output.rfind("}"), output.rfind("]"))
    bodies += [output[first.start() : last + 1]] if first and last > first.start() else []
    for body in bodies:
        try:
            if isinstance(json.loads(body), dict | list):
                return True
        except (ValueError, RecursionError):
            continue
    return False
