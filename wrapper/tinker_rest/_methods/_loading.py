"""Modules that methods need only when they are called: importing a client does not import these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinker_rest._lazy import LazyModule

if TYPE_CHECKING:
    from tinker_rest import bulk, downloads, pagination
    from tinker_rest._methods import _parsing as parsing
else:
    bulk = LazyModule("tinker_rest.bulk")
    downloads = LazyModule("tinker_rest.downloads")
    pagination = LazyModule("tinker_rest.pagination")
    parsing = LazyModule("tinker_rest._methods._parsing")

__all__ = ["bulk", "downloads", "pagination", "parsing"]
