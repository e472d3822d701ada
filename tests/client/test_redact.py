"""What is masked and what is not: keys, not text."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import quote

import pytest
from language import KEY, leaked

from grokcli.client.redact import mask, redact

# The key of another server, which looks like nothing in particular, and one that is made of words.
OTHER = "sk_live.51H-other/server+key=="
WORDY = "my-company-development-key-2026"
STRANGER = "xai-" + "Zz9Yy8Xx7W" * 8  # looks like a key and is nobody's
LOGIN = "me:hunter2secret"

UNCHANGED = [
    "",
    "pip install xai-sdk-python",
    "pip install xai-sdk==1.21.0 xai-sdk[all]",
    "npm install @ai-sdk/xai xai-react-native-components-for-everyone",
    "https://imgen.x.ai/xai-imgen/xai-tmp-imgen-6f1d5f0e-5a53-4c57-b59a-9d5f58ddc98e.jpeg",
    "xai-tmp-imgen-….jpeg",
    "xai-org/xai-sdk-python, xai-proto, xai-cookbook.md",
    "xai-da39a3ee5e6b4b0d3255bfef95601890afd80709.tar.gz",
    f"xai-{hashlib.sha256(b'').hexdigest()}.whl",
    "a key looks like xai-… or xai-YOUR_KEY or xai-<key>",
    "export XAI_API_KEY=xai-...",
    "XAI-KEY, Xai-key, xai-",
    "ssh://git@github.com/xai-org/grok",
    "git@github.com:xai-org/grok-1.git",
    "git clone ssh://git@host:22/path/to/repository.git",
    "https://user@host/path",
    "https://user@host:8443/path?x=1",
    "https://host:8080/@alice/1",
    "https://registry.npmjs.org:443/@types/node@20",
    "http://localhost:11434/v1/models?owner=a@b.example",
    "http://[::1]:8080/@x",
    "https://example.com/a:b@c",
    "https://medium.com/@someone/a-title-with:colons",
    "mailto:someone@example.com",
    "docker pull ghcr.io/org/image:tag@sha256:0123",
    "ftp://ftp.example.org/pub",
    "Bearer of bad news, Bearer authentication, a Bearer token",
    "Authorization: Bearer YOUR_API_KEY",
    "-H 'Authorization: Bearer $XAI_API_KEY'",
    'headers = {"Authorization": f"Bearer {api_key}"}',
    'curl -H "Authorization: Bearer ${KEY}" https://api.x.ai/v1',
    "Authorization: Bearer <token>",
    "authorization: required, bearer-format: JWT",
    "the bearer authenticates with 2 factors",
    "RFC 6750 tells of Bearer tokens",
    "test, secret, development, company, server, other",
    "a development server of my company: key-less",
    "100% sure, %d items, %41, \\u00e9, C:\\Users\\me, \\\\host\\share",
    "commit 21da12b4c9d2b1f0e0de63a87ac3d3f7338de00 by a@b.example",
    "6f1d5f0e-5a53-4c57-b59a-9d5f58ddc98e",
    "sk***gA and xai-…b14o are masked already",
    "zwei Wörter … und mehr…",
    "\N{ZERO WIDTH SPACE}\N{SOFT HYPHEN}é👍\ttab\n",
    "SELECT * FROM keys WHERE id = 'xai-1' AND login = 'me:you'",
]


@pytest.mark.parametrize("text", UNCHANGED)
def test_text_stays_as_it_is(text):
    assert redact(text, (KEY, OTHER, WORDY, LOGIN, "none", "EMPTY", "")) == text


def percent_all(text):
    return "".join(f"%{ord(letter):02x}" for letter in text)


# Each way in which a secret may be written, `quote` being what URLs do.
FORMS = {
    "as it is": str,
    "in a URL": lambda key: f"https://x.invalid/?key={quote(key, safe='')}&n=1",
    "in a path": lambda key: f"/v1/{quote(key)}/x",
    "every letter in a URL": percent_all,
    "in JSON": json.dumps,
    "in JSON in JSON": lambda key: json.dumps(json.dumps({"key": key})),
    "in JSON of JavaScript": lambda key: key.replace("-", "\\u002d").replace("/", "\\/").replace("+", "\\u002B"),
    "as Python writes it": lambda key: repr(f"{key}'\""),
    "in bytes": lambda key: key.replace("-", "\\x2d"),
    "in a header": lambda key: f"Authorization: Bearer {key}",
    "after a line break in JSON": lambda key: json.dumps(f"\n{key}"),
    "within a word": lambda key: f"key{key}key",
    "twice": lambda key: f"{key}{key}",
    "with what is not seen": "\ufeff".join,
    "its beginning": lambda key: f"the key {key[:-9]}…",
    "its end": lambda key: f"… {key[9:]} is wrong",
    "its middle": lambda key: f"{key[4:-4]}",
    "a line for each half": lambda key: f"{key[: len(key) // 2]}\n{key[len(key) // 2 :]}",
    "the end of a longer cut in a URL": lambda key: quote(key, safe="")[:-10] + "…",
}


@pytest.mark.parametrize("key", [KEY, OTHER, WORDY, "abc+/" * 8 + "=", "quo\"ted\\back'slash-key-0123"])
@pytest.mark.parametrize("form", FORMS)
def test_a_known_key_is_masked_in_every_form_whole_and_in_part(form, key):
    written = redact(FORMS[form](key), (key, "none"))
    assert not leaked(key, written)
    assert not leaked(key, redact(f"said: {FORMS[form](key)}, and more", (key,)))


@pytest.mark.parametrize(
    "text",
    [
        STRANGER,
        f"({STRANGER})",
        f"key={STRANGER}&x",
        f'"\\n{STRANGER}"',
        f"xai-token-{STRANGER[4:]}",
        f"{STRANGER}.",
        f"Authorization: Bearer {OTHER}",
        f"'Proxy-Authorization': 'Basic {base64.b64encode(LOGIN.encode()).decode()}'",
        f'{{\\"authorization\\":\\"bearer {OTHER}\\"}}',
        "no such token: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij",
        "http://me:hunter2secret@proxy:3128",
        "http://me:hunter2%40secret@proxy:3128/x",
        "http://me:hunter2@secret@proxy:3128",
        "http://me:hunter2/secret@proxy:3128",
        "http://:hunter2secret@proxy",
        "socks5h://me:hunter2secret@proxy",
        "https://hunter2secret:x-oauth-basic@github.com/a/b",
        '"http://me:hunter2secret@proxy","http://host/"',
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    shown = redact(text)
    for secret in (STRANGER, OTHER, LOGIN, "eyJhbGciOiJIUzI1NiJ9"):
        assert not leaked(secret, shown)
    assert "hunter2" not in shown
    assert "…" in shown


def test_text_around_a_password_stays():
    text = "see http://{}@host:1/x?y=a@b and http://host:80/@me"
    assert redact(text.format("me:pw")) == text.format("…")


def test_a_login_is_masked_without_a_scheme_when_it_is_known():
    assert redact("via me:hunter2secret@proxy:3128", (LOGIN,)) == "via …@proxy:3128"
    assert redact("via me:hunter2%73ecret@proxy:3128", (LOGIN,)) == "via …@proxy:3128"
    assert redact("via me:pa@ss@proxy:3128", ("me:pa%40ss",)) == "via …@proxy:3128"


@pytest.mark.parametrize(
    ("secret", "hint"),
    [("xai-" + "a1" * 38 + "b14o", "xai-…b14o"), (OTHER, "…ey=="), ("k" * 19, "…"), ("user:a-very-long-password", "…")],
)
def test_a_hint_tells_keys_apart_and_no_more(secret, hint):
    assert mask(secret) == hint
    assert redact(f"the key {secret}!", (secret,)) == f"the key {hint}!"


def test_a_part_shows_nothing_and_its_cut_is_shown_once():
    assert redact(f"the key {KEY[:30]}…", (KEY,)) == "the key xai-…"
    assert redact(f"… {KEY[30:]}", (KEY,)) == "… …"


@pytest.mark.parametrize("secret", ["none", "EMPTY", "x", ""])
def test_short_secrets_are_none(secret):
    assert redact("none of the EMPTY boxes x", (secret,)) == "none of the EMPTY boxes x"


@pytest.mark.parametrize("text", ["\\", "\\\\x", "\\u", "%", "://a:", "Bearer ", "xai-"])
def test_no_repetition_takes_forever(text):
    """Not timed: half a million backslashes, each counted to the last one, would take an hour."""
    assert "test" not in redact(text * (500_000 // len(text)), (KEY,))
