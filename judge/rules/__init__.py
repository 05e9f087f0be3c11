"""The judge and the models that need no model: scores by rules, and the null models.

Pure. Read `scoring` (a turn -> a score with reasons), `observations` (what it looks at), `weights`, then
`references`, `question_demands`, `numbers`; `null_models` stands alone.
"""
