"""The process that holds the model: llama.cpp's own server on a loopback port, for its parent process alone.

It is separate because loading blocks the interpreter for seconds, and because its end frees all memory.
Reads one JSON line of settings from stdin, prints its address, and ends when stdin ends.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Load the model, print the address, and wait for the parent to close the pipe or to die."""
    settings = json.loads(sys.stdin.readline())
    try:
        server = _start(settings)
    except RuntimeError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        os._exit(1)
    print(json.dumps({"address": server.listening_address}), flush=True)
    sys.stdin.read()
    os._exit(0)  # not a clean shutdown, which would wait for the text that is being written


def _start(settings: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["gguf"]
    params.n_ctx = settings["num_ctx"]
    params.ctx_shift = settings["shift"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    # A cancelled request ends only with the batch being evaluated, so batches are small.
    params.n_batch = params.n_ubatch = settings["batch"]
    params.cache_ram_mib = settings["cache_mib"]
    params.n_parallel = 1
    params.warmup = False
    params.fit_params = False
    params.prefill_assistant = False
    params.endpoint_slots = params.ui = False
    params.verbosity = -1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
