"""The ASGI door: messages as servers and applications send them."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Mount, Route

from privacy_mw.asgi import PrivacyMiddleware
from tests.shops import HELD_SCRIPT, PAGE, SECRET

PLAIN: dict[str, Any] = {"secret_key": SECRET, "banner": False, "privacy_link": False}
HELD = PAGE.replace(b'<script src="https://www.google-analytics.com/analytics.js">', HELD_SCRIPT)
START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
TEXT = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}


def body(data: Any = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


def exchanged(*messages: Any, scope: dict[str, Any] | None = None, **settings: Any) -> list[Any]:
    """What a server is sent when the application sends ``messages``."""
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    async def send(message: Any) -> None:
        sent.append(message)

    given = {"type": "http", "path": "/", "headers": [(b"host", b"shop.example")]} | (scope or {})
    asyncio.run(PrivacyMiddleware(app, **(PLAIN | settings))(given, _nothing_to_receive, send))
    return sent


def got(app: Any, path: str) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://shop.example") as client:
            return await client.get(path)

    return asyncio.run(get())


async def _nothing_to_receive() -> Any:
    raise AssertionError("the middleware has no business receiving")


def page_of(sent: list[Any]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize(
    "chunks",
    [[PAGE], [PAGE[:70], PAGE[70:]], [bytes([byte]) for byte in PAGE], [PAGE, b""], [b"", PAGE]],
)
def test_a_page_in_any_messages_is_rewritten_the_same(chunks: list[bytes]) -> None:
    last = len(chunks) - 1
    sent = exchanged(START, *(body(chunk, more=i < last) for i, chunk in enumerate(chunks)))

    assert page_of(sent) == HELD
    assert [message["type"] for message in sent] == [START["type"], *(["http.response.body"] * len(chunks))]
    assert [message["more_body"] for message in sent[1:]] == [True] * last + [False]
    lengths = [value for name, value in sent[0]["headers"] if name == b"content-length"]
    assert lengths == ([str(len(HELD)).encode()] if last == 0 else [])


def test_the_first_chunk_leaves_before_the_second_is_sent() -> None:
    order: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(body(b"<!doctype html><p>1", more=True))
        order.append("second")
        await send(body(b"2"))

    async def send(message: Any) -> None:
        order.append(message.get("body", b"head").decode() if "body" in message else "head")

    scope = {"type": "http", "path": "/", "headers": []}
    asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, send))

    assert order == ["head", "<!doctype html><p>1", "second", "2"]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-type", b"application/json"), (b"X-Odd", b"\xff")],
        ((b"content-type", b"text/event-stream"),),
        [[b"content-type", b"image/png"]],
        [],
    ],
)
def test_what_is_no_page_is_forwarded_at_once_and_as_it_is(headers: Any) -> None:
    sent: list[Any] = []
    seen: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        seen.append(len(sent))
        await send(body(PAGE))

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": []}
    asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, send))

    assert seen == [1]
    assert sent[0]["headers"] == [tuple(field) for field in headers]
    assert sent[1] == body(PAGE)


def test_headers_may_come_from_a_generator_or_not_at_all() -> None:
    def fields() -> Iterator[tuple[bytes, bytes]]:
        yield b"content-type", b"text/plain"

    assert exchanged({**TEXT, "headers": fields()}, body())[0]["headers"] == TEXT["headers"]
    assert exchanged({"type": "http.response.start", "status": 204}, body())[0]["headers"] == []


def test_the_applications_own_messages_are_not_changed() -> None:
    start = {**START, "headers": [(b"content-type", b"text/html"), (b"set-cookie", b"_ga=1")]}
    message = body(memoryview(PAGE))

    sent = exchanged(start, message)

    assert page_of(sent) == HELD
    assert start["headers"] == [(b"content-type", b"text/html"), (b"set-cookie", b"_ga=1")]
    assert bytes(message["body"]) == PAGE


def test_messages_nobody_knows_are_forwarded_in_order() -> None:
    hint = {"type": "http.response.early_hint", "links": []}
    debug = {"type": "http.response.debug", "info": {}}
    trailers = {"type": "http.response.trailers", "headers": [(b"digest", b"x"), (b"a", b"b")]}

    sent = exchanged(hint, {**START, "trailers": True}, debug, body(PAGE), trailers)

    kinds = [message["type"].rpartition(".")[2] for message in sent]
    assert kinds == ["early_hint", "start", "debug", "body", "trailers"]
    assert sent[-1]["headers"] == [(b"a", b"b")]


def test_a_page_sent_as_a_files_path_is_read_and_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE)
    pathsend = {"type": "http.response.pathsend", "path": str(path)}

    assert page_of(exchanged(START, pathsend)) == HELD
    assert exchanged(TEXT, pathsend)[1] is pathsend


@pytest.mark.parametrize(("offset", "count"), [(None, None), (9, None), (0, 60), (0, len(PAGE))])
def test_a_page_sent_as_an_open_file_is_read_as_far_as_was_asked(
    tmp_path: Path, offset: int | None, count: int | None
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE)
    asked = {key: value for key, value in (("offset", offset), ("count", count)) if value is not None}
    begin = offset or 0
    part = PAGE[begin : begin + count if count else None]

    with path.open("rb") as file:
        zerocopy = {"type": "http.response.zerocopysend", "file": file, **asked}
        sent = exchanged(START, zerocopy)
        assert exchanged(TEXT, zerocopy)[1] is zerocopy

    assert page_of(sent) == part.replace(PAGE[44:104], HELD[44 : 104 + len(HELD) - len(PAGE)])
    assert [message.get("more_body") for message in sent][-1] is False


@pytest.mark.parametrize("kind", ["lifespan", "something.new"])
def test_scopes_of_other_kinds_pass_with_the_same_objects(kind: str) -> None:
    seen: list[Any] = []

    async def app(*given: Any) -> None:
        seen.append(given)

    scope = {"type": kind}
    send: Callable[..., Any] = _nothing_to_receive
    asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, send))

    assert [tuple(map(id, given)) for given in seen] == [(id(scope), id(_nothing_to_receive), id(send))]


def test_an_error_of_the_application_travels_through_and_completes_nothing() -> None:
    error = ValueError("of the application")
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(body(b"<!doctype html><p>", more=True))
        raise error

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": []}
    with pytest.raises(ValueError, match="of the application") as caught:
        asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, send))

    assert caught.value is error
    assert [message.get("more_body") for message in sent] == [None, True]


def test_cookies_of_a_websocket_are_judged_in_both_directions() -> None:
    seen: list[Any] = []
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append([value for name, value in scope["headers"] if name == b"cookie"])
        await send(
            {"type": "websocket.accept", "headers": [(b"set-cookie", b"_ga=1"), (b"set-cookie", b"a=b")]}
        )
        await send({"type": "websocket.send", "text": "hello"})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"shop.example"), (b"cookie", b"a=b; _ga=1"), (b"cookie", b"_fbp=1")]
    scope = {"type": "websocket", "path": "/chat", "headers": headers}
    asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, send))

    assert seen == [[b"a=b"]]
    assert [value for name, value in sent[0]["headers"] if name == b"set-cookie"] == [b"a=b"]
    assert sent[1] == {"type": "websocket.send", "text": "hello"}


def test_the_scope_is_copied_and_what_routers_note_still_reaches_those_outside() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["route"] = "/"

    headers = [(b"cookie", b"_ga=1")]
    scope = {"type": "http", "path": "/", "headers": headers}
    asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, _never))

    assert scope == {"type": "http", "path": "/", "headers": [(b"cookie", b"_ga=1")], "route": "/"}


@pytest.mark.parametrize("enabled", [True, False])
def test_request_fields_that_can_be_read_only_once_still_reach_the_application(enabled: bool) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])

    fields = [(b"host", b"shop.example"), (b"Cookie", b"a=b")]
    scope = {"type": "http", "path": "/", "headers": iter(fields)}
    asyncio.run(PrivacyMiddleware(app, **PLAIN, enabled=enabled)(scope, _nothing_to_receive, _never))

    assert seen == fields


def test_names_in_other_letters_than_asgi_demands_are_read_and_kept() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["headers"], scope["privacy_mw"].signals.gpc))

    fields = [(b"Sec-GPC", b"1"), (b"Cookie", b"a=b; _ga=1"), (b"cookie", b"_ga=1"), (b"X-Odd", b"_ga=1")]
    scope = {"type": "http", "path": "/", "headers": fields}
    asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, _never))

    assert seen == [([(b"Sec-GPC", b"1"), (b"Cookie", b"a=b"), (b"X-Odd", b"_ga=1")], True)]


def test_a_start_in_other_letters_is_a_page_and_keeps_its_spelling() -> None:
    fields = [(b"Content-Type", b"text/html"), (b"Set-Cookie", b"a=1"), (b"SET-COOKIE", b"_ga=1")]
    sent = exchanged({**START, "headers": fields}, body(PAGE))

    assert page_of(sent) == HELD
    assert sent[0]["headers"][:2] == fields[:2]
    assert b"SET-COOKIE" not in dict(sent[0]["headers"])


def test_a_last_message_without_keys_ends_the_page() -> None:
    sent = exchanged(
        START, body(PAGE[:70], more=True), {**body(PAGE[70:], more=True)}, {"type": body()["type"]}
    )

    assert page_of(sent) == HELD
    assert [message.get("more_body") for message in sent[1:]] == [True, True, False]


def test_one_start_served_twice_gives_the_same_page_twice() -> None:
    assert exchanged(START, body(PAGE)) == exchanged(START, body(PAGE))


def test_a_file_between_other_parts_of_a_page_is_read_away_from_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(PAGE[9:])
    readers: set[int] = set()
    pread = os.pread

    def noted(*given: int) -> bytes:
        readers.add(threading.get_ident())
        return pread(*given)

    monkeypatch.setattr(os, "pread", noted)
    with path.open("rb") as file:
        zerocopy = {"type": "http.response.zerocopysend", "file": file, "offset": 0, "more_body": True}
        sent = exchanged(START, body(PAGE[:9], more=True), zerocopy, body(b"<!-- end -->"))

    assert page_of(sent) == HELD + b"<!-- end -->"
    assert [message["more_body"] for message in sent[1:]].count(False) == 1
    assert readers
    assert threading.get_ident() not in readers


def test_a_page_with_trailers_gets_no_length() -> None:
    sent = exchanged(
        {**START, "trailers": True}, body(PAGE), {"type": "http.response.trailers", "headers": []}
    )

    assert b"content-length" not in dict(sent[0]["headers"])
    assert sent[-1] == {"type": "http.response.trailers", "headers": []}


@pytest.mark.parametrize("start", [START, TEXT])
@pytest.mark.parametrize("error", [OSError("the client is gone"), asyncio.CancelledError()])
def test_what_send_raises_reaches_the_application_and_then_the_server(
    start: dict[str, Any], error: BaseException
) -> None:
    caught: list[BaseException] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await send(start)
            await send(body(PAGE))
        except BaseException as raised:
            caught.append(raised)
            raise

    async def send(message: Any) -> None:
        raise error

    scope = {"type": "http", "path": "/", "headers": []}
    with pytest.raises(type(error)):
        asyncio.run(PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, send))

    assert caught == [error]


def test_the_application_runs_in_the_callers_task_with_the_callers_receive() -> None:
    noted: ContextVar[str] = ContextVar("noted", default="")
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        noted.set("by the application")
        seen.append((receive, asyncio.current_task()))

    async def serve() -> str:
        scope = {"type": "http", "path": "/", "headers": []}
        await PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, _never)
        assert seen == [(_nothing_to_receive, asyncio.current_task())]
        return noted.get()

    assert asyncio.run(serve()) == "by the application"


def test_a_long_page_in_one_message_lets_others_run_in_between() -> None:
    turns: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(body(b"<p>tea</p>" * 200_000))

    async def send(message: Any) -> None:
        turns.append(-1)

    async def other() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def serve() -> None:
        task = asyncio.create_task(other())
        scope = {"type": "http", "path": "/", "headers": []}
        await PrivacyMiddleware(app, **PLAIN)(scope, _nothing_to_receive, send)
        task.cancel()

    asyncio.run(serve())

    assert turns.count(1) >= 2_000_000 // (64 * 1024)


def test_a_scope_with_a_mount_and_no_addresses_is_served_under_its_mount() -> None:
    scope = {
        "root_path": "/shop",
        "path": "/shop/teas",
        "server": None,
        "client": None,
        "http_version": "2",
    }

    page = page_of(exchanged(START, body(PAGE), scope=scope, banner=True, privacy_link=True))

    assert b'action="/shop/.privacy/choice"' in page
    assert b'name="return" value="/shop/teas"' in page


def test_a_refused_websocket_passes_but_for_refused_cookies() -> None:
    kind = "websocket.http.response"
    fields = [(b"content-type", b"text/html"), (b"set-cookie", b"_ga=1")]
    start = {"type": f"{kind}.start", "status": 403, "headers": fields}
    denied = {"type": f"{kind}.body", "body": PAGE}

    sent = exchanged(start, denied, scope={"type": "websocket"})

    assert sent[0]["headers"][0] == fields[0]
    assert b"set-cookie" not in dict(sent[0]["headers"])
    assert sent[1] is denied


def test_starlette_serves_pages_files_and_background_tasks_as_before(tmp_path: Path) -> None:
    done: list[str] = []
    path = tmp_path / "page.html"
    path.write_bytes(PAGE)
    seen: list[bool] = []

    async def page(request: Any) -> Response:
        seen.append(request.scope["privacy_mw"].allows("analytics"))
        return HTMLResponse(PAGE, background=BackgroundTask(done.append, "after the page"))

    async def file(request: Any) -> Response:
        return FileResponse(path)

    app = Starlette(routes=[Route("/", page), Mount("/shop", routes=[Route("/file", file)])])
    app.add_middleware(PrivacyMiddleware, **PLAIN)
    answers = [got(app, path).content for path in ("/", "/shop/file")]
    missing = got(app, "/nothing").status_code

    assert (answers, missing, done, seen) == ([HELD, HELD], 404, ["after the page"], [False])


def test_wrapped_twice_a_page_gets_one_banner() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(body(PAGE))

    wrapped = PrivacyMiddleware(PrivacyMiddleware(app, secret_key=SECRET), secret_key=SECRET)
    page = got(wrapped, "/").content

    assert page.count(b'id="privacy-mw-banner"') == 1


def test_a_form_without_length_is_read_no_further_than_the_limit() -> None:
    received: list[int] = []

    async def receive() -> Any:
        received.append(1)
        return {"type": "http.request", "body": b"x" * 5000, "more_body": True}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [
        (b"host", b"shop.example"),
        (b"sec-fetch-site", b"same-origin"),
        (b"content-type", b"application/x-www-form-urlencoded"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/.privacy/choice", "headers": headers}
    asyncio.run(PrivacyMiddleware(_never, **PLAIN)(scope, receive, send))

    assert (sent[0]["status"], len(received)) == (413, 2)


def test_a_client_that_leaves_while_sending_the_form_is_answered_nothing() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    headers = [(b"sec-fetch-site", b"same-origin"), (b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": "/.privacy/choice", "headers": headers}

    asyncio.run(PrivacyMiddleware(_never, **PLAIN)(scope, receive, _never))

    assert "privacy_mw" not in scope


async def _never(*given: Any) -> None:
    raise AssertionError("the application is not asked")
