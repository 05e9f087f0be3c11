"""What lies at a path, ours or another tool's, as results and answers; and the way back.

Read `series` (PATH -> results), `saved_answers` (PATH -> answers), `run_series`, then one file a format:
`logickor`, `fastchat`, `question_table`, `labels`; `*_pack` and `*_export` write.
"""
