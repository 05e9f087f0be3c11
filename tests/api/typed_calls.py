"""What mypy must accept and refuse of the calls; `make check` runs it over this file, nothing imports it.

An ignore that is not needed is an error (--strict), so a wrong call that mypy no longer notices fails the check.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import judge


async def right() -> pd.DataFrame:
    run = await judge.generate("m", strategy=["0-shot"], limit=3, gpus=[0, 1], out=Path("o"), vllm_arg="a=b")
    run = await judge.generate("m", judge.GenerateOptions(limit=3))
    await judge.run("m", judge="rules", judge_base_url=None, temperature=0.5, price_in=2.5)
    board = await judge.judge([run, "other"], judge=["rules", "gpt-4o"], repeats=3)
    duels = await judge.pairwise([run, "other"], judge=["rules", "gpt-4o"], orders="one", levels=3)
    [examined] = await judge.qualify(judge="rules", repeats=2, out=Path("o"))
    [examined] = await judge.qualify(judge.QualifyOptions(judge="rules", again=True))
    assert examined.certificate is None or examined.certificate.grade != "not qualified"
    return pd.concat([board, duels, judge.table(run, by="model", ci="bootstrap")])


async def wrong() -> None:
    await judge.generate("m", limmit=3)  # type: ignore[call-overload]
    await judge.generate("m", judge.TableOptions())  # type: ignore[call-overload]
    await judge.run(["a", "b"], judge="rules")  # type: ignore[call-overload]
    await judge.judge("run", repeats="three")  # type: ignore[call-overload]
    await judge.pairwise("run", orders="three")  # type: ignore[call-overload]
    await judge.qualify("rules")  # type: ignore[call-overload]
    await judge.qualify(judge="rules", agian=True)  # type: ignore[call-overload]
    judge.table("run", by="models")  # type: ignore[call-overload]
    judge.TableOptions(by="models")  # type: ignore[arg-type]
