"""The embedded model: llama.cpp in a process of its own, which answers on a loopback port as any server would.

It needs no key and no network once its weights are here. Its process can be ended at any moment, in the middle of
loading or of a long prompt, and ends with ours, however that ends.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO, cast

from grokcli.client import local_engine, local_weights
from grokcli.client.extras import LOCAL, install_command
from grokcli.errors import LocalModelError
from grokcli.files import expand
from grokcli.models import LOCAL_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

SYSTEM_PROMPT = "You answer questions in plain English, in one or two sentences."
NOTICE = "this is a small local model, not Grok: its facts and sums are often wrong"


class LocalServer:
    """A server in a process of its own, and what it takes to talk to it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Start the process, whose environment is `environ`. It serves nothing before `load`."""
        self.api_key = secrets.token_urlsafe(24)
        self.base_url = ""
        # -P and an empty folder: the engine must not be imported from the user's current folder. In a process group
        # of its own it does not receive the terminal's Ctrl-C, which may be meant for an answer only.
        self._process = subprocess.Popen(
            [sys.executable, "-P", local_engine.__file__],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            env=environ, cwd=local_weights.NEUTRAL_FOLDER, process_group=None if os.name == "nt" else 0,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )  # fmt: skip
        self._requests = cast("IO[str]", self._process.stdin)
        self._replies = cast("IO[str]", self._process.stdout)

    def require_engine(self) -> None:
        """Wait until the process has imported the engine. Raises LocalModelError when it cannot."""
        error = self._reply().get("error")
        if error is None:
            return
        if "libgomp" in error:
            hint = "install it with your system's packages: apt-get install libgomp1"
            raise LocalModelError("the local model needs libgomp.so.1", hint=hint)
        hint = f"install it: {install_command(LOCAL)}"
        raise LocalModelError("the local model needs xllamacpp, which is not installed", hint=hint)

    def load(self, weights: Path) -> None:
        """Serve the model in the file `weights`. Raises LocalModelError when it is none."""
        request = {"path": str(weights.absolute()), "alias": LOCAL_MODEL, "key": self.api_key}
        try:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
        except OSError:
            raise self._ended() from None
        address = self._reply().get("address")
        if address is None:
            hint = "use a GGUF file that fits into memory"
            raise LocalModelError(f"{weights} cannot be loaded as a model", hint=hint)
        self.base_url = f"{address}/v1"

    def close(self) -> None:
        """End the process at once, whatever it does. May be called twice."""
        self._process.kill()
        self._process.communicate()

    def _reply(self) -> dict[str, str]:
        line = self._replies.readline()
        if not line:
            raise self._ended()
        reply: dict[str, str] = json.loads(line)
        return reply

    def _ended(self) -> LocalModelError:
        code = self._process.wait()
        how = f"exit code {code}" if code >= 0 else f"signal {-code}"
        hint = "free some memory; on x86 a processor with AVX2 is also needed"
        return LocalModelError(f"the local model stopped unexpectedly ({how})", hint=hint)


def start(
    own: str,
    folder: Path,
    environ: Mapping[str, str],
    stderr: TextIO,
    *,
    quiet: bool = False,
    loading: AbstractContextManager[None],
) -> LocalServer:
    """Load a model and serve it on a free loopback port: the GGUF file `own`, or, if that is "", the default one.

    The default weights are kept in `folder`, and fetched if they are not there yet, or damaged; that is told on
    `stderr` unless it should be `quiet`. `loading` is entered while the model loads; `environ` is the environment of
    what is started. Raises LocalModelError when the extra is not installed, or the weights cannot be fetched or loaded.
    """
    if own and not expand(own).is_file():
        raise LocalModelError(f"no such file: {own}", hint="grok config set local_model /path/to/model.gguf")
    server = LocalServer(environ)
    try:
        # Both at once: the process imports the engine while this one reads the weights.
        weights = expand(own) if own else local_weights.find(folder)
        server.require_engine()
        weights = weights or local_weights.fetch(folder, environ, stderr, quiet=quiet)
        with loading:
            server.load(weights)
    except BaseException:
        server.close()
        raise
    return server
