"""`python -m grokcli`."""

from grokcli.cli import run

run()
