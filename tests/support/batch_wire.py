"""A Batch API on loopback: files and batches as OpenAI and Azure keep them, with faults that a test decides."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.patience import PATIENCE_SECONDS
from tests.support.wire import Request, Response, chat, error


def reply(text: str | None, **options: Any) -> dict[str, Any]:
    """Return what the endpoint says to one request of a batch: status and body."""
    return {"status_code": 200, "request_id": "r", "body": json.loads(str(chat(text, **options).body))}


def refusal(status: int, message: str) -> dict[str, Any]:
    """Return a refused request."""
    return {"status_code": status, "request_id": "r", "body": {"error": {"message": message, "code": None}}}


@dataclass
class BatchServer:
    """Call it with a request; give it to `Wire(server, chat_only=False)`."""

    answer: Callable[[dict[str, Any]], dict[str, Any] | None]
    """The body of one request of a batch -> `reply`, `refusal`, or None where it is not done in time."""
    ends: str = "completed"
    looks: int = 2
    """So often a batch is looked at before it has ended."""
    hang: tuple[str, str] | None = None
    """(`before` or `after`, step): the next such step is not answered; `before`: not done either."""
    faults: list[tuple[str, Response]] = field(default_factory=list)
    """(step, response): given instead of doing the step, each once."""
    lose_replies: Counter[str] = field(default_factory=Counter)
    """step -> how often it is done but the connection is closed instead of an answer."""
    spoil: Callable[[str], str] = field(default=lambda text: text)
    """What becomes of a result file."""
    errors: list[dict[str, Any]] = field(default_factory=list)
    """Why a batch failed as a whole."""
    file_states: list[str] = field(default_factory=list)
    """States of an uploaded file, one a look; then `processed`."""
    ordinary: Callable[[Request], Response] = field(default=lambda request: error(500, "ordinary requests are off"))
    files: dict[str, str] = field(default_factory=dict)
    batches: list[dict[str, Any]] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    steps: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        step, act = self._route(request)
        self.steps.append(step)
        if self.hang is not None and self.hang[1] == step:
            when, self.hang = self.hang[0], None
            if when == "after":
                act()
            self.hanging.set()
            return Response(500, delay_seconds=PATIENCE_SECONDS)
        for fault in self.faults:
            if fault[0] == step:
                self.faults.remove(fault)
                return fault[1]
        response = act()
        if self.lose_replies[step] > 0:
            self.lose_replies[step] -= 1
            return Response(drop=True)
        return response

    def _route(self, request: Request) -> tuple[str, Callable[[], Response]]:
        path = request.path.split("?")[0]
        name = path.rsplit("/", 1)[-1]
        if path.endswith("/chat/completions"):
            return "chat", lambda: self.ordinary(request)
        if name in ("version", "tokenize"):
            return "other", lambda: error(404, "Not Found")
        if request.method == "POST":
            return (
                ("upload", lambda: self._upload(request))
                if name == "files"
                else ("create", lambda: self._create(request))
            )
        if path.endswith("/content"):
            return "download", lambda: self._content(path.split("/")[-2])
        if name == "batches":
            return "list", self._list
        if "/files/" in path:
            return "file", lambda: self._file(name)
        return "look", lambda: self._look(name)

    def _upload(self, request: Request) -> Response:
        head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        form = email.message_from_bytes(head + request.raw, policy=email.policy.default)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        assert parts["purpose"].get_content().strip() == "batch"
        name = f"file-{len(self.files) + 1}"
        self.files[name] = bytes(parts["file"].get_payload(decode=True)).decode()
        return self._file(name)

    def _file(self, name: str) -> Response:
        state = self.file_states.pop(0) if self.file_states else "processed"
        file = {
            "id": name,
            "object": "file",
            "bytes": 1,
            "created_at": 1,
            "filename": "x",
            "purpose": "batch",
            "status": state,
        }
        return Response(body=json.dumps(file))

    def _create(self, request: Request) -> Response:
        body = request.body
        assert body["completion_window"] == "24h"
        assert body["input_file_id"] in self.files
        number = len(self.files[body["input_file_id"]].splitlines())
        batch = {
            **{"id": f"batch_{len(self.batches) + 1}", "object": "batch", "created_at": 1, "completion_window": "24h"},
            **{"endpoint": body["endpoint"], "input_file_id": body["input_file_id"], "metadata": body["metadata"]},
            **{"status": "validating", "request_counts": {"total": number, "completed": 0, "failed": 0}},
        }
        self.batches.append(batch | {"looked": 0})
        return Response(body=json.dumps(batch))

    def _list(self) -> Response:
        found = [{k: v for k, v in batch.items() if k != "looked"} for batch in reversed(self.batches)]
        return Response(body=json.dumps({"object": "list", "data": found, "has_more": False}))

    def _look(self, name: str) -> Response:
        batch = next((batch for batch in self.batches if batch["id"] == name), None)
        if batch is None:
            return error(404, f"No batch found with id '{name}'.")
        batch["looked"] += 1
        if batch["looked"] >= self.looks and batch["status"] != self.ends:
            self._end(batch)
        elif batch["looked"] < self.looks:
            batch["status"] = "in_progress"
        return Response(body=json.dumps({k: v for k, v in batch.items() if k != "looked"}))

    def _end(self, batch: dict[str, Any]) -> None:
        batch["status"] = self.ends
        if self.ends == "failed":
            batch["errors"] = {"object": "list", "data": self.errors}
            return
        done: list[dict[str, Any]] = []
        refused: list[dict[str, Any]] = []
        for line in map(json.loads, self.files[batch["input_file_id"]].splitlines()):
            said = self.answer(line["body"])
            result = {"id": "b", "custom_id": line["custom_id"], "response": said, "error": None}
            if said is None:
                late = {"code": "batch_expired", "message": "This request could not be executed in time."}
                refused.append(result | {"error": late})
            else:
                (done if said["status_code"] == 200 else refused).append(result)
        batch["request_counts"] |= {"completed": len(done), "failed": len(refused)}
        for key, lines in (("output_file_id", done), ("error_file_id", refused)):
            if lines:
                batch[key] = f"{key}-{batch['id']}"
                text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in reversed(lines))
                self.files[batch[key]] = self.spoil(text)

    def _content(self, name: str) -> Response:
        return Response(body=self.files[name], headers={"content-type": "application/octet-stream"})
