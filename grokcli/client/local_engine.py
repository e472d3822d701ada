"""The process of the embedded model: llama.cpp, answering on a loopback port as any server would.

It is run as a script and imports nothing of grok. One line of JSON on stdin names the weights to load, lines of JSON on
stdout report the progress, and the process ends when stdin does, so that it cannot outlive grok.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

CONTEXT_TOKENS = 4096
# Between two batches the engine notices that the client has disconnected. Smaller batches are not slower.
BATCH_TOKENS = 64
# A small model does not know when to stop, wanders when it is warm, and repeats itself when it is cold. With these
# and the system prompt it got six of six simple questions right, and at best five with what else was tried.
LONGEST_ANSWER_TOKENS = 1024
TEMPERATURE = 0.0
REPEAT_PENALTY = 1.1


def main() -> NoReturn:
    """Load what stdin names and serve it until stdin ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    # What the engine prints is no reply.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def reply(**reply: str) -> None:
        replies.write(json.dumps(reply) + "\n")

    try:
        import xllamacpp
    except ImportError as error:
        reply(error=str(error))
        os._exit(1)
    reply()
    wanted = sys.stdin.readline()
    if wanted:
        _end_with_stdin()
        try:
            server = xllamacpp.Server(_params(xllamacpp, **json.loads(wanted)))
        except RuntimeError as error:
            reply(error=str(error))
        else:
            reply(address=server.listening_address)
            sys.stdin.read()
    # Without the destructor of the engine, which may wait for itself.
    os._exit(0)


def _end_with_stdin() -> None:
    """Have the system end this process when stdin ends: the engine lets no line of Python run while it loads."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        # The signal that this asks for, SIGIO, ends a process that does not handle it.
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _params(engine: Any, path: str, alias: str, key: str) -> Any:
    params = engine.CommonParams()
    params.model.path = path
    # The model's name in answers; by default it would be the path of the weights.
    params.model_alias = {alias}
    params.port = 0
    params.hostnames = ["127.0.0.1"]
    params.api_keys = [key]
    params.n_ctx = CONTEXT_TOKENS
    params.n_batch = BATCH_TOKENS
    params.n_predict = LONGEST_ANSWER_TOKENS
    params.sampling.temp = TEMPERATURE
    params.sampling.penalty_repeat = REPEAT_PENALTY
    # More threads spin while they wait, and collapse on a busy machine.
    params.cpuparams.n_threads = 1
    params.ui = False
    params.verbosity = 0
    return params


if __name__ == "__main__":
    main()
