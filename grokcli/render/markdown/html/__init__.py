"""Markdown as HTML: the same blocks and the same inline markup as on a terminal, in elements instead of rows.

Everything of the text is escaped, no element loads anything, and only http, https and mailto can be links. The markup
is also well-formed XML.
"""
