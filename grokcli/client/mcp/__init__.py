"""Servers of the Model Context Protocol that grok calls itself: on this machine, or over HTTP.

session = Session("github", Process("github", ["github-mcp"], environ))
session.open()
session.tools()                  what it offers, as it says it
session.call("search", {...})    the result, as it says it

A client of our own, of the four requests that tools need. The official package bounds neither the length of a line
nor what a server sends in all, writes what it cannot parse to stderr as it came, ends no server that outlives it when
grok is killed, takes proxies and certificates from elsewhere, and brings 25 packages (70 MB) along.

Source: the protocol's specification of 2025-11-25, "Lifecycle", "Transports" and "Tools".
"""
