"""Each example over HTTP: what reaches visitors who said no, who said yes and who said nothing."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from examples.fastapi_app import app as station
from examples.flask_app import app as shop
from examples.flask_app.visitors import Page

ROOT = Path(__file__).parent.parent
LOCAL = "http://127.0.0.1"
SHOP_HOSTS = """
connect.facebook.net googleads.g.doubleclick.net www.clarity.ms www.facebook.com
fonts.googleapis.com fonts.gstatic.com widget.intercom.io www.googletagmanager.com
"""


class Home(NamedTuple):
    """What a home page brings: names of cookies, and other hosts it fetches from."""

    cookies: set[str]
    hosts: set[str]


NEEDED = {
    "flask": Home({"csrf_token"}, set()),
    "django": Home({"csrftoken"}, set()),
    "fastapi": Home({"units"}, set()),
}
EVERYTHING = {
    "flask": Home({"_fbp", "_ga", "_ga_FERNLEAF01", "csrf_token"}, set(SHOP_HOSTS.split())),
    "django": Home({"_ga", "csrftoken"}, {"www.googletagmanager.com", "www.youtube.com"}),
    "fastapi": Home({"_ga", "units"}, {"www.googletagmanager.com", "www.clarity.ms"}),
}
SIGNALS: list[dict[str, str]] = [{}, {"Sec-GPC": "1"}, {"DNT": "1"}]

every_site = pytest.mark.parametrize("site", ["flask", "django", "fastapi"])
only_flask = pytest.mark.parametrize("site", ["flask"])
only_django = pytest.mark.parametrize("site", ["django"])
only_fastapi = pytest.mark.parametrize("site", ["fastapi"])
every_signal = pytest.mark.parametrize("signal", SIGNALS, ids=["none", "gpc", "dnt"])


class AsgiTransport(httpx.BaseTransport):
    """A synchronous way to an ASGI app, so that one client serves all three sites."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.ASGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answer() -> httpx.Response:
            response = await self._transport.handle_async_request(request)
            body = await response.aread()
            return httpx.Response(response.status_code, headers=response.headers, content=body)

        return asyncio.run(answer())


def browser(transport: httpx.BaseTransport | None, address: str = LOCAL) -> httpx.Client:
    return httpx.Client(transport=transport, base_url=address, trust_env=False)


@pytest.fixture(scope="module")
def django_address() -> Iterator[str]:
    """Django has one set of settings for a process, so this site gets a process of its own."""
    arguments = ["examples.django_app.manage", "runserver", "--noreload", "127.0.0.1:0"]
    command = [sys.executable, "-u", "-m", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        said = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stdout)
        found = next((match for match in said if match), None)
        try:
            assert found is not None, "the Django example did not start"
            yield found[0]
        finally:
            server.terminate()


@pytest.fixture
def client(site: str, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A browser without cookies in front of ``site``."""
    if site == "django":
        opened = browser(None, request.getfixturevalue("django_address"))
    elif site == "flask":
        opened = browser(httpx.WSGITransport(app=shop.create_app()))
    else:
        opened = browser(AsgiTransport(station.create_app()))
    with opened:
        yield opened


def choose(client: httpx.Client, choice: str) -> httpx.Response:
    sent = {"choice": choice, "return": "/"}
    return client.post("/.privacy/choice", data=sent, headers={"Sec-Fetch-Site": "same-origin"})


def home_of(page: httpx.Response) -> Home:
    hosts = {urlsplit(address).hostname for address in Page(page.text).fetches}
    return Home(cookies_of(page), {host for host in hosts if host})


def cookies_of(response: httpx.Response) -> set[str]:
    return {line.partition("=")[0] for line in response.headers.get_list("set-cookie")}


@every_site
@every_signal
def test_a_visitor_who_did_not_agree_gets_only_what_the_site_needs(
    client: httpx.Client, site: str, signal: dict[str, str]
) -> None:
    home = client.get("/", headers=signal)

    assert (home.status_code, home_of(home)) == (200, NEEDED[site])
    assert Page(home.text).has_privacy_link
    assert (Page(home.text).banner is None) is bool(signal)


@every_site
@pytest.mark.parametrize("choice, given", [("refuse", NEEDED), ("accept", EVERYTHING)])
def test_a_visitor_who_chose_gets_what_was_chosen_and_is_not_asked_again(
    client: httpx.Client, site: str, choice: str, given: dict[str, Home]
) -> None:
    answer = choose(client, choice)
    home = client.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert cookies_of(answer) == {"privacy_choice"}
    assert (home_of(home), Page(home.text).banner) == (given[site], None)
    assert Page(home.text).has_privacy_link


@every_site
def test_a_choice_sent_from_another_site_is_not_kept(client: httpx.Client, site: str) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}

    answer = client.post("/.privacy/choice", data={"choice": "accept"}, headers=foreign)

    assert (answer.status_code, cookies_of(answer)) == (403, set())
    assert home_of(client.get("/")).hosts == set()


@every_site
def test_each_site_says_that_it_honours_gpc(client: httpx.Client) -> None:
    answer = client.get("/.well-known/gpc.json")

    assert (answer.status_code, answer.json()["gpc"]) == (200, True)
    assert answer.headers["content-type"] == "application/json"


@only_flask
def test_on_https_the_choice_is_kept_under_the_host_prefix(client: httpx.Client) -> None:
    client.base_url = httpx.URL("https://127.0.0.1")

    assert cookies_of(choose(client, "accept")) == {"__Host-privacy_choice"}


@only_flask
def test_data_blocks_of_the_shop_reach_visitors_unchanged(client: httpx.Client) -> None:
    block = re.compile(r'<script type="application/ld\+json">.*?</script>', re.DOTALL)
    with browser(httpx.WSGITransport(app=shop.create_app(protected=False))) as unprotected:
        written = block.findall(unprotected.get("/teas/moss-garden").text)

    page = client.get("/teas/moss-garden").text

    assert (block.findall(page), len(written)) == (written, 1)


@only_flask
@pytest.mark.parametrize("choice, remembered", [("refuse", False), ("accept", True)])
def test_a_functional_cookie_reaches_the_shop_only_when_it_is_allowed(
    client: httpx.Client, choice: str, remembered: bool
) -> None:
    choose(client, choice)
    client.cookies.set("recent_teas", "moss-garden", domain="127.0.0.1")

    assert ("You looked at" in client.get("/").text) is remembered


@pytest.mark.parametrize("choice, reported", [("refuse", []), ("accept", [1450])])
def test_a_sale_is_reported_from_the_server_only_when_advertising_is_allowed(
    choice: str, reported: list[int]
) -> None:
    app = shop.create_app()
    with browser(httpx.WSGITransport(app=app)) as buyer:
        choose(buyer, choice)
        form = Page(buyer.get("/teas/moss-garden").text).form("/cart") or pytest.fail("no form")
        buyer.post("/cart", data={**form.fields, "tea": "moss-garden"})
        ordered = buyer.post("/checkout", data=form.fields)

    assert (ordered.status_code, ordered.headers["location"]) == (303, "/thanks")
    assert app.extensions["reported_sales"] == reported


@only_django
@pytest.mark.parametrize("choice, counted", [("refuse", "not counted"), ("accept", "counted")])
def test_the_book_club_keeps_its_session_and_its_view_sees_the_decision(
    client: httpx.Client, choice: str, counted: str
) -> None:
    choose(client, choice)
    form = Page(client.get("/").text).form("/join") or pytest.fail("no form")

    joined = client.post("/join", data={**form.fields, "name": "Ada"})
    home = client.get("/").text

    assert (joined.status_code, cookies_of(joined)) == (302, {"sessionid"})
    assert "See you on Thursday, Ada." in home
    assert f"This visit is {counted}." in home


@only_fastapi
@pytest.mark.parametrize("choice, counted", [("refuse", False), ("accept", True)])
def test_the_json_endpoint_passes_unchanged_and_sees_the_decision(
    client: httpx.Client, choice: str, counted: bool
) -> None:
    choose(client, choice)

    answer = client.get("/api/readings")

    assert answer.json() == {"readings": station.READINGS, "counted": counted}
    assert answer.headers["content-length"] == str(len(answer.content))


def test_the_streamed_log_holds_a_tracker_cut_in_two_and_keeps_no_row_waiting() -> None:
    app, sent = station.create_app(), []

    async def recorded(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            sent.append(message.get("body", b"").count(b"<li>"))
            await send(message)

        await app(scope, receive, note)

    with browser(AsgiTransport(recorded)) as visitor:
        page = visitor.get("/log")

    assert home_of(page) == Home(set(), set())
    assert [rows for rows in sent if rows] == [1, 1, 1]
