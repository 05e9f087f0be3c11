"""What becomes of a connection is told for what it is, over the transport that users get; proxies, passwords, headers."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from judge.config import Endpoint, Sampling
from judge.endpoints.client import ChatClient
from judge.endpoints.replies import Reply
from judge.endpoints.route import DIRECT, Route, route_to
from judge.errors import ChatError, TransientError, UnreachableError
from tests.endpoints.test_client import HELLO, KEY, ask
from tests.support.patience import PATIENCE_SECONDS
from tests.support.wire import Request, Response, Wire, chat, error


def once(url: str, route: Route = DIRECT, **settings: object) -> Reply | ChatError:
    """Ask the endpoint at `url` once."""

    async def work() -> Reply | ChatError:
        async with ChatClient("m", Endpoint(base_url=url, **settings), KEY, route=route) as client:  # type: ignore[arg-type]
            try:
                return await client.complete(HELLO, Sampling())  # type: ignore[arg-type]
            except ChatError as fault:
                return fault

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("response", "kind", "words"),
    [
        (Response(drop=True), "connection", "was lost (dropped before a reply)"),
        (Response(reset=True), "connection", "was lost"),
        (replace(chat("네"), cut=40), "connection", "was lost"),
        (replace(chat("네"), drip_seconds=0.05), "timeout", "did not answer in time"),
        (chat("네", delay_seconds=PATIENCE_SECONDS), "timeout", "did not answer in time"),
        (Response(200, "{}", {"content-encoding": "gzip"}), "connection", "was lost"),
        (Response(200, "x", {"bad header": "y\x00"}), "server", "cannot be read"),
    ],
)
def test_a_fault_of_the_connection_is_told_for_what_it_is(response: Response, kind: str, words: str) -> None:
    patience = 0.4 if kind == "timeout" else PATIENCE_SECONDS
    (result,), wire, _ = ask(lambda request: response, tries=1, timeout_seconds=patience)
    assert isinstance(result, TransientError)
    assert (result.kind, result.attempts) == (kind, 1)
    assert words in str(result)
    assert len(wire.requests) <= 1  # none where the server was not quick enough to read it in 0.4 s


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/v1", "connection refused"),
        ("http://localhost:9/v1", "connection refused"),
        ("http://no-such-host.invalid/v1", "no such host"),
    ],
)
def test_where_nothing_listens_the_run_ends_with_one_line_that_says_why(url: str, words: str) -> None:
    result = once(url)
    assert isinstance(result, UnreachableError)
    assert result.exit_code == 1
    assert f"{url} cannot be reached ({words}); is the server running, and is the URL right?" in str(result)


def test_tls_where_there_is_none_says_so() -> None:
    def plain(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(9)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=plain, args=(listener,), daemon=True).start()
        result = once(f"https://127.0.0.1:{listener.getsockname()[1]}/v1")
        listener.shutdown(socket.SHUT_RDWR)
    assert isinstance(result, UnreachableError)
    assert "http:// and not https://" in str(result)


def test_three_dropped_connections_at_the_start_are_no_reason_to_give_up(no_pause: None) -> None:
    drops = [Response(drop=True)] * 4
    (result,), _, _ = ask(lambda request: [*drops, chat("네")][min(request.number, 5) - 1])
    assert isinstance(result, Reply)


def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine() -> None:
    with Wire(lambda request: chat("네")) as proxy:
        environment = {"http_proxy": proxy.url.removesuffix("/v1"), "ALL_PROXY": "socks://127.0.0.1:1"}
        far = "http://judge.example/base/v1"
        result = once(far, route=route_to(far, environment))
        assert isinstance(result, Reply)
        (request,) = proxy.requests
        assert request.path == "http://judge.example/base/v1/chat/completions"
        with Wire(lambda request: chat("네")) as near:
            assert isinstance(once(near.url, route=route_to(near.url, environment)), Reply)
            assert len(near.requests) == 1
        assert len(proxy.requests) == 1


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # aiohttp, of the way the SDK hands on a password
def test_a_dead_proxy_is_named_by_its_variable() -> None:
    far = "https://judge.example/v1"
    result = once(far, route=route_to(far, {"HTTPS_PROXY": "http://me:hunter2@127.0.0.1:9"}))
    assert isinstance(result, ChatError)
    assert "through the proxy that HTTPS_PROXY names" in str(result)
    assert "hunter2" not in str(result)


def test_a_password_and_a_query_in_the_url_reach_the_server_and_no_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(request: Request) -> Response:
        echo = f"no model for hunter2 at {request.path} with {request.headers['authorization']}"
        return error(400, echo) if request.number == 1 else error(404, echo)

    with Wire(answer) as wire:
        url = wire.url.replace("://", "://me:hunter2@") + "?api_key=qu3ry-s3cret"
        for _ in range(2):
            result = once(url)
            assert isinstance(result, ChatError)
            assert "hunter2" not in str(result)
            assert "qu3ry" not in str(result)
        assert isinstance(result, ChatError)
        assert "http://***@127.0.0.1" in str(result)
        request = wire.requests[0]
        assert request.path == "/v1/chat/completions?api_key=qu3ry-s3cret"
        assert request.headers["authorization"] == "Basic " + base64.b64encode(b"me:hunter2").decode()
    assert "hunter2" not in caplog.text


def test_a_server_that_accepts_and_never_speaks_costs_its_time_out(unused: Callable[[], socket.socket]) -> None:
    listener = unused()
    result = once(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", timeout_seconds=0.2, tries=2)
    assert isinstance(result, TransientError)
    assert (result.kind, result.attempts) == ("timeout", 2)


@pytest.fixture
def unused() -> object:
    """Yield what opens a port on which nobody answers."""
    opened: list[socket.socket] = []

    def make() -> socket.socket:
        opened.append(socket.create_server(("127.0.0.1", 0)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
