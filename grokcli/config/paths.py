"""The paths of grok's files: settings, credentials, data and cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grokcli.errors import ConfigError
from grokcli.files import expand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Paths(NamedTuple):
    """The settings file, the credentials file, and the folders for data and cache."""

    settings: Path
    credentials: Path
    data: Path
    cache: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Paths:
        """Return the standard paths of this system, or those below `GROKCLI_HOME` if it is set. Raises ConfigError."""
        if home := environ.get("GROKCLI_HOME"):
            root = expand(home)
            config, data, cache = root / "config", root / "data", root / "cache"
        else:
            from platformdirs import PlatformDirs

            dirs = PlatformDirs("grokcli", appauthor=False)
            try:
                config, data, cache = dirs.user_config_path, dirs.user_data_path, dirs.user_cache_path
            except RuntimeError:
                hint = "set GROKCLI_HOME to a folder for the settings, the key and the conversations"
                raise ConfigError("cannot find your home folder", hint=hint) from None
        return cls(config / "config.toml", config / "credentials.toml", data, cache)
