"""The verbs as functions: plan, connect, run.

Read `options` (what may be asked; `values` are its types, `calls` makes keywords of it), `judges` (one answer is
judged, or two of them), `plan` (options -> what will be done), `connect` (endpoints and servers ready to be asked),
then one file a verb: `generate`, `judge`, `pairwise`, `run`, `qualify`, `table`; `demo` is all of them on embedded
parts. `checks`, `estimate`, `batches` and `rejudge` serve `judge`, `pairwise` and `run`.
"""
