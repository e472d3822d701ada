"""Many questions: read line by line, asked several at a time, and answered in a file that knows what is left to ask."""
