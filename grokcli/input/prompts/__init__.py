"""Saved prompts: files of markdown that become questions.

They are here, and not in `config`, because a prompt is text that the user hands in, as a file or stdin is: it ends in a
question. It also takes a terminal: the prompts of a folder are foreign text, which the user is asked about first.

`find` looks for one and `prompt_file` reads it, `front_matter` what stands above its text; `placeholders` puts in the
arguments, `consent` asks about foreign ones, `importing` copies those of other tools. `built_in` holds files, no code.
"""
