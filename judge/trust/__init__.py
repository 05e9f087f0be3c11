"""Is a number real? Intervals, comparison, agreement, noise, audit, calibration.

Pure. Read `stats` and `ranks` (arrays in, numbers out), `intervals`, `judge_choice` (of judges that share), `compare`
(`paired`: on what), `agreement`, `audit_rules` and `audit`, `calibrate`, `qualify` (a judge on the probes), `findings`
(its thresholds) and `drift`; `render_agreement` and its like make text of what they found.
`contests`, `bradley_terry` and `style` score games of two answers, `render_contests` makes text of that. `decide` says
whether a side is good enough, `looks` when that may be asked before the end, `power` what it takes (`kojudge plan`).
"""
