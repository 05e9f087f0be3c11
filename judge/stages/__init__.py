"""Generate and judge: missing work goes out, answers and verdicts come in and are on disk at once.

Read `pipeline` (both stages on one run), `conversations` and `answerers` (questions -> answers), `gradings` and
`judges` (answers -> judgments and failures), `owed` (what is missing), `fanout` (the bound), then `batches`.
"""
