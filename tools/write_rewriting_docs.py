"""Writes docs/rewriting.md by running the rewriter: ``--check`` says whether it is as the code has it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

from privacy_mw import PrivacyConfig
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.html.scanner import MAX_HELD_TAG_BYTES, MAX_HELD_TEXT_BYTES
from privacy_mw.messages import RequestHead

INTRO = Path(__file__).with_name("rewriting_intro.md")
TARGET = Path(__file__).parents[1] / "docs" / "rewriting.md"
_PLACEHOLDER = re.compile(r'srcdoc="&lt;!DOCTYPE[^"]*"')
_LONG = "x" * MAX_HELD_TAG_BYTES
_PICTURE = re.compile(r'src="data:image/gif;base64,[^"]*"')


class Example(NamedTuple):
    """A kind of element, and markup that has it."""

    title: str
    markup: str


EXAMPLES = (
    Example(
        "An external script, classic or module",
        '<script async nonce="n1" src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>\n'
        '<script type="module" src="https://static.hotjar.com/c/hotjar-1.js"></script>',
    ),
    Example(
        "An inline loader",
        "<script>(function(d){var s=d.createElement('script');s.src='https://www.clarity.ms/tag/x';"
        "d.head.append(s)})(document)</script>",
    ),
    Example(
        "Links that fetch or connect",
        '<link rel="preconnect" href="https://www.google-analytics.com">\n'
        '<link rel="stylesheet" href="https://www.google-analytics.com/a.css">',
    ),
    Example(
        "A tracking pixel, and a picture that takes place",
        '<img src="https://www.facebook.com/tr?id=1&amp;ev=PageView" width="1" height="1" alt="">\n'
        '<img src="https://www.facebook.com/tr?id=1" width="300" alt="A chart">',
    ),
    Example(
        "A picture with sources",
        '<picture><source srcset="https://www.facebook.com/tr?id=1 2x"><img src="/cup.png" alt=""></picture>',
    ),
    Example("Image candidates", '<img src="/a.png" srcset="/a.png 1x, https://www.facebook.com/tr?id=1 2x">'),
    Example(
        "A frame",
        '<iframe width="560" height="315" src="https://www.youtube.com/embed/x" title="Brewing"></iframe>',
    ),
    Example(
        "A document in an attribute",
        "<iframe srcdoc='&lt;script src=https://www.google-analytics.com/ga.js>&lt;/script>'></iframe>",
    ),
    Example("A frame of a frameset", '<frameset><frame src="https://www.youtube.com/embed/x"></frameset>'),
    Example(
        "object and embed",
        '<object data="https://www.youtube.com/v/x" width="300" height="200"></object>\n'
        '<embed src="https://www.youtube.com/v/x" width="300" height="200">',
    ),
    Example(
        "An element that a refused script would have filled",
        '<div class="calendly-inline-widget" data-url="https://calendly.com/tea/tasting"></div>',
    ),
    Example(
        "A script that draws where it stands",
        '<body><div id="disqus_thread"></div>\n<script src="https://tea.disqus.com/embed.js"></script>',
    ),
    Example("Video and sound", '<video src="/tea.mp4" poster="https://www.facebook.com/tr?id=1"></video>'),
    Example(
        "Within a drawing",
        '<svg><image href="https://www.facebook.com/tr?id=1"/><script href="https://www.google-analytics.com/ga.js"/></svg>\n'
        '<svg><use href="https://www.facebook.com/tr?id=1#a"/></svg>',
    ),
    Example(
        "Style attributes and style elements",
        '<div style="background: url(https://www.facebook.com/tr?id=1)"></div>\n'
        "<style>@import 'https://www.google-analytics.com/a.css'; p { color: red }</style>",
    ),
    Example(
        "What a lazy loader on the page would load",
        '<div class="lazy" data-bg="https://www.facebook.com/tr?id=1"></div>',
    ),
    Example("Link pings", '<a href="/tea" ping="https://www.google-analytics.com/collect">Tea</a>'),
    Example(
        "noscript: what is left open in it is closed",
        '<noscript><img src="https://www.facebook.com/tr?id=1" width="1"></noscript>\n'
        '<noscript><!-- </noscript><img src="https://www.facebook.com/tr?id=1" width="1"> -->',
    ),
    Example(
        "A base on a refused host",
        '<base href="https://www.google-analytics.com/">\n<script src="ga.js"></script>',
    ),
    Example(
        "A stray end tag in a drawing",
        '<svg><g></div><style><img src="https://www.facebook.com/tr?id=1" width="1"></style>',
    ),
    Example(
        "A tag over the bound, whose address is too far away to be seen",
        f'<script data-state="{_LONG}" src="https://www.google-analytics.com/ga.js"></script>',
    ),
    Example(
        "What is left as it is",
        '<a href="https://www.facebook.com/tr?id=1">a link</a>\n'
        '<form action="https://www.google-analytics.com/collect"></form>\n'
        '<script type="application/ld+json">{"url": "https://www.google-analytics.com/ga.js"}</script>\n'
        "<script>// see https://www.google-analytics.com/ga.js</script>\n"
        '<meta http-equiv="refresh" content="5; url=https://www.youtube.com/">',
    ),
)


def main(arguments: list[str]) -> int:
    """The exit status."""
    intro = INTRO.read_text("utf-8").format(
        tag_kib=MAX_HELD_TAG_BYTES // 1024, text_kib=MAX_HELD_TEXT_BYTES // 1024
    )
    text = intro + "\n## Before and after\n" + "".join(map(_section, EXAMPLES))
    if "--check" in arguments:
        if TARGET.read_text("utf-8") == text:
            return 0
        print(f"{TARGET.name} is not what the code gives; run: make docs", file=sys.stderr)
        return 1
    TARGET.write_text(text, "utf-8")
    return 0


def _section(example: Example) -> str:
    sent = _rewritten(example.markup)
    shown = _PICTURE.sub('src="data:…"', _PLACEHOLDER.sub('srcdoc="…"', sent))
    after = "Unchanged.\n" if sent == example.markup else f"```html\n{shown}\n```\n"
    section = f"\n### {example.title}\n\n```html\n{example.markup}\n```\n\n{after}"
    return section.replace(_LONG, f"… {MAX_HELD_TAG_BYTES // 1024} KiB …")


def _rewritten(markup: str) -> str:
    config = PrivacyConfig(debug=True, banner=False, privacy_link=False)
    host = "shop.example"
    exchange = PrivacyEngine(config).open(
        RequestHead("GET", "https", host, "", "/", b"", {b"host": host.encode()})
    )
    assert isinstance(exchange, Exchange)
    exchange.start_response(200, [(b"content-type", b"text/html")])
    return (exchange.feed(markup.encode()) + exchange.finish()).decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
