#!/usr/bin/env python3
"""The include graph obeys the house's arrows. Needs nothing but Python: `python3 tests/layering_test.py`."""

from __future__ import annotations

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A folder may include itself and what stands to its right here.
CORE = {
    "base": [],
    "limits": ["base"],
    "policy": ["base", "limits"],
    "store": ["base", "limits"],
    "queue": ["base", "limits"],
    "engine": ["base", "limits", "policy", "store", "queue"],
    "planner": ["base", "limits", "policy", "store", "queue", "engine"],
    "dialect": ["base", "limits", "policy", "store", "queue", "engine"],
}
# Libraries that one folder keeps to itself.
LIBRARIES = {"rapidjson/": ["policy"], "cctz/": ["limits"], "pybind11/": ["bindings"], "napi.h": ["bindings"]}

CLOCK_READ = re.compile(r"_clock::now|\b(?:clock_gettime|gettimeofday|timespec_get)\b|\btime\((?:NULL|nullptr|0)\)")
PROVIDER = re.compile(
    r"send[ _.-]?blue|texting[ _.-]?blue|\b(?:k)?linq|go[ _.-]?send[ _.-]?api|\bsend[ _.-]?dev\b",
    re.IGNORECASE,
)
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
SUFFIXES = {".h", ".hpp", ".c", ".cpp", ".i"}


def place_of(path: str) -> str:
    """The layer of a file: a folder of core, "capi" or "bindings"."""
    parts = path.split("/")
    return parts[1] if parts[0] == "core" else parts[0]


def allowed(place: str) -> list[str]:
    """The core folders a place may include."""
    if place == "bindings":
        return []
    return list(CORE) if place == "capi" else [place, *CORE[place]]


def include_faults(place: str, include: str) -> list[str]:
    """What is wrong with one include of a file in `place`."""
    faults = []
    target = re.match(r"(?:\.\./)*core/(\w+)/", include)
    if target and target[1] not in allowed(place):
        faults.append(f"{place} may not include {include}")
    if re.search(r"(^|/)clock\.h$", include) and place != "engine":
        faults.append(f"only engine holds a clock, not {place}: {include}")
    for library, owners in LIBRARIES.items():
        if include.startswith(library) and place not in owners:
            faults.append(f"{include} belongs to {', '.join(owners)}, not {place}")
    return faults


def faults_of(path: str, text: str) -> list[str]:
    """Everything wrong with one file, as lines that name it."""
    place = place_of(path)
    if path.startswith("core/") and place not in CORE:
        return [f"{path}: core has no layer {place!r}"]
    found = [fault for include in INCLUDE.findall(text) for fault in include_faults(place, include)]
    if place != "engine" and CLOCK_READ.search(COMMENT.sub("", text)):
        found.append("only engine reads a clock")
    if provider := PROVIDER.search(text):
        found.append(f"a provider's name stands in C++: {provider[0]}")
    return [f"{path}: {fault}" for fault in found]


def sources() -> list[str]:
    """All C and C++ that is shipped."""
    return sorted(
        file.relative_to(ROOT).as_posix()
        for top in ("core", "capi", "bindings")
        for file in (ROOT / top).rglob("*")
        if file.suffix in SUFFIXES and file.is_file() and "node_modules" not in file.parts
    )


class Layering(unittest.TestCase):
    def test_every_shipped_file_obeys_the_arrows(self) -> None:
        files = sources()
        self.assertTrue(files, "no sources were found")
        faults = [fault for path in files for fault in faults_of(path, (ROOT / path).read_text("utf-8"))]
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_project_includes_name_a_file_that_exists(self) -> None:
        lost = [
            f"{path}: {include}"
            for path in sources()
            for include in INCLUDE.findall((ROOT / path).read_text("utf-8"))
            if include.startswith("core/") and not (ROOT / include).is_file()
        ]
        self.assertEqual(lost, [])

    def test_source_file_names_are_unique_in_core(self) -> None:
        names = [Path(path).name for path in sources() if path.startswith("core/")]
        self.assertEqual(sorted(names), sorted(set(names)))


class Controls(unittest.TestCase):
    """The check finds what it is for."""

    def assert_fault(self, path: str, text: str) -> None:
        self.assertNotEqual(faults_of(path, text), [], f"{path} with {text!r} should be a fault")

    def test_an_include_to_the_right_is_found(self) -> None:
        self.assert_fault("core/base/a.h", '#include "core/limits/limit.h"')
        self.assert_fault("core/engine/a.h", '#  include "core/dialect/a.h"')
        self.assert_fault("core/engine/a.h", '#include "core/planner/a.h"')

    def test_an_include_sideways_is_found(self) -> None:
        self.assert_fault("core/store/a.h", '#include "core/queue/a.h"')
        self.assert_fault("core/queue/a.h", '#include "core/store/a.h"')
        self.assert_fault("core/policy/a.h", '#include "core/store/a.h"')
        self.assert_fault("core/dialect/a.h", '#include "core/planner/a.h"')

    def test_a_binding_that_reaches_past_the_c_abi_is_found(self) -> None:
        self.assert_fault("bindings/python/src/a.cpp", '#include "core/base/time.h"')
        self.assert_fault("bindings/node/src/a.cpp", '#include "core/base/time.h"')

    def test_a_library_outside_its_folder_is_found(self) -> None:
        self.assert_fault("capi/src/a.cpp", "#include <napi.h>")
        self.assert_fault("core/engine/a.cpp", "#include <rapidjson/reader.h>")

    def test_a_clock_outside_engine_is_found(self) -> None:
        self.assert_fault("core/store/a.cpp", "auto t = std::chrono::steady_clock::now();")
        self.assert_fault("capi/src/a.cpp", '#include "core/engine/clock.h"')

    def test_a_provider_in_cpp_is_found(self) -> None:
        self.assert_fault("core/limits/a.h", "// as Send.dev does")
        self.assert_fault("core/limits/a.h", "constexpr int kLinqPair = 30;")

    def test_an_unknown_layer_is_found(self) -> None:
        self.assert_fault("core/misc/a.h", "")

    def test_what_is_allowed_is_not_a_fault(self) -> None:
        self.assertEqual(faults_of("core/engine/a.h", '#include "core/store/a.h"\n#include "core/engine/clock.h"'), [])
        self.assertEqual(faults_of("capi/src/a.cpp", '#include "core/engine/engine.h"\n// steady_clock::now'), [])
        self.assertEqual(faults_of("core/base/a.h", "// call send() on the device"), [])


if __name__ == "__main__":
    unittest.main()
