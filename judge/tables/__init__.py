"""Verdicts -> exact means -> rows -> text.

Pure. Read `results` and `row` (what goes in and what comes out), `means`, `pairing` (which questions are the same),
`render`; `cells` and `terminal` lay text out, `columns` adds what was asked for beside the means,
`certificate` what is known of a judge.
"""
