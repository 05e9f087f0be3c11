"""The command line: words of a shell -> options -> one call; text and an exit code.

Read `main` (verbs, exit codes, one-line errors), `options`, then the file of a verb.
"""
