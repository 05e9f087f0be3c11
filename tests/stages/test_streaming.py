"""A run of any size in little memory: answers read one by one, verdicts known by their digests, run.json in parts."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judge.config import GenerateConfig, JudgeConfig
from judge.endpoints.replies import Reply
from judge.errors import InputError
from judge.packs.judge_prompts import load_judge_prompts
from judge.records import Answer, Failure, Judgment, QuestionId, Usage
from judge.runs.current import in_force, mark_of, verdict_marks
from judge.runs.folder import MANIFEST, RunFolder
from judge.runs.manifest import ExpectedQuestion
from judge.stages.fanout import fanout
from judge.stages.judges import LlmJudge
from judge.stages.pipeline import judge_run
from judge.stages.progress import Silent
from tests.support.clock import Clock

pytestmark = pytest.mark.proofs


def answer(identifier: QuestionId, text: str = "답") -> Answer:
    return Answer(
        id=identifier, category="추론", questions=("질문",), outputs=(text,), model="m", strategy="0-shot", digest="d"
    )


def make_run(path: Path, questions: int) -> RunFolder:
    run = RunFolder(path)
    with run.writing():
        for number in range(questions):
            run.add_answer(answer(f"question-{number}", f"{number}번 답변입니다. " * 20))
        asked = [ExpectedQuestion(id=f"question-{n}", category="추론", turns=1) for n in range(questions)]
        run.begin(GenerateConfig(model="m", questions="q", strategies={"0-shot": "a"}), asked, questions)
    return run


# -- answers


def test_the_last_line_of_a_question_counts_in_the_place_of_its_first(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with run.writing():
        for one in (answer(2), answer("1"), answer(1, "옛"), answer(2, "새"), answer(1, "새")):
            run.add_answer(one)
    with run.answers_file("0-shot").open("ab") as file:
        file.write(b'{"id": 3, "category"')
    stored = run.stored_answers(["0-shot", "none"])
    for _ in range(2):
        assert [(a.id, a.outputs[0]) for a in stored] == [(2, "새"), ("1", "답"), (1, "새")]
    assert len(stored) == 3
    assert list(stored) == list(run.answers("0-shot").values())


def test_a_broken_answer_is_named_with_its_line(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with run.writing():
        run.add_answer(answer(1))
    with run.answers_file("0-shot").open("a", encoding="utf-8") as file:
        file.write('\n{"id": 2, "category": "추론", "questions": ["가"], "outputs": []}\n')
    with pytest.raises(InputError, match="line 3, field 'outputs'"):
        list(run.stored_answers(["0-shot"]))
    with run.answers_file("0-shot").open("a", encoding="utf-8") as file:
        file.write("{\n")
    with pytest.raises(InputError, match="line 4, column 2"):
        run.stored_answers(["0-shot"])


# -- which verdicts there are


def outcome(digest: str, number: int, verdict: bool, reparsed: bool) -> Judgment | Failure:
    common: dict[str, Any] = {
        **{"id": digest, "turn": 1, "judge": "j", "category": "추론", "model": "m", "strategy": "0-shot"},
        **{"round": number, "reparsed": reparsed, "digest": digest, "answer_digest": "t"},
    }
    return Judgment(**common, score=1.0, comment="") if verdict else Failure(**common, kind="timeout", detail="")


@given(
    st.lists(st.builds(outcome, st.sampled_from("ab"), st.integers(1, 3), st.booleans(), st.booleans()), max_size=12),
    st.integers(1, 3),
)
def test_marks_tell_what_is_in_force_without_keeping_outcomes(
    outcomes: list[Judgment | Failure], finished: int
) -> None:
    kept = {mark_of(o) for o in in_force(outcomes, finished) if isinstance(o, Judgment)}
    assert verdict_marks(iter(outcomes), range(1, finished + 1)) == kept
    alone = [o for o in outcomes if o.round == finished]
    kept = {mark_of(o) for o in in_force(alone, finished) if isinstance(o, Judgment)}
    assert verdict_marks(iter(outcomes), range(finished, finished + 1)) == kept


# -- run.json


def test_the_expected_questions_stay_as_they_are_when_the_rest_changes(tmp_path: Path) -> None:
    run = make_run(tmp_path, 3)
    config = JudgeConfig(judge='a "expected": [] judge', template='"expected": ["t"]')
    whole = run.manifest()
    run.note_judge(config)
    run.add_usage("judge", Usage(prompt_tokens=1), ('note with "expected": [1, {2}]',))
    run.note_server("m", "0.32.0")
    changed = run.manifest()
    assert changed.expected == whole.expected
    assert changed.judges == {config.digest(): config}
    assert changed.versions["vllm of m"] == "0.32.0"
    assert run.head() == changed.model_copy(update={"expected": ()})
    lines = (tmp_path / MANIFEST).read_text("utf-8").splitlines()
    assert sum("question-" in line for line in lines) == 3, "a question a line"


@pytest.mark.parametrize("spread", [None, 4])
def test_a_manifest_that_another_program_has_written_is_read_and_kept(tmp_path: Path, spread: int | None) -> None:
    run = make_run(tmp_path, 2)
    whole, path = run.manifest(), tmp_path / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=spread), "utf-8")
    assert run.manifest() == whole
    run.note_server("m", "1")
    assert run.manifest().expected == whole.expected
    data = json.loads(path.read_text("utf-8"))
    del data["expected"]
    path.write_text(json.dumps(data), "utf-8")
    with pytest.raises(InputError, match="field 'expected': is missing"):
        run.head()


# -- memory


class InstantChat:
    """Answers at once."""

    adaptations: dict[str, str] = {}  # noqa: RUF012 - never changed

    async def complete(self, *_: object) -> Reply:
        await asyncio.sleep(0)
        return Reply(
            text="평가: 음\n점수: 4",
            model="j",
            finish_reason="stop",
            reasoning=None,
            usage=Usage(),
            params={},
            attempts=1,
        )


def peak_of(run: RunFolder) -> int:
    """Return the most bytes that judging what is owed has held at once."""
    prompts = load_judge_prompts()
    judge = LlmJudge(InstantChat(), prompts, JudgeConfig(judge="j", template=prompts.digest))

    async def work() -> None:
        await judge_run(run, ["0-shot"], judge, repeats=1, concurrency=8, report=Silent())

    tracemalloc.start()
    try:
        with run.writing():
            asyncio.run(work())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_many_times_the_work_takes_little_more_memory_begun_or_resumed(tmp_path: Path) -> None:
    """An answer of this run is 1 KB on disk and its judgment 0.6 KB; none of them is kept."""
    small, big = make_run(tmp_path / "small", 200), make_run(tmp_path / "big", 600)
    peak_of(make_run(tmp_path / "warm", 10))
    for _ in ("begun", "resumed"):  # the second time everything is done, and is known by a digest each
        assert (peak_of(big) - peak_of(small)) / 400 < 800, "bytes a judgment; an answer that is kept takes thousands"
    assert len(big.outcomes("j", "0-shot")) == 600


# -- what is done when everything is stopped


def test_what_was_done_but_not_taken_yet_is_handed_over_when_the_consumer_is_stopped(clock: Clock) -> None:
    async def work(number: int) -> int:
        return number

    async def consume(saved: list[int]) -> None:
        async with aclosing(fanout(range(100), work, 4, saved.append)) as numbers:
            async for number in numbers:
                saved.append(number)
                await asyncio.sleep(10)

    async def stopped() -> list[int]:
        saved: list[int] = []
        task = asyncio.create_task(consume(saved))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return saved

    saved = clock.run(stopped())
    assert sorted(saved) == list(range(len(saved)))
    assert len(saved) > 1
