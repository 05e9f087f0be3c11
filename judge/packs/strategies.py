"""Strategies: the messages before the first turn, read from YAML, and a conversation made with them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from judge.config import STRATEGIES, digest
from judge.errors import InputError, did_you_mean
from judge.packs.folder import files_of, folder, load_settings
from judge.packs.yaml_files import read_yaml
from judge.records import Message, Question
from judge.runs.names import sample_name, sample_of

PLACE = "templates/strategies"
SUFFIXES = (".yaml", ".yml")


def own_strategies(pack: Path | None) -> list[str]:
    """Return the names of a pack's own strategies, LogicKor's three first; none for a pack without any."""
    return [] if pack is None or not (pack / PLACE).is_dir() else _in_order(_files(pack))


def strategy_names(pack: Path | None = None) -> list[str]:
    """Return the known strategies, the built-in ones and the pack's own, LogicKor's three first."""
    return _in_order(_known(pack))


def load_strategies(names: Sequence[str] | None = None, pack: Path | None = None) -> list[Strategy]:
    """Return the strategies of these names; a name like `mine.yaml` or `prompts/mine.yaml` is a file of that path.

    None: all of the pack's own, or LogicKor's three for a pack without any. A pack's own wins over a built-in one of
    its name. Raises InputError for an unknown name (with the nearest known one and where a file belongs), for two
    strategies of one name and for a broken file.
    """
    known = _known(pack)
    aliases = load_settings(pack).aliases
    chosen = [aliases.get(name, name) for name in names or own_strategies(pack) or STRATEGIES]
    found: dict[str, tuple[str, Strategy]] = {}
    for name in dict.fromkeys(chosen):
        if name not in known and not is_file(name):
            raise InputError(
                f"unknown strategy '{name}': {did_you_mean(name, _in_order(known))}",
                mend=f"a strategy of your own is a file: --strategy {name}.yaml, or PACK/{PLACE}/{name}.yaml and "
                "--pack PACK",
            )
        strategy = load_strategy(Path(name) if is_file(name) else known[name])
        other, _ = found.setdefault(strategy.name, (name, strategy))
        if other != name:
            raise InputError(f"'{other}' and '{name}' are both called '{strategy.name}'", mend="rename the file")
    return [strategy for _, strategy in found.values()]


def is_file(name: str) -> bool:
    """Return whether this is meant as the path of a strategy's file, and not as a name."""
    return Path(name).suffix in SUFFIXES


def name_of(name: str) -> str:
    """Return what a strategy is called in files and tables, of its name or of the path of its file."""
    return Path(name).stem if is_file(name) else name


def _known(pack: Path | None) -> dict[str, Path]:
    """Return name -> file. Raises InputError for a folder of strategies that holds none."""
    own = _files(pack)
    if not own:
        raise InputError("holds no strategy", path=folder(pack, PLACE))
    return _files(None) | own


def _files(pack: Path | None) -> dict[str, Path]:
    return {path.stem: path for path in files_of(pack, PLACE, "*.yaml")}


def _in_order(names: Collection[str]) -> list[str]:
    return [s for s in STRATEGIES if s in names] + sorted(set(names) - set(STRATEGIES))


def load_strategy(path: Path) -> Strategy:
    """Return the strategy in a file. Raises InputError (file, line, field)."""
    if sample_of(path.stem)[1] > 1:
        raise InputError("has a name that further answers are kept by (--samples)", path=path, mend="rename the file")
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
    number: int = 1
    """Which answer to a question under these messages it stands for (`--samples`)."""

    @property
    def digest(self) -> str:
        """Digest of the messages, and of the number of a further answer; the name does not count."""
        messages = list(self.messages)
        return digest(messages if self.number == 1 else {"messages": messages, "sample": self.number})

    def sample(self, number: int) -> Strategy:
        """Return the strategy under which answer `number` (from 1) is asked for and kept."""
        return replace(self, name=sample_name(self.name, number), number=number)


def conversation(strategy: Strategy, question: Question, outputs: Sequence[str]) -> list[Message]:
    """Return what to send for the next turn, with `outputs` (one a finished turn) in between."""
    messages = list(strategy.messages)
    for asked, said in zip(question.questions, outputs, strict=False):
        messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    messages.append({"role": "user", "content": question.questions[len(outputs)]})
    return messages
