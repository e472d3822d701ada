"""The text of documents, for servers that accept only text."""

from __future__ import annotations

import shlex
from typing import Any

from grokcli.client.extras import DOCUMENTS, install_command
from grokcli.errors import UsageError

# Commands that convert documents whose text we cannot extract.
_CONVERSIONS = {
    "pdf": "pdftotext {name}",
    "pptx": "libreoffice --headless --convert-to pdf {name}",
    "xlsx": "libreoffice --headless --convert-to csv {name}",
}
_PANDOC = "pandoc -t plain -o {stem}.txt {name}"


def document_text(name: str, suffix: str, content: bytes) -> str:
    """Return the text of the document `name` of the kind `suffix`. Raises UsageError if it cannot be extracted."""
    if suffix == ".pdf":
        return _pdf_text(name, content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            f"{name} cannot be sent: this model takes text only", hint=f"convert it first: {_conversion(name, suffix)}"
        ) from None


def _conversion(name: str, suffix: str) -> str:
    template = _CONVERSIONS.get(suffix.removeprefix("."), _PANDOC)
    return template.format(name=shlex.quote(name), stem=shlex.quote(name.removesuffix(suffix)))


def _pdf_text(name: str, content: bytes) -> str:
    try:
        import pypdf
    except ImportError:
        raise UsageError(
            f"{name} cannot be sent: this model takes text only, and pypdf, which reads PDFs, is not installed",
            hint=f"convert it first: {_conversion(name, '.pdf')}; or install it: {install_command(DOCUMENTS)}",
        ) from None
    text = _pages(pypdf, name, content)
    if not text.strip():
        raise UsageError(
            f"{name} contains no text: its pages are pictures", hint="use a model of xAI's, which reads pictures too"
        )
    return text


def _pages(pypdf: Any, name: str, content: bytes) -> str:
    import logging
    from io import BytesIO

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs every oddity of a file that it can read
    try:
        return "\n\n".join(page.extract_text().strip() for page in pypdf.PdfReader(BytesIO(content)).pages)
    except pypdf.errors.FileNotDecryptedError:
        raise UsageError(
            f"{name} is encrypted", hint="decrypt it first: qpdf --decrypt --password=… in.pdf out.pdf"
        ) from None
    except Exception as error:  # noqa: BLE001  # on damaged files the parser may raise anything
        raise UsageError(
            f"{name} cannot be read: {type(error).__name__}", hint=f"convert it first: {_conversion(name, '.pdf')}"
        ) from None
