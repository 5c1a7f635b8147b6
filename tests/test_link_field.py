"""Link fields and early hints: what a browser would fetch before it has seen a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_mw.link_field import edit_link_field
from tests.shops import DOORS, Answer, Pair, Shop, choice_cookie
from tests.test_asgi import TEXT, body, exchanged

both_doors = pytest.mark.parametrize("ask", DOORS)
TRACKER = "<https://www.google-analytics.com/ga.js>"


@both_doors
@pytest.mark.parametrize(
    ("given_value", "kept"),
    [
        (f"{TRACKER}; rel=preload; as=script", None),
        (f'{TRACKER}; as=script; REL = "Preload", </a.css>; rel=preload', "</a.css>; rel=preload"),
        ("</a,b.css>; rel=preload ,<//www.google-analytics.com>;rel=preconnect", "</a,b.css>; rel=preload"),
        (
            f'</a>; rel=next; title="a, {TRACKER}; rel=preload"',
            f'</a>; rel=next; title="a, {TRACKER}; rel=preload"',
        ),
        (f"{TRACKER}; rel=canonical", f"{TRACKER}; rel=canonical"),
        ("<https://cdn.example/a.js>; rel=preload", "<https://cdn.example/a.js>; rel=preload"),
        (
            f"</a.css>; rel=stylesheet, {TRACKER};rel=prefetch,</b>;rel=next",
            "</a.css>; rel=stylesheet,</b>;rel=next",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_a_link_to_a_refused_host_leaves_the_field_and_other_bytes_stay(
    ask: Callable[..., Answer], kind: str, given_value: str, kept: str | None
) -> None:
    headers: tuple[Pair, ...] = (("Content-Type", kind), ("Link", given_value))
    shop = Shop(b"{}", headers)

    assert ask(shop).all("link") == ([] if kept is None else [kept])
    assert ask(shop, [("Cookie", choice_cookie(ask))]).all("link") == [given_value]


def test_early_hints_lose_what_is_refused_and_go_when_nothing_is_left() -> None:
    def hints(*links: bytes) -> dict[str, Any]:
        return {"type": "http.response.early_hint", "links": list(links)}

    tracker = TRACKER.encode() + b"; rel=preload"
    sent = exchanged(hints(tracker), hints(tracker, b"</a.css>; rel=preload"), TEXT, body(b"x"))

    assert sent[0] == hints(b"</a.css>; rel=preload")
    assert [message["type"] for message in sent[1:]] == ["http.response.start", "http.response.body"]


@given(
    st.lists(
        st.sampled_from([b"<", b">", b",", b'"', b"\\", b";", b"rel=", b"preload", b"//h", b" ", b"\xff"])
    ).map(b"".join)
)
def test_any_field_is_the_same_when_nothing_is_refused_and_shorter_when_all_is(value: bytes) -> None:
    assert edit_link_field(value, lambda link: False) is value
    assert len(edit_link_field(value, lambda link: True)) <= len(value)
