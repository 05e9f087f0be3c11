"""Numbers and formulas as people write them in Korean answers, in comparable form (pure).

Used by `references` and `question_demands`. Every function takes any text and never raises.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_NATIVE = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5, "여섯": 6,
    "일곱": 7, "여덟": 8, "아홉": 9, "열": 10, "스무": 20, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50,
    "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
_SINO = {c: i for i, c in enumerate("영일이삼사오육칠팔구")} | {"공": 0, "륙": 6}
_SMALL, _LARGE = {"십": 10, "백": 100, "천": 1000}, {"만": 10**4, "억": 10**8, "조": 10**12}
_COUNTER = (
    "개|명|벌|자루|번째|번|가지|마리|권|잔|살|시간|시|장|병|대|곳|쌍|줄|문장|송이|그루|켤레|달|사람|배|"
    "조각|판|통|봉지|원|분|일|년|월|회|점|등|층|호|도|자리|단계|항목|문단|단락|단어|주|쪽|칸|팀|촌|퍼센트|%"
)
_TENS = "열|스물|서른|마흔|쉰|예순|일흔|여든|아흔"
_UNITS = "하나|한|둘|두|셋|세|넷|네|다섯|여섯|일곱|여덟|아홉"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_NUMBER = re.compile(
    r"(?P<over>\d+(?:\.\d+)?)\s*분의\s*(?P<under>\d+(?:\.\d+)?)"
    r"|(?P<top>\d+)\s*/\s*(?P<bottom>\d+)(?![\d/])"
    r"|(?P<large>(?:\d[\d,]{0,20}(?:\.\d{1,9})?\s?[십백천]?[만억조]\s?){1,4}(?:\d[\d,]{0,9}\s?[십백천]?)?"
    r"|\d[\d,]{0,20}(?:\.\d{1,9})?\s?[십백천](?=원|명|개|만))"
    rf"|(?P<plain>(?<![\w.)])-?{_DIGITS}|{_DIGITS})(?P<percent>\s*(?:%|퍼센트|프로(?!\w)))?"
    rf"|(?<![가-힣])(?P<native>(?:{_TENS})?(?:{_UNITS})|{_TENS}|스무)(?=\s?(?:{_COUNTER})(?!름))"
    r"|(?<![가-힣])(?P<sino>[일이삼사오육칠팔구]*[십백천][일이삼사오육칠팔구십백천만억]*)"
    rf"(?=\s?(?:{_COUNTER}))"
)
_FORMULA = re.compile(r"[A-Za-z0-9_^+\-*/().='√ ]{3,}")
_POWERS = str.maketrans({c: f"^{i}" for i, c in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")})
LONGEST = 100_000
"""Characters that are read; an answer beyond it is a loop anyway."""


def numbers(text: str) -> list[float]:
    """Return the numbers of `text` in order.

    Read: 1,000; full-width digits; 3만 5천; 다섯 벌; 삼십 개; 7/15; 3분의 1; 46.7% (as 0.467).
    """
    values = (_value(match.groupdict()) for match in _NUMBER.finditer(plain_math(text)))
    return [value for value in values if value is not None]


def holds(found: Iterable[float], value: float) -> bool:
    """Return whether `value` is among `found`: whole numbers exactly, others to a fifth of a percent."""
    whole = value.is_integer()
    return any(x == value or (not whole and abs(x - value) <= 2e-3 * abs(value)) for x in found)


def _value(group: dict[str, str | None]) -> float | None:
    if group["over"] and group["under"]:
        return _ratio(group["under"], group["over"])
    if group["top"] and group["bottom"]:
        return _ratio(group["top"], group["bottom"])
    if group["plain"]:
        return _digits(group["plain"]) / (100 if group["percent"] else 1)
    if group["native"]:
        return _native(group["native"])
    return _korean_units(group["large"] or group["sino"] or "")


def _ratio(top: str, bottom: str) -> float | None:
    return _digits(top) / _digits(bottom) if _digits(bottom) else None


def _digits(text: str) -> float:
    return float(text.replace(",", "")[:300])


def _native(text: str) -> float:
    tens = next((word for word in [*_TENS.split("|"), "스무"] if text.startswith(word)), "")
    return float(_NATIVE.get(tens, 0) + _NATIVE.get(text[len(tens) :], 0))


def _korean_units(text: str) -> float:
    """Digits times 십 백 천, their sums times 만 억 조: "3만 5천" is 35000."""
    total = section = current = 0.0
    for part in re.findall(r"\d[\d,]*(?:\.\d+)?|\D", text.replace(" ", "")):
        if part[0].isdigit():
            current = _digits(part)
        elif part in _SINO:
            current = _SINO[part]
        elif part in _SMALL:
            section, current = section + (current or 1) * _SMALL[part], 0.0
        elif part in _LARGE:
            total, section, current = total + (section + current or 1) * _LARGE[part], 0.0, 0.0
    return total + section + current


def plain_math(text: str) -> str:
    """Return `text` in NFKC with LaTeX fractions, roots, powers and signs in plain characters."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST].translate(_POWERS))
    plain = re.sub(r"\\(?:left|right|[,;! ])", "", plain.replace("⁄", "/").replace("−", "-"))
    plain = re.sub(r"\\[dt]?frac\s*\{([^{}]{1,60})\}\s*\{([^{}]{1,60})\}", r"\1/\2", plain)
    plain = re.sub(r"\\sqrt\s*\{([^{}]{1,60})\}|√\s*\(?(\w{1,60})\)?", r"sqrt(\1\2)", plain)
    plain = re.sub(r"\\(?:cdot|times)|[×·]", "*", plain)
    return re.sub(r"\\(?:text|mathrm|mathbf|boxed)\s*\{([^{}]{0,200})\}", r"\1", plain)


def formula_of(text: str) -> str:
    """Return the right-hand side of the first formula with a variable ("3/4x+2"), "" where there is none."""
    for match in _FORMULA.finditer(plain_math(text)):
        formula = match[0].strip(" .,")
        variable = re.search(r"(?<![a-zA-Z])[a-z](?![a-zA-Z])|sqrt", formula)
        if variable and re.search(r"\d", formula) and re.search(r"[=+*/^]", formula):
            return _flat(formula.rsplit("=", 1)[-1])
    return ""


def has_formula(formula: str, text: str) -> bool:
    """Return whether `formula`, as `formula_of` gave it, stands in `text` in any usual notation."""
    return re.search(rf"(?<![A-Za-z0-9_^.]){re.escape(formula)}(?![A-Za-z0-9_^])", _flat(plain_math(text))) is not None


def _flat(text: str) -> str:
    return re.sub(r"\((\d+/\d+)\)", r"\1", re.sub(r"[ {}*$]", "", text))
