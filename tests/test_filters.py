"""A site's own filter lists: what they block, what they must leave alone, and how they are read again."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from privacy_mw import ConfigError, PrivacyConfig, filters
from privacy_mw.blocking import ANYWHERE, LOADS, How, Kind
from privacy_mw.cli.commands import privacy_mw
from privacy_mw.engine import PrivacyEngine
from privacy_mw.exchange import Exchange
from privacy_mw.messages import RequestHead
from privacy_mw.purposes import NECESSARY_ONLY, Purpose
from tests.editing import edited
from tests.shops import DOORS, SECRET, Answer, Shop

MakeList = Callable[..., Path]
PLAIN: dict[str, Any] = {"secret_key": SECRET, "banner": False, "privacy_link": False}
SCRIPT = b"<script src=https://ads.example/a.js></script>"
HELD = b'<script data-privacy="advertising" type="text/plain" data-privacy-src=https://ads.example/a.js></script>'
LOADER = b"<script>var s=document.createElement('script');s.src=%s;document.head.append(s)</script>"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled lists are kept."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "privacy_mw" / "filters"


@pytest.fixture
def make_list(tmp_path: Path) -> MakeList:
    def make(*rules: str, name: str = "list.txt") -> Path:
        path = tmp_path / name
        path.write_text("[Adblock Plus 2.0]\n! Title: a test\n" + "\n".join(rules) + "\n")
        return path

    return make


def opened(engine: PrivacyEngine) -> Exchange:
    head = RequestHead("GET", "https", "shop.example", "", "/", b"", {b"host": b"shop.example"})
    exchange = engine.open(head)
    assert isinstance(exchange, Exchange)
    return exchange


def sent(engine: PrivacyEngine, *chunks: bytes) -> bytes:
    """What an engine makes of a page."""
    exchange = opened(engine)
    exchange.start_response(200, [(b"content-type", b"text/html")])
    return b"".join([*map(exchange.feed, chunks), exchange.finish()])


# --- what is held back ---


def test_what_a_list_blocks_waits_for_the_lists_purpose(make_list: MakeList) -> None:
    lists = {"advertising": [make_list("||ads.example^")]}

    assert edited(SCRIPT, filters=lists) == HELD
    assert edited(SCRIPT) == SCRIPT
    assert edited(SCRIPT, filters=lists, regime="notice") == SCRIPT


def test_what_no_rule_blocks_passes(make_list: MakeList) -> None:
    lists = {"advertising": [make_list("||ads.example^$domain=other.example", "||ads.example/b")]}

    assert edited(SCRIPT, filters=lists) == SCRIPT
    assert edited(SCRIPT, filters=lists, host="www.other.example") == HELD


@pytest.mark.parametrize(
    ("address", "settings"),
    [
        ("https://cdn.shop.example/ads/a.js", {}),
        ("/ads/a.js", {}),
        ("https://partner.example/ads/a.js", {"allowed_hosts": ["partner.example"]}),
        ("https://fonts.googleapis.com/ads/a.js", {}),
        ("https://www.google-analytics.com/ads/ga.js", {"services": {"google-analytics": "necessary"}}),
        ("data:text/javascript,'https://ads.example/ads/a.js'", {}),
    ],
)
def test_first_party_and_what_the_site_or_the_catalogue_says_win(
    make_list: MakeList, address: str, settings: dict[str, Any]
) -> None:
    page = f'<script src="{address}"></script>'.encode()
    rules = ["/ads/", "||partner.example^", "||fonts.googleapis.com^", "||google-analytics.com^"]

    assert edited(page, filters={"advertising": [make_list(*rules)]}, **settings) == page


def test_the_catalogues_purpose_wins_over_a_lists(make_list: MakeList) -> None:
    page = b"<script src=https://www.google-analytics.com/ga.js></script>"
    lists = {"advertising": [make_list("||google-analytics.com^")]}

    assert edited(page, filters=lists) == edited(page)


def test_lists_never_let_pass_what_unknown_hosts_denies(make_list: MakeList) -> None:
    lists = {"advertising": [make_list("@@||ads.example^")]}
    unknown = HELD.replace(b"advertising", b"unknown")

    assert edited(SCRIPT, filters=lists, unknown_hosts="deny") == unknown


def test_an_exception_in_one_list_counts_for_all_and_an_important_rule_for_more(make_list: MakeList) -> None:
    blocking = make_list("||ads.example^", "||worse.example^$important")
    excepting = make_list("@@||ads.example^", "@@||worse.example^", name="own.txt")
    page = SCRIPT + SCRIPT.replace(b"ads.", b"worse.")
    lists = {"advertising": [blocking], "analytics": [excepting]}

    assert edited(page, filters=lists) == SCRIPT + HELD.replace(b"ads.", b"worse.")


def test_what_two_lists_block_waits_for_both_purposes(
    make_list: MakeList, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = {
        "analytics": [make_list("||ads.example^", name="a.txt")],
        "advertising": [make_list("||ads.example^", name="b.txt")],
    }
    engine = PrivacyEngine(PrivacyConfig(**PLAIN, filters=lists))
    decide = engine.decide

    def allowing(*purposes: Purpose) -> bytes:
        monkeypatch.setattr(
            engine, "decide", lambda head: decide(head)._replace(allowed=NECESSARY_ONLY | {*purposes})
        )
        return sent(engine, SCRIPT)

    assert allowing() == HELD.replace(b"advertising", b"analytics")
    assert allowing(Purpose.ANALYTICS) == HELD
    assert allowing(Purpose.ANALYTICS, Purpose.ADVERTISING) == SCRIPT


def test_a_path_of_its_own_a_port_and_odd_spellings_are_read(make_list: MakeList) -> None:
    lists = {"advertising": [make_list("||ads.example/banner/*/a.js?id=")]}
    spellings = [
        b"https://ads.example/banner/x/a.js?id=1#a",
        b"//ads.example:8443/banner/x/a.js?id=1",
        b"HTTPS:\\\\ADS.example\\banner\\x\\a.js?id=1",
        b"https://u@ads.example./banner/x/a.js?id=1",
        b"&#104;ttps:&#x2F;/ads.example/banner/x/a.js?id=1",
    ]
    pages = [b'<script src="%s"></script>' % spelling for spelling in spellings]

    assert [edited(page, filters=lists) for page in pages] == [
        page.replace(b"<script src", b'<script data-privacy="advertising" type="text/plain" data-privacy-src')
        for page in pages
    ]


def test_every_address_of_an_unknown_host_is_judged_however_long(make_list: MakeList) -> None:
    lists = {"advertising": [make_list("||ads.example/banner")]}
    own = b"<img src=https://ads.example/tea.png>"
    held = b"<script src=https://ads.example/banner%s></script>"
    marked = held.replace(
        b"<script src", b'<script data-privacy="advertising" type="text/plain" data-privacy-src'
    )
    page = own + held % b"" + own + held % (b"?" + b"x" * 3000)

    assert edited(page, filters=lists) == own + marked % b"" + own + marked % (b"?" + b"x" * 3000)


def test_a_rule_may_speak_of_one_scheme(make_list: MakeList) -> None:
    page = b"<img src=https://ads.example/a><img src=//ads.example/a>"
    plain = b"<script src=http://ads.example/a.js></script>"

    assert edited(page + plain, filters={"advertising": [make_list("|http://ads.example^")]}) == (
        page + HELD.replace(b"https:", b"http:")
    )


def test_a_widget_that_names_an_unknown_host_is_no_reason_for_a_placeholder(make_list: MakeList) -> None:
    page = b"<div class='fb-page' data-href='https://blog.example/'>us</div>"

    assert edited(page, filters={"advertising": [make_list("||ads.example^")]}) == page


# --- what an address is loaded for ---

KINDS = tuple(map(str, Kind))
RULES = [f"||{kind}.example^${kind}" for kind in KINDS]


def kinds_of(page: bytes, lists: dict[str, list[Path]]) -> list[str]:
    """As what the address ``@`` in a page is judged."""
    pages = ((kind, page.replace(b"@", f"https://{kind}.example/a".encode())) for kind in KINDS)
    return [kind for kind, page in pages if edited(page, filters=lists) != page]


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("<script src=@></script>", "script"),
        ("<svg><script xlink:href=@></script></svg>", "script"),
        ("<script attributionsrc=@>1</script>", "ping"),
        ("<img src=@>", "image"),
        ("<img srcset='@ 2x'>", "image"),
        ("<img attributionsrc=@>", "ping"),
        ("<svg><image href=@ /><use href=/a /></svg>", "image"),
        ("<svg><use href='@#a' /></svg>", "image"),
        ("<svg><feImage href=@ /></svg>", "image"),
        ("<input type=image src=@>", "image"),
        ("<td background=@>", "image"),
        ("<picture><source srcset=@></picture>", "image"),
        ("<video><source src=@></video>", "media"),
        ("<video src=@></video>", "media"),
        ("<video poster=@></video>", "image"),
        ("<audio src=@></audio>", "media"),
        ("<track src=@>", "media"),
        ("<iframe src=@></iframe>", "subdocument"),
        ("<iframe srcdoc='<img src=@>'></iframe>", "image"),
        ("<frameset><frame src=@></frameset>", "subdocument"),
        ("<object data=@></object>", "object"),
        ("<embed src=@>", "object"),
        ("<a ping=@ href=/a>a</a>", "ping"),
        ("<div data-bg=@>", "image"),
        ("<div data-src=@>", "image"),
        ("<img data-src=@>", "image"),
        ("<iframe data-src=@></iframe>", "subdocument"),
        ("<div data-iframe-src=@>", "subdocument"),
        ("<script src=/a data-rocket-src=@></script>", "script"),
        ("<video data-poster=@></video>", "image"),
        ("<link rel=stylesheet href=@>", "stylesheet"),
        ("<link rel='preload stylesheet' as=style href=@>", "stylesheet"),
        ("<link rel='Shortcut Icon' href=@>", "image"),
        ("<link rel=apple-touch-icon href=@>", "image"),
        ("<link rel=preload as=script href=@>", "script"),
        ("<link rel=preload as=style href=@>", "stylesheet"),
        ("<link rel=preload as=image href=@>", "image"),
        ("<link rel=preload as=image imagesrcset='@ 2x'>", "image"),
        ("<link rel=preload as=Font crossorigin href=@>", "font"),
        ("<link rel=preload as=fetch href=@>", "xmlhttprequest"),
        ("<link rel=preload as=video href=@>", "media"),
        ("<link rel=preload href=@>", "other"),
        ("<link rel=modulepreload href=@>", "script"),
        ("<link rel=prefetch as=script href=@>", "script"),
        ("<link rel=prefetch href=@>", "other"),
        ("<link rel=preconnect href=@>", "other"),
        ("<link rel=dns-prefetch href=@>", "other"),
        ("<link rel=manifest href=@>", "other"),
        ("<p style='background:url(@)'>", "image"),
        ("<style>a{b:url(@)}</style>", "image"),
        ("<style>@import '@';</style>", "stylesheet"),
        ("<style>@import url(@);</style>", "stylesheet"),
        ('<style>@IMPORT/**/ URL("@");</style>', "stylesheet"),
        ("<style>@import '/a';a{b:url(@)}</style>", "image"),
    ],
)
def test_an_address_is_judged_by_what_it_is_loaded_for(make_list: MakeList, page: str, kind: str) -> None:
    marked = page.replace("@import", "%import").replace("@IMPORT", "%IMPORT").encode()
    pages = (
        (each, marked.replace(b"@", f"https://{each}.example/a".encode()).replace(b"%", b"@"))
        for each in KINDS
    )
    lists = {"advertising": [make_list(*RULES)]}

    assert [each for each, page in pages if edited(page, filters=lists) != page] == [kind]


def test_every_way_to_load_has_one_kind(make_list: MakeList) -> None:
    """No attribute of the table is judged as nothing or as two things."""
    needs = {b"link": b" rel=preload", b"input": b" type=image"}
    values = {How.URLS: b"/a @", How.SRCSET: b"/a 1x, @ 2x", How.CSS: b"a:url(@)", How.HTML: b"<img src=@>"}
    lists = {"advertising": [make_list(*RULES)]}
    ways = [(name, attribute, how) for name, loads in LOADS.items() for attribute, how in loads.items()]
    ways += [(b"div", attribute, how) for attribute, how in ANYWHERE.items()]
    odd = {
        (name, attribute): kinds
        for name, attribute, how in ways
        if len(
            kinds := kinds_of(
                b"<%s%s %s='%s'>" % (name, needs.get(name, b""), attribute, values.get(how, b"@")), lists
            )
        )
        != 1
    }

    assert odd == {}


def test_how_a_style_is_cut_does_not_change_what_its_addresses_are_loaded_for(make_list: MakeList) -> None:
    lists = {"advertising": [make_list("||sheet.example^$stylesheet", "||picture.example^$image")]}
    page = (
        b"<style>@import /* a */ url( '//sheet.example/a');@import url(//picture.example/a);"
        b"a{b:url(//sheet.example/b);c:url(//picture.example/b)}</style>"
    )
    put = b"about:invalid#privacy-mw=advertising,"
    held = page.replace(b"//sheet.example/a", put + b"//sheet.example/a")
    held = held.replace(b"//picture.example/b", put + b"//picture.example/b")
    engine = PrivacyEngine(PrivacyConfig(**PLAIN, filters=lists))

    assert {sent(engine, page[:cut], page[cut:]) for cut in range(len(page))} == {held}


@pytest.mark.parametrize("ask", DOORS)
def test_a_link_field_is_judged_by_its_types_and_what_it_fetches(
    make_list: MakeList, ask: Callable[..., Answer]
) -> None:
    link = (
        "<https://s.example/a>; rel=preload; as=script, <https://s.example/b>; rel=preload; as=image, "
        '<https://s.example/c>; AS="script"; rel=prefetch, <https://s.example/d>; rel=preconnect'
    )
    shop = Shop(headers=(("Content-Type", "text/plain"), ("Link", link)))
    answer = ask(shop, settings=PLAIN | {"filters": {"analytics": [make_list("||s.example^$script")]}})

    assert answer.all("link") == [
        "<https://s.example/b>; rel=preload; as=image, <https://s.example/d>; rel=preconnect"
    ]


# --- inline scripts ---


@pytest.mark.parametrize(
    "literal",
    [
        b"'https://ads.example/a.js'",
        b'"//ads.example/a.js?b=1#c"',
        b"`http://ads.example/a.js`",
        b'"https:\\/\\/ads.example\\/a.js"',
        b"'//ads.example/a.js?id='+id",
    ],
)
def test_an_inline_script_that_makes_elements_and_names_a_blocked_script_waits(
    make_list: MakeList, literal: bytes
) -> None:
    page = LOADER % literal
    lists = {"advertising": [make_list("||ads.example/a.js$script")]}

    assert edited(page, filters=lists) == page.replace(
        b"<script>", b'<script data-privacy="advertising" type="text/plain">'
    )
    assert edited(page, filters=lists, regime="notice") == page


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        (b"<script>var a='https://ads.example/a.js'</script>", "||ads.example^"),
        (LOADER % b"'https://ads.example/a.js'", "||ads.example^$image"),
        (LOADER % b"'see https://ads.example/a.js'", "||ads.example^"),
        (LOADER % b"'https://ads.example/a.js has gone'", "||ads.example^"),
        (LOADER % b"/* https://ads.example/a.js */'/a.js'", "||ads.example^"),
        (LOADER % b"'https://cdn.shop.example/a.js'", "||shop.example^"),
        (LOADER % b"'https://fonts.googleapis.com/css'", "||googleapis.com^"),
        (LOADER % b"'/ads/a.js'", "/ads/"),
    ],
)
def test_an_inline_script_that_loads_nothing_blocked_stays(
    make_list: MakeList, script: bytes, rule: str
) -> None:
    assert edited(script, filters={"advertising": [make_list(rule)]}) == script


def test_a_long_inline_script_is_judged_like_a_short_one(make_list: MakeList) -> None:
    page = LOADER % (b"'https://ads.example/a.js';" + b"var a = 1;" * 300)
    lists = {"advertising": [make_list("||ads.example^")]}

    assert edited(page, filters=lists) == page.replace(
        b"<script>", b'<script data-privacy="advertising" type="text/plain">'
    )


# --- settings ---


@pytest.mark.parametrize(
    ("content", "repair"),
    [
        (None, "there is no such file; download the list, or write its whole path"),
        (b"", "it holds no rules; download the list again"),
        (b"! only a comment\n[Adblock Plus 2.0]\n \n", "it holds no rules; download the list again"),
        (b"||ads.example^\n\0", "it is not text; unpack the list, or save it as UTF-8"),
        (b"\x1f\x8b\x08\xff||ads.example^", "it is not text; unpack the list, or save it as UTF-8"),
        (b"\n<!doctype html><p>404", "it is a web page and not a list; download the list again"),
    ],
)
def test_a_file_that_is_no_list_stops_the_start_with_its_name_and_the_repair(
    tmp_path: Path, content: bytes | None, repair: str
) -> None:
    path = tmp_path / "list.txt"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError) as caught:
        PrivacyConfig(**PLAIN, filters={"analytics": [path]})

    assert str(caught.value) == f"privacy_mw.E009: setting 'filters' is {str(path)!r}; {repair}"


def test_a_file_that_cannot_be_read_stops_the_start_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        PrivacyConfig(**PLAIN, filters={"analytics": [tmp_path]})

    assert (caught.value.code, caught.value.value) == ("privacy_mw.E009", str(tmp_path))
    assert caught.value.repair.endswith("; name a file that the app may read")


@pytest.mark.parametrize(
    ("setting", "repair"),
    [
        ({"necessary": ["a"]}, "use one of 'functional', 'analytics', 'advertising', 'media'"),
        ({"analitics": ["a"]}, "did you mean 'analytics'?"),
        ({"analytics": "a.txt"}, "use a list of paths: {'analytics': ['a.txt']}"),
        ({"analytics": [1]}, "use a path: a text or a Path"),
    ],
)
def test_a_wrong_setting_names_its_repair(setting: dict[str, Any], repair: str) -> None:
    with pytest.raises(ConfigError) as caught:
        PrivacyConfig(**PLAIN, filters=setting)

    assert (caught.value.code, caught.value.repair) == ("privacy_mw.E009", repair)


def run(script: str, *arguments: str) -> str:
    """What a Python of its own says."""
    command = [sys.executable, "-c", script, *arguments]
    root = Path(__file__).parents[1]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, cwd=root).stdout


def test_without_the_setting_the_engine_is_not_imported_and_without_it_the_setting_says_what_to_install(
    make_list: MakeList,
) -> None:
    script = (
        "import sys, threading; from privacy_mw import PrivacyConfig, ConfigError\n"
        "from privacy_mw.engine import PrivacyEngine\n"
        "PrivacyEngine(PrivacyConfig(debug=True, filters={'analytics': []}))\n"
        "print('adblock' in sys.modules, threading.active_count())\n"
        "sys.modules['adblock'] = None\n"
        "try: PrivacyConfig(debug=True, filters={'analytics': sys.argv[1:]})\n"
        "except ConfigError as error: print(error.code, error.repair)"
    )

    assert run(script, str(make_list("||ads.example^"))).splitlines() == [
        "False 1",
        "privacy_mw.E009 the package adblock, which reads the lists, is missing; "
        'pip install "privacy-mw[filters]"',
    ]


# --- compiled lists on disk ---


def test_a_compiled_list_is_kept_and_read_again(
    make_list: MakeList, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = {"advertising": [make_list("||ads.example^")]}
    first = edited(SCRIPT, filters=lists)
    (kept,) = cache.iterdir()
    mode = kept.parent.stat().st_mode & 0o777
    monkeypatch.setattr("adblock.FilterSet.add_filter_list", None, raising=False)

    assert (first, edited(SCRIPT, filters=lists), mode) == (HELD, HELD, 0o700)
    assert re.fullmatch(r"[0-9a-f]{64}\.engine", kept.name)


def test_other_contents_get_a_file_of_their_own_and_old_files_go(make_list: MakeList, cache: Path) -> None:
    edited(SCRIPT, filters={"advertising": [make_list("||ads.example^")]})
    (first,) = cache.iterdir()
    os.utime(first, (0, 0))
    edited(SCRIPT, filters={"advertising": [make_list("||other.example^")]})
    (second,) = cache.iterdir()

    assert first != second


@pytest.mark.parametrize("damage", [lambda data: data + b"x", lambda data: b"", lambda data: b"x" * 100])
def test_a_damaged_compiled_list_is_compiled_anew_with_a_line_in_the_log(
    make_list: MakeList, cache: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    lists = {"advertising": [make_list("||ads.example^")]}
    edited(SCRIPT, filters=lists)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))

    assert (edited(SCRIPT, filters=lists), kept.read_bytes() == whole) == (HELD, True)
    assert caplog.messages == [f"a compiled filter list is damaged and is compiled anew: {kept}"]


def test_a_cache_that_cannot_be_written_is_only_a_line_in_the_log(
    make_list: MakeList, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "privacy_mw")
    (tmp_path / "cache").write_text("a file where the directory should be")

    assert edited(SCRIPT, filters={"advertising": [make_list("||ads.example^")]}) == HELD
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "a compiled filter list cannot be read and is compiled anew",
        "a compiled filter list cannot be kept and is compiled at every start",
    ]


def test_the_cache_is_in_the_home_when_nothing_else_is_said(
    make_list: MakeList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    edited(SCRIPT, filters={"advertising": [make_list("||ads.example^")]})

    assert len([*(tmp_path / "home/.cache/privacy_mw/filters").iterdir()]) == 1


# --- reading again ---


@pytest.fixture
def engine(make_list: MakeList) -> PrivacyEngine:
    return PrivacyEngine(PrivacyConfig(**PLAIN, filters={"advertising": [make_list("||ads.example^")]}))


def test_a_changed_list_counts_for_everything_that_was_remembered(
    make_list: MakeList, engine: PrivacyEngine
) -> None:
    page = SCRIPT + SCRIPT.replace(b"ads.", b"new.") + LOADER % b"'//new.example/a.js'"
    before = sent(engine, page), sent(engine, page)
    make_list("||new.example^  ")
    unread = sent(engine, page)
    filters.look_again()

    assert before == (page.replace(SCRIPT, HELD),) * 2
    assert unread == before[0]
    assert sent(engine, page) == SCRIPT + HELD.replace(b"ads.", b"new.") + (
        LOADER % b"'//new.example/a.js'"
    ).replace(b"<script>", b'<script data-privacy="advertising" type="text/plain">')


@pytest.mark.parametrize("broken", [None, b"", b"\0", b"<html>"])
def test_a_broken_new_file_leaves_the_old_rules_and_is_reported_once(
    make_list: MakeList, engine: PrivacyEngine, caplog: pytest.LogCaptureFixture, broken: bytes | None
) -> None:
    path = make_list("||ads.example^")
    if broken is None:
        path.unlink()
    else:
        path.write_bytes(broken)
    filters.look_again()
    filters.look_again()
    meanwhile = sent(engine, SCRIPT)
    make_list("||other.example^")
    filters.look_again()

    assert (meanwhile, sent(engine, SCRIPT)) == (HELD, SCRIPT)
    assert [message.partition(":")[0] for message in caplog.messages] == [
        "a filter list cannot be used, and its old rules stay"
    ]


def entity_tag(engine: PrivacyEngine) -> bytes:
    head = opened(engine).start_response(200, [(b"content-type", b"text/html"), (b"etag", b'"a"')])
    return dict(head.fields)[b"etag"]


def test_a_page_has_another_entity_tag_when_the_lists_say_something_else(
    make_list: MakeList, engine: PrivacyEngine
) -> None:
    path = make_list("||ads.example^")
    first = entity_tag(engine)
    os.utime(path, (1, 1))
    filters.look_again()
    touched = entity_tag(engine)
    make_list("||other.example^")
    filters.look_again()

    assert touched == first
    assert entity_tag(engine) != first
    assert entity_tag(PrivacyEngine(PrivacyConfig(**PLAIN))) not in (first, entity_tag(engine))


WATCH = """
import os, sys, time
from privacy_mw import filters
filters.SECONDS_BETWEEN_LOOKS = 0.02
from tests.editing import _engine
from tests.test_filters import HELD, SCRIPT, sent
path = sys.argv[1]
engine = _engine(filters={"advertising": [path]})
if sys.argv[2] == "fork" and os.fork():
    print(os.waitpid(-1, 0)[1], flush=True)
    os._exit(0)
assert sent(engine, SCRIPT) == HELD
with open(path, "w") as file:
    file.write("||other.example^")
for _ in range(1000):
    if sent(engine, SCRIPT) == SCRIPT:
        break
    time.sleep(0.02)
else:
    sys.exit("the change was not seen")
if sys.argv[2] == "fork":
    os._exit(0)
print(0)
"""


@pytest.mark.parametrize("place", ["here", "fork"])
def test_a_changed_file_is_seen_without_a_request_or_a_restart_in_forked_workers_too(
    make_list: MakeList, place: str
) -> None:
    assert run(WATCH, str(make_list("||ads.example^")), place) == "0\n"


def test_lists_are_asked_from_many_threads_while_they_are_read_again(
    make_list: MakeList, engine: PrivacyEngine
) -> None:
    wrong: list[bytes] = []

    def ask(thread: int) -> None:
        for number in range(150):
            page = SCRIPT.replace(b"a.js", b"%d-%d.js" % (thread, number))
            out = sent(engine, page)
            if out != HELD.replace(b"a.js", b"%d-%d.js" % (thread, number)):
                wrong.append(out)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for number in range(20):
        make_list("||ads.example^", f"||n{number}.example^")
        filters.look_again()
    for thread in threads:
        thread.join()

    assert wrong == []


# --- the command line ---


def explained(*arguments: str) -> tuple[int, bytes, str]:
    command = ["rewrite", "--site", "shop.example", "--explain", *arguments]
    result = CliRunner().invoke(privacy_mw, command, input=SCRIPT)
    return result.exit_code, result.stdout_bytes, result.stderr


def test_the_command_takes_lists_and_says_which_one_blocks(make_list: MakeList) -> None:
    first = make_list("||other.example^", name="first.txt")
    second = make_list("||ads.example^", name="second.txt")

    assert explained("--filter", f"Analytics={first}", "--filter", f"advertising={second}") == (
        0,
        HELD,
        f"1:1 (byte 0) script src https://ads.example/a.js: advertising, blocked by the list {second}\n",
    )


@pytest.mark.parametrize(
    ("option", "repair"),
    [
        ("easylist.txt", "'easylist.txt' has no file; write it as in analytics=easyprivacy.txt"),
        ("analitics=a", "did you mean 'analytics'?"),
        ("analytics=/nowhere/a.txt", "there is no such file"),
    ],
)
def test_a_wrong_list_on_the_command_line_names_the_repair(option: str, repair: str) -> None:
    code, out, said = explained("--filter", option)

    assert (code, out, repair in said) == (2, b"", True)
