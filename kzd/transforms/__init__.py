"""The rules, one module each; `order.py` is generated and says in which order they run."""

from __future__ import annotations

from importlib import import_module

from kzd.transform import Transform
from kzd.transforms.order import ORDER


def load() -> tuple[Transform, ...]:
    """All transforms, in the order in which they run."""
    return tuple(getattr(import_module(f"kzd.transforms.{name}"), name) for name in ORDER)
