"""The Batch API's calls: upload, create, look, download. Knows no judge; `batch` says what is done when.

Every step but creation is tried again by the SDK. Creation is not, for a reply that was lost may have made a batch
that costs money: it is tried again here, after a look for it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from judge.endpoints.faults import chat_error, sent_errors
from judge.endpoints.replies import LEAST_SECRET
from judge.errors import FatalChatError, TransientError

if TYPE_CHECKING:
    import openai
    from openai.types import Batch

TRIES = 4
URL = "/v1/chat/completions"
ENDED = ("completed", "failed", "expired", "cancelled")
"""The states in which nothing more comes. A batch that has expired or was cancelled may have done a part."""


class BatchApi:
    """The batches of one account."""

    def __init__(self, client: openai.AsyncOpenAI, model: str, *, pause_seconds: float) -> None:
        """`pause_seconds`: the first pause before something is asked again."""
        import openai

        self._once = client.with_options(max_retries=0)
        self._client = client.with_options(max_retries=TRIES - 1)
        self._model, self._pause = model, pause_seconds
        self.url = URL.removeprefix("/v1") if isinstance(client, openai.AsyncAzureOpenAI) else URL
        """Where the requests of a batch go, as this endpoint spells it."""

    async def upload(self, path: Path) -> str:
        """Return the id of the uploaded file. Raises ChatError."""
        try:
            file = await self._client.files.create(file=path, purpose="batch")
            while str(file.status) == "pending":  # Azure looks a file over before it can be used
                await asyncio.sleep(self._pause)
                file = await self._client.files.retrieve(file.id)
        except sent_errors() as error:
            raise self._fault(error, "the requests cannot be uploaded") from None
        return file.id

    async def create(self, file_id: str, name: str) -> Batch:
        """Return the one batch for this file; made once, whatever becomes of the replies. Raises ChatError."""
        for trial in range(1, TRIES + 1):
            try:
                return await self._create(file_id, name)
            except sent_errors() as error:
                fault = self._fault(error, "a batch cannot be created")
                if not isinstance(fault, TransientError):
                    raise fault from None
                await asyncio.sleep(fault.retry_after_seconds or min(2.0**trial, self._pause))
                if (batch := await self.find(file_id, name)) is not None:
                    return batch
                if trial == TRIES:
                    raise fault from None
        raise AssertionError("unreachable: the last trial returns or raises")

    async def _create(self, file_id: str, name: str) -> Batch:
        endpoint: Any = self.url
        return await self._once.batches.create(
            input_file_id=file_id, endpoint=endpoint, completion_window="24h", metadata={"kojudge_run": name}
        )

    async def find(self, file_id: str, name: str) -> Batch | None:
        """Return the batch that was made of this file, None where there is none. Raises ChatError."""
        try:
            async for batch in self._client.batches.list(limit=100):
                if (batch.metadata or {}).get("kojudge_run") == name or batch.input_file_id == file_id:
                    return batch
        except sent_errors() as error:
            raise self._fault(error, "batches cannot be listed") from None
        return None

    async def look(self, batch_id: str, record: Path) -> Batch:
        """Return how the batch is. `record`: the file to name where the endpoint does not know it. Raises ChatError."""
        import openai

        try:
            return await self._client.batches.retrieve(batch_id)
        except openai.NotFoundError:
            raise FatalChatError(
                f"the endpoint does not know batch {batch_id}; was it made with another key or at another endpoint? "
                f"Remove {record} to have its requests sent anew",
                kind="bad_request",
            ) from None
        except sent_errors() as error:
            raise self._fault(error, "no news") from None

    async def content(self, file_id: str) -> bytes:
        """Return a file, in which the key is masked. Raises ChatError."""
        try:
            content = await self._client.files.content(file_id)
        except sent_errors() as error:
            raise self._fault(error, "the results of a batch cannot be downloaded") from None
        key = self._client.api_key.encode()
        return content.content.replace(key, b"***") if len(key) >= LEAST_SECRET else content.content

    def _fault(self, error: Exception, what: str) -> Exception:
        import openai

        where = self._client.base_url.host
        if isinstance(error, openai.APIStatusError) and error.status_code in (404, 405, 501):
            return FatalChatError(
                f"{where}: {what} ({error.status_code}): it has no Batch API, or the URL is wrong; without --batch "
                "ordinary requests are sent, --batch-export writes a file for an offline runner",
                kind="bad_request",
            )
        mapped = chat_error(error, where=where, model=self._model, key_name=None)
        key = self._client.api_key
        text = str(mapped).replace(key, "***") if key else str(mapped)
        mapped.args = (f"{what}: {text}",)
        return mapped
