"""Documents of every kind that the API reads, as small as they can be."""

from __future__ import annotations

import io
import zipfile


def pdf(text: str) -> bytes:
    """Return a PDF of one page."""
    drawn = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
            b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
    ]
    out, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 5\n0000000000 65535 f \n"
    return out + head + table + b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def word(*paragraphs: str) -> bytes:
    """Return a Word document of these paragraphs."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return archive(word__document_xml=f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'.encode())


def excel(**sheets: list[list[object]]) -> bytes:
    """Return an Excel workbook of these sheets, each a list of rows."""
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(out)
    return out.getvalue()


def archive(**members: bytes) -> bytes:
    """Return a ZIP with these members; `__` in a name is a slash, `_` a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_", "."), content)
    return out.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS = {
    "pdf": (pdf("Profits doubled."), "application/pdf"),
    "docx": (archive(word__document_xml=b"<w/>"), f"{OFFICE}.wordprocessingml.document"),
    "pptx": (archive(ppt__presentation_xml=b"<p/>"), f"{OFFICE}.presentationml.presentation"),
    "xlsx": (archive(xl__workbook_xml=b"<x/>"), f"{OFFICE}.spreadsheetml.sheet"),
    "epub": (archive(mimetype=b"application/epub+zip"), "application/epub+zip"),
    "odt": (archive(mimetype=b"application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
}
