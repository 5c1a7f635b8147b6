"""What the shop sells. Prices are in cents, weights in grams."""

from __future__ import annotations

from typing import NamedTuple


class Tea(NamedTuple):
    """One tin on the shelf; the three colours draw its picture."""

    slug: str
    name: str
    origin: str
    taste: str
    steeping: str
    price_cents: int
    weight_grams: int
    tin: str
    leaf: str
    light: str


SHELF: tuple[Tea, ...] = (
    Tea(
        slug="moss-garden",
        name="Moss Garden",
        origin="Green tea, Uji hills",
        taste="Soft, grassy and a little sweet, with the calm of a shaded garden after rain.",
        steeping="70 °C, two minutes",
        price_cents=1450,
        weight_grams=80,
        tin="#35624a",
        leaf="#a9c89a",
        light="#e6efdf",
    ),
    Tea(
        slug="copper-kettle",
        name="Copper Kettle",
        origin="Black tea, Nilgiri",
        taste="Bright and brisk in the cup; malt first, then orange peel. Takes milk well.",
        steeping="96 °C, four minutes",
        price_cents=980,
        weight_grams=100,
        tin="#a2552f",
        leaf="#eab27d",
        light="#f6e6d6",
    ),
    Tea(
        slug="night-harbour",
        name="Night Harbour",
        origin="Oolong, Alishan",
        taste="Rolled and slowly roasted. Chestnut, warm stone and a long floral end.",
        steeping="90 °C, three minutes, and again",
        price_cents=1720,
        weight_grams=60,
        tin="#2c3f5c",
        leaf="#93a9c9",
        light="#e2e8f1",
    ),
    Tea(
        slug="meadow-nap",
        name="Meadow Nap",
        origin="Herbs, no caffeine",
        taste="Chamomile, lemon balm and apple from one small farm. For the end of a day.",
        steeping="100 °C, six minutes",
        price_cents=840,
        weight_grams=50,
        tin="#b98a1f",
        leaf="#f2d98a",
        light="#f9f0d3",
    ),
)
BY_SLUG: dict[str, Tea] = {tea.slug: tea for tea in SHELF}


def euros(cents: int) -> str:
    """``1450`` as ``€14.50``."""
    return f"€{cents // 100}.{cents % 100:02d}"
