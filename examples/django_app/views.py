"""The pages of the book club: an evening to join, and how data is treated."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from privacy_mw import Purpose

YEAR_SECONDS = 365 * 24 * 60 * 60


def home(request: HttpRequest) -> HttpResponse:
    counted = request.privacy.allows(Purpose.ANALYTICS)  # type: ignore[attr-defined]
    name = request.session.get("name")
    page = render(request, "home.html", {"name": name, "counted": counted})
    page.set_cookie("_ga", "GA1.1.123456789.1700000000", max_age=YEAR_SECONDS)
    return page


@require_POST
def join(request: HttpRequest) -> HttpResponse:
    request.session["name"] = request.POST.get("name", "").strip()[:80]
    return redirect("/")


def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "privacy.html")
