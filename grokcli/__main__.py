"""The program's first lines: `python -m grokcli` and the console scripts."""

from __future__ import annotations

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # The current folder, which `-m` puts first: no file there may stand in for a module of ours.
    del sys.path[0]

import gc
import os
import signal

TYPE_CHECKING = False  # as in the package itself
if TYPE_CHECKING:
    from typing import NoReturn

STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def run() -> NoReturn:
    """Load grok and run it. A signal that comes while it loads ends it as quietly as a later one would."""
    if sys.argv[1:] in (["--version"], ["-V"]) and _print_version():
        sys.exit(0)
    for name in STOP_SIGNALS:
        number = getattr(signal, name, None)
        # Who starts grok may have it ignore a signal: nohup does, and a shell with its background jobs.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    # What is imported stays; looking for garbage in it costs 9 of the 100 ms from start to request.
    gc.set_threshold(100_000)
    _load_when_used("difflib", "platform")
    from grokcli.cli import run

    run()


def _load_when_used(*names: str) -> None:
    """Have modules that Typer imports, and uses for errors only, loaded with the first use of something in them."""
    from importlib.util import LazyLoader, find_spec, module_from_spec

    for name in names:
        spec = find_spec(name)
        if spec is not None and spec.loader is not None and name not in sys.modules:
            spec.loader = LazyLoader(spec.loader)
            module = module_from_spec(spec)
            sys.modules[name] = module
            spec.loader.exec_module(module)


def _print_version() -> bool:
    """Print the version, for which nothing need be loaded. Return False if that fails: who says why is loaded then."""
    from grokcli import __version__

    line = f"grok {__version__}\n".encode()
    try:
        return sys.stdout is not None and os.write(sys.stdout.fileno(), line) == len(line)
    except OSError:
        return False


def _leave(number: int, _frame: object) -> NoReturn:
    # An exception would have to pass through half-done imports, some of which catch everything.
    os._exit(128 + number)


if __name__ == "__main__":
    run()
