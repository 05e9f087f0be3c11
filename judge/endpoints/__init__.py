"""The one way to a model: an OpenAI-compatible endpoint, with its rate limits, retries, failures and prices.

Read `client` (one chat call), `replies` (what a completion says), `faults` (an exception -> a kind of failure),
`limiter` and `pace` (how fast), `tries` (how often), then `access`, `sdk`, `cost`, `batches`. `vllm/` starts a server.
"""
