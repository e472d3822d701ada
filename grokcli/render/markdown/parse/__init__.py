"""Lines into blocks."""
