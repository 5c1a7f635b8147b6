"""The shop. It behaves as careless as shops do; the middleware keeps its promises for it.

``create_app()`` is the protected shop, ``create_app(protected=False)`` the same one without the
middleware, so that the two can be compared.
"""

from __future__ import annotations

import hmac
import os
import secrets

from flask import Flask, Response, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from examples.flask_app.teas import BY_SLUG, SHELF, Tea, euros
from privacy_mw import Purpose
from privacy_mw.wsgi import PrivacyMiddleware

YEAR_SECONDS = 365 * 24 * 60 * 60
MAX_TINS = 20


def create_app(*, protected: bool = True) -> Flask:
    """The shop, ready to serve. Without ``FERNLEAF_SECRET_KEY`` carts end with the process."""
    app = Flask(__name__)
    app.secret_key = os.environ.get("FERNLEAF_SECRET_KEY") or secrets.token_urlsafe(48)
    app.jinja_env.filters["euros"] = euros
    app.extensions["reported_sales"] = []
    add_pages(app)
    add_cart(app)
    app.after_request(set_cookies)
    if protected:
        app.wsgi_app = PrivacyMiddleware(  # type: ignore[method-assign]
            app.wsgi_app,
            secret_key=app.secret_key,
            policy_url="/privacy",
            services={"google-fonts": "functional"},
            cookies={"functional": ["recent_teas"]},
        )
    return app


def add_pages(app: Flask) -> None:
    @app.context_processor
    def shop_values() -> dict[str, object]:
        return {"csrf_token": csrf_token(), "cart_count": sum(cart().values())}

    @app.get("/")
    def home() -> str:
        slugs = request.cookies.get("recent_teas", "").split(".")
        recent = [BY_SLUG[slug] for slug in slugs if slug in BY_SLUG]
        return render_template("home.html", teas=SHELF, recent=recent)

    @app.get("/teas/<slug>")
    def tea(slug: str) -> Response:
        page = Response(render_template("tea.html", tea=find_tea(slug)))
        before = [s for s in request.cookies.get("recent_teas", "").split(".") if s in BY_SLUG]
        recent = [slug, *(s for s in before if s != slug)][:3]
        page.set_cookie("recent_teas", ".".join(recent), max_age=YEAR_SECONDS, samesite="Lax")
        return page

    @app.get("/privacy")
    def privacy() -> str:
        return render_template("privacy.html")


def add_cart(app: Flask) -> None:
    @app.get("/cart")
    def show_cart() -> str:
        return render_template("cart.html", **bill())

    @app.post("/cart")
    def change_cart() -> AnyResponse:
        check_csrf()
        tea = find_tea(request.form.get("tea", ""))
        tins = cart()
        wanted = tins.get(tea.slug, 0) + (-1 if request.form.get("change") == "less" else 1)
        tins[tea.slug] = max(0, min(wanted, MAX_TINS))
        session["cart"] = {slug: count for slug, count in tins.items() if count}
        return redirect(url_for("show_cart"), 303)

    @app.get("/checkout")
    def checkout() -> str | AnyResponse:
        return render_template("checkout.html", **bill()) if cart() else redirect("/cart", 303)

    @app.post("/checkout")
    def order() -> AnyResponse:
        check_csrf()
        if not cart():
            return redirect(url_for("show_cart"), 303)
        if may_report_sales():
            app.extensions["reported_sales"].append(bill()["total_cents"])
        session["order"] = f"FT-{secrets.randbelow(90000) + 10000}"
        session.pop("cart")
        return redirect(url_for("thanks"), 303)

    @app.get("/thanks")
    def thanks() -> str:
        return render_template("thanks.html", order=session.get("order") or abort(404))


def may_report_sales() -> bool:
    """Whether a sale may be told to the ad network from the server, where no page shows it.

    The middleware cannot see such calls, so the shop asks for its decision.
    """
    decision = request.environ.get("privacy_mw.decision")
    return decision is None or decision.allows(Purpose.ADVERTISING)


def set_cookies(response: Response) -> Response:
    """What shops do without asking: a token they need, and identifiers for their trackers."""
    if response.status_code >= 400 or request.endpoint == "static":
        return response
    response.set_cookie("csrf_token", csrf_token(), httponly=True, samesite="Lax")
    visitor = secrets.randbelow(10**9)
    identifiers = {
        "_ga": f"GA1.1.{visitor}.1700000000",
        "_ga_FERNLEAF01": "GS1.1.1700000000.1.1.1700000000.0.0.0",
        "_fbp": f"fb.1.1700000000000.{visitor}",
    }
    for name, value in identifiers.items():
        if name not in request.cookies:
            response.set_cookie(name, value, max_age=YEAR_SECONDS, samesite="Lax")
    return response


def csrf_token() -> str:
    """The token of this visitor: the form's hidden field must repeat the cookie."""
    if "csrf_token" not in request.environ:
        request.environ["csrf_token"] = request.cookies.get("csrf_token") or secrets.token_hex(16)
    return str(request.environ["csrf_token"])


def check_csrf() -> None:
    kept = request.cookies.get("csrf_token", "")
    sent = request.form.get("csrf_token", "")
    if not kept or not hmac.compare_digest(kept.encode(), sent.encode()):
        abort(400, "This form is out of date. Go back, reload the page and try again.")


def cart() -> dict[str, int]:
    """Tins by slug; teas that left the shelf are left out."""
    return {slug: tins for slug, tins in session.get("cart", {}).items() if slug in BY_SLUG}


def bill() -> dict[str, object]:
    lines = [(BY_SLUG[slug], tins) for slug, tins in cart().items()]
    return {"lines": lines, "total_cents": sum(tea.price_cents * tins for tea, tins in lines)}


def find_tea(slug: str) -> Tea:
    return BY_SLUG.get(slug) or abort(404)


if __name__ == "__main__":
    create_app().run()
