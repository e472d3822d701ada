"""`python -m grokcli`."""

import sys

if not sys.flags.safe_path:
    # The current folder, which `-m` puts first: no file there may stand in for a module of ours.
    del sys.path[0]

from grokcli.cli import run

run()
