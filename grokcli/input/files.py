"""Files and images that go along with a question."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

from grokcli.chat import Part, image
from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

# The API takes JPEG and PNG of up to 20 MiB each (API digest, section 11).
MAX_IMAGE_BYTES = 20 * 1024 * 1024
# More than the largest context, and than the largest image.
MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_PAGE_BYTES = 10 * 1024 * 1024
SENDABLE = ("image/png", "image/jpeg")


def read_files(sources: list[str]) -> list[tuple[str, str]]:
    """Return (tag, text) for each text file that `sources` name: files, folders, glob patterns and http(s) URLs.

    In folders, hidden files and files that are not text are passed over; a file that is named must be text. Raises
    UsageError for what cannot be read, NetworkError and APIError for pages.
    """
    return [(f'file path="{name}"', text) for source in sources for name, text in _texts(source)]


def read_text(source: str) -> str:
    """Return the text in the file at `source`. Raises UsageError."""
    return _decoded(source, _bytes(Path(source).expanduser()))


def _texts(source: str) -> Iterator[tuple[str, str]]:
    import glob

    if source.startswith(("http://", "https://")):
        from grokcli.client.download import fetch

        yield source, _decoded(source, fetch(source, MAX_PAGE_BYTES))
        return
    path = Path(source).expanduser()
    if path.is_dir():
        yield from _folder(path)
    elif path.exists() or not glob.has_magic(source):
        yield source, _decoded(source, _bytes(path))
    else:
        matches = sorted(Path(name) for name in glob.glob(str(path), recursive=True))
        if not matches:
            raise UsageError(f"nothing matches {source}")
        for match in matches:
            if match.is_file():
                yield str(match), _decoded(str(match), _bytes(match))


def _folder(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in inside.parts):
            continue
        try:
            yield str(path), _bytes(path).decode("utf-8")
        except UnicodeDecodeError:
            continue


def _bytes(path: Path) -> bytes:
    """Return what the file or pipe at `path` holds. Raises UsageError for devices and for more than a model takes."""
    try:
        with path.open("rb") as file:
            if stat.S_ISCHR(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{path} is a device, not a file")
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise UsageError(f"{path} has more than {MAX_FILE_BYTES >> 20} MiB", hint="send a part of it")
    return content


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        from grokcli.client.images import picture_type

        is_image = picture_type(content) in SENDABLE
        hint = "pictures go along with -i" if is_image else "convert it first: iconv -f latin1 -t utf-8"
        raise UsageError(f"{name} is not UTF-8 text (offset {error.start})", hint=hint) from None


def read_images(sources: list[str], stdin: IO[bytes] | None) -> list[Part]:
    """Return the image at each source (see `read_image`) as a part of a message; "-" is `stdin`. Raises UsageError."""
    if sources.count("-") > 1:
        raise UsageError("stdin holds one image", hint="name the others, or leave one -i - out")
    return [_image("stdin", _piped(stdin)) if source == "-" else read_image(source) for source in sources]


def read_image(source: str) -> Part:
    """Return the image at `source`, a path or a URL, as a part of a message; the server fetches what has a URL.

    Raises UsageError.
    """
    if source.startswith(("http://", "https://")):
        return image(source)
    path = Path(source).expanduser()
    try:
        with path.open("rb") as file:
            return _image(source, file.read(MAX_IMAGE_BYTES + 1))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None


def _piped(stdin: IO[bytes] | None) -> bytes:
    content = b"" if stdin is None or stdin.isatty() else stdin.read(MAX_IMAGE_BYTES + 1)
    if not content:
        raise UsageError("there is no image on stdin", hint='pipe one in: grok ask -i - "what is this?" < photo.jpg')
    return content


def _image(name: str, content: bytes) -> Part:
    """Return the image that `name` holds as a part of a message."""
    from grokcli.client.images import picture_type

    kind = picture_type(content)
    if kind not in SENDABLE:
        what = (
            f"{kind.partition('/')[2].upper()}, and the API takes PNG and JPEG" if kind else "not a PNG or JPEG image"
        )
        hint = "convert it first: magick old new.png" if kind else None
        raise UsageError(f"{name} is {what}", hint=hint)
    if len(content) > MAX_IMAGE_BYTES:
        raise UsageError(
            f"{name} has more than {MAX_IMAGE_BYTES >> 20} MiB, which is the most that an image may have",
            hint="make it smaller: magick old.png -resize 50% new.jpg",
        )
    import base64

    return image(f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}")
