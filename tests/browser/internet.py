"""The whole internet on one loopback address, and a record of what a browser asked it.

Own sites are WSGI applications behind real TLS. Every other host answers as a tracker would: a
script that sets a first-party cookie and asks for a pixel, a frame, a stylesheet with a web font,
an image, each with a third-party cookie. Nothing here knows what privacy_mw is.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# A connection that Chromium opened in advance and never used is closed after this long, so that
# close() never waits longer for its thread. No answer here takes more than a few milliseconds.
IDLE_SECONDS = 10.0
QUIET_SECONDS = 0.3
"""A connection that a closed page still had in mind is opened within this time."""

# As root and without a screen; and without most requests of the browser's own.
QUIET_CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    # Whatever is left (ListAccounts and update2/json, 50 ms after each start) is sent to names
    # that resolve to nothing, instead of to Google's hosts, which a page may not contact unseen.
    "--gaia-url=https://gaia.browser.invalid",
    "--component-updater=url-source=https://components.browser.invalid/",
)
NOT_THE_PAGES_OWN = "MAP *.browser.invalid ~NOTFOUND"

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")

# The first-party cookie that each tracker's script sets through document.cookie.
SCRIPT_COOKIES = {
    "connect.facebook.net": "_fbp",
    "static.hotjar.com": "_hjSessionUser_1234567",
    "www.clarity.ms": "_clck",
    "www.google-analytics.com": "_gid",
    "www.googletagmanager.com": "_ga",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRequest:
    """One request that reached a server. ``path`` has the query; ``cookies`` holds names only."""

    scheme: str
    host: str
    method: str
    path: str
    cookies: frozenset[str]


class LoopbackInternet:
    """Two servers, TLS and plain, that play every host; start and stop them with ``with``.

    ``sites`` says which WSGI application answers for which host. A host that is in no request
    but in a TLS handshake (``<link rel="preconnect">``) has learned the visitor's address as well,
    so handshakes are written down too, by their server name.
    """

    def __init__(self, sites: Mapping[str, WSGIApplication]) -> None:
        self._sites = dict(sites)
        self._lock = threading.Lock()
        self._requests: list[AskedRequest] = []
        self._handshakes: list[str] = []
        certificate, self._public_key_hash = _certificate()
        self._tls = _Server(self._answer, self._tls_context(certificate))
        self._plain = _Server(self._answer, None)

    def __enter__(self) -> Self:
        self._tls.start()
        self._plain.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._plain.stop()
        self._tls.stop()

    def chromium_arguments(self) -> list[str]:
        """The flags with which every name leads here, whichever port a page asks for.

        The certificate is trusted by its key. Under --ignore-certificate-errors it would stay an
        error, and Chromium keeps no such answer in its cache: going back would test nothing.
        """
        plain, tls = (f"127.0.0.1:{server.port}" for server in (self._plain, self._tls))
        return [
            *QUIET_CHROMIUM,
            f"--host-resolver-rules={NOT_THE_PAGES_OWN}, MAP *:80 {plain}, MAP * {tls}",
            f"--ignore-certificate-errors-spki-list={self._public_key_hash}",
        ]

    def forget(self) -> None:
        with self._lock:
            self._requests.clear()
            self._handshakes.clear()

    def wait_until_everybody_left(self) -> None:
        """Wait for the end of every connection, which closing a browser context brings about.

        On a busy machine requests of a page that was closed are still on their way for a while.
        """
        deadline = time.monotonic() + IDLE_SECONDS
        quiet_since, seen = time.monotonic(), len(self._handshakes)
        while (now := time.monotonic()) < deadline and now - quiet_since < QUIET_SECONDS:
            if self._is_busy() or len(self._handshakes) != seen:
                quiet_since, seen = now, len(self._handshakes)
            time.sleep(0.02)

    def requests(self) -> tuple[AskedRequest, ...]:
        with self._lock:
            return tuple(self._requests)

    def contacted_hosts(self) -> frozenset[str]:
        """Every host that was sent a request or just a TLS handshake."""
        with self._lock:
            return frozenset(self._handshakes) | {request.host for request in self._requests}

    def _is_busy(self) -> bool:
        return self._plain.open_connections + self._tls.open_connections > 0

    def _tls_context(self, certificate: bytes) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(certificate)
            file.flush()
            context.load_cert_chain(file.name)
        context.sni_callback = self._write_down_handshake
        return context

    def _write_down_handshake(self, _sock: object, name: str | None, _context: object) -> None:
        with self._lock:
            self._handshakes.append(name or "(no server name)")

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _read_request(environ)
        with self._lock:
            self._requests.append(request)
        answer = self._sites.get(request.host, _answer_as_a_tracker)
        return answer(environ, start_response)


def _read_request(environ: WSGIEnvironment) -> AskedRequest:
    query = environ["QUERY_STRING"]
    return AskedRequest(
        scheme=environ["wsgi.url_scheme"],
        host=environ.get("HTTP_HOST", ""),
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"] + (f"?{query}" if query else ""),
        cookies=frozenset(SimpleCookie(environ.get("HTTP_COOKIE", ""))),
    )


def _answer_as_a_tracker(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    host = environ["HTTP_HOST"]
    content_type, body = _tracker_body(host, environ.get("HTTP_SEC_FETCH_DEST", "image"))
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "no-store"),
        ("Set-Cookie", "visitor=everywhere-the-same; Path=/; Secure; SameSite=None"),
    ]
    start_response("200 OK", headers)
    return [body]


def _tracker_body(host: str, destination: str) -> tuple[str, bytes]:
    """What a tracker's host sends for a Sec-Fetch-Dest; a prefetch (``empty``) gets the script."""
    match destination:
        case "script" | "empty":
            return "text/javascript", _tracker_script(host).encode()
        case "iframe" | "document":
            page = f"<!doctype html><title>{host}</title><p>Played from {host}</p>"
            return "text/html; charset=utf-8", page.encode()
        case "style":
            font = "@font-face { font-family: 'Inter'; src: url(https://fonts.gstatic.com/i.woff2) }"
            return "text/css", font.encode()
        case _:
            return "image/gif", GIF


def _tracker_script(host: str) -> str:
    cookie = SCRIPT_COOKIES.get(host, "tracked_by_script")
    return f"""
        document.cookie = "{cookie}=GA1.1.1234567890.1700000000; path=/; max-age=63072000";
        new Image().src = "https://{host}/pixel.gif?page=" + encodeURIComponent(location.href);
    """


def _certificate() -> tuple[bytes, str]:
    """A self-signed certificate with its key (PEM), and the hash that Chromium knows it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback internet")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, SHA256())
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public_key_hash = base64.b64encode(hashlib.sha256(public_key).digest()).decode()
    return certificate.public_bytes(Encoding.PEM) + key_pem, public_key_hash


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False  # close() waits for them: no socket outlives its test run

    def __init__(self, app: WSGIApplication, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _handler(is_tls=tls is not None))
        self.port = int(self.server_address[1])
        self.open_connections = 0
        self._counting = threading.Lock()
        self.set_app(app)
        self._tls = tls
        # 0.05 s: shutdown() waits for one such round, and the default of 0.5 s is felt.
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._count(+1)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self.open_connections += change

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread: one silent peer must not stop the others."""
        request.settimeout(IDLE_SECONDS)
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no news: ssl.SSLError and TimeoutError are OSErrors."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


def _handler(*, is_tls: bool) -> Callable[..., WSGIRequestHandler]:
    class Handler(WSGIRequestHandler):
        timeout = IDLE_SECONDS

        def get_environ(self) -> dict[str, Any]:
            environ = super().get_environ()
            environ["SERVER_NAME"] = environ.get("HTTP_HOST", "localhost")
            environ["SERVER_PORT"] = "443" if is_tls else "80"
            # wsgiref.util.guess_scheme reads the CGI variable to fill in wsgi.url_scheme.
            environ["HTTPS"] = "on" if is_tls else "off"
            return environ

        def log_message(self, format: str, *args: object) -> None:
            """The record is kept by LoopbackInternet."""

    return Handler
