"""Every option that takes a number, of every verb: what is out of range or no number is one line and exit 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from judge.cli.config_file import options_of
from judge.cli.main import VERBS, build_parser, main
from judge.cli.usage import UsageError

COUNT = ("0", "-1", "1.5", "", "10000000000", "9" * 5000, "nan", "x")
SECONDS = ("0", "-1", "inf", "nan", "1e300", "x")
PER_MINUTE = ("0", "-1", "1e-300", "inf", "nan", "x")
AMOUNT = ("0", "-1", "inf", "nan", "1e999999", "x")
MONEY = ("-1", "inf", "nan", "1e999999", "x")
SEED = ("1.5", "1e3", "9" * 5000, str(2**63), "x")
BAD = {
    "limit": COUNT,
    "concurrency": (*COUNT, "10001"),
    "rpm": PER_MINUTE,
    "tpm": PER_MINUTE,
    "judge-concurrency": (*COUNT, "10001"),
    "judge-rpm": PER_MINUTE,
    "judge-tpm": PER_MINUTE,
    "max-model-len": COUNT,
    "start-timeout": SECONDS,
    "timeout": SECONDS,
    "tries": (*COUNT, "1001"),
    "temperature": ("-0.1", "2.1", "nan", "inf", "x", ""),
    "judge-temperature": ("-0.1", "2.1", "nan", "inf", "x", ""),
    "top-p": ("0", "-1", "1.1", "nan", "x"),
    "max-tokens": COUNT,
    "judge-max-tokens": COUNT,
    "seed": SEED,
    "judge-seed": SEED,
    "repeats": (*COUNT, "1001", "1000000000"),
    "parse-retries": ("-1", "1.5", "101", "1000000000", "x"),
    "batch-poll": (*SECONDS, "86401"),
    "draws": (*COUNT, "100001", "1000000000"),
    "random-seed": ("-1", *SEED),
    "samples": COUNT,
    "margin": AMOUNT,
    "difference": AMOUNT,
    "spread": AMOUNT,
    "power": ("0.4", "1", "nan", "x"),
}
SUBJECT = {"plot": ["board"], "import": ["csv"], "export": ["logickor"]}


def words(verb: str) -> list[str]:
    """Return a command line that asks for what is not there, so that nothing is begun if the number is taken."""
    return [verb, *SUBJECT.get(verb, []), *([] if verb in ("demo", "calibrate") else ["nowhere"])]


def numeric(verb: str) -> list[str]:
    """Return the options that refuse a word because it is no number."""
    found, parser = [], build_parser(verb)
    for name, action in options_of(parser, verb).items():
        if action.nargs == 0 or action.choices or name == "help":
            continue
        try:
            parser.parse_args([*words(verb), f"--{name}", "no-number"])
        except UsageError as error:
            if "is no whole number" in str(error) or "is no number" in str(error):
                found.append(name)
    return found


VERB_OPTIONS = [(verb, name) for names in VERBS.values() for verb in names for name in numeric(verb)]


def test_the_table_holds_every_number_there_is() -> None:
    assert {name for _, name in VERB_OPTIONS} == set(BAD)
    assert len(VERB_OPTIONS) > 45


@pytest.mark.parametrize(("verb", "name"), VERB_OPTIONS)
def test_a_number_that_makes_no_sense_is_one_line(verb: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for value in BAD[name]:
        assert main([*words(verb), f"--{name}={value}"]) == 2, value
        said = capsys.readouterr().err
        assert f"--{name}" in said.split(": ")[1], (value, said)
        assert said.count("\n") == 1
        assert len(said) < 200


@pytest.mark.parametrize("name", ["--price-in", "--price-out", "--price-cached", "--max-cost"])
@pytest.mark.parametrize("value", MONEY)
def test_a_sum_of_money_that_makes_no_sense_is_one_line(
    name: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"--price-in": "1", "--price-out": "1", name: value}
    more = [f"{option}={sum_}" for option, sum_ in given.items()]
    out = ["--out", str(tmp_path), "-q", "--strategy", "0-shot", "--limit", "2"]
    run = ["run", "baseline:echo", "--judge", "j", "--judge-base-url", "http://127.0.0.1:9/v1", *out]
    assert main([*run, "--max-cost=1", *more]) == 2
    said = capsys.readouterr().err
    assert f"{name} '{value}' is no " in said
    assert said.count("\n") == 1
