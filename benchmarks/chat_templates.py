"""What the probe says of real chat templates, against `apply_chat_template` itself.

    python benchmarks/chat_templates.py MODEL FOLDER [FOLDER ...] --vllm /path/to/vllm

MODEL: any model's folder, for its tokenizer. FOLDER: Jinja files, such as llama.cpp's models/templates. A row a
template: what the probe finds of a system message through vLLM's renderer (fine, folded, dropped, refused), what
transformers makes of the same messages (in parts, where a template takes no text), whether both render the same bytes,
whether the model is taken for one that thinks, and what else the probe noted. Exit code 1 where the two differ.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from judge.config import Endpoint
from judge.endpoints.client import ChatClient
from judge.endpoints.requests import fold_system
from judge.endpoints.vllm.api import TemplateRefusedError, VllmApi
from judge.endpoints.vllm.command import ServerSpec
from judge.endpoints.vllm.server import serve
from judge.errors import ConfigError
from judge.records import Message
from judge.stages.preflight import AS_TEXT, MARK, PartsError, examine_template

TALK: list[Message] = [
    {"role": "user", "content": "안녕하세요?"},
    {"role": "assistant", "content": "네, 안녕하세요."},
    {"role": "user", "content": "고맙습니다."},
]
SYSTEM: Message = {"role": "system", "content": MARK}
ASKED = [TALK, [SYSTEM, *TALK], fold_system([SYSTEM, *TALK])]

TRUTH = """
import json, sys
from transformers import AutoTokenizer
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
asked = json.load(sys.stdin)
for template in asked["templates"]:
    row = []
    for messages in asked["messages"]:
        for given_as in (messages, [{**m, "content": [{"type": "text", "text": m["content"]}]} for m in messages]):
            try:
                row.append(tokenizer.apply_chat_template(
                    given_as, chat_template=template, tokenize=False, add_generation_prompt=True))
                break
            except Exception as error:
                pass
        else:
            row.append(None)
    print(json.dumps(row))
"""


class OneTemplate(VllmApi):
    """Asks a renderer with another chat template than the model's (`--trust-request-chat-template`)."""

    def use(self, template: str) -> OneTemplate:
        """Take this template from now on."""
        self._more = {"chat_template": template}
        return self


async def probed(api: OneTemplate) -> tuple[str, str]:
    """Return what the probe finds: of the system message, and of all else. Raises PartsError."""
    try:
        found = await examine_template(api, system=True, ours=True)
    except PartsError:
        raise
    except ConfigError as error:
        return "refused", str(error)[:120]
    thinks = {True: "thinks", False: "", None: "?"}[found.thinks]
    more = " ".join([thinks, *(note for note in found.notes if "system" not in note)])
    if not found.folds_system:
        return "fine", more
    return ("dropped, folded" if any("drops" in note for note in found.notes) else "folded"), more


async def sent(api: OneTemplate) -> list[str | None]:
    """Return what vLLM's renderer makes of the messages, None where it refuses them."""
    texts: list[str | None] = []
    for messages in ASKED:
        try:
            rendered = await api.render(messages)
            texts.append(None if rendered is None else rendered.text)
        except TemplateRefusedError:
            texts.append(None)
    return texts


def truth(row: Sequence[str | None]) -> str:
    """Return the same from what transformers rendered: plain, with a system message, with the system text folded."""
    plain, system, folded = row
    if plain is None or (system is None and (folded is None or MARK not in folded)):
        return "refused"
    if system is None:
        return "folded"
    return "fine" if MARK in system else "dropped, folded"


def rendered(given: argparse.Namespace, templates: Sequence[str]) -> list[list[str | None]]:
    """Return what transformers makes of the same messages under every template, in vLLM's own environment."""
    asked = {"templates": templates, "messages": ASKED}
    command = [str(Path(given.vllm).with_name("python")), "-c", TRUTH, given.model]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


async def main(given: argparse.Namespace, names: Sequence[str], templates: Sequence[str]) -> int:
    """Print the table; return 1 where a row differs."""
    rows = await asyncio.to_thread(rendered, given, templates)
    differ = 0
    with tempfile.TemporaryDirectory() as log:
        spec = ServerSpec(given.model, vllm_command=given.vllm, extra=(("trust-request-chat-template", None),))
        spec_of_text = replace(spec, extra=(*spec.extra, AS_TEXT))
        async with (
            serve(spec.renderer(), Path(log) / "vllm.log") as server,
            ChatClient(server.model_name, Endpoint(base_url=server.base_url), server.api_key) as chat,
            serve(spec_of_text.renderer(), Path(log) / "text.log") as text_server,
            ChatClient(server.model_name, Endpoint(base_url=text_server.base_url), text_server.api_key) as text_chat,
        ):
            for name, template, row in zip(names, templates, rows, strict=True):
                api = OneTemplate(chat.sdk(), server.model_name).use(template)
                try:
                    ours, more = await probed(api)
                except PartsError:
                    api = OneTemplate(text_chat.sdk(), server.model_name).use(template)
                    ours, more = await probed(api)
                    more = f"{more} as text"
                real, same = truth(row), await sent(api) == row
                differ += ours != real or not same
                print(f"{name:50} {ours:16} {real:16} {'same bytes' if same else 'OTHER BYTES'} {more}", flush=True)
    print(f"{len(names)} templates, {differ} differ")
    return int(differ > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--vllm", default="vllm")
    given = parser.parse_args()
    files = sorted(file for folder in given.folders for file in Path(folder).rglob("*.jinja"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    sys.exit(asyncio.run(main(given, [file.stem for file in files], texts)))
