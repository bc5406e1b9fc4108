# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds a Java development kit, and the newest Elasticsearch that it can run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kit.problems import KitError

# Versions that the Maven artifact is published for, newest first.
VERSIONS = ("9.2.0", "9.1.0", "9.0.8", "8.19.21", "8.19.8", "8.14.3")
NEWEST = VERSIONS[0]
NEWEST_8 = next(version for version in VERSIONS if version.startswith("8."))


@dataclass(frozen=True)
class Jdk:
    home: Path
    major: int


def needed(version: str) -> int:
    """The lowest Java that this Elasticsearch runs on."""
    return 21 if int(version.split(".")[0]) >= 9 else 17


def major(home: Path) -> int | None:
    release = home / "release"
    text = release.read_text(encoding="utf-8", errors="replace") if release.is_file() else ""
    if "JAVA_VERSION=" not in text:
        text = subprocess.run([home / "bin/java", "-version"], check=False, capture_output=True, text=True).stderr
    match = re.search(r'(?:JAVA_VERSION=|version )"(\d+)', text)
    return int(match[1]) if match else None


def find() -> list[Jdk]:
    """Those that the environment names come first, then the lowest version first."""
    named = [Path(os.environ[name]) for name in ("ES_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    installed = sorted(Path("/usr/lib/jvm").glob("*"))
    java = shutil.which("java")
    if java:
        installed.append(Path(java).resolve().parents[1])
    found: dict[Path, Jdk] = {}
    for home in [*named, *installed]:
        if (home / "bin/java").exists() and (home / "bin/javac").exists() and home.resolve() not in found:
            number = major(home)
            if number:
                found[home.resolve()] = Jdk(home.resolve(), number)
    preferred = [found.pop(home.resolve()) for home in named if home.resolve() in found]
    return preferred + sorted(found.values(), key=lambda jdk: jdk.major)


def choose(version: str | None, jdks: list[Jdk]) -> tuple[str, Jdk, str]:
    """The version to run, the kit to run it on, and a remark when it is not the newest for want of a newer Java."""
    wanted = version or NEWEST
    for jdk in jdks:
        if jdk.major >= needed(wanted):
            return wanted, jdk, ""
    if version is None:
        for jdk in jdks:
            if jdk.major >= needed(NEWEST_8):
                remark = (
                    f"Only Java {jdk.major} was found: Elasticsearch {NEWEST_8} is used instead of {NEWEST}, "
                    f"which needs JDK {needed(NEWEST)} or newer (install one, or set ES_JAVA_HOME)."
                )
                return NEWEST_8, jdk, remark
    have = ", ".join(f"{jdk.major} in {jdk.home}" for jdk in jdks) or "none"
    raise KitError(
        f"Elasticsearch {wanted} needs a JDK (with javac) of version {needed(wanted)} or newer, found {have}: "
        f"install one, or set ES_JAVA_HOME to it."
    )
