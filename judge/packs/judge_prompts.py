"""Records + templates -> chat messages. Pure.

An answer is data inside a judge prompt: it stands between marks built from a word that does not occur in it,
so that it can neither close its place nor pose as the end mark.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import DictLoader, StrictUndefined, TemplateError, meta

from judge.config import JudgeSettings, digest
from judge.errors import InputError
from judge.files import read_text
from judge.packs.folder import files_of, folder, load_settings
from judge.packs.sandbox import UNREADABLE, Sandbox, template_fault
from judge.records import Answer, AnswerLanguage, Message
from judge.text.chat_tokens import defuse
from judge.text.demand_checks import demand_facts
from judge.text.language_rule import found_language, language_figures

JUDGE_TEMPLATES = ("single.system", "single.user", "multi.system", "multi.user")
"""The files a pack's templates/judge folder must hold, each with the ending .jinja."""

LANGUAGES: Mapping[AnswerLanguage, str] = {
    "ko": "한국어: 이 답변은 한국어로 써야 합니다.",
    "en": (
        "영어: 질문이 영어 답변을 요구하므로 이 답변은 영어로 써야 합니다. 영어가 아닌 언어로 썼다면 언어 위반입니다. "
        "질문이 한글로 적으라고 한 낱말이나 발음은 괜찮습니다."
    ),
    "any": "자유: 이 답변은 코드, JSON처럼 언어를 따지지 않는 형식이거나 언어가 정해져 있지 않습니다.",
}


class Templates:
    """Templates compiled once. They run in a `Sandbox`."""

    def __init__(
        self, sources: Mapping[str, str], needed: Sequence[str], *, origin: str, verbatim: bool = False
    ) -> None:
        """`sources`: file stem -> text. Raises InputError for a missing or broken template."""
        missing = [name for name in needed if name not in sources]
        if missing:
            raise InputError(f"template {missing[0]}.jinja is missing", path=origin)
        self._environment = Sandbox(
            loader=DictLoader({f"{name}.jinja": text for name, text in sources.items()}),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=verbatim,
            autoescape=False,
        )
        self._origin, self._verbatim = origin, verbatim
        names: set[str] = set()
        for name, source in sources.items():
            try:
                self._environment.get_template(f"{name}.jinja")
                names |= meta.find_undeclared_variables(self._environment.parse(source))
            except UNREADABLE as error:
                line = getattr(error, "lineno", None) if isinstance(error, TemplateError) else None
                raise InputError(
                    f"template cannot be read ({template_fault(error)})", path=f"{origin}/{name}.jinja", line=line
                ) from None

        self.names = frozenset(names)
        """Of all that the templates ask for."""

    def text(self, name: str, values: Mapping[str, object]) -> str:
        """Return the text of one template. Raises InputError for whatever goes wrong in it."""
        try:
            text = self._environment.rendered(self._environment.get_template(f"{name}.jinja"), values)
        except Exception as error:  # a user's template can raise anything: 1 / 0, "a" + 1
            raise InputError(f"template fails ({template_fault(error)})", path=f"{self._origin}/{name}.jinja") from None
        return text if self._verbatim else text.strip()


class JudgePrompts:
    """The judge templates of a pack."""

    def __init__(
        self, sources: Mapping[str, str], *, origin: str = "templates/judge", settings: JudgeSettings | None = None
    ) -> None:
        """`sources`: file stem -> text. Raises InputError for a missing or broken template."""
        self._settings = settings or JudgeSettings()
        self._templates = Templates(sources, JUDGE_TEMPLATES, origin=origin, verbatim=self._settings.verbatim)
        verbatim = {"verbatim": True} if self._settings.verbatim else {}
        self.digest = digest({"templates": dict(sources), "languages": dict(LANGUAGES)} | verbatim)
        self.marked = "mark" in self._templates.names
        """The templates ask for a verdict line with the work's mark."""
        self.language_by_rule = "language_fact" in self._templates.names
        """The templates leave the language to the program, and have a place for what it cannot decide."""

    def render(
        self,
        answer: Answer,
        turn: int,
        languages: Sequence[AnswerLanguage],
        mark: str = "",
        facts: Sequence[str] = (),
    ) -> list[Message]:
        """Return the system and user message that ask for a verdict on `turn` (1-based) of `answer`.

        `languages`: one a turn; `mark`: of the verdict line (`text/marks`); `facts`: what was found out beside the
        checks. Raises InputError where a template uses a name that does not exist.
        """
        kind = "single" if turn == 1 else "multi"
        references = [*answer.references, *[None] * len(answer.questions)]
        at = turn - 1
        outputs = answer.outputs if self._settings.verbatim else tuple(map(defuse, answer.outputs[:turn]))
        values = {
            "lowest": f"{self._settings.lowest:g}",
            "highest": f"{self._settings.highest:g}",
            "step": f"{self._settings.step:g}",
            "questions": answer.questions[:turn],
            "references": tuple(references[:turn]),
            "outputs": outputs[:turn],
            "fence": fence(answer),
            "languages": dict(LANGUAGES),
            "category": answer.category,
            "turn": turn,
            "question": answer.questions[at],
            "reference": references[at],
            "output": outputs[at],
            "answer_language": languages[at],
            "rubric": answer.rubric_of(turn),
            "facts": [*demand_facts(answer.checks_of(turn) or (), answer.outputs[at]), *facts],
            "language_fact": _language_fact(languages[at], answer.outputs[at]),
            "mark": mark,
            "earlier": [
                {"question": q, "output": o, "reference": r, "answer_language": a}
                for q, o, r, a in zip(answer.questions[:at], outputs[:at], references[:at], languages[:at], strict=True)
            ],
        }
        system, user = (self._templates.text(f"{kind}.{role}", values) for role in ("system", "user"))
        return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _language_fact(language: AnswerLanguage, output: str) -> str | None:
    """Return what the program found of an answer's language where that is in doubt."""
    found = found_language(language, output)
    return f"{language_figures(language, found)}입니다." if found.verdict == "doubt" else None


def fence(*answers: Answer) -> str:
    """Return a mark that occurs nowhere in the answers, their questions or their references.

    It follows from the whole text, so a rerun asks with the same words, and a model can't foresee it. It
    stands in the user part only, so that the system part is the same for every request and a prompt cache
    hits.
    """
    texts = [t for a in answers for t in (*a.questions, *a.outputs, *filter(None, (*a.references, *a.rubric)))]
    whole = "\x00".join(texts)
    salt = 0
    while True:
        word = hashlib.sha256(f"{salt}\x00{whole}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
        mark = f"==={word}==="
        if word not in whole:
            return mark
        salt += 1


def load_judge_prompts(pack: Path | None = None) -> JudgePrompts:
    """Return the pack's judge templates. Raises InputError for a missing or broken one."""
    place = folder(pack, "templates/judge")
    sources = {path.stem: read_text(path) for path in files_of(pack, "templates/judge", "*.jinja")}
    return _compiled(tuple(sources.items()), str(place), load_settings(pack).judge)


@lru_cache(maxsize=16)
def _compiled(sources: tuple[tuple[str, str], ...], origin: str, settings: JudgeSettings) -> JudgePrompts:
    return JudgePrompts(dict(sources), origin=origin, settings=settings)
