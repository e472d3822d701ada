"""The user's configuration: settings, API key, and the paths of their files."""
