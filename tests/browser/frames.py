"""Two pages: frames of a video service under many styles, and one address in spellings that browsers read."""

from __future__ import annotations

from tests.browser import kinds

VIDEO_HOST = "www.youtube.com"
_FRAME = f"<iframe src='https://{VIDEO_HOST}/embed/x' title='Kiln &amp; fire'{{}}></iframe>"
_STYLED = {
    "plain": _FRAME.format(""),
    "attributes": _FRAME.format(" width=400 height=200"),
    "percent": _FRAME.format(" style='width: 50%; height: 10em'"),
    "ratio": _FRAME.format(" style='width: 100%; aspect-ratio: 16 / 9'"),
    "limited": _FRAME.format(" width=2000 height=200 style='max-width: 300px'"),
    "boxed": _FRAME.format(" style='display: block; border: 9px solid; padding: 7px; margin: 5px auto'"),
    "class": _FRAME.format(" class='wide'"),
    "id": _FRAME.format(" id='tall'"),
    "fills": f"<div class='ratio'>{_FRAME.format('')}</div>",
    "flex": f"<div class='row'><p>a</p>{_FRAME.format('')}</div>",
    "absolute": _FRAME.format(" style='position: absolute; right: 3px; width: 90px; height: 80px'"),
    "turned": _FRAME.format(" style='transform: rotate(9deg) scale(.5)'"),
    "named": _FRAME.format(" name=film sandbox='allow-scripts' loading=lazy allowfullscreen"),
    "object": f"<object data='https://{VIDEO_HOST}/embed/x' width=300 height=90></object>",
    "embed": f"<embed src='https://{VIDEO_HOST}/embed/x' class='wide'>",
    "hidden": _FRAME.format(" style='display: none'"),
}
_PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Frames</title><style>.wide { width: 80%;"
    " height: 120px } #tall { height: 400px } .ratio { position: relative; padding-bottom: 56.25% } .ratio iframe {"
    " position: absolute; inset: 0; width: 100%; height: 100% } .row { display: flex } .row iframe { flex: 1 }"
    "</style></head><body><h1>Frames</h1>"
    + "".join(f"<div data-style='{name}'>{markup}</div>" for name, markup in _STYLED.items())
    + "</body></html>"
)
# What a site with these videos and a strict policy says.
_POLICY = (
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'self'; form-action 'self'; base-uri 'none'; "
    f'frame-src https://{VIDEO_HOST}; object-src https://{VIDEO_HOST}">'
)

_SPELLINGS = {
    "unquoted": "<img src=/\\{}>",
    "no-slashes": "<img src=http:{}>",
    "one-slash": "<img src=http:/{} alt=''>",
    "many-slashes": "<img src='https:////{}' alt=''>",
    "upper": "<IMG SRC='HTTPS://{}'>",
    "references": "<img src=https:&#47&#x2F{}>",
    "named": "<img src='https&colon;&sol;&bsol;{}' alt=''>",
    "newline": "<img src='ht\ntps:/\t/{}' alt=''>",
    "escape": "<p style='background: url(\\2f\\2f {})'>a</p>",
    "entity": '<p style="background: url(&quot;//{}&quot;)">b</p>',
    "sheet": "<p id='c'>c</p><style>#c {{ background: url('https:\\/\\/{}') }}</style>",
    "import": "<style>@import/* a */'\\68ttps:\\2f/{}';</style>",
    "drawing": "<svg><script href='/shop.js'><img src='//{}' alt=''>",
    "behind": "<img src='//{}' alt=''>",
}
PATHS = {name: f"/analytics.js/{name}" for name in _SPELLINGS}
_SPELLINGS_PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Spellings</title></head><body><h1>Spellings</h1>"
    + "".join(markup.format(f"{kinds.HOST}/analytics.js/{name}") for name, markup in _SPELLINGS.items())
)
PAGES = {
    "/frames": _PAGE,
    "/frames/strict": _PAGE.replace("<meta", _POLICY + "<meta", 1),
    "/spellings": _SPELLINGS_PAGE,
}
