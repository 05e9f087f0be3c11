"""What is asked: questions, strategies, judge templates and the messages made of them.

Read `folder` (where a pack is), `questions`, `strategies`, `judge_prompts` and `pair_prompts` (records + templates
-> messages), `probes` (what judges are examined with); `editions` names built-in sets, `check` finds every fault of a
pack, `write` makes a new one, `yaml_files` reads YAML.
"""
