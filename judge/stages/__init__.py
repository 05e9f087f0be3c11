"""Generate and judge: missing work goes out, answers and verdicts come in and are on disk at once.

Read `pipeline` (both stages on one run), `conversations` and `answerers` (questions -> answers), `gradings` and
`judges` (answers -> judgments and failures), `owed` (verdicts that are missing), `fanout` (the bound), then `batches`
and `batch_lines`. `code_runs` runs code of answers in `code_child`. `preflight` looks before a run; `budget`, `tally`
and `progress` count; `reparse` reads replies again. `pairs` are two answers to be compared: the same stage, other work.
`runaways` says how long an answer may get. `ready` hands answers on while others are made; `shares` says which of
several judges has which question.
"""
