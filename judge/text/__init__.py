"""What a text shows by itself: its language, its end, its thoughts, the demands it keeps, a verdict in it.

Pure functions of strings. Read `reply_forms`, `marks` and `verdicts` first (a judge's reply -> Verdict),
`pair_verdicts` (on two answers), then `language` and `language_rule`, `thoughts`, `endings`. What a chat token, a code
fence or a sentence is stands in `chat_tokens`, `code` and `sentences` alone. `doubts` says when a score is not meant,
`quotations` what a text says in its own words.
`demand_checks` says whether a demand is kept, broken or not to be told: `readings` (what of an answer is meant),
`measures`, `occurrences`, `registers` and `shapes` (what is counted), `demand_words` (what a judge is told).
`digests` hold what was asked and answered.
"""
