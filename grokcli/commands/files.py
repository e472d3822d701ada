"""`grok files`: the files on the server."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokcli.commands.deletion import age, age_in_seconds
from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON
from grokcli.errors import SecretError, UsageError, reason
from grokcli.files import expand
from grokcli.models import DEFAULT_MODEL
from grokcli.terminal.columns import columns
from grokcli.terminal.confirm import can_confirm, confirm, present
from grokcli.terminal.sanitize import clean, json_text, reveal
from grokcli.turn.secrets import held_key
from grokcli.turn.uploads import upload as upload_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grokcli.client.files import Files, StoredFile
    from grokcli.env import Env

HEADER = ("id", "size", "age", "expires", "name")
FIGURES = (1, 2, 3)  # columns
_UNITS = ((1 << 20, "MB"), (1 << 10, "KB"))

EXAMPLES = """
grok files list
grok files upload report.pdf --expires 7d
grok files text file_a128090d
grok files delete file_a128090d --yes
"""

app = new_app("List, show, read, upload and delete files on the server.", examples=EXAMPLES)
ID = Annotated[str, typer.Argument(metavar="ID", help="Id of a file")]
Limit = Annotated[int, typer.Option("-n", "--limit", min=1, metavar="N", help="Show at most N files")]


@app.command("list")
def list_files(ctx: typer.Context, limit: Limit = 100, json: AsJSON = False) -> None:
    """List files, the newest first."""
    env: Env = ctx.obj
    found = list(islice(_files(env).list(), limit))
    if json:
        _print_json(env, [_described(one) for one in found])
    else:
        _print_table(env, found)


@app.command()
def show(ctx: typer.Context, wanted: ID, json: AsJSON = False) -> None:
    """Show the size, age and name of a file."""
    env: Env = ctx.obj
    found = _files(env).show(wanted)
    if json:
        _print_json(env, _described(found))
    else:
        _print_table(env, [found])


@app.command()
def text(ctx: typer.Context, wanted: ID) -> None:
    """Print the text that the server extracted from a file."""
    env: Env = ctx.obj
    content = _files(env).content(wanted, "text").decode("utf-8", "replace")
    content = content if content.endswith("\n") or not content else f"{content}\n"
    env.console.stdout.write(clean(content) if env.console.stdout.isatty() else content)


@app.command()
def upload(
    ctx: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files to upload, up to 50 MB each")],
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="AGE", help="Delete them from the server after 1h to 30d; default: never"),
    ] = None,
    allow_secrets: Annotated[
        bool, typer.Option("--allow-secrets", help="Upload files even if they contain your API key")
    ] = False,
    json: AsJSON = False,
) -> None:
    """Upload files, and print their ids, one per line."""
    env: Env = ctx.obj
    seconds = None if expires is None else _seconds(expires)
    for path in paths:  # all of them, before the first is uploaded
        _read(env, path, allow_secrets=allow_secrets)
    client = env.connect(DEFAULT_MODEL)
    made: list[StoredFile] = []
    try:
        for path in paths:
            content = _read(env, path, allow_secrets=allow_secrets)
            stored = upload_file(env, client, content, path, seconds)
            made.append(stored)
            if not json:
                env.console.print(f"{stored.id}\n")
    finally:  # what is there must be known, also when the next one fails
        if json:
            _print_json(env, [_described(one) for one in made])


@app.command()
def delete(
    ctx: typer.Context,
    wanted: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of files")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation")] = False,
) -> None:
    """Delete files from the server."""
    env: Env = ctx.obj
    files = _files(env)
    found = [files.show(one) for one in dict.fromkeys(wanted)]
    count = f"{len(found):,} file{'' if len(found) == 1 else 's'}"
    if not yes:
        _confirm(env, found, count)
    for one in found:
        files.delete(one.id)
    env.console.note(f"deleted {count}")


def _files(env: Env) -> Files:
    """Return the files of the server that is configured. Raises MissingKeyError, ConfigError."""
    return env.connect(DEFAULT_MODEL).files


def _read(env: Env, path: str, *, allow_secrets: bool) -> bytes:
    """Return the content of a file that may be uploaded, before any is. Raises UsageError, SecretError."""
    from grokcli.client.files import MAX_UPLOAD_BYTES, too_large

    try:
        with expand(path).open("rb") as file:
            content = file.read(MAX_UPLOAD_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None
    if len(content) > MAX_UPLOAD_BYTES:
        raise too_large(path)
    if not allow_secrets and held_key(env, content):
        raise SecretError(f"{path} contains your API key", hint="remove it, or upload it with --allow-secrets")
    return content


def _seconds(expires: str) -> int:
    from grokcli.client.files import MAX_SECONDS, MIN_SECONDS

    seconds = int(age_in_seconds(expires))
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise UsageError(f"invalid value for --expires: {expires!r}", hint="choose from 1h to 30d")
    return seconds


def _confirm(env: Env, found: Iterable[StoredFile], count: str) -> None:
    """Ask whether to delete. Raises UsageError without a terminal, typer.Exit when the answer is not yes."""
    if not can_confirm(env.console):
        raise UsageError("cannot ask for confirmation: no terminal", hint="use --yes to delete without asking")
    for one in found:
        present(env.console, f"{one.id}  {_size(one.size):>8}  ", reveal(one.filename))
    if not confirm(env.console, f"Delete {count} from the server?"):
        env.console.error_line("nothing was deleted")
        raise typer.Exit(1)


def _print_table(env: Env, found: list[StoredFile]) -> None:
    now = time.time()
    rows = [(one.id, _size(one.size), _age(one, now), _expiry(one, now), one.filename) for one in found]
    for line in columns([HEADER, *rows] if rows else [], right=FIGURES):
        env.console.print(line + "\n")


def _size(count: int) -> str:
    return next((f"{count / size:.1f} {unit}" for size, unit in _UNITS if count >= size), f"{count} B")


def _age(file: StoredFile, now: float) -> str:
    return age(now - file.created_at) if file.created_at else ""


def _expiry(file: StoredFile, now: float) -> str:
    return "never" if file.expires_at is None else age(file.expires_at - now)


def _described(file: StoredFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "name": file.filename,
        "bytes": file.size,
        "created": _iso(file.created_at),
        "expires": _iso(file.expires_at),
    }


def _iso(seconds: int | None) -> str | None:
    """Return a time as the server gave it in ISO 8601, None for none and for one that no calendar has."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z") if seconds else None
    except (ValueError, OverflowError, OSError):
        return None


def _print_json(env: Env, document: Any) -> None:
    env.console.print(json_text(document, indent=2))
