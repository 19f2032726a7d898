"""Where the time zones are."""

from __future__ import annotations

import importlib.util
import os

_SYSTEM = "/usr/share/zoneinfo"


def zone_directory(given: str | os.PathLike[str] | None) -> str:
    """The directory to read zones from: the one given; "" for TZDIR, else the system's, which the engine finds itself.

    Where those hold nothing, as in a slim container, it is that of the package `tzdata`, when it is installed.
    """
    if given is not None:
        return os.fspath(given)
    return "" if _holds_something(os.environ.get("TZDIR") or _SYSTEM) else _of_the_package()


def _holds_something(directory: str) -> bool:
    try:
        with os.scandir(directory) as entries:
            return any(True for _ in entries)
    except OSError:
        return False


def _of_the_package() -> str:
    spec = importlib.util.find_spec("tzdata")
    for place in (spec.submodule_search_locations if spec is not None else None) or ():
        directory = os.path.join(place, "zoneinfo")
        if os.path.isdir(directory):
            return directory
    return ""
