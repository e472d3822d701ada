"""One file a subcommand: its signature, and what it does."""
