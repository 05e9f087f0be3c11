"""A managed `vllm serve`: the only folder that knows vLLM.

Read `command` (what is run), `server` (started, watched, ended), `guard` (ends it when we cannot), `log` (why it
failed), `machines` (engines of other machines), `api` (what only a vLLM server can tell), `watch` (a run beside an
engine that may die).
"""
