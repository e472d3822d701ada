"""Settings: one table, four sources. Flags take precedence over the environment, then the file, then the defaults.

The file is TOML and meant to be shared, so the key is not in it (see `grokcli.config.credentials`). Besides settings,
it may contain sections: [models."grok-4.3"] for defaults of one model, [aliases] for short names of models,
[roles.reviewer] for a system prompt with its model and options, [mcp.github] for an MCP server.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from grokcli.config import values
from grokcli.config.toml_file import read_toml
from grokcli.errors import ConfigError, UsageError
from grokcli.models import APIS, DEFAULT_MODEL, EFFORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from grokcli.config.paths import Paths

T = TypeVar("T")

QUOTED = 80


class Setting(NamedTuple):
    """One row of the table. `parse` converts a value from the file or the environment, or raises ValueError."""

    name: str
    parse: Callable[[object], Any]
    default: Any
    help: str
    variable: str = ""

    @property
    def environment(self) -> str:
        """The environment variable that sets it."""
        return self.variable or f"GROK_{self.name.upper()}"

    def checked(self, value: object) -> Any:
        """Return the parsed value of user input. Raises UsageError."""
        try:
            return self.parse(value)
        except ValueError as error:
            raise UsageError(f"invalid value for {self.name}: {_quoted(value)} ({error})") from None


SETTINGS = {
    row.name: row
    for row in (
        Setting("model", values.name, DEFAULT_MODEL, "default model"),
        Setting(
            "base_url",
            values.name,
            "https://api.x.ai/v1",
            "server to use; any OpenAI-compatible server works",
            "XAI_BASE_URL",
        ),
        Setting("system", values.text, "", "system prompt for every question"),
        Setting("temperature", values.up_to(2), None, "sampling temperature, from 0 (focused) to 2 (most random)"),
        Setting("max_tokens", values.count, None, "longest visible answer, in tokens; xAI does not count reasoning"),
        Setting("effort", values.one_of(*EFFORTS), None, "reasoning effort; the levels depend on the model"),
        Setting("service_tier", values.name, None, "service tier to ask for, such as fast; it may cost more"),
        Setting(
            "api", values.one_of(*APIS), "auto", "API to use: auto picks responses for xAI, chat completions elsewhere"
        ),
        Setting("color", values.one_of("auto", "always", "never"), "auto", "when to use colour"),
        Setting(
            "theme", values.theme, "default", "colours of rendered answers: a theme, a Pygments style, or a TOML file"
        ),
        Setting("pager", values.flag, default=False, help="show long text of grok render in a pager"),
        Setting(
            "accessible",
            values.flag,
            default=False,
            help="output for screen readers: only complete lines, no cursor movement, no columns",
        ),
        Setting(
            "notify", values.one_of("off", "bell", "desktop"), "off", "signal the end of a long answer and tool calls"
        ),
        Setting("notify_after", values.seconds, 10.0, "seconds after which an answer is long"),
        Setting("editing_mode", values.one_of("emacs", "vi"), "emacs", "key bindings of the line editor in grok chat"),
        Setting("shell", values.text, "", "shell that grok cmd writes commands for, instead of $SHELL"),
        Setting(
            "stdin_timeout",
            values.seconds,
            10.0,
            "seconds to wait for stdin beside a question when there is no terminal",
        ),
        Setting("idle_timeout", values.some_seconds, 300.0, "seconds without data after which grok gives up"),
        Setting(
            "retry_delay",
            values.seconds,
            1.0,
            "seconds before the first retry; doubled for each further one",
        ),
        Setting("proxy", values.text, "", "proxy, such as http://proxy.example:3128"),
        Setting(
            "ca_bundle",
            values.text,
            "",
            "file of certificate authorities to trust, instead of the usual ones",
        ),
        Setting("daily_budget", values.dollars, None, "most to spend in a day, in US$; then nothing is sent"),
        Setting("monthly_budget", values.dollars, None, "most to spend in a calendar month, in US$"),
        Setting("api_key_command", values.text, "", "command that prints the API key, such as: pass show xai"),
        Setting("local_model", values.text, "", "GGUF file for -m local, instead of the default model"),
        Setting("mcp_files", values.paths, "", "JSON files with the MCP servers of other programs (mcpServers)"),
    )
}

# The settings that a [models."…"] or [roles.…] section may contain.
SECTION_SETTINGS = {
    "models": ("system", "temperature", "max_tokens", "effort", "service_tier"),
    "roles": ("system", "model", "temperature", "max_tokens", "effort", "service_tier"),
}
# The other keys, of [mcp.…], are for `grokcli.config.mcp_servers`.
_MCP = "command args env cwd url headers authorization_env authorization_command allowed_tools called_by"
SECTION_KEYS = {**SECTION_SETTINGS, "mcp": tuple(_MCP.split())}
SECTIONS = (*SECTION_KEYS, "aliases")


class ResolvedSetting(NamedTuple):
    """A setting's value and where it came from: "flag", "role …", "environment …", "model …", the file, "default"."""

    value: Any
    source: str


class Settings:
    """The values of all settings and their sources. The file is read on first use."""

    def __init__(self, paths: Paths, environ: Mapping[str, str]) -> None:
        """Look for values in `environ` and in the file at `paths.settings`."""
        self.paths = paths
        self._environ = environ

    @cached_property
    def file(self) -> dict[str, Any]:
        """The content of the settings file, {} if there is none. Raises ConfigError if it cannot be read."""
        return read_toml(self.paths.settings)

    def find(self, name: str, flag: object = None, *, model: str = "", role: str | None = None) -> ResolvedSetting:
        """Return the value of setting `name`: `flag` unless it is None, else from the first source that has one.

        `model` and `role` add their sections to the sources. Raises ConfigError if a source has an invalid value, and
        UsageError if there is no such role.
        """
        setting = SETTINGS[name]
        if flag is not None:
            return ResolvedSetting(setting.checked(flag), "flag")
        for value, source in self._candidates(setting, model, role):
            if value is not None:
                return ResolvedSetting(_parse(setting, value, source), source)
        return ResolvedSetting(setting.default, "default")

    def value(self, name: str, flag: T | None = None, *, model: str = "", role: str | None = None) -> Any:
        """Return the result of `find` without the source."""
        return self.find(name, flag, model=model, role=role).value

    def model(self, flag: str | None, *, role: str | None = None) -> str:
        """Return the model to ask, with aliases resolved."""
        name = str(self.value("model", flag, role=role))
        aliases = self._section("aliases")
        return str(aliases.get(name, name))

    def warnings(self) -> list[str]:
        """Return a line for each unknown key in the file."""
        return [
            f"unknown setting {key!r} in {self.paths.settings}{_did_you_mean(key, known)}"
            for key, known in _unknown_keys(self.file)
        ]

    def problems(self) -> list[ConfigError]:
        """Return an error for each invalid value, including those in sections and those that are overridden."""
        asked: list[tuple[str, str, str | None]] = [(name, "", None) for name in SETTINGS]
        for section, names in SECTION_SETTINGS.items():
            tables = self.file.get(section)
            for table in tables if isinstance(tables, dict) else ():
                is_role = section == "roles"
                asked += [(name, "" if is_role else table, table if is_role else None) for name in names]
        found = {error.message: error for setting in asked for error in self._errors(*setting)}
        return list(found.values())

    def _errors(self, name: str, model: str, role: str | None) -> Iterator[ConfigError]:
        try:
            candidates = self._candidates(SETTINGS[name], model, role)
        except ConfigError as error:
            yield error
            return
        for value, source in candidates:
            try:
                if value is not None:
                    _parse(SETTINGS[name], value, source)
            except ConfigError as error:
                yield error

    def _candidates(self, setting: Setting, model: str, role: str | None) -> list[tuple[object, str]]:
        roles = self._role(role) if role else {}
        own = self._subsection("models", model)
        return [
            (roles.get(setting.name), f"role {role}"),
            (self._environ.get(setting.environment) or None, f"environment {setting.environment}"),
            (own.get(setting.name), f"model {model}"),
            (self.file.get(setting.name), str(self.paths.settings)),
        ]

    def _role(self, name: str) -> dict[str, Any]:
        """Return the section [roles.NAME]."""
        roles = self._section("roles")
        if name not in roles:
            hint = closest_hint(name, roles) or "add it to the settings: grok config edit"
            raise UsageError(f"there is no role {name!r}", hint=hint)
        return self._subsection("roles", name)

    def _subsection(self, section: str, name: str) -> dict[str, Any]:
        table = self._section(section).get(name, {}) if name else {}
        if not isinstance(table, dict):
            raise ConfigError(
                f"{name!r} in [{section}] of {self.paths.settings} must be a section",
                hint=f'write it as [{section}."{name}"]: grok config edit',
            )
        return table

    def _section(self, name: str) -> dict[str, Any]:
        section = self.file.get(name, {})
        if not isinstance(section, dict):
            raise ConfigError(f"[{name}] in {self.paths.settings} must be a section")
        return section


def _parse(setting: Setting, value: object, source: str) -> Any:
    try:
        return setting.parse(value)
    except ValueError as error:
        raise ConfigError(
            f"invalid value for {setting.name} in {source}: {_quoted(value)} ({error})", hint=_fix_hint(setting, source)
        ) from None


def _quoted(value: object) -> str:
    """Return a value for an error message: on one line, and shortened to QUOTED characters."""
    try:
        text = repr(value)
    except ValueError:  # Python does not convert integers of thousands of digits to text
        return "a number of thousands of digits"
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def _fix_hint(setting: Setting, source: str) -> str:
    """Return a hint on how to fix or remove an invalid value."""
    if source.startswith("environment"):
        return f"change or unset {setting.environment}"
    return f"run: grok config unset {setting.name}" if source.endswith(".toml") else "fix it with: grok config edit"


def _unknown_keys(file: dict[str, Any]) -> list[tuple[str, Iterable[str]]]:
    """Return each unknown key with the keys that are valid in its place."""
    unknown: list[tuple[str, Iterable[str]]] = [
        (key, (*SETTINGS, *SECTIONS)) for key in file if key not in SETTINGS and key not in SECTIONS
    ]
    for section, known in SECTION_KEYS.items():
        tables = file.get(section)
        for name, table in tables.items() if isinstance(tables, dict) else ():
            if isinstance(table, dict):
                unknown += [(f"{section}.{name}.{key}", known) for key in table if key not in known]
    return unknown


def _did_you_mean(key: str, known: Iterable[str]) -> str:
    hint = closest_hint(key.rpartition(".")[2], known)
    return f"; {hint}" if hint else ""


def closest_hint(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the known word closest to `word`, or None if none is close."""
    import difflib

    match = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {match[0]!r}?" if match else None


def key_path(key: str) -> tuple[str, ...]:
    """Return the path of `key` in the file: ("model",), ("aliases", "fast"), ("models", "grok-4.3", "temperature").

    Names in the middle may contain dots and quotes. Raises UsageError for an unknown key.
    """
    key = key.replace("-", "_") if "." not in key else key
    if key in SETTINGS:
        return (key,)
    section, _, rest = key.partition(".")
    if section == "aliases" and rest:
        return (section, rest.strip("\"'"))
    name, _, leaf = rest.rpartition(".")
    if section in SECTION_KEYS and name and leaf in SECTION_KEYS[section]:
        return (section, name.strip("\"'"), leaf)
    hint = closest_hint(key, SETTINGS) or f"settings: {', '.join(SETTINGS)}"
    raise UsageError(f"there is no setting {key!r}", hint=hint)
