"""The text of documents, for servers that accept only text."""

from __future__ import annotations

import shlex
import warnings
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from grokcli.client.extras import EXCEL, PDF, WORD, install_command
from grokcli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Commands that convert documents whose text we cannot extract.
_CONVERSIONS = {
    "pdf": "pdftotext {name}",
    "pptx": "libreoffice --headless --convert-to pdf {name}",
    "xlsx": "libreoffice --headless --convert-to csv {name}",
}
_PANDOC = "pandoc -t plain -o {stem}.txt {name}"
# A ZIP of a few kilobytes can unpack to gigabytes.
MAX_UNPACKED_BYTES = 200 << 20


class _Reader(NamedTuple):
    """How the text of one kind of document is extracted: by which package, which is in the extra `documents`."""

    package: str
    requirement: str
    kind: str
    text: Callable[[Any, BytesIO], str]


def document_text(name: str, suffix: str, content: bytes) -> str:
    """Return the text of the document `name` of the kind `suffix`. Raises UsageError if it cannot be extracted."""
    if suffix in _READERS:
        return _read(_READERS[suffix], name, suffix, content)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            f"{name} cannot be sent: this model takes text only", hint=f"convert it first: {_conversion(name, suffix)}"
        ) from None


def _read(reader: _Reader, name: str, suffix: str, content: bytes) -> str:
    conversion = f"convert it first: {_conversion(name, suffix)}"
    try:
        package = import_module(reader.package)
    except ImportError:
        what = f"{reader.package}, which reads {reader.kind}, is not installed"
        raise UsageError(
            f"{name} cannot be sent: this model takes text only, and {what}",
            hint=f"{conversion}; or install it: {install_command(reader.requirement)}",
        ) from None
    try:
        _check_unpacked_size(name, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # every oddity of a file that can be read
            text = reader.text(package, BytesIO(content))
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001  # on damaged files the parsers may raise anything
        if type(error).__name__ == "FileNotDecryptedError":
            hint = "decrypt it first: qpdf --decrypt --password=… in.pdf out.pdf"
            raise UsageError(f"{name} is encrypted", hint=hint) from None
        raise UsageError(f"{name} cannot be read: {type(error).__name__}", hint=conversion) from None
    if not text.strip():
        raise _no_text(name, suffix)
    return text


def _no_text(name: str, suffix: str) -> UsageError:
    if suffix != ".pdf":
        return UsageError(f"{name} contains no text")
    return UsageError(
        f"{name} contains no text: its pages are pictures", hint="use a model of xAI's, which reads pictures too"
    )


def _conversion(name: str, suffix: str) -> str:
    template = _CONVERSIONS.get(suffix.removeprefix("."), _PANDOC)
    return template.format(name=shlex.quote(name), stem=shlex.quote(name.removesuffix(suffix)))


def _check_unpacked_size(name: str, content: bytes) -> None:
    """Raise UsageError if an archive would unpack to too much; no member yields more than it declares."""
    import zipfile

    if not content.startswith(b"PK"):
        return
    with zipfile.ZipFile(BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise UsageError(f"{name} unpacks to more than {MAX_UNPACKED_BYTES >> 20} MiB", hint="attach a part of it")


def _pdf(pypdf: Any, file: BytesIO) -> str:
    import logging

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs every oddity
    return "\n\n".join(page.extract_text().strip() for page in pypdf.PdfReader(file).pages)


def _word(mammoth: Any, file: BytesIO) -> str:
    """Return the paragraphs of a document, with a blank line between them."""
    return str(mammoth.extract_raw_text(file).value).strip("\n")


def _excel(openpyxl: Any, file: BytesIO) -> str:
    """Return the sheets of a workbook as CSV, each below its name if there are several."""
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    sheets = [(str(sheet.title), _csv(_rows(sheet))) for sheet in book.worksheets]
    filled = [(title, text) for title, text in sheets if text]
    return "\n".join(f"# {title}\n{text}" if len(filled) > 1 else text for title, text in filled)


def _rows(sheet: Any) -> Iterable[list[Any]]:
    """Yield the rows that are not empty, without the empty cells at their ends."""
    sheet.reset_dimensions()  # what the file says of them may be wrong
    for row in sheet.iter_rows(values_only=True):
        length = next((number for number in range(len(row), 0, -1) if row[number - 1] is not None), 0)
        if length:
            yield list(row[:length])


def _csv(rows: Iterable[list[Any]]) -> str:
    import csv
    from io import StringIO

    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


_READERS = {
    ".pdf": _Reader("pypdf", PDF, "PDFs", _pdf),
    ".docx": _Reader("mammoth", WORD, "Word documents", _word),
    ".xlsx": _Reader("openpyxl", EXCEL, "Excel workbooks", _excel),
}
