"""What Fairfield sells: products with list price, cost share and business unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tierwise.demo.columns import Floats, Ints

BUSINESS_UNITS = ("Connectivity", "Equipment", "Supplies")
PRODUCT_TYPES = ("connectivity", "telephony", "devices", "accessories", "consumables")


@dataclass(frozen=True)
class Product:
    """One product: list price 2025 in cents and cost as a share of that price."""

    product_id: str
    name: str
    product_type: str
    business_unit: str
    list_cents: int
    cost_share: float


def _family(
    prefix: str, product_type: str, unit: str, rows: tuple[tuple[str, int, float], ...]
) -> tuple[Product, ...]:
    return tuple(
        Product(f"{prefix}-{i:02d}", name, product_type, unit, cents, cost)
        for i, (name, cents, cost) in enumerate(rows, 1)
    )


_ALL = (
    *_family(
        "SUP",
        "consumables",
        "Supplies",
        (
            ("Cable tie", 45, 0.62),
            ("Cleaning wipe pack", 80, 0.58),
            ("Label strip", 120, 0.50),
            ("AA cell", 160, 0.60),
            ("Patch lead 0.5 m", 220, 0.48),
            ("Note roll", 290, 0.55),
            ("Screen cloth set", 360, 0.46),
            ("Patch lead 3 m", 450, 0.47),
            ("Toner cap", 590, 0.64),
            ("Thermal roll box", 760, 0.60),
        ),
    ),
    *_family(
        "ACC",
        "accessories",
        "Supplies",
        (
            ("Mouse mat", 990, 0.45),
            ("USB hub", 1_590, 0.56),
            ("Headset cushion kit", 2_150, 0.44),
            ("Wired mouse", 2_900, 0.58),
            ("Surge strip", 3_900, 0.52),
            ("Keyboard", 4_900, 0.60),
            ("Headset", 6_900, 0.57),
            ("Docking base", 8_900, 0.62),
        ),
    ),
    *_family(
        "TEL",
        "telephony",
        "Connectivity",
        (
            ("Voice seat, month", 1_490, 0.42),
            ("Contact centre seat, month", 5_900, 0.45),
            ("Number block, year", 9_900, 0.30),
            ("SIP trunk, month", 17_900, 0.43),
            ("Recording bundle, year", 34_900, 0.38),
        ),
    ),
    *_family(
        "DEV",
        "devices",
        "Equipment",
        (
            ("Desk phone", 12_900, 0.66),
            ("Access point", 24_900, 0.63),
            ("Small switch", 29_900, 0.64),
            ("Label printer", 42_900, 0.67),
            ("Rugged tablet", 74_900, 0.69),
            ("Laser printer", 119_000, 0.70),
            ("Core switch", 289_000, 0.66),
        ),
    ),
    *_family(
        "NET",
        "connectivity",
        "Connectivity",
        (
            ("SIM data plan, month", 1_190, 0.44),
            ("Site link 100, month", 19_900, 0.46),
            ("Site link 1000, month", 39_900, 0.47),
            ("Backup link, month", 14_900, 0.40),
            ("Managed firewall, month", 54_900, 0.45),
            ("Campus network, month", 180_000, 0.48),
        ),
    ),
)

PRODUCTS: tuple[Product, ...] = tuple(sorted(_ALL, key=lambda p: p.list_cents))
"""All products, cheapest first."""

PRICE_RISE = 0.025  # list prices rise by this share every January


def list_cents(year: int) -> Floats:
    """List price of every product in a year, cents."""
    prices = np.array([p.list_cents for p in PRODUCTS], dtype=np.float64)
    return np.asarray(prices / (1 + PRICE_RISE) ** (2025 - year), dtype=np.float64)


def unit_cost_cents(year: int) -> Ints:
    """Cost per piece of every product in a year, whole cents."""
    shares = np.array([p.cost_share for p in PRODUCTS])
    return np.asarray(np.maximum(np.round(list_cents(year) * shares), 1), dtype=np.int64)
