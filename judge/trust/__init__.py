"""Is a number real? Intervals, comparison, agreement, noise, audit, calibration.

Pure. Read `stats` (arrays in, numbers out), `intervals`, `compare`, `agreement`, `audit_rules` and `audit`,
`calibrate`; `render` and `render_compare` make text of what they found.
"""
