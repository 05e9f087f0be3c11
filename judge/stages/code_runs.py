"""The code of an answer, run on the hidden cases of its turn: a fact for the judge.

The code is a stranger's. It runs in `code_child`, a process that has walled itself in and sees neither files nor
network; where the machine does not allow that, nothing is run. What must come out never enters the child: it says
what came out, and the comparison is made here.

What the code gives is not repeated to the judge, but for plain numbers: a fact stands outside the answer's place in
the prompt, and a text there would be the model's own word in the program's mouth.
"""

from __future__ import annotations

import builtins
import json
import os
import re
import select
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from judge.demands import Case
from judge.errors import ConfigError
from judge.records import Answer
from judge.text.code import python_programs

CPU_SECONDS, MEMORY_BYTES = 10, 512 << 20
"""Of all cases of one turn together."""
WALL_SECONDS = 120
"""For code that waits instead of working."""
MOST_OUTPUT_BYTES = 4 << 20
MOST_PROGRAMS = 5
"""Readings of one answer that are tried."""

_CHILD = Path(__file__).with_name("code_child.py")
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
_PLAIN = re.compile(r"[-+\d.,()\[\] ]{1,60}|None|True|False")
_SHOWN = 120
"""Characters of a case or a value that are told."""


class Ended(NamedTuple):
    """How a run of a program on cases ended."""

    found: tuple[dict[str, object], ...]
    """What each case gave or raised, as far as it came."""
    why: str
    """Why it did not come to the end of the cases; empty: it did."""


def check_walls() -> None:
    """Raise ConfigError where this machine cannot wall code in."""
    if not sys.platform.startswith("linux"):
        raise ConfigError("--run-code needs Linux, whose namespaces wall the code in; leave it out on this system")
    if run_program(["pass"], ["1 + 1"]).found != ({"gives": "2"},):
        raise ConfigError("--run-code: code does not run behind its walls on this machine; leave out --run-code")


def code_fact(answer: Answer, turn: int) -> str | None:
    """Return what came of the code of `turn` (1-based) on its hidden cases, in Korean.

    None where the turn has no case or the answer no Python that defines something. Of several readings of an answer the
    one counts that passes most. Raises ConfigError where the code cannot be walled in.
    """
    cases = answer.cases_of(turn)
    programs = python_programs(answer.outputs[turn - 1])[:MOST_PROGRAMS]
    if not cases or not programs:
        return None
    return _fact(tuple(map(tuple, programs)), cases)


@lru_cache(maxsize=1024)  # a retry, a repeat and another judge ask of the same code
def _fact(programs: tuple[tuple[str, ...], ...], cases: tuple[Case, ...]) -> str:
    most, told = -1, ""
    for program in programs:
        ended = run_program(program, [case.run for case in cases])
        passed = [_passes(case, found) for case, found in zip(cases, ended.found, strict=False)]
        if sum(passed) > most:
            most = sum(passed)
            told = f"답변의 코드를 비공개 시험 {len(cases)}건으로 실행한 결과: {most}건 통과"
            if most < len(cases):
                told += f", {_first_failure(cases, passed, ended)}"
        if most == len(cases):
            break
    return told


def _passes(case: Case, found: dict[str, object]) -> bool:
    raised = found.get("raises")
    if case.raises is not None:
        return isinstance(raised, list) and case.raises in raised
    return raised is None and found.get("gives") == case.gives


def _first_failure(cases: Sequence[Case], passed: Sequence[bool], ended: Ended) -> str:
    at = passed.index(False) if False in passed else len(passed)
    wanted = cases[at].gives if cases[at].raises is None else f"{cases[at].raises} 오류"
    where = f"처음 실패한 시험 `{_short(cases[at].run)}` (옳은 결과 {_short(str(wanted))}"
    if at == len(passed):
        return f"{where}): {ended.why}"
    found = ended.found[at]
    raised = found.get("raises")
    if isinstance(raised, list):
        return f"{where}, 답변의 코드는 {next(filter(_is_built_in, raised), 'Exception')} 오류)"
    gives = str(found.get("gives"))
    return f"{where}, 답변의 코드는 {gives if _PLAIN.fullmatch(gives) else '다른 값'})"


def _is_built_in(name: object) -> bool:
    """Whether a class is Python's own: any other has a name that the answer has given it."""
    found = getattr(builtins, str(name), None)
    return isinstance(found, type) and issubclass(found, BaseException)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def run_program(blocks: Sequence[str], cases: Sequence[str], *, cpu_seconds: int = CPU_SECONDS) -> Ended:
    """Run every case behind the blocks, each in a scope of its own. Raises ConfigError where that cannot be done."""
    job = {"code": list(blocks), "cases": list(cases), "mounts": _mounts(), "parent": os.getpid()}
    job |= {"wall_seconds": WALL_SECONDS, "cpu_seconds": cpu_seconds, "memory_bytes": MEMORY_BYTES}
    said, why = _said(json.dumps(job).encode("utf-8", "surrogatepass"))
    lines = [_line(line) for line in said.splitlines()]
    walls = lines[0].get("walls") if lines else "the child said nothing"
    if walls != "":
        raise ConfigError(
            f"--run-code: this machine does not let code be walled in ({walls}); leave out --run-code, or run kojudge "
            "where user namespaces are allowed (in a container: with CAP_SYS_ADMIN)"
        )
    found = lines[1 : len(cases) + 1]
    ended = next((n for n, line in enumerate(found) if not line), len(found))
    return Ended(tuple(found[:ended]), "" if ended == len(cases) else why)


def _line(text: bytes) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _said(job: bytes) -> tuple[bytes, str]:
    """Return what the child wrote, and why it may have ended early, in Korean."""
    reads, writes = os.pipe()
    try:
        with tempfile.TemporaryFile() as given:
            given.write(job)
            given.seek(0)
            child = subprocess.Popen(  # noqa: S603  # our own file
                [sys.executable, "-I", "-S", str(_CHILD)],
                stdin=given,
                stdout=writes,
                stderr=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        os.close(writes)
        try:
            return _read(reads)
        finally:
            child.kill()
            child.wait()
    finally:
        os.close(reads)


def _read(pipe: int) -> tuple[bytes, str]:
    """Return what comes until the end, as far as time and size allow it, and what it means where that is too little."""
    said, deadline = bytearray(), time.monotonic() + WALL_SECONDS
    while len(said) <= MOST_OUTPUT_BYTES:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return bytes(said), f"{WALL_SECONDS}초 안에 끝나지 않음"
        block = os.read(pipe, 1 << 16)
        said += block
        if not block:
            return bytes(said), f"스스로 끝났거나 CPU {CPU_SECONDS}초, 메모리 {MEMORY_BYTES >> 20} MB 제한을 넘음"
    return bytes(said), "내놓은 값이 너무 김"


def _mounts() -> list[str]:
    """Return the folders that Python's own library needs, none within another."""
    wanted = {os.path.dirname(os.__file__), sysconfig.get_config_var("DESTSHARED"), *_LIBRARIES}
    there = sorted(place for place in wanted if place and os.path.isdir(place))
    return [place for place in there if not any(place.startswith(f"{other}/") for other in there)]
