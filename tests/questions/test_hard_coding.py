"""The 코딩 references of the hard set run against hidden cases, edge cases and slow oracles; wrong variants fail.

Each solution runs in a process of its own with bounds on its time and memory. A case is an expression, or
statements that set `result`, and the value it must have (`Raises` for an exception).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from tests.questions.hard_set import Row, fenced, load
from tests.support.patience import PATIENCE_SECONDS

Key = tuple[int, int]
CPU_SECONDS, MEMORY_BYTES = 20, 2**30

HARNESS = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({cpu}, {cpu}))
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
job = json.load(sys.stdin)
found = []
for snippet in job["snippets"]:
    scope = {{"__name__": "solution"}}
    try:
        exec(job["code"], scope)
        exec(snippet if "result =" in snippet else "result = " + snippet, scope)
        found.append(repr(scope["result"]))
    except Exception as error:
        found.append("raises " + type(error).__name__)
    if job["until_a_miss"] and found[-1] != job["wanted"][len(found) - 1]:
        break
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Raises:
    """The expected end of a case that must fail."""

    name: str = "ValueError"

    def __repr__(self) -> str:
        return f"raises {self.name}"


ERROR = Raises()
Case = tuple[str, Any]
CASES: dict[Key, list[Case]] = {}
WRONG: dict[Key, list[tuple[str, str]]] = {}
"""(text of the solution, what a careless answer has instead): each must fail a case."""


def run(code: str, cases: list[Case], until_a_miss: bool = False) -> list[str]:
    """Return the failed cases as text; a solution that dies or runs out of its bounds fails all."""
    snippets, wanted = [snippet for snippet, _ in cases], [repr(want) for _, want in cases]
    job = json.dumps({"code": code, "snippets": snippets, "wanted": wanted, "until_a_miss": until_a_miss})
    harness = HARNESS.format(cpu=CPU_SECONDS, memory=MEMORY_BYTES)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", harness],
        input=job,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode:
        return [f"exit {done.returncode}: {done.stderr[-200:]}"]
    found = json.loads(done.stdout)
    assert until_a_miss or len(found) == len(cases)
    return [
        f"{snippet[:80]} is {got[:120]}, not {want[:120]}"
        for snippet, want, got in zip(snippets, wanted, found, strict=False)
        if got != want
    ]


# 401 ---------------------------------------------------------------------------------------------

READ: list[tuple[int, str]] = [
    (0, "영"),
    (1, "일"),
    (10, "십"),
    (11, "십일"),
    (111, "백십일"),
    (1010, "천십"),
    (9999, "구천구백구십구"),
    (10000, "만"),
    (10001, "만 일"),
    (11111, "만 천백십일"),
    (20000, "이만"),
    (110000, "십일만"),
    (1_0000_0000, "일억"),
    (1_0000_2030, "일억 이천삼십"),
    (1_0001_0000, "일억 일만"),
    (1_0000_0000_0000, "일조"),
    (1_0000_0000_0001, "일조 일"),
    (1_0001_0001_0001, "일조 일억 일만 일"),
    (10**16 - 1, "구천구백구십구조 구천구백구십구억 구천구백구십구만 구천구백구십구"),
    (-10000, "마이너스 만"),
    (-1_0000_0000, "마이너스 일억"),
]
CASES[401, 1] = [(f"read_number({n})", text) for n, text in READ]
CASES[401, 1] += [("read_number(10**16)", ERROR), ("read_number(-10**16)", ERROR)]
WRONG[401, 1] = [
    (' and not parts:\n            parts.append("만")', ':\n            parts.append("만")'),
    (" and unit else", " and False else"),
]
NOT_READ = [
    "",
    " ",
    "일십",
    "일만",
    "일백",
    "일억 만",
    "일억이천",
    "일억  이천",
    "만일",
    "영일",
    "마이너스 영",
    "마이너스만",
    "마이너스 마이너스 일",
]
NOT_READ += [
    "이이",
    "십백",
    "천천",
    "억",
    "조",
    "만 만",
    "일만 일억",
    "만 일 ",
    " 만",
    "일 십",
    "공",
    "만억",
    "12",
    "구십십",
    "일조 억",
]
CASES[401, 2] = [(f"parse_number({text!r})", n) for n, text in READ] + [
    (f"parse_number({t!r})", ERROR) for t in NOT_READ
]
CASES[401, 2] += [
    (
        "import random\nrng = random.Random(1)\nnumbers = [rng.randrange(10 ** rng.randrange(1, 17)) for _ in range(2000)]\n"
        "result = all(parse_number(read_number(n)) == n for n in numbers)",
        True,
    )
]
WRONG[401, 2] = [("if read_number(value) != text:", "if False:")]

# 402 ---------------------------------------------------------------------------------------------

CASES[402, 1] = [
    (f"attach({word!r}, {pair!r})", want)
    for word, pair, want in [
        ("사과", "은/는", "사과는"),
        ("수박", "은/는", "수박은"),
        ("서울", "으로/로", "서울로"),
        ("부산", "으로/로", "부산으로"),
        ("대구", "으로/로", "대구로"),
        ("서울", "과/와", "서울과"),
        ("수원(경기)", "으로/로", "수원(경기)으로"),
        ("하늘(푸른)(맑은)", "을/를", "하늘(푸른)(맑은)을"),
        ("(비고)", "이/가", "(비고)이(가)"),
        ("끝)", "이/가", "끝)이(가)"),
        ("", "으로/로", "(으)로"),
        ("!", "과/와", "!과(와)"),
        ("7", "으로/로", "7로"),
        ("3", "으로/로", "3으로"),
        ("10", "으로/로", "10으로"),
        ("2", "을/를", "2를"),
        ("0", "이/가", "0이"),
        ("URL", "으로/로", "URL로"),
        ("Team", "으로/로", "Team으로"),
        ("data", "은/는", "data는"),
        ("가((나)", "은/는", "가((나)은(는)"),
        ("가((나))", "은/는", "가((나))은(는)"),
        ("ㄱ", "은/는", "ㄱ은(는)"),
        ("１", "이/가", "１이(가)"),
    ]
]
WRONG[402, 1] = [
    ('while word.endswith(")") and "(" in word:', "while False:"),
    ('if final == 2 and pair == "으로/로":', "if False:"),
]
CASES[402, 2] = [
    (f"attach({word!r}, {pair!r})", want)
    for word, pair, want in [
        ("30", "으로/로", "30으로"),
        ("10", "을/를", "10을"),
        ("500", "이/가", "500이"),
        ("1,000,000", "으로/로", "1,000,000으로"),
        ("100000000", "은/는", "100000000은"),
        ("1000000000000", "은/는", "1000000000000는"),
        ("20000000000000", "을/를", "20000000000000를"),
        ("1000000000001", "으로/로", "1000000000001로"),
        ("0", "은/는", "0은"),
        ("000", "으로/로", "000으로"),
        ("2.0", "으로/로", "2.0으로"),
        ("2.50", "은/는", "2.50은"),
        ("2.5", "은/는", "2.5는"),
        ("2.700", "으로/로", "2.700으로"),
        ("v1.2.7", "으로/로", "v1.2.7로"),
        ("A.5", "이/가", "A.5가"),
        ("0.1000000000000", "은/는", "0.1000000000000은"),
        ("007", "으로/로", "007로"),
        ("제4200(끝)", "과/와", "제4200(끝)과"),
        ("102", "을/를", "102를"),
        ("서울", "으로/로", "서울로"),
        ("1,", "이/가", "1,이(가)"),
    ]
]
WRONG[402, 2] = [('return " 만억조"[zeros // 4]', 'return "영"'), ('if "." in tail and re', "if False and re")]

# 403 ---------------------------------------------------------------------------------------------

TYPED = [
    ("dkssud", "안녕"),
    ("ekfrl", "달기"),
    ("ekfrrl", "닭기"),
    ("rkqtdl", "값이"),
    ("rkqtl", "갑시"),
    ("dksk", "아나"),
    ("rt", "ㄱㅅ"),
    ("hk", "ㅘ"),
    ("hkl", "ㅘㅣ"),
    ("rhksckd", "관창"),
    ("dmlwk", "의자"),
    ("dnpqj", "웨버"),
    ("qkRk", "바까"),
    ("qkRRk", "밖까"),
    ("dlTek", "있다"),
    ("rkQk", "가빠"),
    ("rkEk", "가따"),
    ("rkE", "가ㄸ"),
    ("tkwWk", "샂짜"),
    ("kk", "ㅏㅏ"),
    ("rkk", "가ㅏ"),
    ("rhkk", "과ㅏ"),
    ("rktt", "갓ㅅ"),
    ("Rk Rk", "까 까"),
    ("DKSSUD!", "안녕!"),
    ("rk1sk", "가1나"),
    ("dlfrdj", "읽어"),
    ("dlfrj", "일거"),
    ("ffkf", "ㄹ랄"),
    ("", ""),
    ("OP", "ㅒㅖ"),
    ("rO", "걔"),
    ("dksgdk", "않아"),
    ("dkswdk", "앉아"),
    ("gkfxdk", "핥아"),
    ("rkrtk", "각사"),
    ("한rk", "한가"),
]
HANGUL_ORACLE = """
import random
LEAD, VOWEL, TAIL = CHO, JUNG, JONG
spell = {j: k for k, j in KEYS.items()}
spell.update({v: spell[k[0]] + spell[k[1]] for k, v in {**PAIRS, **FINALS}.items()})
rng = random.Random(3)
good = True
for _ in range(300):
    word = "".join(chr(rng.randrange(0xAC00, 0xD7A4)) for _ in range(6))
    keys = "".join(
        spell[LEAD[(ord(s) - 0xAC00) // 588]] + spell[VOWEL[(ord(s) - 0xAC00) // 28 % 21]]
        + spell.get(TAIL[(ord(s) - 0xAC00) % 28], "") + "|" for s in word
    )
    good = good and type_hangul(keys) == "".join(s + "|" for s in word)
result = good
"""
CASES[403, 1] = [(f"type_hangul({keys!r})", text) for keys, text in TYPED] + [(HANGUL_ORACLE, True)]
WRONG[403, 1] = [
    (
        "done.append(show(block[:-1]))\n            return [block[-1], jamo]",
        "done.append(show(block))\n            return [jamo]",
    ),
    ("if not tail and jamo in JONG:", "if not tail:"),
    (" or KEYS.get(key.lower())", ""),
]
ERASED = [
    ("dksk<", "아ㄴ"),
    ("dksk<<", "아"),
    ("dksk<<<", ""),
    ("ekfr<", "달"),
    ("ekfr<<", "다"),
    ("ekfr<<<", "ㄷ"),
    ("ekfr<<<<<", ""),
    ("a <", "ㅁ"),
    ("a <<", ""),
    ("rk <k", "가ㅏ"),
    ("rk <s", "가ㄴ"),
    ("rhk<", "고"),
    ("rhk<<k", "가"),
    ("<", ""),
    ("rks1<<", ""),
    ("rksek<s", "간ㄷㄴ"),
    ("dksk<k", "아나"),
    ("dlfrj<j", "일거"),
    ("rkR<r", "각"),
    ("rt<", "ㄱ"),
    ("rt<k", "ㄱㅏ"),
]
CASES[403, 2] = CASES[403, 1] + [(f"type_hangul({keys!r})", text) for keys, text in ERASED]
WRONG[403, 2] = [("block = block[:-1]", "block = []"), ("elif done:\n                done.pop()", "")]

# 404 ---------------------------------------------------------------------------------------------

TTL_ORACLE = """
import random

class Slow:
    def __init__(self, capacity, ttl):
        self.capacity, self.ttl, self.rows = capacity, ttl, []   # [key, value, expiry], the last used last
    def alive(self, now):
        self.rows = [r for r in self.rows if r[2] > now]
    def put(self, key, value, now):
        self.alive(now)
        if not self.capacity:
            return
        self.rows = [r for r in self.rows if r[0] != key][-(self.capacity - 1):] if self.capacity > 1 else []
        self.rows.append([key, value, now + self.ttl])
    def get(self, key, now):
        self.alive(now)
        for r in self.rows:
            if r[0] == key:
                self.rows.remove(r)
                self.rows.append(r)
                return r[1]
    def size(self, now):
        self.alive(now)
        return len(self.rows)

good = True
for seed in range(30):
    rng = random.Random(seed)
    capacity, ttl = rng.randrange(5), rng.randrange(1, 9)
    one, other, now = TTLCache(capacity, ttl), Slow(capacity, ttl), 0
    for step in range(200):
        now += rng.randrange(3)
        key = rng.randrange(6)
        what = rng.randrange(3)
        if what == 0:
            one.put(key, step, now), other.put(key, step, now)
        elif what == 1:
            good = good and one.get(key, now) == other.get(key, now)
        else:
            good = good and one.size(now) == other.size(now)
result = good
"""
CASES[404, 1] = [
    ("c = TTLCache(2, 10)\nc.put('a', 1, 0)\nresult = [c.get('a', 9), c.get('a', 10)]", [1, None]),
    ("c = TTLCache(1, 5)\nc.put('a', 1, 0)\nc.get('a', 4)\nresult = c.get('a', 5)", None),
    ("c = TTLCache(0, 5)\nc.put('a', 1, 0)\nresult = (c.get('a', 0), c.size(0))", (None, 0)),
    (
        "c = TTLCache(1, 10**9)\nfor n in range(5000):\n    c.put('a', n, n)\nresult = len(c.expiries) < 100",
        True,
    ),
    (
        "c = TTLCache(2, 5)\nc.put('a', 1, 0)\nc.put('b', 2, 3)\nc.get('a', 4)\nc.put('c', 3, 5)\nresult = c.get('b', 6)",
        2,
    ),
    (
        "c = TTLCache(2, 9)\nc.put('a', 1, 0)\nc.put('b', 2, 0)\nc.get('a', 1)\nc.put('c', 3, 1)\nresult = (c.get('a', 2), c.get('b', 2))",
        (1, None),
    ),
    (
        "c = TTLCache(2, 3)\nc.put('a', 1, 0)\nc.put('a', 2, 2)\nresult = (c.get('a', 4), c.size(4), c.size(5))",
        (2, 1, 0),
    ),
    (TTL_ORACLE, True),
    (
        "c = TTLCache(50000, 10**9)\nfor n in range(60000):\n    c.put(n, n, n)\n    c.get(n // 2, n)\nresult = c.size(60000)",
        50000,
    ),
]
WRONG[404, 1] = [
    ("self.expiries[0][0] <= now", "self.expiries[0][0] < now"),
    ("if key in self.items and self.items[key][2] == ticket:", "if key in self.items:"),
    ("len(self.expiries) > 2 * len(self.items) + 16", "False"),
    ("        self.items.move_to_end(key)\n        return", "        return"),
]
TTL_ORACLE_2 = """
import random

class Slow:
    def __init__(self, capacity, ttl):
        self.capacity, self.ttl, self.rows = capacity, ttl, []
    def alive(self, now):
        self.rows = [r for r in self.rows if r[2] > now]
    def shrink(self, room):
        while len(self.rows) > room:
            self.rows.remove(min(self.rows, key=lambda r: r[2]))   # the first of equals is the least recently used
    def put(self, key, value, now, ttl=None):
        self.alive(now)
        fresh = not any(r[0] == key for r in self.rows)
        ttl = self.ttl if ttl is None else ttl
        self.rows = [r for r in self.rows if r[0] != key]
        if ttl > 0 and self.capacity:
            if fresh:
                self.shrink(self.capacity - 1)
            self.rows.append([key, value, now + ttl])
    def get(self, key, now):
        self.alive(now)
        for r in self.rows:
            if r[0] == key:
                self.rows.remove(r)
                self.rows.append(r)
                return r[1]
    def resize(self, capacity, now):
        self.alive(now)
        self.capacity = capacity
        self.shrink(capacity)
    def size(self, now):
        self.alive(now)
        return len(self.rows)

good = True
for seed in range(30):
    rng = random.Random(seed)
    one, other, now = TTLCache(3, 4), Slow(3, 4), 0
    for step in range(200):
        now += rng.randrange(2)
        key = rng.randrange(6)
        what = rng.randrange(5)
        if what < 2:
            ttl = rng.choice([None, -1, 0, 1, 3, 4, 8])
            one.put(key, step, now, ttl), other.put(key, step, now, ttl)
        elif what == 2:
            good = good and one.get(key, now) == other.get(key, now)
        elif what == 3:
            good = good and one.size(now) == other.size(now)
        elif rng.random() < 0.2:
            room = rng.randrange(5)
            one.resize(room, now), other.resize(room, now)
    good = good and all(one.get(key, now) == other.get(key, now) for key in range(6))
result = good
"""
CASES[404, 2] = [
    (
        "c = TTLCache(2, 10)\nc.put('a', 1, 0)\nc.put('b', 2, 0, 5)\nc.get('b', 1)\nc.put('c', 3, 1)\nresult = (c.get('a', 2), c.get('b', 2))",
        (1, None),
    ),
    (
        "c = TTLCache(2, 10)\nc.put('a', 1, 0)\nc.put('b', 2, 0)\nc.get('a', 1)\nc.put('c', 3, 1)\nresult = (c.get('a', 2), c.get('b', 2))",
        (1, None),
    ),
    ("c = TTLCache(2, 10)\nc.put('a', 1, 0)\nc.put('a', 2, 1, 0)\nresult = (c.get('a', 1), c.size(1))", (None, 0)),
    (
        "c = TTLCache(3, 10)\nc.put('a', 1, 0, 9)\nc.put('b', 2, 0, 3)\nc.put('c', 3, 0)\nc.resize(2, 1)\nresult = [c.get(k, 1) for k in 'abc']",
        [1, None, 3],
    ),
    ("c = TTLCache(1, 10)\nc.put('a', 1, 0)\nc.put('a', 2, 1)\nresult = c.get('a', 10)", 2),
    (TTL_ORACLE_2, True),
    (
        "c = TTLCache(1000, 10**6)\nfor n in range(40000):\n    c.put(n % 1500, n, n)\n    c.get(n % 7, n)\nresult = c.size(40000)",
        1000,
    ),
]
WRONG[404, 2] = [
    ("self.items.pop(key, None)\n            return", "return"),
    ("self._use(key, value, expiry)\n        return value", "return value"),
]

# 405 ---------------------------------------------------------------------------------------------

SPANS_ORACLE = """
import random

good = True
for seed in range(60):
    rng = random.Random(seed)
    one, other = Spans(), set()
    for _ in range(60):
        a, b, d = rng.randrange(-10, 30), rng.randrange(-10, 30), rng.randrange(-12, 13)
        inside = {n for n in other if a <= n < b}
        what = rng.randrange(WHATS)
        if what == 0:
            one.add(a, b)
            other |= set(range(a, b))
        elif what == 1:
            one.remove(a, b)
            other -= inside
        elif what == 2:
            good = good and one.covers(a, b) == (set(range(a, b)) <= other)
        elif what == 3:
            one.shift(a, b, d)
            other = (other - inside) | {n + d for n in inside}
        else:
            x = a
            while d > 0 and other & set(range(x, x + d)):
                x += 1
            good = good and one.first_gap(a, d) == x
        ends = sorted(n for n in other if n + 1 not in other)
        starts = sorted(n for n in other if n - 1 not in other)
        good = good and one.spans() == [(s, e + 1) for s, e in zip(starts, ends)] and one.total() == len(other)
result = good
"""
CASES[405, 1] = [
    ("s = Spans()\ns.add(1, 3)\ns.add(3, 5)\nresult = s.spans()", [(1, 5)]),
    (
        "s = Spans()\ns.add(0, 10)\ns.remove(3, 5)\nresult = (s.spans(), s.covers(3, 4), s.covers(5, 10))",
        ([(0, 3), (5, 10)], False, True),
    ),
    ("s = Spans()\ns.add(0, 3)\ns.add(5, 8)\ns.remove(3, 5)\nresult = s.spans()", [(0, 3), (5, 8)]),
    ("s = Spans()\ns.add(5, 5)\ns.add(7, 2)\nresult = (s.spans(), s.total(), s.covers(3, 3))", ([], 0, True)),
    ("s = Spans()\ns.add(0, 10**12)\ns.remove(5, 7)\nresult = s.total()", 10**12 - 2),
    (SPANS_ORACLE.replace("WHATS", "3"), True),
]
WRONG[405, 1] = [
    (
        "low = bisect_left(self.ends, a)\n        high = bisect_right(self.starts, b)",
        "low = bisect_right(self.ends, a)\n        high = bisect_left(self.starts, b)",
    ),
    ("kept.append((b, end))", "pass"),
]
CASES[405, 2] = CASES[405, 1] + [
    (
        "s = Spans()\ns.add(0, 5)\ns.add(7, 9)\nresult = (s.first_gap(2, 2), s.first_gap(2, 3), s.first_gap(-5, 5), s.first_gap(3, 0))",
        (5, 9, -5, 3),
    ),
    ("s = Spans()\ns.add(0, 5)\ns.shift(0, 5, 2)\nresult = s.spans()", [(2, 7)]),
    ("s = Spans()\ns.add(0, 5)\ns.shift(1, 3, 10**12)\nresult = s.spans()", [(0, 1), (3, 5), (10**12 + 1, 10**12 + 3)]),
    (SPANS_ORACLE.replace("WHATS", "5"), True),
]
WRONG[405, 2] = [
    (
        "        self.remove(a, b)\n        for start, end in inside:\n            self.add(start + d, end + d)",
        "        for start, end in inside:\n            self.add(start + d, end + d)\n        self.remove(a, b)",
    ),
    (
        "for at in range(bisect_right(self.ends, start), len(self.starts)):",
        "for at in range(bisect_right(self.starts, start), len(self.starts)):",
    ),
]

# 406 ---------------------------------------------------------------------------------------------

BAD_DECIMALS = ["", ".", "+", "-.", "1e5", " 1", "1 ", "1.2.3", "1,000", "--1", "１", "1\n"]
ROUND_ORACLE = """
import decimal, random

decimal.getcontext().prec = 80
modes = {"오사오입": "ROUND_HALF_EVEN", "사사오입": "ROUND_HALF_UP", "절사": "ROUND_DOWN", "절상": "ROUND_UP",
         "내림": "ROUND_FLOOR", "올림": "ROUND_CEILING"}
rng = random.Random(8)
good = True
for _ in range(1500):
    text = rng.choice(["", "-", "+"]) + "".join(rng.choice("0125") for _ in range(rng.randrange(6)))
    text += rng.choice(["", "." + "".join(rng.choice("0059") for _ in range(rng.randrange(5)))])
    if not any(c.isdigit() for c in text):
        continue
    places, mode = rng.randrange(-4, 5), rng.choice(list(modes))
    unit = decimal.Decimal(10) ** -places
    value = (decimal.Decimal(text) / unit).to_integral_value(rounding=modes[mode]) * unit
    want = f"{abs(value):,.{max(places, 0)}f}"
    if value < 0:
        want = "-" + want
    good = good and CALL == WANT
result = good
"""
CASES[406, 1] = [
    (f"round_even({text!r}, {places})", want)
    for text, places, want in [
        ("2.675", 2, "2.68"),
        ("2.665", 2, "2.66"),
        ("-0.5", 0, "0"),
        ("-1.5", 0, "-2"),
        ("1250", -2, "1200"),
        ("1350", -2, "1400"),
        ("1250.0001", -2, "1300"),
        ("7", 2, "7.00"),
        (".5", 0, "0"),
        ("5.", 1, "5.0"),
        ("-007.250", 1, "-7.2"),
        ("+0.005", 2, "0.00"),
        ("0.015", 2, "0.02"),
        ("49", -2, "0"),
        ("50", -2, "0"),
        ("51", -2, "100"),
        ("-99.995", 2, "-100.00"),
        ("9" * 40 + ".5", 0, "1" + "0" * 40),
    ]
]
CASES[406, 1] += [(f"round_even({text!r}, 1)", ERROR) for text in BAD_DECIMALS]
CASES[406, 1] += [
    (
        ROUND_ORACLE.replace("rng.choice(list(modes))", "'오사오입'")
        .replace("CALL", "round_even(text, places)")
        .replace("WANT", "want.replace(',', '')"),
        True,
    )
]
WRONG[406, 1] = [
    ("(2 * rest == unit and kept % 2)", "2 * rest == unit"),
    ('if match[1] == "-" and kept else', 'if match[1] == "-" else'),
    ('([0-9]*)(?:\\.([0-9]*))?", text)', '(\\d*)(?:\\.(\\d*))?", text)'),
]
CASES[406, 2] = [
    (f"round_text({text!r}, {places}, {mode!r})", want)
    for text, places, mode, want in [
        ("-2.5", 0, "내림", "-3"),
        ("-2.5", 0, "올림", "-2"),
        ("-2.5", 0, "절사", "-2"),
        ("-2.5", 0, "절상", "-3"),
        ("-2.5", 0, "사사오입", "-3"),
        ("-2.5", 0, "오사오입", "-2"),
        ("-0.4", 0, "올림", "0"),
        ("-0.4", 0, "내림", "-1"),
        ("1234567.8949", 3, "절사", "1,234,567.894"),
        ("1200", -2, "절상", "1,200"),
        ("999.5", 0, "사사오입", "1,000"),
        ("0.0005", 3, "절상", "0.001"),
        ("1234.5", 4, "올림", "1,234.5000"),
    ]
]
CASES[406, 2] += [(f"round_text({text!r}, 1, '절사')", ERROR) for text in BAD_DECIMALS]
CASES[406, 2] += [
    ("round_text('1', 0, '버림')", ERROR),
    (ROUND_ORACLE.replace("CALL", "round_text(text, places, mode)").replace("WANT", "want"), True),
]
WRONG[406, 2] = [('"내림": negative', '"내림": False'), ("    if rest:\n", "    if True:\n")]

# 407 ---------------------------------------------------------------------------------------------

CASES[407, 1] = [
    (
        "[year_ganji(y) for y in (4, 1984, 2026, 1, 3, 64, 1592, 1919)]",
        ["갑자", "갑자", "병오", "신유", "계해", "갑자", "임진", "기미"],
    ),
    ("[year_ganji(y) for y in (-1, -2, -57, -2333)]", ["경신", "기미", "갑자", "무진"]),
    ("year_ganji(0)", ERROR),
]
WRONG[407, 1] = [("year if year > 0 else year + 1", "year")]
CASES[407, 2] = [
    ("years_of('갑자', 1900, 2050)", [1924, 1984, 2044]),
    ("years_of('갑자', 4, 4)", [4]),
    ("years_of('갑자', -57, 4)", [-57, 4]),
    ("years_of('경신', -61, 60)", [-61, -1, 60]),
    ("years_of('신유', -1, 1)", [1]),
    ("years_of('신유', -60, 61)", [-60, 1, 61]),
    ("years_of('갑자', 5, 3)", []),
    ("years_of('갑자', 5, 63)", []),
    ("years_of('갑자', -56, 3)", []),
    ("years_of('갑축', 1, 100)", ERROR),
    ("years_of('', 1, 100)", ERROR),
    ("years_of('갑축', 5, 3)", ERROR),
    ("years_of('갑자', 10**15, 10**15 + 59)", [10**15 + 24]),
    ("len(years_of('병오', -10**6, 10**6))", 33333),
]
WRONG[407, 2] = [
    ("[year if year > 0 else year - 1 for", "[year for"),
    ("first = start if start > 0 else start + 1", "first = start"),
]
CASES[407, 3] = [
    (f"hour_ganji({day!r}, {clock!r})", want)
    for day, clock, want in [
        ("갑자", "00:30", "갑자"),
        ("갑자", "00:59", "갑자"),
        ("갑자", "01:00", "을축"),
        ("갑자", "22:59", "을해"),
        ("갑자", "23:00", "병자"),
        ("계해", "23:59", "갑자"),
        ("계해", "00:00", "임자"),
        ("기축", "12:00", "경오"),
        ("병오", "13:00", "을미"),
        ("정미", "05:00", "계묘"),
        ("무진", "17:00", "신유"),
    ]
]
CASES[407, 3] += [(f"hour_ganji({day!r}, '00:00')", ERROR) for day in ("갑축", "자갑", "", "갑")]
WRONG[407, 3] = [
    ("if day not in [", "if False and day not in ["),
    (" + (hour == 23)", ""),
    ("(hour + 1) // 2 % 12", "hour // 2 % 12"),
]

# 408 ---------------------------------------------------------------------------------------------

EVALUATED = [
    ("7", "7"),
    (" 1 + 2 * 3 ", "7"),
    ("-2^2", "-4"),
    ("(-2)^2", "4"),
    ("2^-1", "1/2"),
    ("2^-1^2", "1/2"),
    ("2^3^2", "512"),
    ("8/4/2", "1"),
    ("6/-3", "-2"),
    ("2*-3^2", "-18"),
    ("--3", "3"),
    ("-+-3", "3"),
    ("10-3-2", "5"),
    ("1/3-1/2", "-1/6"),
    ("0^0", "1"),
    ("(1/2)^-2", "4"),
    ("4^(1/2*2)", "4"),
    ("007", "7"),
    ("-(1+2)*3", "-9"),
    ("2^(1-3)/4", "1/16"),
    ("1--1", "2"),
]
NOT_EVALUATED = [
    "",
    " ",
    "1 2",
    "2(3)",
    "(1)(2)",
    "1+",
    "*2",
    "(1",
    "1)",
    "()",
    "1/0",
    "1/(2-2)",
    "0^-1",
    "2^(1/2)",
    "1.5",
    "2**3",
    "x",
    "3//2",
    "1\t+2",
    "1\n+2",
    "²",
]
EVALUATE_ORACLE = """
import random
from fractions import Fraction

rng = random.Random(4)
def build(depth):
    if depth == 0 or rng.random() < 0.2:
        return str(rng.randrange(10))
    kind = rng.randrange(4)
    if kind == 0:
        return "(" + build(depth - 1) + ")"
    if kind == 1:
        return rng.choice("+-") + build(depth - 1)
    return build(depth - 1) + rng.choice("+-*/") + build(depth - 1)
import re
good = True
for _ in range(400):
    text = build(4)
    try:
        want = str(eval(re.sub(r"(\\d+)", r"Fraction(\\1)", text)))
    except ZeroDivisionError:
        want = "error"
    try:
        got = evaluate(text)
    except ValueError:
        got = "error"
    good = good and got == want
result = good
"""
CASES[408, 1] = [(f"evaluate({text!r})", want) for text, want in EVALUATED]
CASES[408, 1] += [(f"evaluate({text!r})", ERROR) for text in [*NOT_EVALUATED, "5%", "9" * 40 + "!"]] + [
    (EVALUATE_ORACLE, True)
]
WRONG[408, 1] = [
    ("        exponent = signed()\n", "        exponent = atom()\n"),
    (
        'return -signed() if take() == "-" else signed()',
        'sign = -1 if take() == "-" else 1\n            value = signed()\n            return value if value < 0 else sign * value',
    ),
    ('if tokens[at] != "끝":', "if False:"),
]
CASES[408, 2] = [(f"evaluate({text!r})", want) for text, want in EVALUATED]
CASES[408, 2] += [
    (f"evaluate({text!r})", want)
    for text, want in [
        ("50%", "1/2"),
        ("50%%", "1/200"),
        ("200+10%", "220"),
        ("200-10%-10%", "162"),
        ("200+10%*2", "1001/5"),
        ("200+-10%", "1999/10"),
        ("(200+10%)%", "11/5"),
        ("10%+10%", "11/100"),
        ("200+10%^1", "2001/10"),
        ("200+(10%)", "2001/10"),
        ("200+(10)%", "220"),
        ("200+(5+5)%", "220"),
        ("200+10%%", "1001/5"),
        ("2*50%", "1"),
        ("200*10%+5", "25"),
        ("100+2*10%", "501/5"),
        ("100+50+10%", "165"),
        ("100+10%+10%", "121"),
        ("-50%", "-1/2"),
        ("50%^2", "1/4"),
        ("2^200%", "4"),
        ("(100+10%)+10%", "121"),
    ]
]
CASES[408, 2] += [(f"evaluate({text!r})", ERROR) for text in [*NOT_EVALUATED, "%", "5%5", "4^50%", "%5", "1+%"]] + [
    (EVALUATE_ORACLE, True)
]
WRONG[408, 2] = [
    ("right = value * right if share else right", "right = right"),
    (
        "            percent = False\n        return value, percent\n\n    def total",
        "        return value, percent\n\n    def total",
    ),
    ("return sign * signed()[0], False", "value, percent = signed()\n            return sign * value, percent"),
]

# 409 ---------------------------------------------------------------------------------------------

CASES[409, 1] = [
    (f"find_all({query!r}, {text!r})", want)
    for query, text, want in [
        ("ㅅㅇ", "서울 수원 성안", [0, 3, 6]),
        ("가나", "가난 각나 가나", [0, 6]),
        ("ㄱ", "까가ㄱ각", [1, 2, 3]),
        ("ㄲ", "까가", [0]),
        ("", "가", []),
        ("가", "", []),
        ("ㄱㄱ", "가가가", [0, 1]),
        ("ㄱ나", "강남 간난", [0, 3]),
        ("남", "나 남 낢", [2]),
        ("a", "Aa", [1]),
        ("ㅏ", "아ㅏ", [1]),
        ("서ㅇ", "서울 설악", [0]),
        ("ㄳ", "ㄳ각", [0]),
    ]
]
WRONG[409, 1] = [
    ("if last and is_syllable(asked)", "if is_syllable(asked)"),
    ("CHO.index(asked) == code // 588", "CHO.index(asked) <= code // 588 <= CHO.index(asked) + 1"),
]
CASES[409, 2] = [
    (f"find_all({query!r}, {text!r})", want)
    for query, text, want in [
        ("각", "가구 각 가 구 갂", [(0, 2), (3, 4), (5, 8)]),
        ("닭", "달걀 닭 달 다걀", [(0, 2), (3, 4)]),
        ("값", "갑사 값 갑 소", [(0, 2), (3, 4), (5, 8)]),
        ("있", "이쑤 있 이수", [(0, 2), (3, 4)]),
        ("ㅅㅇ", "서 울 수원", [(0, 3), (4, 6)]),
        ("ㅅ ㅇ", "서울", [(0, 2)]),
        (" ", "가 나", []),
        ("한각", "한가구 한각 학 가구", [(0, 3), (4, 6)]),
        ("각", "가ㄱ", []),
        ("각", "각구", [(0, 1)]),
        ("각", "가", []),
        ("가", "각 가", [(0, 1), (2, 3)]),
        ("강", "가운데 강", [(0, 2), (4, 5)]),
        ("각", "가까", []),
        ("각", "간구", []),
        ("ㄱㄱ", "가  나 가 각", [(5, 8)]),
    ]
]
WRONG[409, 2] = [
    ('SPLIT.get(final, " " + final)', '(" ", final)'),
    ('if letter != " "]', "if True]"),
    ("run[size - 1] == over[0] and lead_of", "match(over[0], run[size - 1], True) and lead_of"),
]

# 410 ---------------------------------------------------------------------------------------------

LIMIT_ORACLE = """
import random

good = True
for seed in range(60):
    rng = random.Random(seed)
    limit, window = rng.randrange(4), rng.randrange(1, 6)
    one, log, t = Limiter(limit, window), [], 0
    for _ in range(150):
        t += rng.randrange(3)
        user = rng.choice("ab")
        want = sum(u == user and t - window < s <= t for u, s in log) < limit
        if want:
            log.append((user, t))
        good = good and one.allow(user, t) is want
        good = good and one.active(t) == len({u for u, s in log if s > t - window})
result = good
"""
CASES[410, 1] = [
    (
        "m = Limiter(2, 10)\nresult = [m.allow('a', t) for t in (0, 0, 9, 10, 10, 10)]",
        [True, True, False, True, True, False],
    ),
    (
        "m = Limiter(1, 3)\nresult = [m.allow('a', t) for t in (0, 1, 2, 3, 5, 6)]",
        [True, False, False, True, False, True],
    ),
    ("m = Limiter(0, 3)\nresult = (m.allow('a', 0), m.active(0))", (False, 0)),
    ("m = Limiter(1, 5)\nm.allow('a', 100)\nresult = (m.allow('b', 3), m.active(100), m.active(105))", (True, 1, 0)),
    (LIMIT_ORACLE, True),
    ("m = Limiter(10**5, 10**9)\nresult = sum(m.allow('a', n) for n in range(300000))", 10**5),
]
WRONG[410, 1] = [
    ("times[0] <= t - self.window", "times[0] < t - self.window"),
    (
        "            return False\n        times.append(t)",
        "            times.append(t)\n            return False\n        times.append(t)",
    ),
]
PENALTY_ORACLE = """
import random

good = True
for seed in range(120):
    rng = random.Random(seed)
    limit, window, strikes, penalty = rng.randrange(1, 4), rng.randrange(1, 6), rng.randrange(1, 4), rng.randrange(1, 8)
    one, t = Limiter(limit, window, strikes, penalty), 0
    taken, row, s = [], 0, None

    def ask(t):
        if s is not None and s < t < s + penalty:
            return False
        return sum(t - window < x <= t for x in taken) < limit

    for _ in range(80):
        t += rng.randrange(3)
        if s is not None and s < t and t >= s + penalty:
            s, row = None, 0
        early = t
        while not ask(early):
            early += 1
        good = good and one.next_allowed("a", t) == early
        want = ask(t)
        good = good and one.allow("a", t) is want
        if want:
            taken.append(t)
            row = 0
        elif s is None:
            row += 1
            if row == strikes:
                s, row = t, 0
result = good
"""
CASES[410, 2] = [
    (
        "m = Limiter(1, 2, 2, 10)\nresult = [m.allow('a', t) for t in (0, 0, 1, 2, 5, 10, 11)]",
        [True, False, False, False, False, False, True],
    ),
    (
        "m = Limiter(1, 4, 1, 2)\nresult = [m.allow('a', t) for t in (0, 1, 2, 3, 4, 5)]",
        [True, False, False, False, False, True],
    ),
    (
        "m = Limiter(1, 5, 3, 5)\nm.allow('a', 0)\nresult = [m.next_allowed('a', 0), m.allow('a', 1), m.allow('a', 1), m.allow('a', 2), m.next_allowed('a', 2)]",
        [5, False, False, False, 7],
    ),
    ("m = Limiter(0, 5, 3, 5)\nresult = (m.next_allowed('a', 0), m.allow('a', 0))", (None, False)),
    ("m = Limiter(2, 5, 3, 5)\nresult = (m.next_allowed('new', 8), m.active(8))", (8, 0)),
    (PENALTY_ORACLE, True),
]
WRONG[410, 2] = [
    ("t >= punished + self.penalty", "t > punished + self.penalty"),
    ("            self.denied[user] = 0\n            return True", "            return True"),
    (
        "        if punished is not None and punished < best < punished + self.penalty:\n            best = punished + self.penalty\n",
        "",
    ),
]

# 411 ---------------------------------------------------------------------------------------------

PARSED: list[tuple[str, Any]] = [
    ("", []),
    ("\n", [[""]]),
    ("a\n\n", [["a"], [""]]),
    ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
    ("a,", [["a", ""]]),
    (",\n", [["", ""]]),
    ('"a,""b""\r\nc",d\n', [['a,"b"\r\nc', "d"]]),
    ('""', [[""]]),
    ('"",""', [["", ""]]),
    ("a\rb,c\r", [["a\rb", "c\r"]]),
    (" a , b ", [[" a ", " b "]]),
    ("a\n\nb", [["a"], [""], ["b"]]),
    ('""""', [['"']]),
    ('"a"\r\n"b"', [["a"], ["b"]]),
]
CSV_ORACLE = """
import random

def slow(text):
    rows, row, cell, state, n = [], [], "", "start", 0
    if not text:
        return []
    while n <= len(text):
        two = text[n:n + 2]
        c = "end" if n == len(text) else "\\n" if text[n] == "\\n" or two == "\\r\\n" else text[n]
        if state == "quoted":
            if c == "end" and n == len(text):
                raise ValueError
            if text[n] == '"':
                if two == '""':
                    cell, n = cell + '"', n + 1
                else:
                    state = "closed"
            else:
                cell += text[n]
        elif c in (",", "\\n", "end"):
            if not (c == "end" and state == "start" and not row):
                row.append(cell)
            cell, state = "", "start"
            if c != "," and row:
                rows.append(row)
                row = []
            n += c == "\\n" and two == "\\r\\n"
        elif c == '"' and state == "start":
            state = "quoted"
        elif c == '"' or state == "closed":
            raise ValueError
        else:
            cell, state = cell + c, "plain"
        n += 1
    return rows

rng = random.Random(6)
good = True
for _ in range(2500):
    text = "".join(rng.choice('ab,"\\n\\r') for _ in range(rng.randrange(9)))
    try:
        want = slow(text)
    except ValueError:
        want = "error"
    try:
        got = parse(text)
    except ValueError:
        got = "error"
    good = good and got == want
result = good
"""
CASES[411, 1] = [(f"parse({text!r})", want) for text, want in PARSED]
CASES[411, 1] += [
    (f"parse({text!r})", ERROR) for text in ('"a', 'a"b', '"a"b', '"a" ,b', 'a,"', '"a"\r', ' "a"', '"""', 'a\n"b')
]
CASES[411, 1] += [
    (CSV_ORACLE, True),
    ("parse('a,' * 300000 + '\"' + 'b' * 300000 + '\"')[0][-1] == 'b' * 300000", True),
]
WRONG[411, 1] = [
    ('at += 2 if text[at : at + 1] == "\\r" else 1', "at += 1"),
    ("while at < size or row:", "while at < size:"),
    ("""text[at] not in ',\\n"'""", """text[at] not in ',\\n'"""),
]
WRITE_ORACLE = """
import random

rng = random.Random(7)
good = True
for _ in range(1000):
    rows = [["".join(rng.choice('a ,"\\n\\r') for _ in range(rng.randrange(4))) for _ in range(rng.randrange(1, 4))]
            for _ in range(rng.randrange(4))]
    text = write(rows)
    good = good and parse(text) == rows
    for number, row in enumerate(rows):
        for at, value in enumerate(row):
            ok = True
            try:
                cells = ['"' + v.replace('"', '""') + '"' for v in row]
                cells[at] = value
                plain = [",".join('"' + v.replace('"', '""') + '"' for v in r) for r in rows]
                plain[number] = ",".join(cells)
                ok = parse("".join(p + "\\n" for p in plain)) == rows
            except ValueError:
                ok = False
            quoted = '"' + value.replace('"', '""') + '"'
            alone = write([row])[:-1]
            good = good and (alone == ",".join(
                v if keep(v, n, len(row)) else '"' + v.replace('"', '""') + '"' for n, v in enumerate(row)))
            good = good and ok == keep(value, at, len(row))
result = good
"""
KEEP = "def keep(v, n, size):\n    return not (set(v) & set(',\"\\n') or (n == size - 1 and v.endswith('\\r')))\n"
CASES[411, 2] = [
    ("write([])", ""),
    ("write([['']])", "\n"),
    ("write([['a', 'b c']])", "a,b c\n"),
    ("write([['a,b', 'c\"d', 'e\\nf']])", '"a,b","c""d","e\nf"\n'),
    ("write([['a\\r', 'b\\r']])", 'a\r,"b\r"\n'),
    ("write([['\\ra']])", "\ra\n"),
    ("write([['', ''], ['x']])", ",\nx\n"),
    ("write([['a'], []])", ERROR),
]
WRONG[411, 2] = [
    ("if ends_in_return or any", "if any"),
    ("if ends_in_return or any(mark in value for mark in ',\"\\n'):", "if any(mark in value for mark in ',\"\\n\\r'):"),
]

# 412 ---------------------------------------------------------------------------------------------

WRAPPED: list[tuple[str, int, list[str]]] = [
    ("", 5, []),
    ("   ", 5, []),
    ("가나 다", 5, ["가나", "다"]),
    ("가나 다", 7, ["가나 다"]),
    ("가 나  다 ", 5, ["가 나", "다"]),
    ("가나다라", 5, ["가나", "다라"]),
    ("a가나다라 마", 5, ["a가나", "다라", "마"]),
    ("가나다라마 b", 5, ["가나", "다라", "마 b"]),
    ("ab 가나다라", 6, ["ab", "가나다", "라"]),
    ("abcdef", 2, ["ab", "cd", "ef"]),
    ("가a나", 2, ["가", "a", "나"]),
    ("ㅋㅋㅋ 가", 5, ["ㅋㅋㅋ", "가"]),
    ("ㅋㅋ 가", 5, ["ㅋㅋ 가"]),
]
CASES[412, 1] = [(f"wrap({text!r}, {width})", want) for text, width, want in WRAPPED]
WRONG[412, 1] = [
    ("cells(lines[-1]) + 1 + cells(word)", "cells(lines[-1]) + cells(word)"),
    ('2 if "가" <= letter <= "힣" else 1', "1"),
]
CASES[412, 2] = CASES[412, 1] + [
    (f"wrap({text!r}, {width})", want)
    for text, width, want in [
        ("가나.다라", 4, ["가나.", "다라"]),
        ("가나다라.", 4, ["가나", "다라."]),
        ("가나다라?!) 마", 4, ["가나", "다라?!)", "마"]),
        ("가나(다라", 5, ["가나", "(다라"]),
        ("가((나다라", 4, ["가", "((나", "다라"]),
        ("((((가나", 4, ["((((", "가나"]),
        ("a(가나", 2, ["a", "(", "가", "나"]),
        ("가나).(다", 4, ["가나).", "(다"]),
        ("가나. 다", 5, ["가나.", "다"]),
        ("가. 나다라마", 4, ["가.", "나다", "라마"]),
        ("abc.,", 3, ["abc.,"]),
        ("가“나다", 3, ["가", "“나", "다"]),
    ]
]
WRONG[412, 2] = [
    (' and letter not in ".,!?)”":', ":"),
    ('line.rstrip("(“") or line', "line"),
    ("while cells(lines[-1] + letter) > width and", "if cells(lines[-1] + letter) > width and"),
]

# 413 ---------------------------------------------------------------------------------------------

CASES[413, 1] = [
    ("busy_minutes([])", 0),
    ("busy_minutes([(0, 10), (2, 3)])", 10),
    ("busy_minutes([(5, 7), (0, 2), (2, 5)])", 7),
    ("busy_minutes([(0, 5), (3, 8), (20, 21)])", 9),
    ("busy_minutes([(0, 5), (0, 2)])", 5),
    ("busy_minutes([(0, 10), (2, 3), (4, 5)])", 10),
    ("meetings = [(5, 7), (0, 2)]\nbusy_minutes(meetings)\nresult = meetings", [(5, 7), (0, 2)]),
]
WRONG[413, 1] = [("reached = max(reached, end)", "reached = end"), ("sorted(meetings)", "meetings")]
OVERLAP_ORACLE = """
import random

good = True
rng = random.Random(9)
for _ in range(400):
    meetings = [(a, a + rng.randrange(1, 9)) for a in (rng.randrange(15) for _ in range(rng.randrange(6)))]
    k = rng.randrange(1, 4)
    good = good and busy_minutes(meetings, k) == sum(sum(a <= t < b for a, b in meetings) >= k for t in range(30))
result = good
"""
CASES[413, 3] = [
    *CASES[413, 1],
    ("busy_minutes([(0, 10), (5, 15), (10, 20)], 2)", 10),
    ("busy_minutes([(0, 10**12), (1, 10**12)], 2)", 10**12 - 1),
    ("busy_minutes([(0, 5), (5, 9)], 2)", 0),
    ("busy_minutes([(0, 5)], 0)", ERROR),
    ("busy_minutes([(0, 5)], True)", ERROR),
    ("busy_minutes([], 1.0)", ERROR),
    (OVERLAP_ORACLE, True),
]
WRONG[413, 3] = [("if depth >= k:", "if depth > k:"), ("isinstance(k, bool) or ", "")]

# 414 ---------------------------------------------------------------------------------------------

DURATIONS = [
    ("1시간 30분", 5400),
    ("1시간반", 5400),
    ("1시간 반", 5400),
    ("2일반", 216000),
    ("90분", 5400),
    ("90분 반", 5430),
    ("0초", 0),
    ("0일반", 43200),
    ("1일 23시간59분 59초", 172799),
    ("100시간", 360000),
    ("1일 1초", 86401),
    ("3600초", 3600),
    ("1시간 0분 반", 3630),
]
NOT_DURATIONS = [
    "",
    " ",
    "반",
    "1시간 90분",
    "1시간 60분",
    "1분 60초",
    "1일 24시간",
    "1초 반",
    "1초반",
    "1시간  5분",
    " 1분",
    "1분 ",
    "01분",
]
NOT_DURATIONS += [
    "1시간 05분",
    "1분1시간",
    "1분 2분",
    "１분",
    "1 분",
    "-1분",
    "1.5시간",
    "1시간 반 5분",
    "1시간  반",
    "1시간반반",
    "1시",
    "1시간\n",
    "1분\t2초",
    "٣분",
]
CASES[414, 1] = [(f"seconds({text!r})", want) for text, want in DURATIONS] + [
    (f"seconds({text!r})", ERROR) for text in NOT_DURATIONS
]
WRONG[414, 1] = [
    ("(0|[1-9][0-9]*)", "([0-9]+)"),
    ("0|[1-9][0-9]*", "0|[1-9]\\d*|\\d"),
    ("if before and limit and", "if limit and"),
    ('if before != "초" and text', "if text"),
]
SPELLED = [
    (0, "0분"),
    (1, "1초"),
    (30, "0분반"),
    (59, "59초"),
    (60, "1분"),
    (90, "1분반"),
    (100, "100초"),
    (1800, "30분"),
    (3600, "1시간"),
    (86430, "1일0분반"),
    (5400, "90분"),
    (5430, "90분반"),
    (43200, "0일반"),
    (86400, "1일"),
    (129600, "1일반"),
    (864005400, "14400090분"),
]
CASES[414, 2] = [(f"spell({n})", want) for n, want in SPELLED]
SHORTEST = """
import re
from itertools import product

LIMITS = {"시간": 24, "분": 60, "초": 60}
SIZES = {"일": 86400, "시간": 3600, "분": 60, "초": 1}

def value(text):
    m = re.fullmatch(r"(?:([0-9]+)일)?(?: ?([0-9]+)시간)?(?: ?([0-9]+)분)?(?: ?([0-9]+)초)?( ?반)?", text)
    if not m or text != text.strip():
        return None
    given = [(u, g) for u, g in zip(SIZES, m.groups()) if g is not None]
    if not given or any(len(g) > 1 and g[0] == "0" for _, g in given):
        return None
    if any(int(g) >= LIMITS[u] for u, g in given[1:]):
        return None
    half = 0
    if m[5]:
        if given[-1][0] == "초":
            return None
        half = SIZES[given[-1][0]] // 2
    return sum(int(g) * SIZES[u] for u, g in given) + half

best = {}
pieces = ["일", "시간", "분", "초", "반", " ", *DIGITS]
for size in range(2, 6):
    for text in map("".join, product(pieces, repeat=size)):
        if text[0].isdigit() and len(text) <= 5:
            n = value(text)
            if n is not None and (len(text), text) < best.get(n, (9, "")):
                best[n] = (len(text), text)
good = all((len(spell(n)), spell(n)) <= text and value(spell(n)) == n for n, text in best.items())
result = good and len(best) > 500
"""
WRONG[414, 2] = [
    ('            if at < 3 and rest == size // 2:\n                best.append(text + f"{number}{name}반")\n', ""),
    ("(len(text), text)", "len(text)"),
    ("if text and number >= (None, 24, 60, 60)[at]:", "if False:"),
]

# 415 ---------------------------------------------------------------------------------------------

CITY = {
    "1": [("가", 3), ("나", 3), ("다", 3), ("라", 0)],
    "2": [("나", 1), ("마", 1), ("라", 0)],
    "3": [("가", 5), ("라", 7), ("바", 0)],
    "섬": [("사", 2), ("아", 0)],
}
ROUTE_ORACLE = """
import random

def slow(lines, start, goal, transfer, most):
    on = {s for stops in lines.values() for s, _ in stops}
    if start not in on or goal not in on:
        return None
    if start == goal:
        return 0, 0, [start]
    found = []
    def go(path, line, minutes, changes):
        if path[-1] == goal:
            found.append((minutes, changes, path))
            return
        for other, stops in lines.items():
            names = [s for s, _ in stops]
            if path[-1] not in names:
                continue
            changed = line is not None and other != line
            if changes + changed > most:
                continue
            at = names.index(path[-1])
            for to in (at - 1, at + 1):
                if 0 <= to < len(names) and names[to] not in path:
                    ride = stops[min(at, to)][1]
                    go(path + [names[to]], other, minutes + ride + changed * transfer, changes + changed)
    go([start], None, 0, 0)
    return min(found, default=None)

good = True
for seed in range(150):
    rng = random.Random(seed)
    names = "가나다라마바"
    lines = {}
    for line in "XYZ"[: rng.randrange(1, 4)]:
        stops = rng.sample(names, rng.randrange(2, 6))
        lines[line] = [(s, rng.randrange(1, 4)) for s in stops]
    transfer, most = rng.randrange(3), MOST
    start, goal = rng.choice(names), rng.choice(names)
    got = route(lines, start, goal, transfer ARGUMENT)
    good = good and got == slow(lines, start, goal, transfer, most)
result = good
"""
CASES[415, 1] = [
    (f"route({CITY!r}, '가', '라', 2)", (5, 0, ["가", "라"])),
    (f"route({CITY!r}, '가', '마', 0)", (4, 1, ["가", "나", "마"])),
    (f"route({CITY!r}, '나', '라', 2)", (2, 0, ["나", "마", "라"])),
    (f"route({CITY!r}, '가', '라', 0)", (5, 0, ["가", "라"])),
    (f"route({CITY!r}, '가', '아', 0)", None),
    (f"route({CITY!r}, '가', '없는 역', 0)", None),
    (f"route({CITY!r}, '없는 역', '없는 역', 0)", None),
    (f"route({CITY!r}, '없는 역', '가', 0)", None),
    (f"route({CITY!r}, '사', '사', 0)", (0, 0, ["사"])),
    (f"route({CITY!r}, '바', '나', 3)", (12, 1, ["바", "라", "마", "나"])),
    (ROUTE_ORACLE.replace("MOST", "99").replace("ARGUMENT", ""), True),
]
WRONG[415, 1] = [
    (
        "    if start not in on or goal not in on:\n        return None\n    if start == goal:\n        return 0, 0, [start]\n",
        "    if start == goal:\n        return 0, 0, [start]\n    if start not in on or goal not in on:\n        return None\n",
    ),
    ("minutes + transfer, changes + 1, path, other", "minutes, changes + 1, path, other"),
    (
        "if (station, line) in done:\n            continue\n        done.add((station, line))",
        "if station in done:\n            continue\n        done.add(station)",
    ),
    ("(minutes + transfer, changes + 1, path", "(minutes + transfer, changes, path"),
]
CASES[415, 2] = [
    (f"route({CITY!r}, '가', '마', 0, 0)", None),
    (f"route({CITY!r}, '가', '마', 0, 1)", (4, 1, ["가", "나", "마"])),
    (f"route({CITY!r}, '바', '나', 3, 0)", None),
    (f"route({CITY!r}, '사', '사', 0, 0)", (0, 0, ["사"])),
    (ROUTE_ORACLE.replace("MOST", "rng.randrange(3)").replace("ARGUMENT", ", most"), True),
    (
        """
lines = {"A": [("s", 10), ("m", 0)], "C": [("s", 1), ("x", 0)], "D": [("x", 1), ("m", 0)],
         "L": [("m", 1), ("y", 0)], "E": [("y", 1), ("t", 0)]}
result = [route(lines, "s", "t", 0, most) for most in (1, 2, 3)]
""",
        [None, (12, 2, ["s", "m", "y", "t"]), (4, 3, ["s", "x", "m", "y", "t"])],
    ),
]
WRONG[415, 2] = [
    ("if fewest.get((station, line), most + 1) <= changes:", "if (station, line) in fewest:"),
    ("minutes + transfer, changes + 1, path, other", "minutes + transfer, changes, path, other"),
]

# the claims --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> dict[int, Row]:
    return load()


def solution(rows: dict[int, Row], key: Key) -> str:
    reference = rows[key[0]].references[key[1] - 1]
    assert reference is not None
    return fenced(reference)


def cases_of(rows: dict[int, Row], key: Key) -> tuple[str, list[Case]]:
    """Return what stands before the cases (turn 1's solution where the oracle needs it) and the cases."""
    cases = CASES[key]
    if key == (411, 2):
        return solution(rows, (411, 1)) + KEEP, [*cases, (WRITE_ORACLE, True)]
    if key == (414, 2):
        return "", [*cases, (SHORTEST.replace("DIGITS", "'0139'"), True)]
    return "", cases


@pytest.mark.parametrize("key", CASES, ids=lambda key: f"{key[0]}-{key[1]}")
def test_reference_solution_passes_every_case(rows: dict[int, Row], key: Key) -> None:
    before, cases = cases_of(rows, key)
    assert run(before + "\n" + solution(rows, key), cases) == []


@pytest.mark.parametrize(("key", "number"), [(k, n) for k, v in WRONG.items() for n in range(len(v))], ids=str)
def test_careless_variant_fails(rows: dict[int, Row], key: Key, number: int) -> None:
    old, new = WRONG[key][number]
    code = solution(rows, key)
    assert code.count(old) == 1, "the variant must differ from the solution in one place"
    assert run(code.replace(old, new), CASES[key], until_a_miss=True) != []


@pytest.mark.parametrize("key", CASES, ids=lambda key: f"{key[0]}-{key[1]}")
def test_what_the_notes_say_of_inputs_is_what_the_solution_gives(rows: dict[int, Row], key: Key) -> None:
    pairs = re.findall(r"`([^`]+)` → `([^`]*)`", rows[key[0]].rubric[key[1] - 1] or "")
    assert 2 <= len(pairs) <= 5
    cases = []
    for call, value in pairs:
        *statements, last = call.split("; ")
        snippet = "\n".join([*statements, f"result = {last}"])
        cases.append((snippet, ERROR if value == "ValueError" else eval(value)))
    assert run(solution(rows, key), cases) == []


def test_every_coding_turn_is_run(rows: dict[int, Row]) -> None:
    turns = {(n, t + 1) for n, row in rows.items() if row.category == "코딩" for t in range(len(row.questions))}
    assert turns
    assert turns == CASES.keys() | {(413, 2)}
    assert WRONG.keys() == CASES.keys()


@pytest.mark.parametrize("key", CASES, ids=lambda key: f"{key[0]}-{key[1]}")
def test_the_file_holds_these_cases(rows: dict[int, Row], key: Key) -> None:
    """All that stand by themselves: with `--run-code` they are what an answer is run on."""
    before, cases = cases_of(rows, key)
    ends = [{"raises": want.name} if isinstance(want, Raises) else {"gives": repr(want)} for _, want in cases]
    stored = [{"run": run.strip("\n"), **end} for (run, _), end in zip(cases, ends, strict=True)]
    assert rows[key[0]].cases[key[1] - 1] == (stored[:-1] if before else stored)


def test_broken_function_of_the_bug_hunt_fails(rows: dict[int, Row]) -> None:
    failed = run(fenced(rows[413].questions[0]), CASES[413, 1])
    assert any("raises IndexError" in line for line in failed)
    assert any("(2, 3)" in line for line in failed)
    assert any("meetings = " in line for line in failed)


def test_count_of_smallest_counterexamples(rows: dict[int, Row]) -> None:
    scope: dict[str, Any] = {}
    exec(fenced(rows[413].questions[0]), scope)
    spans = [(a, b) for a, b in product(range(5), repeat=2) if a < b]
    lists = list(product(spans, repeat=2))
    wrong = [m for m in lists if scope["busy_minutes"](list(m)) != len({t for a, b in m for t in range(a, b)})]
    assert rows[413].references[1] == str(len(wrong))


def test_equality_in_the_broken_function_is_harmless(rows: dict[int, Row]) -> None:
    source = fenced(rows[413].questions[0])
    values = []
    for code in (source, source.replace("start <= merged", "start < merged")):
        scope: dict[str, Any] = {}
        exec(code, scope)
        spans = [(a, b) for a, b in product(range(5), repeat=2) if a < b]
        values.append([scope["busy_minutes"](list(m)) for m in product(spans, repeat=3)])
    assert values[0] == values[1]


def test_examples_in_the_texts_hold(rows: dict[int, Row]) -> None:
    """Every "call → value" in a question is what its solution gives."""
    seen = 0
    for key in CASES:
        text = rows[key[0]].questions[key[1] - 1]
        examples = re.findall(r"([a-z_]+\((?:\"[^\"]*\"|-?\d+|, )*\)) → (\"[^\"]*\"|\[[^\n]*?\](?=$|,|\s|\.))", text)
        cases = [(call, json.loads(value) if value[0] == '"' else eval(value)) for call, value in examples]
        seen += len(cases)
        if not cases:
            continue
        assert run(solution(rows, key), cases) == []
    assert seen >= 10
