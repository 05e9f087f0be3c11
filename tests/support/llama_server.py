"""llama.cpp's own server with one model: `python tests/support/llama_server.py MODEL.gguf PORT`.

Runs under a Python that has xllamacpp (llama.cpp, compiled already), as vLLM's environment of the tests. It ends when its
standard input is closed, so no test leaves it behind.
"""

from __future__ import annotations

import os
import sys

SLOTS = 4
CONTEXT = 8192


def main(path: str, port: int) -> None:
    """Serve until standard input ends."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.n_ctx, parameters.n_parallel, parameters.kv_unified = CONTEXT, SLOTS, True
    parameters.hostnames, parameters.port = ["127.0.0.1"], port
    parameters.use_jinja, parameters.warmup = True, False
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # threads of the server would hold the process


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
