"""Is a number real? Intervals, comparison, agreement, noise, audit, calibration.

Pure. Read `stats` (arrays in, numbers out), `intervals`, `compare`, `agreement`, `audit_rules` and `audit`,
`calibrate`; `render` and `render_compare` make text of what they found.
`contests`, `bradley_terry` and `style` score games of two answers, `render_contests` makes text of that.
"""
