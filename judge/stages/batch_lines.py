"""The lines of a batch: requests for an offline runner, and its results as judgments. OpenAI's and vLLM's format.

    request   {"custom_id": digest, "method": "POST", "url": "/v1/chat/completions", "body": {model, messages, ...}}
    result    {"id", "custom_id", "response": {"status_code", "body": a chat completion}, "error"}

`custom_id` is the digest of the work, so a result can only become the verdict on exactly what was asked; whatever
has no result, or none with a usable reply, stays owed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from judge.config import JudgeConfig
from judge.endpoints.batches import URL
from judge.endpoints.parameters import refused_parameter
from judge.endpoints.replies import Reply, read_completion
from judge.endpoints.requests import adapted, adapted_messages, request_parameters, shown_parameters
from judge.endpoints.wordings import read_error
from judge.errors import ChatError, FailureKind, InputError, RejectedError, VerdictError, one_line
from judge.files import UnreadableError, raw_lines, read_anyhow, replace_pieces, validate, without_half_characters
from judge.records import Failure, Judgment, Message, Record, Usage
from judge.stages.gradings import Grading
from judge.stages.judges import LlmJudge, judge_failure, judged, verdict_of
from judge.stages.progress import Reporter
from judge.text.structured import schema

NOTHING: Mapping[str, str] = {}

_WITHOUT: Mapping[str, str] = {
    "response_format": "ask with --structured off",
    "temperature": "ask with --judge-temperature none",
    "seed": "ask without --judge-seed",
    "max_tokens": "give --judge-extra-body '{\"max_completion_tokens\": N}' in the place of --judge-max-tokens N",
}
"""Parameter -> how to ask without it; a batch cannot be adapted to what its endpoint refuses."""


class Response(Record):
    """What the endpoint said to one request."""

    status_code: int = 0
    body: Any = None


class ResultLine(Record):
    """One line of an output file or an error file."""

    custom_id: str
    response: Response | None = None
    error: Any = None

    def fault(self, sent: Mapping[str, Any] = NOTHING) -> str | None:
        """Return why there is no reply, None where there is one.

        `sent`: the parameters of the request; where one of them is refused, how to ask without it is said, too.
        """
        body = self.response.body if self.response else None
        said = self.error or (body.get("error") if isinstance(body, dict) else None)
        code = self.response.status_code if self.response else 0
        if code == 200 and not said:
            return None
        told = read_error(code, said)
        message = told.message if said else ""
        if code in (0, 200):
            return one_line(message or "no reply", 200)
        mend = _WITHOUT.get(refused_parameter(told, sent) or "")
        return one_line(f"{code}: {message or 'no reason given'}", 200) + (f"; {mend}" if mend else "")


def parameters(config: JudgeConfig, adaptations: Mapping[str, str] = NOTHING) -> dict[str, Any]:
    """Return the request fields beside model and messages; `adaptations` as `ChatClient` has found them."""
    return adapted(
        request_parameters(config.sampling, schema(config.settings) if config.structured else None), adaptations
    )


def request_line(work: Grading, judge: LlmJudge, given: Mapping[str, Any], url: str = URL) -> str:
    """Return one request as a line with its line end."""
    body = {
        "model": judge.config.judge,
        "messages": adapted_messages(judge.messages(work), judge.chat.adaptations),
        **given,
    }
    line = {"custom_id": work.digest, "method": "POST", "url": url, "body": body}
    return without_half_characters(json.dumps(line, ensure_ascii=False) + "\n")


def read_results(path: Path) -> Iterator[ResultLine | UnreadableError]:
    """Yield the lines of a user's result file, in its place what of an odd reply cannot be held.

    Raises InputError (file, line, field) for a line that is no result.
    """
    for line in read_anyhow(path):
        if isinstance(line, UnreadableError):
            yield line
        elif isinstance(line, InputError):
            raise line
        elif {"body", "url"} <= line.data.keys() and not {"response", "error"} & line.data.keys():
            raise InputError(
                "is a request, as --batch-export writes them, not a result",
                path=path,
                line=line.number,
                mend="run the file first (vllm run-batch -i FILE -o RESULTS, or a Batch API) and give what comes of it",
            )
        else:
            yield validate(line.data, ResultLine, path=path, line=line.number)


def readable_results(path: Path) -> Iterator[ResultLine]:
    """Yield the lines of a downloaded file that can be read; work whose line cannot is still owed."""
    for line in raw_lines(path):
        with suppress(ValueError, RecursionError):  # no JSON, or no result
            yield ResultLine.model_validate(json.loads(line.decode("utf-8", "replace")))


def outcome(
    result: ResultLine,
    work: Grading,
    config: JudgeConfig,
    given: Mapping[str, Any],
    messages: Callable[[], Sequence[Message]] = tuple,
) -> Judgment | Failure | None:
    """Return what a result makes of its work; None where the request was not answered, which has cost nothing.

    `given`: the parameters that were sent; `messages`: the prompt, to estimate tokens that are not reported. Ask
    `is_final` whether the work is still missing.
    """
    if result.fault() is not None or result.response is None:
        return None
    try:
        reply = read_completion(
            result.response.body,
            where="the batch",
            params=shown_parameters(given),
            attempts=1,
            model=config.judge,
            messages=messages,
        )
    except RejectedError as error:
        return _failed(work, config, error.kind, str(error), error.usage or Usage())
    except ChatError:
        return None
    try:
        verdict, form = verdict_of(reply, config, work)
        return judged(work, config, verdict, form=form, reply=reply, attempts=1, usage=reply.usage)
    except VerdictError as error:
        return _failed(work, config, error.kind, str(error), reply.usage, reply)


def _failed(
    work: Grading, config: JudgeConfig, kind: FailureKind, detail: str, usage: Usage, reply: Reply | None = None
) -> Failure:
    return judge_failure(work, config, kind, detail, attempts=1, usage=usage, reply=reply)


def is_final(outcome: Judgment | Failure | None) -> bool:
    """Whether nothing more is to be asked: a verdict, or a refusal. A reply without a score is asked for again."""
    return isinstance(outcome, Judgment) or (
        outcome is not None and outcome.kind in ("content_filter", "refusal", "unfinished")
    )


def export_requests(
    path: Path, works: Iterable[Grading], judge: LlmJudge, *, adaptations: Mapping[str, str] = NOTHING
) -> int:
    """Write a request a unit of work for an offline runner, and return how many. What is judged by rule is not sent.

    The file is replaced as a whole. Raises StoreError.
    """
    given = parameters(judge.config, adaptations)
    lines = (request_line(work, judge, given).encode("utf-8") for work in works if not work.rule)
    return replace_pieces(path, lines)


def import_results(
    path: Path, works: Sequence[Grading], judge: LlmJudge, *, report: Reporter
) -> Iterator[Judgment | Failure]:
    """Yield what an offline runner's results make of the owed `works`; work that is not `is_final` stays owed.

    Every line is checked before anything is yielded: a broken one is an InputError (file, line, field) and nothing
    of the file is taken. Of several results with one `custom_id` the first that has a reply counts. At the end
    `report` is told what was left out.
    """
    given = parameters(judge.config)
    total, refused, why = 0, 0, None
    unread: list[UnreadableError] = []
    for result in read_results(path):
        total += 1
        if isinstance(result, UnreadableError):
            unread.append(result)
        elif (fault := result.fault(given)) is not None:
            refused, why = refused + 1, why or fault
    waiting = {work.digest: work for work in works}
    expected, known = len(waiting), set(waiting)
    unknown, again, final = 0, 0, 0
    for result in read_results(path):
        if isinstance(result, UnreadableError):
            continue
        unknown += result.custom_id not in known
        if (work := waiting.get(result.custom_id)) is None:
            again += result.custom_id in known
            continue
        found = outcome(result, work, judge.config, given, partial(judge.messages, work))
        if found is not None:
            del waiting[work.digest]
            final += is_final(found)
            yield found
    if unknown:
        report.say(f"{path}: {unknown} of {total} results are for other work, or for work that is done; left out")
    if again:
        report.say(f"{path}: {again} of {total} results have the custom_id of an earlier one, which counts; left out")
    if unread:
        report.say(f"{path}: {len(unread)} of {total} results cannot be read ({unread[0]}); left out")
    if final < expected:
        such = f" ({refused} requests were refused, such as {why})" if refused else ""
        report.say(f"{path}: {expected - final} of {expected} are still owed{such}")
