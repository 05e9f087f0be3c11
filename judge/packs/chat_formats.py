"""Chat templates for tokenizers that bring none, or the wrong one: `--chat-format NAME|FILE`.

Each is a Jinja file in templates/chat in the dialect of the hub's tokenizers (messages, add_generation_prompt,
bos_token, eos_token, raise_exception). Its first line is a comment with a JSON object: the stop strings that end an
answer, and which models it is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from jinja2 import TemplateError

from judge.config import digest
from judge.errors import InputError, did_you_mean
from judge.files import read_text
from judge.packs.folder import folder
from judge.packs.sandbox import Sandbox, template_fault
from judge.records import Message

_HEADER = re.compile(r"\A\{#-?\s*(\{.*?\})\s*-?#\}", re.DOTALL)


@dataclass(frozen=True)
class ChatFormat:
    """A chat template with the strings that end an answer."""

    name: str
    path: Path
    text: str
    stop: tuple[str, ...]
    purpose: str = ""

    @property
    def digest(self) -> str:
        """Digest of the template's text."""
        return digest(self.text)

    def render(self, messages: Sequence[Message], *, bos_token: str = "<s>", eos_token: str = "</s>") -> str:  # noqa: S107
        """Return the prompt as a tokenizer with these tokens would render it.

        Raises InputError with the template's own words where it refuses the messages.
        """

        def refuse(words: str) -> NoReturn:
            raise TemplateError(words)

        environment = Sandbox(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = refuse
        try:
            values = {"messages": list(messages), "add_generation_prompt": True}
            values |= {"bos_token": bos_token, "eos_token": eos_token}
            return environment.rendered(environment.from_string(self.text), values)
        except Exception as error:  # a user's template can raise anything
            raise InputError(f"chat template refuses ({template_fault(error)})", path=self.path) from None


def chat_format_folder() -> Path:
    """Return the folder of the shipped formats."""
    return folder(None, "templates/chat")


def chat_format_names() -> list[str]:
    """Return the shipped formats."""
    return sorted(path.stem for path in chat_format_folder().glob("*.jinja"))


def load_chat_format(name: str) -> ChatFormat:
    """Return a shipped format by name, or the one in a file. Raises InputError, with the nearest known name."""
    path = Path(name)
    if not path.is_file():
        if name not in chat_format_names():
            raise InputError(
                f"unknown chat format '{name}': {did_you_mean(name, chat_format_names())}",
                mend="give one of these or a Jinja file to --chat-format",
            )
        path = chat_format_folder() / f"{name}.jinja"
    text = read_text(path)
    header = _HEADER.match(text)
    try:
        settings = json.loads(header[1]) if header else {}
    except (ValueError, RecursionError) as error:
        raise InputError(f"first line is no JSON ({error})", path=path, line=1) from None
    stop = tuple(str(word) for word in settings.get("stop", ()))
    return ChatFormat(path.stem, path.resolve(), text, stop, str(settings.get("for", "")))
