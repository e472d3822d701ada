"""What the user has set: settings, key, and where they are kept."""
