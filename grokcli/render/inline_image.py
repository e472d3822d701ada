"""Pictures inside a terminal, where it is known to show them."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grokcli.client.images import Picture

# As wide as this many cells: that fits every window, and the picture is in its file.
COLUMNS = 40
# The longest piece that kitty's protocol allows.
PIECE = 4096


def inline(picture: Picture, environ: Mapping[str, str]) -> str:
    """Return what shows the picture in the terminal that `environ` tells of; "" where that is not known to work."""
    # Between us and the terminal, these would print the bytes.
    if "TMUX" in environ or environ.get("TERM", "").startswith(("screen", "tmux", "dumb")):
        return ""
    encoded = b64encode(picture.content).decode("ascii")
    if environ.get("TERM_PROGRAM") in ("iTerm.app", "WezTerm"):
        size = len(picture.content)
        return f"\x1b]1337;File=inline=1;size={size};width={COLUMNS};preserveAspectRatio=1:{encoded}\x07\n"
    # kitty's protocol knows no JPEG.
    if picture.media_type == "image/png" and ("KITTY_WINDOW_ID" in environ or environ.get("TERM_PROGRAM") == "ghostty"):
        return "".join(_pieces(encoded)) + "\n"
    return ""


def _pieces(encoded: str) -> Iterator[str]:
    """Yield the commands of kitty's protocol: the first says what comes, each but the last that there is more.

    q=2 keeps the terminal from answering, which would look like typing.
    """
    for start in range(0, len(encoded), PIECE):
        control = f"a=T,f=100,q=2,c={COLUMNS}," if start == 0 else "q=2,"
        more = int(start + PIECE < len(encoded))
        yield f"\x1b_G{control}m={more};{encoded[start : start + PIECE]}\x1b\\"
