"""The Django middleware, sync and async, with Django's own test clients."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import django
import pytest
from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from privacy_mw import ConfigError
from privacy_mw.contrib.django import PrivacyMiddleware
from privacy_mw.contrib.django.middleware import read_settings
from privacy_mw.engine import PrivacyEngine
from tests.shops import HELD_SCRIPT, PAGE

if not settings.configured:
    settings.configure(
        SECRET_KEY="d" * 50,
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="tests.test_django",
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        SESSION_COOKIE_NAME="basket_owner",
        INSTALLED_APPS=["django.contrib.sessions", "privacy_mw.contrib.django"],
        MIDDLEWARE=[
            "privacy_mw.contrib.django.PrivacyMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
        ],
        PRIVACY_MW={"POLICY_URL": "/privacy"},
        USE_TZ=True,
    )
    django.setup()

PLAIN = {"banner": False, "privacy_link": False}
DAY = 86400
NOW = 1_795_392_000
"""2026-11-23."""
IN_30_DAYS = "Wed, 23 Dec 2026 00:00:00 GMT"
HELD = PAGE.replace(b'<script src="https://www.google-analytics.com/analytics.js">', HELD_SCRIPT)


def page(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(PAGE)
    response["Content-Length"] = str(len(PAGE))
    response.set_cookie("_ga", "1", max_age=60)
    response.set_cookie("theme", "dark")
    response.delete_cookie("_fbp")
    return response


async def page_async(request: HttpRequest) -> HttpResponse:
    return page(request)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        yield PAGE[:60]
        yield PAGE[60:]

    return StreamingHttpResponse(chunks())


async def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield PAGE[:60]
        yield PAGE[60:]

    return StreamingHttpResponse(chunks())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(PAGE), content_type="text/html" if "page" in request.GET else "image/png")


def seen(request: HttpRequest) -> JsonResponse:
    decision = request.privacy  # type: ignore[attr-defined]
    facts = {"cookies": request.COOKIES, "analytics": decision.allows("analytics")}
    return JsonResponse(facts | {"gpc": request.headers.get("Sec-GPC"), "dnt": request.META.get("HTTP_DNT")})


def enter(request: HttpRequest) -> HttpResponse:
    request.session["name"] = "Ada"
    return HttpResponse("in", content_type="text/plain")


def greet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.session.get("name", "nobody"), content_type="text/plain")


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type="text/plain")


urlpatterns = [
    path("", page),
    path("async", page_async),
    path("stream", stream),
    path("stream-async", stream_async),
    path("file", file),
    path("seen", seen),
    path("enter", enter),
    path("greet", greet),
    path("echo", echo),
]


def get(kind: str, address: str, cookies: str = "", **headers: str) -> Any:
    """The response of Django's sync or async client, its content read."""
    if kind == "sync":
        client = Client()
        client.cookies.load(cookies)
        response: Any = client.get(address, headers=headers)
        response.read_content = b"".join(response) if response.streaming else response.content
        return response

    async def ask() -> Any:
        client = AsyncClient()
        client.cookies.load(cookies)
        answer: Any = await client.get(address, headers=headers)
        if not answer.streaming:
            answer.read_content = answer.content
        elif answer.is_async:
            answer.read_content = b"".join([chunk async for chunk in answer])
        else:
            answer.read_content = b"".join(answer)
        return answer

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("given", "max_age", "expires"),
    [
        ({"max_age": 99 * DAY}, 30 * DAY, "Wed, 23 Dec 2026 00:00:00 GMT"),
        ({"max_age": 99 * DAY, "expires": "Thu, 01 Jan 2099 00:00:00 GMT"}, 30 * DAY, IN_30_DAYS),
        ({"expires": "Thu, 01 Jan 2099 00:00:00 GMT"}, "", IN_30_DAYS),
        (
            {"max_age": 20 * DAY, "expires": "Thu, 01 Jan 2099 00:00:00 GMT"},
            20 * DAY,
            "Thu, 01 Jan 2099 00:00:00 GMT",
        ),
        ({}, "", ""),
    ],
)
def test_a_life_that_is_too_long_is_cut_short_in_djangos_own_cookies(
    given: dict[str, Any], max_age: object, expires: str
) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        response = HttpResponse("in", content_type="text/plain")
        response.set_cookie("stat", "a;b", path="/x", samesite="Lax", **given)
        return response

    days = {"regime": "notice", "cookies": {"analytics": ["stat"]}, "cookie_days": {"analytics": 30}}
    with override_settings(PRIVACY_MW=days):
        middleware = PrivacyMiddleware(view)
        middleware.engine = PrivacyEngine(read_settings(), clock=lambda: NOW)
    response: Any = middleware(RequestFactory().get("/"))

    morsel = response.cookies["stat"]
    plain = {name: value for name, value in morsel.items() if value != ""}
    lives = {name: value for name, value in (("max-age", max_age), ("expires", expires)) if value != ""}
    assert plain == {"path": "/x", "samesite": "Lax", **lives}
    assert morsel.value == "a;b"


both_clients = pytest.mark.parametrize("kind", ["sync", "async"])


@both_clients
@pytest.mark.parametrize("address", ["/", "/async", "/stream", "/file?page"])
def test_pages_of_every_kind_are_rewritten(kind: str, address: str) -> None:
    with override_settings(PRIVACY_MW=PLAIN):
        response = get(kind, address)

    assert response.read_content == HELD
    assert response["Vary"].startswith("Sec-GPC, DNT, Cookie")
    if not response.streaming:
        assert response["Content-Length"] == str(len(HELD))


def test_an_async_stream_is_rewritten_as_it_comes() -> None:
    with override_settings(PRIVACY_MW=PLAIN):
        assert get("async", "/stream-async").read_content == HELD


@both_clients
def test_a_first_visitor_gets_banner_and_link_and_no_trackers_cookie(kind: str) -> None:
    response = get(kind, "/")

    assert b'id="privacy-mw-banner"' in response.read_content
    assert b'<a href="/privacy">Privacy</a>' in response.read_content
    assert set(response.cookies) == {"theme", "_fbp"}
    assert response.cookies["_fbp"]["max-age"] == 0


def test_a_file_that_is_no_page_keeps_the_way_in_which_django_serves_it() -> None:
    response: Any = PrivacyMiddleware(file)(RequestFactory().get("/file"))

    assert response.file_to_stream is not None
    assert b"".join(response) == PAGE


@both_clients
def test_views_see_the_decision_and_no_refused_cookie(kind: str) -> None:
    headers = {"Sec-GPC": "1", "DNT": "1"}

    assert get(kind, "/seen", "_ga=1; theme=dark", **headers).json() == {
        "cookies": {"theme": "dark"},
        "analytics": False,
        "gpc": "1",
        "dnt": "1",
    }


def test_a_view_never_sees_an_emptied_cookie_header() -> None:
    assert Client(headers={"Cookie": "_ga=1"}).get("/seen").json()["cookies"] == {}


def test_the_choice_is_taken_and_the_session_stays() -> None:
    client = Client()
    client.get("/enter")

    answer = client.post(
        "/.privacy/choice",
        "choice=accept&return=/greet",
        content_type="application/x-www-form-urlencoded",
        headers={"Sec-Fetch-Site": "same-origin"},
    )

    assert (answer.status_code, answer["Location"]) == (303, "/greet")
    assert client.get("/greet").content == b"Ada"
    assert client.get("/seen").json()["analytics"] is True
    assert client.get("/").content.startswith(PAGE[:60])


def test_a_choice_from_elsewhere_is_refused_with_a_page() -> None:
    answer = Client().post("/.privacy/choice", {"choice": "accept"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (answer.status_code, dict(answer.cookies)) == (403, {})
    assert b"nothing was changed" in answer.content


def test_the_middlewares_own_pages_are_served() -> None:
    client = Client()

    assert client.get("/.privacy/").status_code == 200
    assert client.head("/.privacy/").content == b""
    assert client.get("/.well-known/gpc.json").json() == {"gpc": True, "lastUpdate": "2026-11-23"}


def test_djangos_own_cookies_pass_even_where_unknown_ones_are_denied() -> None:
    with override_settings(PRIVACY_MW={"unknown_cookies": "deny"}):
        client = Client()
        entered = client.get("/enter")

        assert set(entered.cookies) == {"basket_owner"}
        assert client.get("/greet").content == b"Ada"


def test_other_requests_keep_their_bodies() -> None:
    assert Client().post("/echo", {"a": "b"}).content.endswith(b"--\r\n")


@both_clients
def test_switched_off_it_hands_everything_through(kind: str) -> None:
    with override_settings(PRIVACY_MW={"enabled": False}):
        response = get(kind, "/")

    assert response.read_content == PAGE
    assert set(response.cookies) == {"_ga", "theme", "_fbp"}


def test_a_wrong_setting_is_an_error_with_its_repair() -> None:
    with override_settings(PRIVACY_MW={"POLICY_ULR": "/p"}), pytest.raises(ConfigError, match="policy_url"):
        Client().get("/")
