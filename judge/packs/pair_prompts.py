"""Two answers + templates -> chat messages that ask which is better. Pure but for reading the templates.

    PACK/templates/pairwise/{turn,conversation}.{system,user}.jinja

A is always the answer that is shown first. Both stand between marks that occur in neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from judge.config import JudgeSettings, digest
from judge.errors import InputError
from judge.files import read_text
from judge.packs.folder import files_of, folder
from judge.packs.judge_prompts import LANGUAGES, Templates, fence
from judge.records import Answer, AnswerLanguage, Message
from judge.runs.games import Scope
from judge.text.chat_tokens import defuse
from judge.text.demand_checks import demand_facts
from judge.text.language_rule import found_language, language_figures
from judge.text.pair_verdicts import levels_of

PAIR_TEMPLATES: Mapping[Scope, tuple[str, str]] = {
    "turn": ("turn.system", "turn.user"),
    "conversation": ("conversation.system", "conversation.user"),
}
"""The files of each scope, each with the ending .jinja."""

MEANINGS: Mapping[str, str] = {
    "A>>B": "답변 A가 훨씬 낫습니다. B는 틀렸거나 중요한 요구를 어겼고 A는 그렇지 않습니다.",
    "A>B": "답변 A가 낫습니다.",
    "A=B": "뚜렷한 차이가 없습니다.",
    "B>A": "답변 B가 낫습니다.",
    "B>>A": "답변 B가 훨씬 낫습니다. A는 틀렸거나 중요한 요구를 어겼고 B는 그렇지 않습니다.",
}


@dataclass(frozen=True)
class Shown:
    """Two answers to one question in the order in which they are shown."""

    first: Answer
    second: Answer
    turn: int
    """That is judged; the last one of a conversation."""
    languages: Sequence[AnswerLanguage]
    mark: str
    verbatim: bool = False
    """The answers as they are: no chat token made harmless."""

    def _of_turn(self, turn: int) -> dict[str, object]:
        """Return what a template may show of a turn."""
        at = turn - 1
        answers = (self.first, self.second)
        outputs = [answer.outputs[at] for answer in answers]
        checks = next((demands for answer in answers if (demands := answer.checks_of(turn))), ())
        facts = [_facts(self.languages[at], [*demand_facts(checks, output)], output) for output in outputs]
        return {
            "question": self.first.questions[at],
            "reference": next((a.references[at] for a in answers if a.references[at:] and a.references[at]), None),
            "rubric": next((note for answer in answers if (note := answer.rubric_of(turn))), None),
            "answer_language": self.languages[at],
            "a": outputs[0] if self.verbatim else defuse(outputs[0]),
            "b": outputs[1] if self.verbatim else defuse(outputs[1]),
            "facts_a": facts[0],
            "facts_b": facts[1],
        }


def _facts(language: AnswerLanguage, facts: list[str], output: str) -> list[str]:
    found = found_language(language, output)
    if found.verdict == "right":
        return facts
    sure = "다른 언어로 썼습니다" if found.verdict == "wrong" else "두 언어가 섞여 있습니다"
    return [*facts, f"{sure}. {language_figures(language, found)}입니다."]


class PairPrompts:
    """The templates of one scope, compiled once. They run in a `Sandbox`."""

    def __init__(self, sources: Mapping[str, str], scope: Scope, settings: JudgeSettings, *, origin: str) -> None:
        """`sources`: file stem -> text. Raises InputError for a missing or broken template."""
        self.scope = scope
        self._levels, self._verbatim = levels_of(settings), settings.verbatim
        self._templates = Templates(sources, PAIR_TEMPLATES[scope], origin=origin, verbatim=settings.verbatim)
        used = {name: text for name, text in sources.items() if "." not in name or name in PAIR_TEMPLATES[scope]}
        self.digest = digest({"templates": used, "languages": dict(LANGUAGES), "meanings": dict(MEANINGS)})

    def render(self, shown: Shown) -> list[Message]:
        """Return the system and user message. Raises InputError where a template uses a name that does not exist."""
        shown = replace(shown, verbatim=self._verbatim)
        turns = [shown._of_turn(turn) for turn in range(1, shown.turn + 1)]
        values = {
            **turns[-1],
            "fence": fence(shown.first, shown.second),
            "languages": dict(LANGUAGES),
            "category": shown.first.category,
            "levels": [{"says": says, "means": MEANINGS[says]} for says in self._levels],
            "choices": ", ".join(self._levels),
            "mark": shown.mark,
            "turn": shown.turn,
            "earlier": turns[:-1],
            "conversation": turns,
        }
        system, user = (self._templates.text(name, values) for name in PAIR_TEMPLATES[self.scope])
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def load_pair_prompts(pack: Path | None, scope: Scope, settings: JudgeSettings) -> PairPrompts:
    """Return the templates of the pack, the built-in ones where it has none. Raises InputError."""
    place = folder(pack, "templates/pairwise")
    sources = {path.stem: read_text(path) for path in files_of(pack, "templates/pairwise", "*.jinja")}
    if not sources:
        raise InputError("holds no template", path=place, mend="add those of the built-in pack, or remove the folder")
    return _compiled(tuple(sources.items()), scope, settings, str(place))


@lru_cache(maxsize=16)
def _compiled(sources: tuple[tuple[str, str], ...], scope: Scope, settings: JudgeSettings, origin: str) -> PairPrompts:
    return PairPrompts(dict(sources), scope, settings, origin=origin)
