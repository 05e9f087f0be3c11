"""What a text shows by itself: its language, its end, its thoughts, the demands it keeps, a verdict in it.

Pure functions of strings. Read `verdicts` first (a judge's reply -> Verdict), then `language` and `language_rule`,
`thoughts`, `endings`; `chat_tokens`, `code` and `digests` hold facts that several rooms ask for.
"""
