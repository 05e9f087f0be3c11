"""What a text shows by itself: its language, its end, its thoughts, the demands it keeps, a verdict in it.

Pure functions of strings. Read `reply_forms` and `verdicts` first (a judge's reply -> Verdict), `pair_verdicts` (on
two answers), then `language` and `language_rule`, `thoughts`, `endings`. What a chat token, a code fence or a
sentence is stands in `chat_tokens`, `code` and `sentences` alone. `doubts` says when a score is not meant,
`quotations` what a text says in its own words. `demand_checks` and `loose_checks` check what a question demands;
`digests` hold what was asked and answered.
"""
