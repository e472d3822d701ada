"""The interactive chat: a loop, what it keeps (session), how it reads lines, takes turns and obeys slash commands."""
