"""What the catalogue knows, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy_mw import classify_cookie
from privacy_mw.catalogue import load_catalogue, load_facts
from privacy_mw.purposes import Purpose
from privacy_mw.urls import read_url
from tests.editing import edited

CATALOGUE = load_catalogue()
ELSEWHERE = "https://stats.elsewhere.example"


def service_of(address: str) -> str | None:
    url = read_url(address)
    service = CATALOGUE.service_of_url(*url) if url else None
    return service.id if service else None


def test_it_knows_many_services_and_cookies() -> None:
    facts = load_facts().values()
    names = {name for each in facts for name in (*each.cookies, *each.vendor_cookies)}

    assert len(CATALOGUE.services) >= 700
    assert len(names) >= 2500
    assert all(each.evidence and each.checked for each in facts)
    assert all(each.privacy for each in facts if each.provider != "not known")


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("https://www.googletagmanager.com/gtag/js?id=G-1", "google-analytics"),
        ("https://www.googletagmanager.com/gtag/js?l=dl&id=GT-1", "google-analytics"),
        ("https://www.googletagmanager.com/gtag/js?id=AW-1", "google-ads"),
        ("https://www.googletagmanager.com/gtag/js?id=DC-1", "google-ads"),
        ("https://www.googletagmanager.com/gtm.js?id=GTM-1", "google-tag-manager"),
        ("https://www.facebook.com/tr?id=1", "facebook-pixel"),
        ("https://www.facebook.com/plugins/page.php", "facebook-plugins"),
        ("https://www.facebook.com/some.tea.house", None),
        ("https://www.google.com/recaptcha/api.js", "recaptcha"),
        ("https://www.google.com/maps/embed?pb=1", "google-maps"),
        ("https://www.google.com/pagead/1p-user-list/1", "google-ads"),
        ("https://www.google.com/search?q=tea", None),
        ("https://notdoubleclick.net/x", None),
        ("https://www.youtube.com.example/embed/x", None),
        ("https://elsewhere.example/www.google-analytics.com/analytics.js", None),
    ],
)
def test_an_address_is_known_by_host_path_and_query(address: str, service: str | None) -> None:
    assert service_of(address) == service


@pytest.mark.parametrize(
    ("address", "service"),
    [
        (f"{ELSEWHERE}/matomo.js", "matomo"),
        (f"{ELSEWHERE}/piwik/matomo.php?rec=1", "matomo"),
        (f"{ELSEWHERE}/js/prebid8.52.0.js", "prebid"),
        (f"{ELSEWHERE}/gtm.js?id=GTM-1", "google-tag-manager"),
        (f"{ELSEWHERE}/%6datomo.js", None),
        (f"{ELSEWHERE}/gtm.js", None),
        (f"{ELSEWHERE}/matomo.js/more", None),
        (f"{ELSEWHERE}/notmatomo.js", None),
        (f"{ELSEWHERE}/delivery/ajs.php", None),
    ],
)
def test_software_that_sites_host_themselves_is_known_by_the_end_of_its_path(
    address: str, service: str | None
) -> None:
    assert service_of(address) == service


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("https://ads.elsewhere.example/a.js", "hosts-named-for-ads"),
        ("https://analytics.elsewhere.example/", "hosts-named-for-measuring"),
        ("https://ads.example/", None),
        ("https://uploads.elsewhere.example/", None),
        ("https://pixel.facebook.com/teas", None),
    ],
)
def test_a_host_that_nobody_knows_may_be_named_for_what_it_does(address: str, service: str | None) -> None:
    held = b" data-privacy=" in edited(b"<img width=9 src=%s>" % address.encode())

    assert (service_of(address), held) == (service, service is not None)


def test_a_copy_on_a_third_partys_host_waits_and_one_on_the_sites_own_stays() -> None:
    page = b"<img src='https://stats.elsewhere.example/logo.png'><script src='%s/matomo.js'></script>"
    there, here = page % ELSEWHERE.encode(), page % b"https://stats.shop.example"

    assert edited(there) == there.replace(
        b"<script src", b'<script data-privacy="analytics" type="text/plain" data-privacy-src'
    )
    assert edited(there) == edited(there)
    assert edited(here) == here
    assert edited(there, allowed_hosts=["stats.elsewhere.example"]) == there


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("_ga", Purpose.ANALYTICS),
        ("_ga_ABC123", Purpose.ANALYTICS),
        ("_hjSession_123", Purpose.ANALYTICS),
        ("__Secure-_ga", Purpose.ANALYTICS),
        ("_fbp", Purpose.ADVERTISING),
        ("IDE", Purpose.ADVERTISING),
        ("sessionid", Purpose.NECESSARY),
        ("csrftoken", Purpose.NECESSARY),
        ("PHPSESSID", Purpose.NECESSARY),
        ("wordpress_logged_in_0123abcd", Purpose.NECESSARY),
        ("wp-settings-time-1", Purpose.NECESSARY),
        ("_GA", None),
        ("x_ga", None),
        ("9f86d081884c7d659a2feaa0c55ad015", None),
    ],
)
def test_a_cookie_is_known_by_its_name_or_pattern(name: str, purpose: Purpose | None) -> None:
    assert classify_cookie(name) is purpose


GENERIC = [
    "id",
    "uid",
    "uuid",
    "uids",
    "lang",
    "language",
    "token",
    "user",
    "user_id",
    "userId",
    "visitor_id",
    "cid",
    "sid",
    "theme",
    "cart",
    "test",
    "ref",
    "country",
    "oauth_token",
    "guest_id",
    "night_mode",
    "timezone_offset",
    "last_login",
    "fingerprint",
    "recentlyViewed",
    "client-token",
    "skin",
    "redirect_url",
]


@pytest.mark.parametrize("name", [*GENERIC, *map(str.upper, GENERIC)])
def test_names_that_applications_use_for_their_own_are_no_vendors(name: str) -> None:
    assert classify_cookie(name) in (None, Purpose.NECESSARY)


HOSTS = st.sampled_from(
    ["www.facebook.com", "www.google.com", "cdn.jsdelivr.net", "a.example", "X.FACEBOOK.com:443"]
)
SPELLINGS: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [
        str,
        lambda text: f"%{ord(text[0]):02x}" + text[1:],
        lambda text: "./" + text,
        lambda text: "x/../" + text,
        lambda text: "/" + text,
        lambda text: f"&#{ord(text[0])};" + text[1:],
        lambda text: "\\" + text,
    ]
)
PATHS = st.tuples(
    SPELLINGS,
    st.sampled_from(
        [
            "tr",
            "plugins/like.php",
            "pagead/x",
            "maps/embed",
            "recaptcha/api.js",
            "matomo.js",
            "teas",
            "x",
            "npm/yandex-metrica-watch/tag.js",
            "v2.0/plugins/page.php",
            "gtm.js?id=GTM-1",
            "en/prebid9.js",
        ]
    ),
).map(lambda parts: "/" + parts[0](parts[1]))


@settings(max_examples=300)
@given(host=HOSTS, path=PATHS, before=st.sampled_from(["", "https:", "HTTP:"]))
def test_a_host_of_which_some_paths_pass_is_judged_as_by_a_thorough_look(
    host: str, path: str, before: str
) -> None:
    address = f"{before}//{host}{path}"
    page = f'<p><a ping="{address}"><img src="{address}" width=9><div style="a:url({address})">'.encode()

    assert edited(page) == edited(page, thorough=True)
