"""Pages under content codings: unpacked, rewritten, packed again; and what is none of what its label says."""

from __future__ import annotations

import gzip
import logging
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy_mw import PrivacyConfig
from privacy_mw.codings import CODINGS, PIECE_BYTES, Undecodable, find_codings, names_of, readable_only
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead
from tests.shops import DOORS, PAGE, SECRET, Answer, Shop
from tests.test_exchange import HELD

Ask = Callable[..., Answer]
both_doors = pytest.mark.parametrize("ask", DOORS)
every_coding = pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "br", "zstd"])
PLAIN: dict[str, Any] = {"banner": False, "privacy_link": False}


def packed(coding: str, plain: bytes) -> bytes:
    encoder = CODINGS[coding.encode()].encoder()
    return encoder.feed(plain) + encoder.finish()


def unpacked(coding: str, body: bytes) -> bytes:
    """The whole body, which has to be one: nothing is missing of it."""
    decoder = CODINGS[coding.encode()].decoder()
    plain = b"".join(decoder.pieces(body))
    assert decoder.is_whole
    return plain


def exchange_for(*fields: tuple[bytes, bytes], **settings: Any) -> Exchange:
    engine = PrivacyEngine(PrivacyConfig(secret_key=SECRET, **(PLAIN | settings)))
    head = RequestHead("GET", "https", "shop.example", "", "/", b"", {b"host": b"shop.example"})
    exchange = engine.open(head)
    assert isinstance(exchange, Exchange)
    exchange.start_response(200, [(b"content-type", b"text/html"), *fields])
    return exchange


def bare_deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(plain) + packer.flush()


@both_doors
@every_coding
def test_a_coded_page_is_rewritten_and_stays_coded(ask: Ask, coding: str) -> None:
    body = packed(coding, PAGE)
    headers = (
        ("Content-Type", "text/html"),
        ("Content-Encoding", coding.upper()),
        ("Content-Length", str(len(body))),
        ("Vary", "Accept-Encoding"),
    )

    answer = ask(Shop(body, headers), settings=PLAIN)

    assert unpacked(coding, answer.body) == HELD
    assert answer.all("content-encoding") == [coding.upper()]
    assert answer.all("content-length") == [str(len(answer.body))]
    assert (answer.one("vary") or "").startswith("Accept-Encoding")


@both_doors
def test_codings_upon_codings_come_off_and_on_in_their_order(ask: Ask) -> None:
    headers = (
        ("Content-Type", "text/html"),
        ("Content-Encoding", "gzip, br"),
        ("Content-Encoding", "deflate"),
    )
    body = packed("deflate", packed("br", packed("gzip", PAGE)))

    answer = ask(Shop(body, headers), settings=PLAIN)

    assert unpacked("gzip", unpacked("br", unpacked("deflate", answer.body))) == HELD


@both_doors
@pytest.mark.parametrize("label", ["", "identity", " Identity ,"])
def test_a_label_for_no_coding_is_none(ask: Ask, label: str) -> None:
    answer = ask(Shop(PAGE, (("Content-Type", "text/html"), ("Content-Encoding", label))), settings=PLAIN)

    assert answer.body == HELD


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PAGE[:50]) + gzip.compress(PAGE[50:])),
        ("gzip", gzip.compress(PAGE) + b"\x1fjunk"),
        ("gzip", gzip.compress(PAGE) + bytes(9)),
        ("deflate", bare_deflate(PAGE)),
        ("deflate", zlib.compress(PAGE) + b"junk"),
        ("zstd", packed("zstd", PAGE[:50]) + packed("zstd", PAGE[50:])),
        ("zstd", packed("zstd", PAGE) + b"junk"),
    ],
    ids=["members", "junk", "padding", "bare deflate", "deflate and junk", "frames", "frames and junk"],
)
def test_odd_bodies_are_read_as_browsers_read_them(coding: str, body: bytes, size: int) -> None:
    exchange = exchange_for((b"content-encoding", coding.encode()))

    out = b"".join(exchange.feed(body[at : at + size]) for at in range(0, len(body), size))

    assert unpacked(coding, out + exchange.finish()) == HELD


@every_coding
def test_what_the_application_has_sent_can_be_unpacked_at_once(coding: str) -> None:
    encoder, decoder = CODINGS[coding.encode()].encoder(), CODINGS[coding.encode()].decoder()
    exchange = exchange_for((b"content-encoding", coding.encode()))
    seen = []

    for part in (b"<p>one</p>", b"<p>two</p>", b"<p>three</p>"):
        sent = exchange.feed(encoder.feed(part) + encoder.flush())
        seen.append(b"".join(decoder.pieces(sent)))

    assert seen == [b"<p>one</p>", b"<p>two</p>", b"<p>three</p>"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_coded_as_it_says_passes_as_it_is(
    coding: str, caplog: pytest.LogCaptureFixture
) -> None:
    exchange = exchange_for((b"content-encoding", coding.encode()))

    with caplog.at_level(logging.WARNING):
        out = exchange.feed(PAGE[:30]) + exchange.feed(PAGE[30:]) + exchange.finish()

    assert out == PAGE
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "a page is not coded as it says and passes as it is"
    ]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_cut_off_by_the_application_stays_cut_off(coding: str) -> None:
    page = PAGE + b"<p>" + bytes(range(32, 127)) * 3000
    body = packed(coding, page)[:-20]
    exchange = exchange_for((b"content-encoding", coding.encode()))

    out = exchange.feed(body) + exchange.finish()

    decoder = CODINGS[coding.encode()].decoder()
    assert HELD[:60] in b"".join(decoder.pieces(out))
    assert not decoder.is_whole


def test_nothing_unrewritten_follows_an_error_within_a_body() -> None:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    sent = packer.compress(PAGE) + packer.flush(zlib.Z_SYNC_FLUSH)
    exchange = exchange_for((b"content-encoding", b"gzip"))

    out = exchange.feed(sent) + exchange.feed(b"\xff" * 50) + exchange.feed(PAGE) + exchange.finish()

    decoder = CODINGS[b"gzip"].decoder()
    assert b"".join(decoder.pieces(out)) == HELD[: HELD.index(b"</html>") + 7]


def test_a_short_body_of_which_nothing_can_be_unpacked_passes() -> None:
    exchange = exchange_for((b"content-encoding", b"gzip"))

    assert exchange.feed(b"\x1f") + exchange.finish() == b"\x1f"


def test_an_endless_header_of_a_coding_is_not_kept() -> None:
    exchange = exchange_for((b"content-encoding", b"gzip"))
    name = b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 70_000

    out = exchange.feed(name) + exchange.feed(b"n" * 10 + b"\x00\xff\xff\xff") + exchange.finish()

    assert b"n" not in out


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_unpacked_piece_by_piece(coding: str) -> None:
    bomb = packed(coding, b"<p>" + bytes(64 * 1024 * 1024))
    exchange = exchange_for((b"content-encoding", coding.encode()))
    tracemalloc.start()

    longest, steps = 0, 0
    for part in exchange.steps(bomb):
        steps += 1
        longest = max(longest, len(part))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert steps >= 64 * 1024 * 1024 / (1.5 * PIECE_BYTES)
    assert longest < 4 * PIECE_BYTES
    assert peak < 8 * 1024 * 1024


@both_doors
@pytest.mark.parametrize("label", ["compress", "aes128gcm", "gzip, gzip, gzip, gzip", "gzip;q=1"])
def test_what_nobody_here_unpacks_passes_with_a_line_in_the_log(
    ask: Ask, label: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = (("Content-Type", "text/html"), ("Content-Encoding", label), ("ETag", '"v1"'))

    with caplog.at_level(logging.WARNING):
        answer = ask(Shop(PAGE, headers), settings=PLAIN)

    assert (answer.headers, answer.body) == ([*((k.lower(), v) for k, v in headers)], PAGE) or (
        answer.headers,
        answer.body,
    ) == ([*headers], PAGE)
    assert "no library here" in caplog.text


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        (b"gzip, deflate, br, zstd", b"gzip, deflate, br, zstd"),
        (b"gzip;q=0.5, identity", b"gzip;q=0.5, identity"),
        (b"", b""),
        (b"compress, gzip", b"gzip"),
        (b"gzip, *;q=0.1", b"gzip"),
        (b"sdch", b"identity"),
    ],
)
def test_codings_that_nobody_here_unpacks_are_kept_out_of_the_request(asked: bytes, seen: bytes) -> None:
    assert readable_only(asked) == seen


@both_doors
def test_only_requests_for_pages_ask_for_less(ask: Ask) -> None:
    asked = ("Accept-Encoding", "gzip, sdch")

    page = ask(Shop(), [asked, ("Sec-Fetch-Dest", "document")]).seen
    unsaid = ask(Shop(), [asked]).seen
    script = ask(Shop(), [asked, ("Sec-Fetch-Dest", "script")]).seen
    picture = ask(Shop(), [asked], path="/a.png").seen

    assert [seen["HTTP_ACCEPT_ENCODING"] for seen in (page, unsaid, script, picture)] == [
        "gzip",
        "gzip",
        "gzip, sdch",
        "gzip, sdch",
    ]


def test_names_and_what_is_known_of_them() -> None:
    assert names_of(b" GZIP , identity,br") == [b"gzip", b"br"]
    assert find_codings([b"rot13"]) is None


@given(body=st.binary(max_size=300), cut=st.integers(0, 300), coding=st.sampled_from(sorted(CODINGS)))
def test_any_bytes_under_any_label_raise_nothing_and_come_out_the_same_for_every_cut(
    body: bytes, cut: int, coding: bytes
) -> None:
    def sent(*chunks: bytes) -> bytes:
        exchange = exchange_for((b"content-encoding", coding))
        return b"".join([*map(exchange.feed, chunks), exchange.finish()])

    def read(out: bytes) -> bytes:
        try:
            return b"".join(CODINGS[coding].decoder().pieces(out))
        except Undecodable:
            return out

    assert read(sent(body)) == read(sent(body[:cut], body[cut:]))
