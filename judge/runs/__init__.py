"""A run on disk: appended line by line, locked while it is written, read back in force.

Read `folder` (where the files of a run are), `appender` (nothing finished is lost), `current` (which of many stored
outcomes count), then `manifest`, `answers`, `turns`, `batches`, `names`. `games` and `contest_folder` are the same for
two answers that are compared.
"""
