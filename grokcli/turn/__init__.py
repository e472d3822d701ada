"""One prompt and its answer, for both `grok ask` and `grok chat`."""
