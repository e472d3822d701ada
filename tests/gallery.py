"""A page of pictures of rendered documents, to look at: python tests/gallery.py FOLDER

Writes an SVG for each document, dark and light, 80 and 120 columns wide, and index.html with all of them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyte
from picture import DARK, LIGHT, Palette, Picture, Screen

from grokcli.render.markdown import Terminal, render

WIDTHS = (80, 120)
PALETTES = {"dark": DARK, "light": LIGHT}
LONG = "https://www.reuters.com/technology/artificial-intelligence/some-very-long-title-of-an-article-2026-11-21/"

DOCUMENTS = {
    "headings": """# First level
Text under it, with **bold**, *italic*, ~~struck~~ and `code`.
## Second level
### Third level: `code` in it
- a bullet
- another with `code`
  1. a number
  2. another
#### Fourth level
##### Fifth level
###### Sixth level
A paragraph that is long enough to wrap on a terminal of eighty columns, and so shows how lines follow one another.
""",
    "citations": f"""The central bank left rates unchanged on Thursday [[1]]({LONG})[[2]](https://apnews.com/article/x1), while
analysts had expected a cut [[3]](https://www.ft.com/content/0a1b2c3d). See also <https://example.com> and
[the docs](https://docs.python.org/3/library/asyncio.html "asyncio"), https://de.wikipedia.org/wiki/K%C3%B6ln or
https://github.com/psf/requests/blob/main/src/requests/__init__.py for more.
""",
    "table": f"""| Library | Async | What it is good for | Source |
|---|:-:|---|---|
| requests | no | the simplest things, and scripts that call one server now and then | [site]({LONG}) |
| httpx | yes | both worlds; HTTP/2, timeouts by default, an interface that is known from requests | {LONG} |
| aiohttp | yes | servers and WebSockets | [docs](https://docs.aiohttp.org) |

| a | b |
|--:|---|
| 1 | short |
| 200 | rows |
""",
    "code": '''Install it, then run:

```python
@dataclass
class Client:
    """Talks to a server."""

    url: str = "https://api.x.ai"  # where it is

    def get(self, path: str, retries: int = 3) -> bytes | None:
        if retries < 1:
            raise ValueError(f"no tries left for {path!r}")
        return self._send("GET", path)
```

- in a list:
  ```bash
  for file in *.log; do grep -c "ERROR" "$file" || true; done
  ```

```html
<!-- a comment --><p class="x">text</p>
```

```
no language
```
''',
    "latex": r"""The area is \(17.5 \times 60\), so $x^2 \le \alpha_1$ and $E = mc^2$; the ratio $\frac{a+b}{2}$ goes \(\to \infty\).

$$
\sum_{i=1}^{n} x_i = \sqrt{\pi} \cdot \frac{1}{2} \\
y \approx 90^\circ
$$

\[
\begin{pmatrix} a & b \\ c & d \end{pmatrix}
\]

It costs $5, or $10 with H<sub>2</sub>O; the 4<sup>th</sup> is 10<sup>-3</sup> m<sup>2</sup>. In \(O(n \log n)\) time.
""",
    "notes": """> [!NOTE]
> Something useful, with `code`.

> [!TIP]
> A tip.

> [!IMPORTANT]
> Important.

> [!WARNING]
> A warning that is long enough to wrap on a terminal of eighty columns, to see that the bar goes on.

> [!CAUTION]
> - careful
> - here

> A plain quote
> > in a quote
""",
    "tasks": """To do:

- [x] write it
- [ ] test it, on a line that is long enough to wrap on a terminal of eighty columns, to see where it goes on
  - [ ] nested
- plain

1. [x] numbered
2. plain
10. ten

* loose

* items

  with a paragraph
""",
    "html": """<div align="center">
<img src="https://example.com/logo.png" alt="Logo" width="200">
<a href="https://pypi.org/p/x"><img src="https://img.shields.io/pypi/v/x.svg" alt="PyPI"></a>
</div>

<details>
<summary>More of it</summary>

Press <kbd>Ctrl</kbd>+<kbd>C</kbd> for <b>bold</b> and <i>italic</i>,<br>
a new line. ![A chart](https://example.com/chart.png) and <unknown attr="x">tag</unknown>

</details>

<think>
hm
</think>
""",
    "wide": """## 日本語の見出し
これは**「重要」**です。日本語の文章は、単語の間に空白がありませんので、行の折り返しは文字の間で行われます。詳しくは
https://example.com/日本語。

| 名前 | 数 |
|---|--:|
| りんご | 3 |
| みかん 🍊 | 12 |

- 👍🏽 emoji, 🇩🇪 flags, 👩‍👩‍👧 families
""",
    "answer": f"""### Summary

**httpx** is what I would take here:

1. It has *timeouts by default* [[1]](https://www.python-httpx.org/advanced/timeouts/).
2. It speaks HTTP/2.
   - with `http2=True`
   - and `pip install httpx[http2]`

> Note that 100 connections at once are the default.

---

### Next steps

- Read {LONG}
- Try it
""",
    "diff": """```diff
--- a/x.py
+++ b/x.py
@@ -1,2 +1,2 @@
-old = 1
+new = 2
 same
```

```json
{"name": "grok", "count": 42, "ok": true, "none": null}
```

```sql
SELECT name, count(*) FROM answers WHERE x = 'y' -- comment
GROUP BY name;
```

```yaml
services:
  web: {image: "nginx:1.27"} # comment
```
""",
    "narrow": f"""| Country | Capital | Population | Area in km² | Language | Currency | Government |
|---|---|--:|--:|---|---|---|
| Germany | Berlin | 84,000,000 | 357,022 | German | Euro | federal parliamentary republic |
| Switzerland | Bern | 8,700,000 | 41,285 | German, French, Italian, Romansh | Swiss franc | directorial republic |

| Key | Value |
|---|---|
| url | {LONG} |
""",
}


def picture(name: str, columns: int, palette: Palette) -> str:
    """Return one document as SVG."""
    screen = Screen(columns, 80)
    stream = pyte.Stream(screen)

    class Out:
        encoding = "utf-8"

        def write(self, text: str) -> None:
            stream.feed(text)

        def flush(self) -> None:
            pass

    render(DOCUMENTS[name], Out(), Terminal(size=lambda: (columns, 80), colors="standard"))  # type: ignore[arg-type]
    return Picture(screen, f"{name}, {columns} columns", palette).svg()


def main() -> None:
    """Write the pictures and the page."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    page = ["<!doctype html><meta charset=utf-8><title>Gallery</title>"]
    for name in DOCUMENTS:
        for columns in WIDTHS:
            for shade, palette in PALETTES.items():
                file = folder / f"{name}-{columns}-{shade}.svg"
                file.write_text(picture(name, columns, palette), "utf-8")
                page.append(f'<img src="{file.name}" alt="{file.stem}">')
    (folder / "index.html").write_text("\n".join(page), "utf-8")
    print(f"wrote {folder / 'index.html'}")


if __name__ == "__main__":
    main()
