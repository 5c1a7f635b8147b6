"""A small shop with the tags that real sites carry, and three ways to serve it.

Every vendor snippet is the vendor's own wording, shortened only in its arguments. What the shop
itself needs (session, CSRF token, script, stylesheet, picture, basket form) must work for every
visitor, whatever that visitor chose.
"""

from __future__ import annotations

import struct
import zlib
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.browser import frames, kinds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PROTECTED_HOST = "shop.example"
UNPROTECTED_HOST = "unprotected.example"
CACHED_HOST = "magazine.example"
"""The shop with pages that shared caches may keep."""
APP_HOST = "app.shop.example"
"""A host below the registrable domain, whose cookies may be of either."""

# Cookies of trackers, of every kind there is: the columns of the table that compares peers, and a partitioned one.
OLD_TRACKERS = {
    "_ga": "Path=/",
    "_gid": "Path=/; Domain=app.shop.example",
    "_fbp": "Path=/; Domain=shop.example",
    "_gcl_au": "Path=/shop",
    "_uetsid": "Path=/shop; Domain=shop.example",
    "_clck": "Path=/; Secure; HttpOnly",
    "__Host-_ga": "Path=/; Secure",
    "_hjSession_1": "Path=/; Secure; Partitioned; SameSite=None",
}
OLD_COOKIES = OLD_TRACKERS | {
    "session": "Path=/; Secure; HttpOnly",
    "csrftoken": "Path=/; Secure",
    "theme": "Path=/",
}

NECESSARY_COOKIES = frozenset({"session", "csrftoken"})

# Hosts that a browser with JavaScript contacts for a page when nothing protects it. The preload
# and prefetch links, the preconnect and the plain picture are among them; dns-prefetch is not, as
# a name that is only looked up reaches no server.
TRACKERS_WITH_SCRIPT = frozenset(
    {
        "connect.facebook.net",
        "fonts.googleapis.com",
        "fonts.gstatic.com",
        "px.ads.linkedin.com",
        "snap.licdn.com",
        "static.hotjar.com",
        "www.clarity.ms",
        "www.google-analytics.com",
        "www.googletagmanager.com",
        "www.youtube.com",
    }
)

# Without JavaScript nothing loads or preloads a script, but what stands in <noscript> is real.
TRACKERS_WITHOUT_SCRIPT = frozenset(
    {
        "fonts.googleapis.com",
        "fonts.gstatic.com",
        "px.ads.linkedin.com",
        "snap.licdn.com",
        "www.facebook.com",
        "www.googletagmanager.com",
        "www.youtube.com",
    }
)

# What the trackers' scripts of internet.SCRIPT_COOKIES write into the shop's own jar.
SCRIPTED_COOKIES = frozenset({"_ga", "_gid", "_fbp", "_hjSessionUser_1234567", "_clck"})

HEAD_TAGS = """\
<link rel="dns-prefetch" href="//script.hotjar.com">
<link rel="preconnect" href="https://fonts.googleapis.com">
<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>
<link href="https://fonts.googleapis.com/css2?family=Inter:wght@400;700&amp;display=swap" \
rel="stylesheet">
<link rel="preload" as="script" href="https://www.google-analytics.com/analytics.js">
<link rel="prefetch" href="https://snap.licdn.com/li.lms-analytics/insight.min.js">
<!-- Google Tag Manager -->
<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':
new Date().getTime(),event:'gtm.js'});var f=d.getElementsByTagName(s)[0],
j=d.createElement(s),dl=l!='dataLayer'?'&l='+l:'';j.async=true;j.src=
'https://www.googletagmanager.com/gtm.js?id='+i+dl;f.parentNode.insertBefore(j,f);
})(window,document,'script','dataLayer','GTM-ABC1234');</script>
<!-- End Google Tag Manager -->
<!-- Google tag (gtag.js) -->
<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABCDEF1234"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag(){dataLayer.push(arguments);}
  gtag('js', new Date());

  gtag('config', 'G-ABCDEF1234');
</script>
<script src="https://www.google-analytics.com/analytics.js" async></script>
<!-- Meta Pixel Code -->
<script>
!function(f,b,e,v,n,t,s)
{if(f.fbq)return;n=f.fbq=function(){n.callMethod?
n.callMethod.apply(n,arguments):n.queue.push(arguments)};
if(!f._fbq)f._fbq=n;n.push=n;n.loaded=!0;n.version='2.0';
n.queue=[];t=b.createElement(e);t.async=!0;
t.src=v;s=b.getElementsByTagName(e)[0];
s.parentNode.insertBefore(t,s)}(window, document,'script',
'https://connect.facebook.net/en_US/fbevents.js');
fbq('init', '1234567890123456');
fbq('track', 'PageView');
</script>
<noscript><img height="1" width="1" style="display:none"
src="https://www.facebook.com/tr?id=1234567890123456&ev=PageView&noscript=1"/></noscript>
<!-- End Meta Pixel Code -->
<!-- Hotjar Tracking Code -->
<script>
    (function(h,o,t,j,a,r){
        h.hj=h.hj||function(){(h.hj.q=h.hj.q||[]).push(arguments)};
        h._hjSettings={hjid:1234567,hjsv:6};
        a=o.getElementsByTagName('head')[0];
        r=o.createElement('script');r.async=1;
        r.src=t+h._hjSettings.hjid+j+h._hjSettings.hjsv;
        a.appendChild(r);
    })(window,document,'https://static.hotjar.com/c/hotjar-','.js?sv=');
</script>
<script type="text/javascript">
    (function(c,l,a,r,i,t,y){
        c[a]=c[a]||function(){(c[a].q=c[a].q||[]).push(arguments)};
        t=l.createElement(r);t.async=1;t.src="https://www.clarity.ms/tag/"+i;
        y=l.getElementsByTagName(r)[0];y.parentNode.insertBefore(t,y);
    })(window, document, "clarity", "script", "abcdefghij");
</script>
"""

BODY_START_TAGS = """\
<!-- Google Tag Manager (noscript) -->
<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-ABC1234"
height="0" width="0" style="display:none;visibility:hidden"></iframe></noscript>
<!-- End Google Tag Manager (noscript) -->
"""

EMBED = """\
<iframe width="560" height="315" src="https://www.youtube.com/embed/dQw4w9WgXcQ" \
title="How we fire our cups" allow="autoplay; encrypted-media" allowfullscreen></iframe>
"""

BODY_END_TAGS = """\
<img src="https://px.ads.linkedin.com/collect/?pid=12345&amp;fmt=gif" alt="" width="1" height="1">
"""

PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Kiln and Cup</title>
<link rel="icon" href="/cup.png">
<link rel="stylesheet" href="/shop.css">
{head_tags}<script src="/shop.js" defer></script>
</head>
<body>
{body_start_tags}<header>
<img id="logo" src="/cup.png" alt="" width="48" height="48">
<strong>Kiln and Cup</strong>
<nav aria-label="Shop"><a id="to-cups" href="/">Cups</a> <a id="to-bowls" href="/bowls">Bowls</a>
</nav>
</header>
<main>
<h1>{title}</h1>
<p>Stoneware, thrown by hand and fired with wood. Every piece is a little different.</p>
<form id="order" method="post" action="/basket">
<input type="hidden" name="csrf" value="{csrf}">
<button id="buy">Put into the basket</button> <output id="basket">{basket}</output>
</form>
{embed}</main>
<footer><p>Kiln and Cup, 4 Pottery Lane</p></footer>
{body_end_tags}</body>
</html>
"""

SCRIPT = """\
document.documentElement.dataset.shopScript = "ran";
document.getElementById("basket").title = "counted by the shop's own script";
"""

STYLESHEET = """\
body { margin: 0; font: 18px/1.5 "Inter", "DejaVu Sans", sans-serif; color: #2b2118; }
header, main, footer { max-width: 44rem; margin: 0 auto; padding: 1rem; }
header { display: flex; gap: 1rem; align-items: center; border-bottom: 3px solid #b5542b; }
header nav { margin-left: auto; }
h1 { color: #b5542b; }
#buy { font: inherit; padding: .4rem 1rem; }
iframe { max-width: 100%; border: 0; background: #eee5d8; }
"""

PRECONNECT_PAGE = b"""\
<!doctype html>
<title>Nothing but a preconnect</title>
<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>
"""

# What an application has kept for a purpose, on a page for everybody; scripts run in their order.
KEPT_PAGE = b"""\
<!doctype html>
<html lang="en"><head><title>Kept</title><link rel="icon" href="/cup.png"></head><body>
<output id="basket">0</output>
<template data-privacy="analytics"><p id="kept">For those who allow it</p><script src="/shop.js"></script>\
<script>document.title = document.documentElement.dataset.shopScript + " before"</script></template>
<template data-privacy="media"><p id="other">For others</p></template>
</body></html>
"""

# No inline script, no inline style, no other host: a page whose policy a banner must not break.
STRICT_CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def shop(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The shop, unprotected. Its pages set the session and CSRF cookies on the first visit."""
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "POST", "/basket":
            return _put_into_basket(environ, start_response)
        case _, "/":
            page = _page(environ, "Cups", tagged=True)
        case _, "/bowls":
            page = _page(environ, "Bowls", tagged=True)
        case _, "/shop/cart":
            page = _page(environ, "Cart", tagged=False)
        case _, "/privacy":
            page = _page(environ, "Privacy policy", tagged=False)
        case _, "/kinds":
            page = kinds.PAGE.encode()
        case _, "/kept":
            page = KEPT_PAGE
        case _, "/widgets":
            page = kinds.WIDGETS.encode()
        case _, ("/frames" | "/frames/strict" | "/spellings") as path:
            page = frames.PAGES[path].encode()
        case _, "/preconnect":
            page = PRECONNECT_PAGE
        case _, "/strict":
            page = _page(environ, "Strict", tagged=False)
            policy = [("Content-Security-Policy", STRICT_CSP)]
            return _send(start_response, "text/html; charset=utf-8", page, policy)
        case _, "/shop.js":
            return _send(start_response, "text/javascript", SCRIPT.encode())
        case _, "/shop.css":
            return _send(start_response, "text/css", STYLESHEET.encode())
        case _, "/cup.png":
            return _send(start_response, "image/png", _one_coloured_png(48, b"\xb5\x54\x2b"))
        case _:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is no such page in this shop.\n"]
    return _send(start_response, "text/html; charset=utf-8", page, _necessary_cookies(environ))


def protected_shop() -> WSGIApplication:
    """The shop behind the middleware, set up as its README would have it."""
    from privacy_mw.wsgi import PrivacyMiddleware

    return PrivacyMiddleware(
        shop, secret_key="x" * 40, policy_url="/privacy", services={"google-fonts": "functional"}
    )


def cached_shop() -> WSGIApplication:
    """The shop as a content delivery network would have it: pages for everybody, without cookies."""
    from privacy_mw.wsgi import PrivacyMiddleware

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *exc_info: object) -> object:
            kept = [field for field in headers if field[0] != "Set-Cookie"]
            return start_response(status, [*kept, ("Cache-Control", "public, max-age=60")])

        return shop(environ, start)  # type: ignore[arg-type]

    return PrivacyMiddleware(
        app, secret_key="x" * 40, policy_url="/privacy", services={"google-fonts": "functional"}
    )


def shop_with_a_past(lines: Iterable[str]) -> WSGIApplication:
    """The protected shop, and an address from the time before it was: it sets what it likes."""
    protected = protected_shop()
    headers = [("Content-Type", "text/plain"), *(("Set-Cookie", line) for line in lines)]

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/before":
            return protected(environ, start_response)
        start_response("200 OK", headers)
        return [b""]

    return app


def _page(environ: WSGIEnvironment, title: str, *, tagged: bool) -> bytes:
    page = PAGE.format(
        title=title,
        csrf="token-of-this-visitor",
        basket=_cookies(environ).get("session", "0"),
        head_tags=HEAD_TAGS if tagged else "",
        body_start_tags=BODY_START_TAGS if tagged else "",
        embed=EMBED if tagged else "",
        body_end_tags=BODY_END_TAGS if tagged else "",
    )
    return page.encode()


def _cookies(environ: WSGIEnvironment) -> dict[str, str]:
    jar = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    return {name: morsel.value for name, morsel in jar.items()}


def _necessary_cookies(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    if _cookies(environ).keys() >= NECESSARY_COOKIES:
        return []
    return [
        ("Set-Cookie", "session=0; Path=/; Secure; HttpOnly; SameSite=Lax"),
        ("Set-Cookie", "csrftoken=token-of-this-visitor; Path=/; Secure; SameSite=Lax"),
    ]


def _put_into_basket(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Counts in the session cookie, for a visitor whose form and cookie hold the same token."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
    cookies = _cookies(environ)
    if parse_qs(body).get("csrf") != [cookies.get("csrftoken")]:
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"The form and the cookie do not belong together.\n"]
    count = int(cookies["session"]) + 1
    headers = [
        ("Location", "/"),
        ("Set-Cookie", f"session={count}; Path=/; Secure; HttpOnly; SameSite=Lax"),
    ]
    start_response("303 See Other", headers)
    return [b""]


def _send(
    start_response: StartResponse,
    content_type: str,
    body: bytes,
    more_headers: Iterable[tuple[str, str]] = (),
) -> Iterable[bytes]:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), *more_headers]
    start_response("200 OK", headers)
    return [body]


def _one_coloured_png(side: int, rgb: bytes) -> bytes:
    rows = (b"\x00" + rgb * side) * side
    size = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = (_png_chunk(b"IHDR", size), _png_chunk(b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + _png_chunk(b"IEND", b"")


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
