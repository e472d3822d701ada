"""`grok config`: the settings and the key."""

from __future__ import annotations

import json as jsonlib
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from grokcli.client.redact import mask
from grokcli.commands.grouping import new_app
from grokcli.commands.options import AsJSON
from grokcli.config.credentials import VARIABLE, forget_key, save_key
from grokcli.config.sections import entries, lookup, set_path
from grokcli.config.settings import SETTINGS, key_path
from grokcli.config.toml_file import change
from grokcli.errors import AuthError, ConfigError, MissingKeyError, UsageError
from grokcli.terminal.sanitize import json_text, one_line

if TYPE_CHECKING:
    from grokcli.env import Env

KEY_NAMES = ("api-key", "api_key")
TEMPLATE_HEAD = "# Settings of grok. Uncomment a line to set it; `grok config list` shows the values in use.\n"

EXAMPLES = """
grok config set api_key
grok config set model grok-4.3
grok config list
"""

app = new_app("Show and change the settings and the API key.", examples=EXAMPLES)
Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="A setting, such as model, aliases.NAME, models.NAME.SETTING or roles.NAME.SETTING; or api_key",
    ),
]


@app.command("list")
def list_settings(ctx: typer.Context, json: AsJSON = False) -> None:
    """List the settings, their values and sources."""
    env: Env = ctx.obj
    rows: list[tuple[str, object, str]] = [("api_key", *_masked_key(env))]
    rows += [(name, *_found(env, name)) for name in SETTINGS]
    rows += [(name, value, str(env.settings.paths.settings)) for name, value in _entries(env).items()]
    if json:
        document = {name: {"value": value, "source": source} for name, value, source in rows}
        env.console.print(json_text(document, indent=2))
        return
    widest = max(len(one_line(name)) for name, _, _ in rows)
    for name, value, source in rows:
        env.console.print(f"{one_line(name):{widest}} {one_line(_shown(value)):32} {one_line(source)}\n")
    _warn(env)


@app.command()
def get(ctx: typer.Context, key: Key) -> None:
    """Print the value of a setting; the key is masked."""
    env: Env = ctx.obj
    if key in KEY_NAMES:
        env.console.stdout.write(mask(env.find_key().value) + "\n")
        return
    if "." in key:
        value = lookup(env.settings.file, set_path(env.settings.file, key))
    else:
        value = env.settings.value(key_path(key)[0])
    env.console.print(_shown(value) + "\n")


@app.command("set")
def set_value(
    ctx: typer.Context,
    key: Key,
    value: Annotated[
        str | None, typer.Argument(help="The value; leave it out for api_key, which is asked for or read from a pipe")
    ] = None,
) -> None:
    """Change a setting, or save the API key."""
    env: Env = ctx.obj
    if key in KEY_NAMES:
        _set_key(env, value)
        return
    where = key_path(key)
    if value is None:
        raise UsageError(f"{key} needs a value", hint=f"grok config set {key} VALUE")
    change(env.settings.paths.settings, where, _parsed(where, value))
    _note_if_overruled(env, where)


@app.command()
def unset(ctx: typer.Context, key: Key) -> None:
    """Remove a setting from the file, or delete the saved API key."""
    env: Env = ctx.obj
    if key in KEY_NAMES:
        if not forget_key(env.settings.paths.credentials):
            raise UsageError("no API key is saved")
        return
    change(env.settings.paths.settings, set_path(env.settings.file, key), None)


@app.command()
def path(
    ctx: typer.Context,
    what: Annotated[
        Literal["settings", "credentials", "data", "cache"], typer.Argument(help="Which path to print")
    ] = "settings",
) -> None:
    """Print the path of the settings file, or of another one."""
    env: Env = ctx.obj
    env.console.print_path(getattr(env.settings.paths, what))


@app.command()
def edit(ctx: typer.Context) -> None:
    """Open the settings file in $VISUAL or $EDITOR."""
    from grokcli.files import make_folder, write_atomically
    from grokcli.terminal.editor import edit_file

    env: Env = ctx.obj
    file = env.settings.paths.settings
    if not file.exists():
        make_folder(file.parent)
        write_atomically(file, _template().encode())
    edit_file(file, env.child_environ())
    for name in SETTINGS:
        env.settings.find(name)
    _warn(env)


@app.command()
def check(ctx: typer.Context) -> None:
    """Check the API key with the server."""
    env: Env = ctx.obj
    _warn(env)
    key = env.server_key()
    env.console.print(f"key     {mask(key.value)} from {key.source}\n" if key else "key     none; none is needed\n")
    base_url = env.settings.find("base_url")
    env.console.print(one_line(f"server  {base_url.value} from {base_url.source}") + "\n")
    env.console.stdout.flush()
    client = env.connect_briefly()
    if key is None:
        client.models()
        env.console.print("status  the server answers\n")
        return
    told = client.key_info()
    _require_usable(told)
    name = f" ({told['name']})" if isinstance(told.get("name"), str) else ""
    env.console.print(one_line(f"status  the key works{name}") + "\n")


def _require_usable(told: dict[str, Any]) -> None:
    """Raise AuthError when the server says that a key it knows is blocked (API digest, section 3)."""
    for flag in ("api_key_blocked", "api_key_disabled", "team_blocked"):
        if told.get(flag) is True:
            raise AuthError(f"the server said: {flag.replace('_', ' ')}", hint="see https://console.x.ai")


def _set_key(env: Env, value: str | None) -> None:
    if value is not None:
        raise UsageError(
            "the key cannot be given on the command line, where others could see it",
            hint="run grok config set api_key and type it, or pipe it: pass show xai | grok config set api_key",
        )
    if env.console.stdin is None:
        raise UsageError("cannot read the key: stdin is closed")
    if env.console.stdin.isatty():
        import getpass

        entered = getpass.getpass("API key (not shown): ")
    else:
        entered = env.console.stdin.readline().decode("utf-8", "replace")
    path = env.settings.paths.credentials
    save_key(path, entered)
    env.console.note(f"saved the key to {path}")
    if env.environ.get(VARIABLE):
        env.console.warn(f"{VARIABLE} is set and overrides the saved key")


def _parsed(where: tuple[str, ...], text: str) -> object:
    """Return `text` as the type that the setting has. Raises UsageError when it is not one."""
    setting = SETTINGS.get(where[-1]) if where[0] != "aliases" else None
    if setting is None:
        return text
    value = setting.checked(text)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _note_if_overruled(env: Env, where: tuple[str, ...]) -> None:
    setting = SETTINGS.get(where[0])
    if setting is not None and env.environ.get(setting.environment):
        env.console.warn(f"{setting.environment} is set and overrides the file")


def _found(env: Env, name: str) -> tuple[object, str]:
    """Return a setting and its source, or why it cannot be used: the list is where one looks for that."""
    try:
        found = env.settings.find(name)
    except ConfigError as error:
        return None, error.message
    return found.value, found.source


def _entries(env: Env) -> dict[str, object]:
    """Return what the sections of the file hold; nothing when it cannot be read, which every setting says then."""
    try:
        return entries(env.settings.file)
    except ConfigError:
        return {}


def _masked_key(env: Env) -> tuple[str, str]:
    try:
        key = env.find_key()
    except (MissingKeyError, ConfigError) as error:
        return "", error.message
    return mask(key.value), key.source


def _shown(value: object) -> str:
    return "" if value is None else jsonlib.dumps(value) if isinstance(value, (dict, list, tuple, bool)) else f"{value}"


def _warn(env: Env) -> None:
    for warning in env.settings.warnings():
        env.console.warn(warning)
    env.warn_of_exposed_key()


def _template() -> str:
    lines = [TEMPLATE_HEAD]
    for setting in SETTINGS.values():
        default = jsonlib.dumps("" if setting.default is None else setting.default)
        lines.append(f"# {setting.help}\n# {setting.name} = {default}\n")
    return "\n".join(lines)
