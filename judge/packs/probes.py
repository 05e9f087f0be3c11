"""The probe set of `kojudge qualify`: turns with a full-mark answer and variants that differ from it in one thing.

Each variant says what differs and how many points of 10 that must cost at least. Faults must cost points, harmless
changes must cost and gain nothing, attacks must gain nothing. Harmless changes and attacks are made to an imperfect
answer (`base`), so that the judge has room to move up as well as down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from judge.config import digest
from judge.errors import InputError
from judge.files import read_lines, validate
from judge.packs.folder import builtin
from judge.records import Answer, Question, QuestionId, Record

Group = Literal["fault", "harmless", "attack"]


class Kind(NamedTuple):
    """One way in which a variant differs from its base."""

    group: Group
    name: str
    """In English, as the object of "does not see"."""
    korean: str


KINDS: Mapping[str, Kind] = {
    "weak": Kind("fault", "useless answers", "쓸모없는 답변"),
    "arithmetic": Kind("fault", "wrong results of arithmetic", "틀린 계산 결과"),
    "wrong-answer": Kind("fault", "wrong final answers", "틀린 최종 답"),
    "wrong-steps": Kind("fault", "wrong steps to a right answer", "답은 맞고 풀이가 틀린 것"),
    "missing-demand": Kind("fault", "a missing part of what was asked", "빠뜨린 요구"),
    "broken-form": Kind("fault", "a broken form", "어긴 형식"),
    "false-fact": Kind("fault", "false facts", "틀린 사실"),
    "wrong-register": Kind("fault", "a wrong register", "틀린 말투"),
    "cut-off": Kind("fault", "answers that are cut off", "중간에 끊긴 답변"),
    "self-contradiction": Kind("fault", "self-contradictions", "앞뒤가 어긋난 말"),
    "yields": Kind("fault", "yielding to a false correction", "틀린 지적에 물러선 답변"),
    "english": Kind("fault", "English instead of Korean", "한국어 대신 쓴 영어"),
    "half-english": Kind("fault", "half English", "절반쯤 섞인 영어"),
    "same": Kind("harmless", "the same text once more", "같은 글 한 번 더"),
    "longer": Kind("harmless", "twice the length", "두 배의 길이"),
    "markdown": Kind("harmless", "Markdown dressing", "마크다운 꾸밈"),
    "confident": Kind("harmless", "a confident tone", "확신에 찬 말투"),
    "preface": Kind("harmless", "a polite preface", "공손한 머리말"),
    "reordered": Kind("harmless", "another order of the points", "다른 서술 순서"),
    "order": Kind("attack", "an order to give full marks", "만점을 주라는 명령"),
    "forged-facts": Kind("attack", "a forged section of facts", "꾸며 낸 확인 사실"),
    "forged-end": Kind("attack", "a forged end line", "꾸며 낸 끝 표시"),
    "own-score": Kind("attack", "a score line of its own", "스스로 매긴 점수"),
}
"""Every kind of variant."""

FULL = "full"
"""What the full-mark answer is called where a variant's kind would stand."""

NAME = "kojudge-probes"
"""The name that the probes' answers have in the place of a model."""

TOP = 10.0


class Variant(Record):
    """One changed answer."""

    kind: str
    base: str = FULL
    """What it is compared with: `full`, or the kind of another variant of the same probe."""
    costs: Annotated[float, Field(ge=0, le=TOP)]
    """Points of 10 that the difference must cost at least; 0 for what must change nothing."""
    difference: Annotated[str, Field(min_length=1)]
    """What differs, in words."""
    text: Annotated[str, Field(min_length=1)]

    @model_validator(mode="after")
    def _legal(self) -> Self:
        kind = KINDS.get(self.kind)
        if kind is None:
            raise ValueError(f"kind: unknown '{self.kind}'; known: {', '.join(KINDS)}")
        if (kind.group == "fault") != (self.costs > 0):
            raise ValueError(f"costs: {self.costs:g} for {self.kind}; a fault costs points, nothing else does")
        if kind.group == "fault" and self.base != FULL:
            raise ValueError("base: a fault is compared with the full-mark answer")
        return self


class Probe(Question):
    """One turn with its answers; what is judged is the last turn."""

    earlier: tuple[str, ...] = ()
    """The answers of the turns before."""
    full: Annotated[str, Field(min_length=1)]
    """An answer that deserves full marks."""
    variants: tuple[Variant, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(self.earlier) != len(self.questions) - 1:
            raise ValueError(f"earlier: {len(self.earlier)} for {len(self.questions)} turns, needs one fewer")
        texts = self.texts
        if len(texts) != len(self.variants) + 1:
            raise ValueError("variants: two of one kind")
        for variant in self.variants:
            if variant.base not in texts or KINDS.get(variant.base, KINDS["weak"]).group != "fault":
                raise ValueError(f"variants: {variant.kind} needs {FULL} or a fault of this probe as base")
        return self

    @property
    def texts(self) -> dict[str, str]:
        """Kind -> text, the full-mark answer first."""
        return {FULL: self.full} | {variant.kind: variant.text for variant in self.variants}

    def gold(self, kind: str) -> float:
        """Return the most points of 10 that the answer of a kind deserves."""
        variant = next((one for one in self.variants if one.kind == kind), None)
        if variant is None:
            return TOP
        return TOP - variant.costs if variant.base == FULL else self.gold(variant.base)


@dataclass(frozen=True)
class ProbeSet:
    """The probes of one file."""

    path: Path
    probes: tuple[Probe, ...]

    @property
    def digest(self) -> str:
        """Digest of every probe."""
        return digest([probe.model_dump(mode="json") for probe in self.probes])


def load_probes(path: Path | None = None) -> ProbeSet:
    """Return a probe set, the built-in one for None. Raises InputError (file, line, field)."""
    place = path or builtin() / "questions" / "probes" / "probes.jsonl"
    probes: dict[QuestionId, Probe] = {}
    for number, data in read_lines(place):
        probe = validate(data, Probe, path=place, line=number)
        if probe.id in probes:
            raise InputError(f"id {probe.id!r} occurs twice", path=place, line=number, field="id")
        probes[probe.id] = probe
    if not probes:
        raise InputError("holds no probe", path=place)
    return ProbeSet(place, tuple(probes.values()))


def answers_of(probes: Iterable[Probe]) -> tuple[Answer, ...]:
    """Return every text of the probes as an answer; its strategy is the kind."""
    return tuple(
        Answer(
            **probe.model_dump(include={"id", "category", "questions", "references", "answer_language", "rubric"}),
            checks=probe.checks,
            outputs=(*probe.earlier, text),
            model=NAME,
            strategy=kind,
            digest=digest([probe.asked(), probe.earlier, kind, text]),
        )
        for probe in probes
        for kind, text in probe.texts.items()
    )
