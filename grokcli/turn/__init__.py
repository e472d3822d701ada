"""One question and its answer, for `grok ask` and `grok chat` alike."""
