"""The one way to a model: an OpenAI-compatible endpoint, with its rate limits, retries, failures and prices.

Read `client` (one chat call), `replies` and `finish` (was something said, was it finished), `faults`, `wordings` and
`meanings` (a refusal -> what it means for the run), `requests` and `parameters` (what is sent, and what is refused),
`limiter` and `pace` (how fast), `tries` (how often), then `access`, `route`, `sdk` (the way there), `tokens`, `cost`,
`usage`, `noticed`, `batches`; `streams` leaves an answer that loops. `vllm/` starts a server.
"""
