"""One page on which every kind of element asks a tracker's host, each for a path with its own name."""

from __future__ import annotations

_KINDS = {
    "script": "<script src='{}'></script>",
    "module": "<script type='module' src='{}'></script>",
    "stylesheet": "<link rel='stylesheet' href='{}'>",
    "preload": "<link rel='preload' as='image' href='{}'>",
    "modulepreload": "<link rel='modulepreload' href='{}'>",
    "image": "<img src='{}' alt=''>",
    "pixel": "<img id='pixel' src='{}' width='1' height='1' alt=''>",
    "srcset": "<img srcset='{} 1x' alt=''>",
    "picture": "<picture><source srcset='{}'><img src='/cup.png' alt=''></picture>",
    "poster": "<video poster='{}'></video>",
    "frame": "<iframe src='{}'></iframe>",
    "srcdoc": "<iframe srcdoc='&lt;img src={} alt=&gt;'></iframe>",
    "object": "<object data='{}' type='image/png'></object>",
    "embed": "<embed src='{}' type='image/png'>",
    "svg-image": "<svg width='9' height='9'><image width='9' height='9' href='{}'/></svg>",
    "svg-script": "<svg><script href='{}'/></svg>",
    "style": "<p style='background: url({})'>a</p>",
    "sheet": "<p id='sheet'>b</p><style>#sheet {{ background: url({}) }}</style>",
    "import": "<style>@import '{}';</style>",
    "input": "<input type='image' src='{}' alt=''>",
    "background": "<table background='{}'><tr><td>c</td></tr></table>",
    "lazy": "<img data-src='{}' alt=''>",
    "inline": (
        "<script>(function(d){{var s=d.createElement('script');s.src='{}';d.head.appendChild(s)}})(document)</script>"
    ),
    "odd": "<svg><title><img src='{}' alt=''></title></svg>",
}
HOST = "www.google-analytics.com"
# An address that the catalogue knows as a script, because an inline loader names it.
PATHS = {kind: f"/analytics.js/{kind}" for kind in _KINDS}
LAZY_LOADER = "document.querySelectorAll('[data-src]').forEach(e => { e.src = e.dataset.src })"
PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Kinds</title></head><body><h1>Kinds</h1>"
    + "".join(markup.format(f"https://{HOST}{PATHS[kind]}") for kind, markup in _KINDS.items())
    + f"<script>{LAZY_LOADER}</script></body></html>"
)

WIDGETS = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Talk</title>"
    "<script async src='https://connect.facebook.net/en_US/sdk.js'></script></head><body><h1>Talk</h1>"
    "<div class='fb-comments' data-numposts='5'></div>"
    "<h2>More talk</h2><div id='disqus_thread'></div>"
    "<script src='https://tea.disqus.com/embed.js'></script></body></html>"
)
"""Elements that scripts fill, and one that draws where it stands."""
