"""Settings: one table, four sources. A flag wins over the environment, that over the file, that over the default.

The file is TOML and meant to be shared, so the key is not in it (see `grokcli.config.credentials`). Beside the settings
of the table it may hold sections: [models."grok-4.3"] for defaults of one model, [aliases] for short names of models,
[roles.reviewer] for a system prompt with its model and options.
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
    """One row of the table. `parse` turns what a file or the environment holds into the value, or raises ValueError."""

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
        """Return what the user typed as the value that it stands for. Raises UsageError."""
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
        Setting("theme", values.theme, "default", "colours of rendered answers"),
        Setting("editing_mode", values.one_of("emacs", "vi"), "emacs", "key bindings of the line editor in grok chat"),
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
    )
}

# What a [models."…"] or [roles.…] section may hold.
SECTION_SETTINGS = {
    "models": ("system", "temperature", "max_tokens", "effort", "service_tier"),
    "roles": ("system", "model", "temperature", "max_tokens", "effort", "service_tier"),
}
SECTIONS = (*SECTION_SETTINGS, "aliases")


class ResolvedSetting(NamedTuple):
    """A setting's value and where it came from: "flag", "role …", "environment …", "model …", the file, "default"."""

    value: Any
    source: str


class Settings:
    """What is set, by whom. The file is read when the first value is asked for."""

    def __init__(self, paths: Paths, environ: Mapping[str, str]) -> None:
        """Look for values in `environ` and in the file at `paths.settings`."""
        self.paths = paths
        self._environ = environ

    @cached_property
    def file(self) -> dict[str, Any]:
        """What the settings file holds; nothing when there is none. Raises ConfigError when it cannot be read."""
        return read_toml(self.paths.settings)

    def find(self, name: str, flag: object = None, *, model: str = "", role: str | None = None) -> ResolvedSetting:
        """Return the value of setting `name`: `flag` unless that is None, else from the sources in their order.

        `model` and `role` bring in their own sections. Raises ConfigError when a source holds something unusable, and
        UsageError when there is no such role.
        """
        setting = SETTINGS[name]
        if flag is not None:
            return ResolvedSetting(setting.checked(flag), "flag")
        for value, source in self._candidates(setting, model, role):
            if value is not None:
                return ResolvedSetting(_parse(setting, value, source), source)
        return ResolvedSetting(setting.default, "default")

    def value(self, name: str, flag: T | None = None, *, model: str = "", role: str | None = None) -> Any:
        """Return what `find` finds, without its source."""
        return self.find(name, flag, model=model, role=role).value

    def model(self, flag: str | None, *, role: str | None = None) -> str:
        """Return the model to ask, with aliases resolved."""
        name = str(self.value("model", flag, role=role))
        aliases = self._section("aliases")
        return str(aliases.get(name, name))

    def warnings(self) -> list[str]:
        """Return a line for each key in the file that means nothing."""
        return [
            f"unknown setting {key!r} in {self.paths.settings}{_did_you_mean(key, known)}"
            for key, known in _unknown_keys(self.file)
        ]

    def problems(self) -> list[ConfigError]:
        """Return an error for each value that cannot be used, also in the sections and where another value wins."""
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
    """Return a value as an error names it: long enough to be known again, on one line."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write whole numbers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"


def _fix_hint(setting: Setting, source: str) -> str:
    """Return how a value that cannot be used is got rid of."""
    if source.startswith("environment"):
        return f"change or unset {setting.environment}"
    return f"run: grok config unset {setting.name}" if source.endswith(".toml") else "fix it with: grok config edit"


def _unknown_keys(file: dict[str, Any]) -> list[tuple[str, Iterable[str]]]:
    """Return each key that means nothing, beside those that would mean something in its place."""
    unknown: list[tuple[str, Iterable[str]]] = [
        (key, (*SETTINGS, *SECTIONS)) for key in file if key not in SETTINGS and key not in SECTIONS
    ]
    for section, known in SECTION_SETTINGS.items():
        tables = file.get(section)
        for name, table in tables.items() if isinstance(tables, dict) else ():
            if isinstance(table, dict):
                unknown += [(f"{section}.{name}.{key}", known) for key in table if key not in known]
    return unknown


def _did_you_mean(key: str, known: Iterable[str]) -> str:
    import difflib

    match = difflib.get_close_matches(key.rpartition(".")[2], list(known), 1)
    return f"; did you mean {match[0]!r}?" if match else ""


def closest_hint(word: str, known: Iterable[str]) -> str | None:
    """Return a hint that names the known word nearest to `word`, or None when none is near."""
    import difflib

    match = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {match[0]!r}?" if match else None


def key_path(key: str) -> tuple[str, ...]:
    """Return where `key` lives in the file: ("model",), ("aliases", "fast"), ("models", "grok-4.3", "temperature").

    Names in the middle may hold dots and quotes. Raises UsageError for a key that means nothing.
    """
    key = key.replace("-", "_") if "." not in key else key
    if key in SETTINGS:
        return (key,)
    section, _, rest = key.partition(".")
    if section == "aliases" and rest:
        return (section, rest.strip("\"'"))
    name, _, leaf = rest.rpartition(".")
    if section in SECTION_SETTINGS and name and leaf in SECTION_SETTINGS[section]:
        return (section, name.strip("\"'"), leaf)
    hint = closest_hint(key, SETTINGS) or f"settings: {', '.join(SETTINGS)}"
    raise UsageError(f"there is no setting {key!r}", hint=hint)
