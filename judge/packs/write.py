"""`kojudge new-pack`: a pack with comments in it, to be changed into one's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from judge.config import PackSettings
from judge.errors import ConfigError, InputError, StoreError
from judge.files import read_text, read_whole, replace_pieces, replace_text
from judge.packs.folder import SETTINGS, UNFINISHED, asked_note, folder, load_settings
from judge.packs.judge_prompts import load_judge_prompts
from judge.packs.pair_prompts import load_pair_prompts
from judge.packs.questions import load_questions
from judge.packs.strategies import load_strategies, own_strategies
from judge.records import Message
from judge.text.pair_verdicts import FIVE_LEVELS
from judge.wording import Note, led


def new_pack(target: Path) -> list[Path]:
    """Copy the example pack into a new or empty folder and return its files.

    Raises ConfigError where the folder holds something, StoreError where the disk does not take it.
    """
    example = folder(None, "templates/new-pack")
    names = sorted(path.relative_to(example) for path in example.rglob("*") if path.is_file())
    with _whole(target) as place:
        for name in names:
            replace_pieces(place / name, [read_whole(example / name)])
    return [target / name for name in names]


@dataclass(frozen=True)
class PackFiles:
    """The parts of a pack; an empty part is not written."""

    name: str
    """Of the question set."""
    questions: tuple[Mapping[str, Any], ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    strategies: Mapping[str, Sequence[Message]] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    """Name without ending -> text of the judge template."""
    pairwise: Mapping[str, str] = field(default_factory=dict)
    """The same of those that compare two answers."""
    notes: tuple[str, ...] = ()
    """What the user should know of what was read."""


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, which a person can read."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def to_yaml(value: object) -> str:
    """Return YAML that reads back as `value`, keys in their order."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def jinja_text(text: str) -> str:
    """Return a judge template that renders exactly `text`."""
    escaped = {"{": "{{ '{' }}", "\r": r"{{ '\r' }}"}
    return re.sub(r"\{(?=[{%#])|\{\Z|\r", lambda found: escaped[found[0]], text)


def write_pack(files: PackFiles, folder: Path) -> list[str]:
    """Write a pack into a folder that is new or empty; return a line for each part.

    Raises ConfigError where the folder holds something, InputError where what was written does not read back the same
    (a text that the file formats cannot hold), StoreError where the disk does not take it.
    """
    try:
        with _whole(folder) as place:
            _write(files, place)
    except UnicodeEncodeError:
        raise InputError("a text holds half a character (a lone surrogate)", path=folder) from None
    return _checked(files, folder)


def _write(files: PackFiles, folder: Path) -> None:
    if files.settings:
        replace_text(folder / SETTINGS, to_yaml(files.settings))
    for name, messages in files.strategies.items():
        replace_text(folder / "templates" / "strategies" / f"{name}.yaml", to_yaml({"messages": list(messages)}))
    for kind, templates in (("judge", files.templates), ("pairwise", files.pairwise)):
        for name, text in templates.items():
            replace_text(folder / "templates" / kind / f"{name}.jinja", text)
    rows = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in files.questions)
    if files.questions:
        replace_text(folder / "questions" / f"{files.name}.jsonl", rows)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a place to write a pack; at the end it becomes `folder`, which is never there with half of a pack.

    An empty folder that is there is kept (it may be the working directory): what was written is moved into it.
    """
    try:
        is_there = folder.is_dir()
        if is_there and any(folder.iterdir()):
            raise ConfigError(f"{folder} is not empty; give a new folder")
        beside = folder if is_there else folder.parent
        beside.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=beside, prefix=UNFINISHED) as temporary:
            place = Path(temporary, "pack")
            place.mkdir()
            yield place
            for part in list(place.iterdir()) if is_there else [place]:
                part.rename(folder / part.name if is_there else folder)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be made ({error.strerror})") from error


def _checked(files: PackFiles, folder: Path) -> list[str]:
    lines = []
    if files.settings:
        given = PackSettings.model_validate(files.settings)
        if load_settings(folder) != given:
            raise InputError("does not read back as it was given", path=folder / SETTINGS)
        lines.append(led(str(folder / SETTINGS), asked_note(given.pairwise or given.judge)))
    if files.questions:
        found = load_questions(folder)
        number = len(found.questions)
        lines.append(led(str(found.path), Note(f"{number} questions", f"문항 {number}개")))
    if files.strategies:
        known = {s.name: list(s.messages) for s in load_strategies(own_strategies(folder), folder)}
        if known != {name: list(messages) for name, messages in files.strategies.items()}:
            raise InputError("does not read back as it was given", path=folder / "templates" / "strategies")
        lines.append(f"{folder / 'templates' / 'strategies'}: {', '.join(known)}")
    if files.templates:
        load_judge_prompts(folder)
    if files.pairwise:
        load_pair_prompts(folder, "turn", load_settings(folder).pairwise or FIVE_LEVELS)
    for kind, templates in (("judge", files.templates), ("pairwise", files.pairwise)):
        for name, text in templates.items():
            path = folder / "templates" / kind / f"{name}.jinja"
            if read_text(path) != text:
                raise InputError("does not read back as it was given", path=path)
        if templates:
            lines.append(f"{folder / 'templates' / kind}: {', '.join(templates)}")
    return lines
