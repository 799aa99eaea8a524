# Copyright 2026 live_mvp_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parts of pages that need nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c20; background: #fff; margin: 0 auto;
  max-width: 60rem; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.verdict { padding: .6rem 1rem; border-left: .4rem solid #009e73; background: #eef7f4; }
.verdict.no { border-color: #d55e00; background: #fbf1ea; }
img { max-width: 100%; height: auto; } figure { margin: 0; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .8rem
  .2rem 0; border-bottom: 1px solid #e4e4e8; vertical-align: top; } th { font-weight: 600; }
table.results { width: auto; } table.results td { padding-right: 2rem; }
code { font: 13px/1.4 ui-monospace, monospace; word-break: break-word; }
details { margin-top: .5rem; } .small { color: #60606a; font-size: 13px; }
"""


def text(value: object) -> str:
    """Return a value as text, whatever it holds."""
    return html.escape(str(value))


def table(header: Iterable[object], rows: Iterable[Iterable[object]], kind: str = "") -> str:
    """Return a table of a style."""
    head = "".join(f"<th>{text(cell)}</th>" for cell in header)
    lines = ["<tr>" + "".join(f"<td>{text(c)}</td>" for c in row) + "</tr>" for row in rows]
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<table class="{kind}">{body}</table>'


def picture(words: str, content: bytes) -> str:
    """Return a PNG file inside of the page, with words for who cannot see it."""
    data = base64.b64encode(content).decode()
    return f'<figure><img alt="{text(words)}" src="data:image/png;base64,{data}"></figure>'


def document(title: str, parts: Iterable[str]) -> str:
    """Return a page; empty parts are left out."""
    body = "\n".join(part for part in (f"<h1>{text(title)}</h1>", *parts) if part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head>\n<body>\n{body}\n"
        "</body></html>\n"
    )
