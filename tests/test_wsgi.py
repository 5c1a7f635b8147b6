"""The WSGI door: PEP 3333 as servers and applications use it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest

from privacy_mw.wsgi import PrivacyMiddleware
from tests.shops import HELD_SCRIPT, PAGE, SECRET

HTML = [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE)))]
TEXT = [("Content-Type", "text/plain"), ("Content-Length", "2")]
HELD = PAGE.replace(b'<script src="https://www.google-analytics.com/analytics.js">', HELD_SCRIPT)
PLAIN: dict[str, Any] = {"secret_key": SECRET, "banner": False, "privacy_link": False}


class Server:
    """What a server does with an application, and what it was told, in order."""

    def __init__(self, app: Callable[..., Iterable[bytes]], *, writes: bool = True, **settings: Any) -> None:
        self.app = PrivacyMiddleware(app, **(PLAIN | settings))
        self.events: list[tuple[str, Any]] = []
        self._writes = writes

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        if exc_info and any(kind == "body" for kind, _ in self.events):
            raise exc_info[1]
        self.events.append(("head", (status, dict(headers))))
        return (lambda data: self.events.append(("body", data))) if self._writes else None

    def run(self, method: str = "GET", **environ: Any) -> Any:
        result = self.app(
            {"REQUEST_METHOD": method, "PATH_INFO": "/", "HTTP_HOST": "shop.example", **environ},
            self.start_response,
        )
        try:
            for item in result:
                self.events.append(("body", item))
        finally:
            if hasattr(result, "close"):
                result.close()
        return result

    @property
    def body(self) -> bytes:
        return b"".join(data for kind, data in self.events if kind == "body")

    @property
    def head(self) -> Any:
        return [data for kind, data in self.events if kind == "head"][-1]


class Body:
    """An iterable that counts how often it is closed."""

    def __init__(self, *items: bytes, error: Exception | None = None) -> None:
        self.items, self.error, self.closed = items, error, 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self.items
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed += 1


class ByIndex:
    """An iterable of old: it has nothing but ``__getitem__``."""

    def __init__(self, *items: bytes) -> None:
        self._items = items

    def __getitem__(self, index: int) -> bytes:
        return self._items[index]


def answering(body: Any, headers: list[tuple[str, str]] = HTML, status: str = "200 OK") -> Any:
    def app(environ: Any, start_response: Any) -> Any:
        start_response(status, headers)
        return body

    return app


def late(environ: Any, start_response: Any) -> Iterator[bytes]:
    yield b""
    start_response("200 OK", HTML)
    yield PAGE[:40]
    yield PAGE[40:]


def writing(environ: Any, start_response: Any) -> list[bytes]:
    write = start_response("200 OK", HTML)
    write(PAGE[:50])
    return [PAGE[50:]]


@pytest.mark.parametrize(
    "app",
    [
        answering([PAGE]),
        answering((PAGE[:30], PAGE[30:])),
        answering(iter([PAGE[:30], b"", PAGE[30:]])),
        answering(Body(PAGE)),
        answering(io.BytesIO(PAGE)),
        answering(FileWrapper(io.BytesIO(PAGE), 50)),
        answering(ByIndex(PAGE[:30], PAGE[30:])),
        late,
        writing,
    ],
)
def test_every_shape_of_a_body_gives_the_same_page(app: Any) -> None:
    server = Server(app)

    server.run()

    assert server.body == HELD
    assert server.head[1].get("Content-Length") in (None, str(len(HELD)))
    assert [kind for kind, _ in server.events].index("head") == (1 if app is late else 0)


@pytest.mark.parametrize("body", [[PAGE], (PAGE,), Body(PAGE)])
def test_a_body_known_at_once_gets_its_exact_length(body: Any) -> None:
    server = Server(answering(body))

    server.run()

    assert server.head[1]["Content-Length"] == str(len(HELD))


def test_the_first_byte_leaves_before_the_second_chunk_is_made() -> None:
    made: list[int] = []

    def chunks() -> Iterator[bytes]:
        for number in range(2):
            made.append(number)
            yield b"<!doctype html><body><p>%d" % number

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        return None

    app = PrivacyMiddleware(answering(chunks(), [("Content-Type", "text/html")]), **PLAIN)
    result = iter(app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, start_response))

    assert next(result) == b"<!doctype html><body><p>0"
    assert made == [0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (TEXT, "200 OK"),
        ([("Content-Type", "application/json")], "200 OK"),
        ([("Content-Type", "text/event-stream")], "200 OK"),
        ([("Content-Type", "text/htmlx")], "200 OK"),
        ([("Content-Type", "application/xhtml+xml")], "200 OK"),
        ([], "200 OK"),
        ([*HTML, ("Content-Disposition", 'Attachment; filename="a.html"')], "200 OK"),
        ([*HTML, ("Content-Encoding", "aes128gcm")], "200 OK"),
        ([*HTML, ("Content-Range", "bytes 0-1/9")], "206 Partial Content"),
        ([("Content-Type", "text/html; charset=utf-16")], "200 OK"),
        ([*HTML, ("Location", "/x")], "302 Found"),
        ([("ETag", '"x"')], "304 Not Modified"),
        ([], "204 No Content"),
        ([*HTML, ("X-Sendfile", "/a.html")], "200 OK"),
    ],
)
def test_what_is_no_page_is_handed_on_as_the_object_it_is(headers: Any, status: str) -> None:
    body = Body(b"ab")
    server = Server(answering(body, headers, status))

    assert server.run() is body
    assert (server.head, body.closed) == ((status, dict(headers)), 1)


def test_a_file_wrapper_of_no_page_stays_what_the_server_gave() -> None:
    wrapper = FileWrapper(io.BytesIO(b"ab"))

    assert Server(answering(wrapper, TEXT)).run() is wrapper


@pytest.mark.parametrize(
    "content_type", ["TEXT/HTML", " text/html", 'text/html;charset="utf-8"', "text/html;charset="]
)
def test_the_media_type_is_read_as_browsers_read_it(content_type: str) -> None:
    server = Server(answering([PAGE], [("Content-Type", content_type)]))

    server.run()

    assert server.body == HELD
    assert server.head[1]["Content-Type"] == content_type


def test_a_page_in_utf_16_by_its_mark_alone_passes_untouched() -> None:
    page = ("\ufeff" + PAGE.decode()).encode("utf-16-le")
    server = Server(answering([page], [("Content-Type", "text/html")]))

    server.run()

    assert server.body == page


@pytest.mark.parametrize("body", [Body(PAGE), Body(PAGE[:9], PAGE[9:]), Body()])
def test_close_is_called_once_at_the_end(body: Body) -> None:
    Server(answering(body)).run()

    assert body.closed == 1


def test_close_is_called_once_when_the_client_leaves() -> None:
    body = Body(PAGE[:9], PAGE[9:])
    server = Server(answering(body))
    result: Any = server.app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, server.start_response)

    next(iter(result))
    result.close()
    result.close()

    assert body.closed == 1


@pytest.mark.parametrize("items", [(), (PAGE,), (PAGE[:9],)])
def test_an_error_of_the_application_travels_through_unchanged(items: tuple[bytes, ...]) -> None:
    error = ValueError("of the application")
    body = Body(*items, error=error)

    with pytest.raises(ValueError, match="of the application") as caught:
        Server(answering(body, [("Content-Type", "text/html")])).run()

    assert caught.value is error
    assert body.closed == 1


@pytest.mark.parametrize("headers", [HTML, TEXT])
def test_an_error_while_closing_travels_through_and_close_is_not_called_again(headers: Any) -> None:
    class Unclosable(Body):
        def close(self) -> None:
            super().close()
            raise ValueError("while closing")

    body = Unclosable(PAGE)

    with pytest.raises(ValueError, match="while closing"):
        Server(answering(body, headers)).run()

    assert body.closed == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, GeneratorExit])
def test_what_ends_a_program_travels_through(error: type[BaseException]) -> None:
    def stopped() -> Iterator[bytes]:
        yield PAGE[:9]
        raise error

    with pytest.raises(error):
        Server(answering(stopped(), [("Content-Type", "text/html")])).run()


def test_a_page_without_end_is_given_item_by_item_and_closed_when_nobody_listens() -> None:
    ends: list[str] = []

    def progress() -> Iterator[bytes]:
        try:
            while True:
                yield b"<p>tea</p>"
        finally:
            ends.append("closed")

    server = Server(answering(progress(), [("Content-Type", "text/html")]))
    result: Any = server.app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, server.start_response)

    assert [next(result) for _ in range(1000)] == [b"<p>tea</p>"] * 1000
    assert ends == []
    result.close()
    assert ends == ["closed"]


def test_two_pages_pulled_in_turn_do_not_mix() -> None:
    def pulled() -> Iterator[bytes]:
        server = Server(answering(iter([PAGE[:60], PAGE[60:]]), [("Content-Type", "text/html")]))
        yield from server.app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, server.start_response)

    parts = list(zip(pulled(), pulled(), strict=True))

    assert [b"".join(part) for part in zip(*parts, strict=True)] == [HELD, HELD]


@pytest.mark.parametrize("length", ["XXX", "-1", " 12 ", "", "\xb2", "9" * 5000])
def test_a_length_that_is_none_is_passed_on_and_is_no_length_of_a_page(length: str) -> None:
    text = [("Content-Type", "text/plain"), ("Content-Length", length)]
    page = [("Content-Type", "text/html"), ("Content-Length", length)]

    plain, rewritten = Server(answering(Body(b"ab"), text)), Server(answering(Body(PAGE), page))
    plain.run()
    rewritten.run()

    assert (plain.head, plain.body) == (("200 OK", dict(text)), b"ab")
    assert ("Content-Length" in rewritten.head[1], rewritten.body) == (False, HELD)


def test_status_and_fields_keep_their_words_order_case_and_repetitions() -> None:
    fields = [
        ("X-b", "1"),
        ("Content-Type", "text/plain"),
        ("x-B", "\xff"),
        ("Set-Cookie", "a=1"),
        ("X-b", "1"),
    ]
    told: list[Any] = []

    def start_response(status: str, headers: Any, exc_info: Any = None, /) -> Any:
        told.append((status, [*headers]))
        headers.append(("Server", "of the server"))

    app = PrivacyMiddleware(answering([b"ab"], fields, "299 Odd"), **PLAIN)
    for _ in range(2):
        list(app({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, start_response))

    assert told == [("299 Odd", fields)] * 2


def test_the_application_gets_the_servers_own_streams_and_keys() -> None:
    given = {"wsgi.input": io.BytesIO(b"form"), "wsgi.errors": io.StringIO(), "custom.key": object()}
    seen: list[Any] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.append((type(environ), [environ[key] for key in given], environ["wsgi.input"].read()))
        start_response("200 OK", TEXT)
        return [b"ab"]

    Server(app).run("POST", **given)

    assert seen == [(dict, [*given.values()], b"form")]


def test_an_error_before_start_response_travels_through_unchanged() -> None:
    def app(environ: Any, start_response: Any) -> Any:
        raise StopIteration

    with pytest.raises(StopIteration):
        Server(app).run()


def test_an_error_page_replaces_a_head_that_has_not_left() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        try:
            raise ValueError
        except ValueError:
            start_response("500 Oops", [("Content-Type", "text/html")], sys.exc_info())
        return [PAGE]

    server = Server(app)
    server.run()

    assert server.head == ("500 Oops", {"Content-Type": "text/html", **_page_fields()})
    assert server.body == HELD


def test_plain_text_replaces_a_page_whose_head_has_not_left() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", HTML)
        try:
            raise ValueError
        except ValueError:
            start_response("500 Oops", TEXT, sys.exc_info())
        return [PAGE]

    server = Server(app)
    server.run()

    assert (server.head, server.body) == (("500 Oops", dict(TEXT)), PAGE)


def test_an_error_after_the_first_byte_is_raised_by_the_server() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        yield PAGE[:40]
        try:
            raise ValueError("too late")
        except ValueError:
            start_response("500 Oops", [], sys.exc_info())

    with pytest.raises(ValueError, match="too late"):
        Server(app).run()


def test_a_second_start_response_without_exc_info_is_an_error() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", TEXT)
        start_response("200 OK", TEXT)
        return []

    with pytest.raises(AssertionError, match="second time"):
        Server(app).run()


def test_a_server_without_write_serves_everything_but_write() -> None:
    Server(answering([PAGE]), writes=False).run()

    with pytest.raises(RuntimeError, match="iterable"):
        Server(writing, writes=False).run()


def test_the_applications_own_lists_are_not_changed() -> None:
    headers = [*HTML, ("ETag", '"v1"')]
    environ = {"HTTP_COOKIE": "_ga=1", "HTTP_HOST": "shop.example"}

    Server(answering([PAGE], headers)).run(**environ)

    assert headers == [*HTML, ("ETag", '"v1"')]
    assert environ == {"HTTP_COOKIE": "_ga=1", "HTTP_HOST": "shop.example"}


def test_wrapped_twice_a_page_gets_one_banner() -> None:
    inner = PrivacyMiddleware(answering([PAGE]), secret_key=SECRET)
    server = Server(inner, banner=True, privacy_link=True)

    server.run()

    assert server.body.count(b'id="privacy-mw-banner"') == 1


def test_the_application_finds_the_decision_in_its_environ() -> None:
    seen: list[Any] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ["privacy_mw.decision"].allows("analytics"))
        start_response("200 OK", TEXT)
        return [b"ab"]

    Server(app).run()
    Server(app, regime="opt-out").run()

    assert seen == [False, True]


@pytest.mark.parametrize("enabled", [False, lambda head: head.path != "/"])
def test_switched_off_it_hands_everything_through(enabled: Any) -> None:
    server = Server(answering([PAGE]), enabled=enabled)

    server.run()

    assert (server.body, server.head) == (PAGE, ("200 OK", dict(HTML)))


def test_head_loses_a_length_that_is_not_true_and_gets_no_body() -> None:
    server = Server(answering([], HTML))

    server.run("HEAD")

    assert (server.body, server.head[1]) == (b"", {"Content-Type": "text/html", **_page_fields()})


def _page_fields() -> dict[str, str]:
    return {"cache-control": "private", "vary": "Sec-GPC, DNT, Cookie"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("shape", ["list", "generator", "write", "late", "plain"])
def test_it_is_silent_under_the_validator_on_both_sides(method: str, shape: str) -> None:
    body = b"" if method == "HEAD" else PAGE
    headers = [("Content-Type", "text/plain" if shape == "plain" else "text/html")]

    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        if shape == "late":
            return lazily(start_response)
        write = start_response("200 OK", headers)
        if shape == "write":
            write(body)
            return [b""]
        return iter([body]) if shape == "generator" else [body]

    def lazily(start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", headers)
        yield body

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_COOKIE": "_ga=1; a=b",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if method == "POST":
        environ["CONTENT_LENGTH"] = "0"
    out: list[bytes] = []
    stack: Any = validator(PrivacyMiddleware(validator(app), **PLAIN))

    result = stack(environ, lambda status, fields, exc_info=None: out.append)
    out.extend(result)
    result.close()

    assert b"".join(out) == (body if shape == "plain" or not body else HELD)
