"""Images attached to a prompt."""

from __future__ import annotations

from typing import IO

from grokcli.chat import Part, image
from grokcli.errors import UsageError, reason
from grokcli.files import expand

# The API accepts images of up to 20 MiB each (API digest, section 11): JPEG and PNG; WebP in edits (API additions,
# section 4) and, by xAI's protocol definitions alone, in questions, where a server that does not will say so.
MAX_IMAGE_BYTES = 20 * 1024 * 1024
EXAMPLE = 'grok ask -i - "what is this?" < photo.jpg'
SENDABLE = ("image/png", "image/jpeg", "image/webp")


def read_images(sources: list[str], stdin: IO[bytes] | None, *, example: str = EXAMPLE) -> list[Part]:
    """Return the image at each source (see `read_image`) as a message part; "-" means `stdin`.

    Raises UsageError, with `example` as its hint if there is no image on stdin.
    """
    if sources.count("-") > 1:
        raise UsageError("only one image can be read from stdin", hint="leave out one -i -")
    return [_image("stdin", _piped(stdin, example)) if source == "-" else read_image(source) for source in sources]


def read_image(source: str) -> Part:
    """Return the image at `source`, a path or a URL, as a message part; the server fetches URLs. Raises UsageError."""
    if source.startswith(("http://", "https://")):
        return image(source)
    path = expand(source)
    try:
        with path.open("rb") as file:
            return _image(source, file.read(MAX_IMAGE_BYTES + 1))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}") from None


def _piped(stdin: IO[bytes] | None, example: str) -> bytes:
    content = b"" if stdin is None or stdin.isatty() else stdin.read(MAX_IMAGE_BYTES + 1)
    if not content:
        raise UsageError("no image on stdin", hint=f"pipe one in: {example}")
    return content


def _image(name: str, content: bytes) -> Part:
    """Return `content`, the image from the source `name`, as a message part."""
    from grokcli.client.images import picture_type

    kind = picture_type(content)
    if kind not in SENDABLE:
        what = (
            f"{kind.partition('/')[2].upper()}, but the API accepts only PNG, JPEG and WebP"
            if kind
            else "not a PNG, JPEG or WebP image"
        )
        hint = "convert it first: magick old new.png" if kind else None
        if kind == "application/pdf":
            hint = f"attach it with -f: grok ask -f {name}"
        raise UsageError(f"{name} is {what}", hint=hint)
    if len(content) > MAX_IMAGE_BYTES:
        raise UsageError(
            f"{name} is larger than {MAX_IMAGE_BYTES >> 20} MiB, the limit for images",
            hint="make it smaller: magick old.png -resize 50% new.jpg",
        )
    import base64

    return image(f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}")
