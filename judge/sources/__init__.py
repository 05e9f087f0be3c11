"""What lies at a path, ours or another tool's, as results and answers; and the way back.

Read `place` (what every format gives), `places` (PATH -> places; the list of formats), then one file a format:
`own_files` and `run_results`, `contests` (`foreign_games`: of other tools), `logickor`, `fastchat`, `arena_hard`.
`results` (PATHS -> results), `judged` (with their answers), `saved_answers` (PATHS -> what to judge) and `check` ask
them; `certificates` lie beside runs. `*_pack`, `question_table` and `*_export` write.
"""
