"""What lies at a path, ours or another tool's, as results and answers; and the way back.

Read `place` (what every format gives), `places` (PATH -> places; the list of formats), then one file a format:
`own_files` and `run_results`, `contests`, `logickor`, `fastchat`, `arena_hard`, `korean_mt_bench`, `alpaca_eval`,
`kudge`, `evalscope`, `inspect_logs`, `lm_eval_samples`; `foreign_scores` and `foreign_games` are what they have in
common, `first_rows` is how a file is recognised, `csv_rows` how one of cells is read.
`results` (PATHS -> results; `completing` adds what files lack), `judged` (with their answers), `saved_answers` (PATHS
-> what to judge) and `check` ask them; `certificates` lie beside runs. `*_pack`, `question_table` and `*_export` write.
"""
