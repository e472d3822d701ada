"""What the user hands in: words and piped text, files, images."""
