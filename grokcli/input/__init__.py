"""The user's input: arguments and piped text, files, images."""
