"""Strategies: the messages before the first turn, read from YAML, and a conversation made with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from judge.config import STRATEGIES, digest
from judge.errors import InputError, did_you_mean
from judge.files import read_yaml
from judge.packs.folder import folder, load_settings
from judge.records import Message, Question


def strategy_names(pack: Path | None = None) -> list[str]:
    """Return the known strategies, LogicKor's three first."""
    names = {path.stem for path in folder(pack, "templates/strategies").glob("*.yaml")}
    return [s for s in STRATEGIES if s in names] + sorted(names - set(STRATEGIES))


def load_strategies(names: Sequence[str] | None = None, pack: Path | None = None) -> list[Strategy]:
    """Return the strategies of these names (None: LogicKor's three, as far as the pack has them).

    Raises InputError for an unknown name (with the nearest known one) and for a broken file.
    """
    known = strategy_names(pack)
    if not known:
        raise InputError("holds no strategy", path=folder(pack, "templates/strategies"))
    aliases = load_settings(pack).aliases
    wanted = dict.fromkeys(aliases.get(name, name) for name in names or ())
    chosen = list(wanted) or [s for s in STRATEGIES if s in known] or known
    loaded: list[Strategy] = []
    for name in chosen:
        if name not in known:
            raise InputError(f"unknown strategy '{name}': {did_you_mean(name, known)}")
        loaded.append(load_strategy(folder(pack, "templates/strategies") / f"{name}.yaml"))
    return loaded


def load_strategy(path: Path) -> Strategy:
    """Return the strategy in a file. Raises InputError (file, line, field)."""
    data = read_yaml(path)
    listed = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise InputError("is missing or no list", path=path, field="messages", mend="messages: [] for none")
    messages: list[Message] = []
    for number, entry in enumerate(listed):
        good = (
            isinstance(entry, dict)
            and entry.get("role") in ("system", "user", "assistant")
            and isinstance(entry.get("content"), str)
            and len(entry) == 2
        )
        if not good:
            raise InputError(
                "needs role (system, user or assistant) and content (text), nothing else",
                path=path,
                field=f"messages.{number}",
            )
        messages.append({"role": entry["role"], "content": entry["content"]})
    roles = [m["role"] for m in messages if m["role"] != "system"]
    if roles != ["user", "assistant"] * (len(roles) // 2) or any(m["role"] == "system" for m in messages[1:]):
        raise InputError(
            "must be pairs of user and assistant, with at most one system message in front",
            path=path,
            field="messages",
        )
    return Strategy(path.stem, tuple(messages))


@dataclass(frozen=True)
class Strategy:
    """The messages put before the first turn."""

    name: str
    messages: tuple[Message, ...]

    @property
    def digest(self) -> str:
        """Digest of the messages; the name does not count."""
        return digest(list(self.messages))


def conversation(strategy: Strategy, question: Question, outputs: Sequence[str]) -> list[Message]:
    """Return what to send for the next turn, with `outputs` (one a finished turn) in between."""
    messages = list(strategy.messages)
    for asked, said in zip(question.questions, outputs, strict=False):
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    messages.append({"role": "user", "content": question.questions[len(outputs)]})
    return messages
