"""Conversations, stored in one SQLite file that several processes may write at once.

from grokcli.store.store import Store, title_of

with Store(path, warn) as store:
    conversation_id = store.create(model="grok-4.7", title=title_of(question))
    store.add(conversation_id, user(question))
    answer = store.begin_answer(conversation_id, model="grok-4.7")
    answer.write("The sky ")
    answer.finish(response.message(), finish_reason="stop", usage=response.usage, model=response.model)

Saving an answer never raises: the first error becomes a warning, and the store saves nothing after that. The operations
that a user asks for, such as reading, renaming and deleting, raise StoreError.
"""
