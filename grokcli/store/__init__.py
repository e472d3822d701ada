"""Conversations, kept in one SQLite file that several processes may write at once.

from grokcli.store.store import Store, title_of

with Store(path, warn) as store:
    conversation_id = store.create(model="grok-4.7", title=title_of(question))
    store.add(conversation_id, user(question))
    answer = store.begin_answer(conversation_id, model="grok-4.7")
    answer.write("The sky ")
    answer.finish(response.message(), finish_reason="stop", usage=response.usage, model=response.model)

What an answer needs never fails because of the store: a store that cannot be written costs one warning, and from then
on nothing is written. What a user asks of the store, reading, renaming, deleting, raises StoreError.
"""
