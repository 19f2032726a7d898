"""Instants and durations, as every call takes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Union

Instant = Union[int, datetime]
"""ns since the Unix epoch, 0 up to 2**62, or a datetime with a time zone."""
Duration = Union[int, timedelta]
"""ns, or a timedelta."""
