"""What a probe finds out of a server's chat template, and what is done about it: over the wire, as vLLM answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from judge.cli.main import main
from judge.config import Endpoint
from judge.endpoints.client import ChatClient
from judge.endpoints.vllm.api import VllmApi
from judge.errors import InputError
from judge.packs.chat_formats import ChatFormat, load_chat_format
from judge.runs.folder import RunFolder
from tests.support.wire import Request, Response, Wire, chat, error

CONTEXT = 5000
TEMPLATES = {"takes": "chatml", "refuses": "mistral", "doubles": "chatml", "thinks": "chatml", "switched off": "chatml"}
# Each walks through the parts of a user message only, so vLLM gives it every message in parts.
WALKS = "{% for part in m.content %}{{ part.text }}{% endfor %}"
IN_PARTS = {
    "joins": "{% for m in messages %}{% if m.role == 'user' %}WALKS{% else %}{{ '[' + m.content + ']' }}{% endif %}{% endfor %}",
    "writes data": "{% for m in messages %}{% if m.role == 'user' %}WALKS{% else %}{{ m.content }}{% endif %}{% endfor %}",
    "writes system data": "{% for m in messages %}{% if m.role != 'system' %}WALKS{% else %}{{ m.content }}{% endif %}"
    "{% endfor %}",
}
GENERATION = {"thinks": "<think>\n", "switched off": "<think>\n\n</think>\n\n"}


class FakeVllm:
    """Answers /tokenize, /detokenize, /v1/models and chat as vLLM does; one character is one token."""

    def __init__(self, kind: str, context: int, version: str) -> None:
        self.kind, self.context, self.version = kind, context, version
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Response:
        if request.path == "/v1/models":
            return Response(body=json.dumps({"data": [{"id": "m", "max_model_len": self.context}]}))
        if request.path == "/version":
            return Response(body=json.dumps({"version": self.version}))
        if request.path == "/detokenize":
            text = "".join(chr(token) for token in request.body["tokens"])
            return Response(body=json.dumps({"prompt": text}))
        try:
            prompt = self.render(request.body["messages"])
        except InputError as refusal:
            return error(400, str(refusal))
        if request.path == "/tokenize":
            return Response(body=json.dumps({"tokens": [ord(c) for c in prompt], "count": len(prompt)}))
        self.asked.append(request)
        return chat("답")

    def render(self, messages: list[dict[str, str]]) -> str:
        if self.kind == "none":
            raise InputError("As of transformers v4.44, default chat template is no longer allowed")
        if self.kind == "drops":
            return "".join(m["content"] for m in messages if m["role"] != "system")
        if self.kind in IN_PARTS:
            template = ChatFormat(self.kind, Path(), IN_PARTS[self.kind].replace("WALKS", WALKS), ())
            return template.render([{**m, "content": [{"type": "text", "text": m["content"]}]} for m in messages])  # type: ignore[typeddict-item]
        name = TEMPLATES[self.kind]
        assert name
        bos = "\x01\x01" if self.kind == "doubles" else ""
        rendered = load_chat_format(name).render(messages, bos_token="<s>")  # type: ignore[arg-type]
        return bos + rendered + GENERATION.get(self.kind, "")


def generate(
    kind: str, out: Path, *options: str, context: int = CONTEXT, version: str = "0.32.0"
) -> tuple[int, FakeVllm]:
    fake = FakeVllm(kind, context, version)
    with Wire(fake, chat_only=False) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(out), "--limit", "1", "-q"]
        return main([*command, "--strategy", "cot-1-shot", *options]), fake


def test_a_template_that_takes_a_system_message_gets_it(tmp_path: Path) -> None:
    code, fake = generate("takes", tmp_path)
    assert code == 0
    assert [m["role"] for m in fake.asked[0].body["messages"]] == ["system", "user", "assistant", "user"]
    assert RunFolder(tmp_path / "m").manifest().notes == ()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("refuses", "takes no system message"),
        ("drops", "drops the system"),
        ("writes system data", "writes the system message down as data"),
    ],
)
def test_a_system_text_that_would_be_lost_is_folded_and_every_table_says_so(
    kind: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, fake = generate(kind, tmp_path)
    assert code == 0
    first = fake.asked[0].body["messages"]
    assert [m["role"] for m in first] == ["user", "assistant", "user"]
    assert first[0]["content"].startswith("당신은 한국어로 답하는 꼼꼼한 조수입니다.")
    assert "200L들이 물탱크" in first[0]["content"]
    (note,) = RunFolder(tmp_path / "m").manifest().notes
    assert words in note
    main(["judge", str(tmp_path / "m"), "--judge", "rules", "-q"])
    assert words in capsys.readouterr().out


def test_a_tokenizer_without_template_is_an_error_that_lists_the_formats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, fake = generate("none", tmp_path)
    assert code == 2
    told = capsys.readouterr().err
    for name in ("alpaca", "chatml", "gemma", "llama2", "llama3", "mistral", "solar", "synthia", "zephyr"):
        assert name in told
    assert not fake.asked


@pytest.mark.parametrize(("kind", "words"), [("joins", "takes no messages in parts"), ("writes data", "as data")])
def test_a_template_that_is_given_parts_for_text_is_an_error_that_names_the_flag(
    kind: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, fake = generate(kind, tmp_path)
    assert code == 2
    told = capsys.readouterr().err
    assert words in told
    assert "--chat-template-content-format string" in told
    assert not fake.asked


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("drops", "takes no system message: its text stands before the first turn"),
        ("writes system data", "takes no system message: its text stands before the first turn"),
        ("writes data", "the judge's chat template writes messages down as data"),
    ],
)
def test_what_a_judge_is_told_is_looked_at_too(
    kind: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = FakeVllm(kind, CONTEXT, "0.32.0")
    main(["generate", "baseline:echo", "--out", str(tmp_path), "--strategy", "0-shot", "--limit", "1", "-q"])
    with Wire(fake, chat_only=False) as wire:
        main(["judge", str(tmp_path / "baseline_echo"), "--judge", "m", "--judge-base-url", wire.url, "-q"])
    assert words in "".join(capsys.readouterr())
    assert all([m["role"] for m in request.body["messages"]] == ["user"] for request in fake.asked)
    assert bool(fake.asked) is (kind != "writes data")


def test_the_first_turn_leaves_half_of_the_context_to_the_second(tmp_path: Path) -> None:
    code, fake = generate("takes", tmp_path)
    assert code == 0
    first, second = (request.body for request in fake.asked)
    used, then = (len(fake.render(body["messages"])) for body in (first, second))
    assert first["max_tokens"] == (CONTEXT - used) // 2
    assert second["max_tokens"] == CONTEXT - then


@pytest.mark.parametrize(("kind", "most"), [("takes", 4096), ("thinks", 32_768), ("switched off", 4096)])
def test_an_answer_gets_no_longer_than_its_kind_of_model_needs(kind: str, most: int, tmp_path: Path) -> None:
    code, fake = generate(kind, tmp_path, context=131_072)
    assert code == 0
    assert [request.body["max_tokens"] for request in fake.asked] == [most, most]
    assert RunFolder(tmp_path / "m").manifest().limits == {"answer_tokens": most, "context": 131_072}


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_a_thought_that_shows_a_thinking_model_only_in_its_answer_gets_the_longer_limit(
    field: str, tmp_path: Path
) -> None:
    fake = FakeVllm("takes", 131_072, "0.32.0")

    def answer(request: Request) -> Response:
        response = fake(request)
        thinks = request.path.endswith("completions") and request.body["max_tokens"] < 10_000
        if not thinks:
            return response
        said = "<think>생각 중" if field == "content" else ""
        return chat(said, finish_reason="length", **({} if said else {field: "생각 중"}))

    with Wire(answer, chat_only=False) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(tmp_path), "--limit", "1", "-q"]
        assert main([*command, "--strategy", "0-shot"]) == 0
    assert [request.body["max_tokens"] for request in fake.asked] == [4096, 32_768, 32_768]
    manifest = RunFolder(tmp_path / "m").manifest()
    assert manifest.limits == {"answer_tokens": 32_768, "context": 131_072}
    paid = manifest.usage["generate"]
    assert (paid.prompt_tokens, paid.completion_tokens) == (3 * 7, 3 * 3), "the first try is paid, too"


@pytest.mark.parametrize(("version", "field"), [("0.32.0", "repetition_detection"), ("0.16.0", "stream")])
def test_a_loop_is_ended_by_an_engine_that_can_and_else_by_leaving_the_stream(
    version: str, field: str, tmp_path: Path
) -> None:
    code, fake = generate("takes", tmp_path, version=version)
    assert code == 0
    fields = {"repetition_detection", "stream"}
    assert [fields & request.body.keys() for request in fake.asked] == [{field}, {field}]


def test_what_requests_give_to_the_template_is_given_to_the_probe(tmp_path: Path) -> None:
    given: list[object] = []

    def answer(request: Request) -> Response:
        given.append(request.body.get("chat_template_kwargs", request.path))
        return fake(request)

    fake, values = FakeVllm("takes", CONTEXT, "0.32.0"), {"enable_thinking": False}
    with Wire(answer, chat_only=False) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(tmp_path), "--limit", "1", "-q"]
        main([*command, "--extra-body", json.dumps({"chat_template_kwargs": values}), "--strategy", "0-shot"])
    assert given.count(values) > 3
    assert "/tokenize" not in given


def test_a_given_max_tokens_holds_for_every_turn(tmp_path: Path) -> None:
    _, fake = generate("takes", tmp_path, "--max-tokens", "77")
    assert [request.body["max_tokens"] for request in fake.asked] == [77, 77]


def test_the_exact_prompt_of_every_strategy_is_shown_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, fake = generate("refuses", tmp_path, "--show-prompt")
    out = capsys.readouterr().out
    assert code == 0
    assert "--- cot-1-shot, question 1" in out
    assert "<s>[INST] 당신은 한국어로 답하는" in out
    assert not fake.asked
    assert not (tmp_path / "m/run.json").exists()


def test_leaks_and_thoughts_are_stored_apart(tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        if len(request.body["messages"]) == 1:
            return chat("<think>음, 3일까?</think>\n답은 3<|im_end|>\n<|im_start|>user\n또?")
        return chat("<think>끝나지 않는 생각", finish_reason="length") if broken else chat("네")

    broken = False
    with Wire(answer) as wire:
        command = ["generate", "m", "--base-url", wire.url, "--out", str(tmp_path), "--limit", "1", "-q"]
        command += ["--strategy", "0-shot"]
        assert main(command) == 0
        (good,) = RunFolder(tmp_path / "m").answers("0-shot").values()
        broken = True
        assert main([*command, "--fresh"]) == 1
        (bad,) = RunFolder(tmp_path / "m").answer_failures("0-shot").values()
    assert good.outputs == ("답은 3", "네")
    assert good.reasoning == ("음, 3일까?", None)
    assert good.cut == ("<|im_end|>\n<|im_start|>user\n또?", "")
    assert (bad.kind, bad.turn, bad.outputs) == ("truncated_reasoning", 2, ("답은 3",))


def test_a_chat_format_for_a_foreign_server_is_refused_with_the_way_to_do_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = generate("takes", tmp_path, "--chat-format", "solar")
    assert code == 2
    assert "--chat-template" in capsys.readouterr().err


def test_a_tokenizer_that_knows_no_messages_counts_nothing() -> None:
    """llama.cpp's `/tokenize` wants `content` and says of messages that they have no tokens, with status 200."""

    async def count(wire: Wire) -> int | None:
        async with ChatClient("m", Endpoint(base_url=wire.url), "k") as chat:
            return await VllmApi(chat.sdk(), "m").count([{"role": "user", "content": "안녕하세요?"}])

    with Wire(lambda _: Response(body=json.dumps({"tokens": []})), chat_only=False) as wire:
        assert asyncio.run(count(wire)) is None
