"""What a person sees while a stage is under way."""

from __future__ import annotations

import io
import re

import pytest

from judge.stages.progress import Bar, Heartbeat, Silent, reporter
from judge.wording import Note
from tests.support.clock import Clock
from tests.support.patience import within


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def run(stream: io.StringIO, total: int, *, quiet: bool = False, failing: int = 0) -> None:
    with reporter(quiet=quiet, stream=stream) as report:
        report.begin("답변", total, 0)
        for number in range(total):
            report.advance("답변", failure=f"이유 {number}" if number < failing else None)
        report.say("끝")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_quiet_says_nothing_at_all(stream: io.StringIO) -> None:
    run(stream, 3, quiet=True, failing=1)
    assert stream.getvalue() == ""


def test_the_reporter_fits_the_stream() -> None:
    with reporter(quiet=True) as silent, reporter(stream=io.StringIO()) as plain:
        assert isinstance(silent, Silent)
        assert isinstance(plain, Heartbeat)
    with reporter(stream=Terminal()) as live:
        assert isinstance(live, Bar)


def test_without_a_terminal_begin_and_end_of_a_stage_are_a_plain_line_each() -> None:
    stream = io.StringIO()
    run(stream, 500)
    begin, *_, end, said = lines(stream)
    assert begin == "답변: 500 to do"
    assert re.fullmatch(r"답변: 500/500 in \d+\.\d s", end)
    assert said == "끝"
    assert "\x1b" not in stream.getvalue()


def test_a_heartbeat_counts_what_is_done_and_failed_and_says_how_long_the_rest_takes() -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream, every_seconds=0)
    beat.begin("채점", 4, 1)
    beat.advance("채점")
    beat.advance("채점", failure="시간 초과")
    beat.advance("채점")
    assert [re.sub(r"\d+(\.\d)? s", "N s", line) for line in lines(stream)] == [
        "채점: 3 to do, 1 of 4 done before",
        "채점: 2/4, about N s left",
        "채점: failed: 시간 초과",
        "채점: 3/4, 1 failed, about N s left",
        "채점: 4/4, 1 failed in N s",
    ]


def test_a_heartbeat_beats_by_itself_while_nothing_gets_done_and_ever_more_rarely() -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream, every_seconds=0.01)
    beat.begin("채점", 2, 0)
    with beat.beating():
        within(lambda: len(lines(stream)) >= 3, "two lines more")
    assert all(re.fullmatch(r"채점: 0/2, nothing new for \d+ s", line) for line in lines(stream)[1:])


def test_the_pauses_between_two_beats_are_doubled_up_to_a_minute(clock: Clock) -> None:
    stream, spoke = io.StringIO(), list[int]()
    beat = Heartbeat(stream, every_seconds=10, clock=clock)
    beat.begin("채점", 2, 0)
    for second in range(1, 301):
        clock.now += 1
        before = len(lines(stream))
        beat.beat()
        spoke += [second] * (len(lines(stream)) - before)
    assert spoke == [10, 30, 70, 130, 190, 250]
    assert lines(stream)[1:3] == ["채점: 0/2, nothing new for 10 s", "채점: 0/2, nothing new for 30 s"]


def test_a_heartbeat_is_silent_about_stages_that_are_done(clock: Clock) -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream, every_seconds=10, clock=clock)
    beat.begin("채점", 2, 2)
    clock.now += 60
    beat.beat()
    assert len(lines(stream)) == 1


def test_a_stage_with_nothing_owed_says_so() -> None:
    stream = io.StringIO()
    Heartbeat(stream).begin("채점", 84, 84)
    assert lines(stream) == ["채점: all 84 done before"]


def test_two_stages_count_for_themselves() -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream)
    for stage, total in (("a", 1), ("b", 2)):
        beat.begin(stage, total, 0)
    beat.advance("b")
    beat.advance("a")
    beat.advance("b", failure="x")
    assert [line.split(" in ")[0] for line in lines(stream)[2:]] == ["a: 1/1", "b: failed: x", "b: 2/2, 1 failed"]


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_only_the_first_failures_are_told_so_that_a_dead_server_does_not_flood(stream: io.StringIO) -> None:
    run(stream, 100, failing=100)
    told = [line for line in lines(stream) if "failed: 이유" in line]
    assert len(told) == 5
    assert "100 failed" in stream.getvalue()


def test_a_failure_is_one_line_without_control_characters_whatever_an_endpoint_said() -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream)
    beat.begin("채점", 9, 0)
    beat.advance("채점", failure="\x1b[2J앞\r\n뒤" + "x" * 10_000)
    assert len(lines(stream)) == 2
    assert "\x1b" not in stream.getvalue()
    assert len(lines(stream)[1]) < 300


def test_brackets_in_a_name_are_text_and_not_markup_on_a_terminal() -> None:
    stream = Terminal()
    with reporter(stream=stream) as report:
        report.begin("채점 (org/[/red]m)", 2, 1)
        report.advance("채점 (org/[/red]m)", failure="[/bold] 없음")
        report.say("[red]글")
    for text in ("org/[/red]m", "[/bold] 없음", "[red]글"):
        assert text in stream.getvalue()


def test_turns_are_counted_with_their_tokens_and_the_first_ones_are_waited_for(clock: Clock) -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream, every_seconds=10, clock=clock)
    beat.begin("답변", 84, 4, unit="turns")
    clock.now += 10
    beat.beat()
    clock.now += 10
    beat.advance("답변", tokens=500)
    beat.advance("답변", failure="시간 초과", units=2)
    clock.now += 20
    beat.advance("답변", tokens=1500)
    assert lines(stream) == [
        "답변: 80 turns to do, 4 of 84 done before",
        "답변: 4/84 turns, waiting for the first ones for 10 s",
        "답변: 5/84 turns, 25 tokens/s, about 1580 s left",
        "답변: failed: 시간 초과",
        "답변: 8/84 turns, 1 failed, 50 tokens/s, about 760 s left",
    ]


def test_what_is_said_is_in_the_language_asked_for(clock: Clock) -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream, every_seconds=10, clock=clock, lang="ko")
    name, turns = Note("generate", "답변"), Note("turns", "턴")
    beat.begin(name, 84, 4, unit=turns)
    beat.begin("j", 3, 3)
    clock.now += 10
    beat.beat()
    clock.now += 10
    beat.advance(name, tokens=500)
    beat.advance(name, failure=Note("timeout", "시간 초과"), units=2)
    clock.now += 20
    beat.beat()
    clock.now += 20
    beat.advance(name, tokens=1500, units=77)
    beat.say(Note("end", "끝"))
    assert lines(stream) == [
        "답변: 80턴 남음(84턴 가운데 4턴은 이미 끝남)",
        "j: 3건 모두 이미 끝남",
        "답변: 4/84턴, 첫 결과를 10초째 기다리는 중",
        "답변: 5/84턴, 초당 25토큰, 약 1580초 남음",
        "답변: 실패: 시간 초과",
        "답변: 7/84턴, 실패 1건, 초당 12토큰, 20초 동안 새로 끝난 것 없음",
        "답변: 84/84턴, 실패 1건, 초당 33토큰, 60.0초 걸림",
        "끝",
    ]
    live = Terminal()
    with reporter(stream=live, lang="ko") as report:
        report.begin(name, 2, 0, unit=turns)
        report.advance(name, failure=Note("timeout", "시간 초과"))
    assert "답변 (턴)" in live.getvalue()
    assert "답변: 실패: 시간 초과" in live.getvalue()
    assert "실패 1건" in live.getvalue()


def test_both_stages_of_a_run_are_told_at_once(clock: Clock) -> None:
    stream = io.StringIO()
    beat = Heartbeat(stream, every_seconds=10, clock=clock)
    beat.begin("답변", 4, 0, unit="turns")
    beat.begin("채점", 4, 0)
    beat.advance("답변")
    clock.now += 10
    beat.advance("채점")
    assert lines(stream)[2:] == ["답변: 1/4 turns, about 30 s left", "채점: 1/4, about 30 s left"]
