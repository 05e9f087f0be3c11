"""Verdicts -> exact means -> rows -> text.

Pure. Read `results` and `row` (what goes in and what comes out), `means`, `pairing` (which questions are the same),
`render`; `cells` and `terminal` lay text out, `columns` adds what was asked for beside the means.
`answer_notes` and `verdict_notes` say what stands in footnotes, `certificate` what is known of a judge. `contest` is
what tables of games are made of. `shares` makes one row of judges that share the questions, `shared_notes` says so.
"""
