"""A request for pictures, printed instead of sent: as it is (`--dry-run`), or as code that sends it (`--as`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from grokcli.client.wire import images as wire
from grokcli.client.wire.json_body import encode
from grokcli.turn.languages import as_json, curl, js_integer, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

# Anthropic's API makes no pictures.
ImageLanguage = Literal["curl", "python", "openai", "js"]
# The fields for which OpenAI's SDK has a parameter; others go into `extra_body`.
_OPENAI_PARAMETERS = ("model", "prompt", "n", "response_format")
_SAVE_PYTHON = """\
for number, picture in enumerate(made, 1):
    Path(f"picture-{number}.{picture.extension}").write_bytes(picture.content)
"""
_SAVE_OPENAI = """\
for number, picture in enumerate(answer.data, 1):
    Path(f"picture-{number}.jpg").write_bytes(base64.b64decode(picture.b64_json))
"""
_SAVE_JS = """\
for (const [index, picture] of answer.data.entries()) {
  await writeFile(`picture-${index + 1}.jpg`, Buffer.from(picture.b64_json, "base64"));
}
"""


class ImageCall(NamedTuple):
    """The arguments of `Images.request`, and the server. `images` are the URLs of the pictures to edit."""

    base_url: str
    model: str
    prompt: str
    n: int
    images: Sequence[str]
    options: dict[str, Any]

    @property
    def stream(self) -> bool:
        """Whether the answer is a stream, which pictures never are."""
        return False

    @property
    def endpoint(self) -> str:
        """The path of the request."""
        return wire.endpoint(self.images)

    @property
    def url(self) -> str:
        """The URL of the request."""
        return self.base_url + self.endpoint

    @property
    def content(self) -> bytes:
        """The exact bytes of the body."""
        options = {"n": self.n if self.n > 1 else None, **self.options}
        return encode(wire.build_request(self.model, self.prompt, options, self.images))

    @property
    def body(self) -> dict[str, Any]:
        """The body as the server parses it."""
        body: dict[str, Any] = json.loads(self.content)
        return body


def as_image_code(call: ImageCall, language: ImageLanguage) -> str:
    """Return a program that sends `call`; all but curl also save the pictures. Raises UsageError."""
    return {"curl": curl, "python": _python, "openai": _openai, "js": _js}[language](call)


def _python(call: ImageCall) -> str:
    options = {name: value for name, value in call.options.items() if value is not None}
    given = {"n": call.n if call.n > 1 else None, "images": list(call.images), "options": options}
    more = "".join(f"    {name}={literal(value, indent=len(name) + 5)},\n" for name, value in given.items() if value)
    return (
        "from pathlib import Path\n"
        "\n"
        "from grokcli import Client\n"
        "\n"
        f"client = Client(base_url={call.base_url!r})\n"
        "made = client.images.generate(\n"
        f"    {literal(call.prompt, indent=4)},\n    {call.model!r},\n{more}).made\n"
        f"{_SAVE_PYTHON}"
    )


def _openai(call: ImageCall) -> str:
    if call.images:
        # The SDK's own method for edits sends a form, which xAI does not take.
        sends = (
            "answer = client.post(\n"
            f'    "{call.endpoint}",\n    cast_to=ImagesResponse,\n    body={literal(call.body, indent=9)},\n)\n'
        )
    else:
        fields = {name: value for name, value in call.body.items() if name in _OPENAI_PARAMETERS}
        if others := {name: value for name, value in call.body.items() if name not in fields}:
            fields["extra_body"] = others
        lines = "".join(f"    {name}={literal(value, indent=len(name) + 5)},\n" for name, value in fields.items())
        sends = f"answer = client.images.generate(\n{lines})\n"
    return (
        "import base64\n"
        "import os\n"
        "from pathlib import Path\n"
        "\n"
        "from openai import OpenAI\n" + ("from openai.types import ImagesResponse\n" if call.images else "") + "\n"
        f'client = OpenAI(api_key=os.environ["XAI_API_KEY"], base_url={call.base_url!r})\n'
        f"{sends}{_SAVE_OPENAI}"
    )


def _js(call: ImageCall) -> str:
    body = as_json(json.loads(call.content, parse_int=js_integer)).replace('"__proto__":', '["__proto__"]:')
    path = as_json(call.endpoint)
    sends = f"client.post({path}, {{ body: {body} }})" if call.images else f"client.images.generate({body})"
    return (
        'import { writeFile } from "node:fs/promises";\n'
        "\n"
        'import OpenAI from "openai";\n'
        "\n"
        f"const client = new OpenAI({{ apiKey: process.env.XAI_API_KEY, baseURL: {as_json(call.base_url)} }});\n"
        f"const answer = await {sends};\n"
        f"{_SAVE_JS}"
    )
