# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch itself: fetched once with Maven, or a full distribution from a path, unpacked into the cache."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from kit.jdk import Jdk
from kit.places import CACHE, KIT
from kit.problems import KitError
from kit.progress import say

VARIABLE = "CROSSCLUSTER_ELASTICSEARCH_DISTRIBUTION"
GROUP = "org.elasticsearch.distribution.integ-test-zip"
REPOSITORY = CACHE / "maven"
PLUGIN = "security-index-analysis"
PLUGIN_SOURCE = KIT / "plugin" / "SecurityIndexAnalysis.java"
COMPONENTS = {
    "org.elasticsearch.plugin.analysis.TokenFilterFactory": {
        "pattern_capture": "lab.SecurityIndexAnalysis$PatternCapture",
        "unique": "lab.SecurityIndexAnalysis$Unique",
    },
    "org.elasticsearch.plugin.analysis.TokenizerFactory": {"uax_url_email": "lab.SecurityIndexAnalysis$UrlEmail"},
}


def given() -> Path | None:
    """The full distribution that the environment names."""
    path = os.environ.get(VARIABLE)
    return Path(path).expanduser().resolve() if path else None


def version_of(home: Path) -> str:
    for jar in (home / "lib").glob("elasticsearch-[0-9]*.jar"):
        return jar.name.removeprefix("elasticsearch-").removesuffix(".jar")
    raise KitError(f"{home} is no Elasticsearch distribution (no lib/elasticsearch-VERSION.jar): correct {VARIABLE}.")


def given_version(path: Path) -> str:
    """From the file's name or the directory's content: nothing is unpacked to learn it."""
    if path.is_dir():
        return version_of(path)
    match = re.search(r"elasticsearch-(\d+\.\d+\.\d+)", path.name)
    if not match:
        raise KitError(f"{path}: no version in the name; give {VARIABLE} an archive as Elastic names it.")
    return match[1]


def bundled_jdk(home: Path) -> Path:
    if not (home / "jdk/bin/java").exists():
        raise KitError(f"{home} has no JDK of its own (jdk/bin/java): correct {VARIABLE}.")
    return home / "jdk"


def prepare(version: str, jdk: Jdk | None) -> Path:
    """The unpacked distribution, ready to be run from; without a JDK the one that the environment names."""
    full = None if jdk else given()
    key = hashlib.sha256((str(full) if full else PLUGIN_SOURCE.read_text(encoding="utf-8")).encode()).hexdigest()[:8]
    home = CACHE / "distributions" / f"{version}-{'full-' if full else ''}{key}"
    if home.is_dir():
        return home
    archive = full or fetch(version)
    say(f"unpacking Elasticsearch {version}")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=".") as scratch:
        tree = unpack(archive, Path(scratch))
        if not (tree / "modules/analysis-common").is_dir():
            if jdk is None:
                raise KitError(f"{archive} lacks the module analysis-common: give {VARIABLE} a full distribution.")
            add_plugin(tree, version, jdk)
        tree.chmod(0o755)
        tree.rename(home)
    return home


def archive_of(version: str) -> Path:
    """Maven's local repository lies in the project, so that nothing is left outside it."""
    return REPOSITORY / GROUP.replace(".", "/") / f"elasticsearch/{version}/elasticsearch-{version}.zip"


def fetch(version: str) -> Path:
    archive = archive_of(version)
    if archive.is_file():
        return archive
    say(f"fetching Elasticsearch {version} with Maven (about 100 MB, once)")
    command = ["mvn", "-B", "-q", f"-Dmaven.repo.local={REPOSITORY}", "dependency:get", "-Dtransitive=false"]
    command.append(f"-Dartifact={GROUP}:elasticsearch:{version}:zip")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
    if done.returncode or not archive.is_file():
        reason = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stdout[-500:] + done.stderr)
        raise KitError(f"Maven could not fetch Elasticsearch {version}: {reason.strip()}")
    return archive


def unpack(archive: Path, scratch: Path) -> Path:
    if archive.is_dir():
        tree = scratch / "tree"
        shutil.copytree(archive, tree, symlinks=True, ignore=shutil.ignore_patterns("data", "logs"))
        return tree
    shutil.unpack_archive(archive, scratch)
    (tree,) = scratch.iterdir()
    for tool in (tree / "bin").iterdir():
        tool.chmod(0o755)
    return tree


def add_plugin(home: Path, version: str, jdk: Jdk) -> None:
    """Compiled against the server's own libraries: a stable plugin is bound to the exact version by its descriptor."""
    target = home / "plugins" / PLUGIN
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as classes:
        javac = [str(jdk.home / "bin/javac"), "--release", "17", "-nowarn", "-cp", f"{home}/lib/*", "-d", classes]
        done = subprocess.run([*javac, str(PLUGIN_SOURCE)], check=False, capture_output=True, text=True)
        if done.returncode:
            raise KitError(f"The analysis plugin for Elasticsearch {version} does not compile: {done.stderr.strip()}")
        with zipfile.ZipFile(target / f"{PLUGIN}.jar", "w") as jar:
            for file in sorted(Path(classes).rglob("*.class")):
                jar.write(file, file.relative_to(classes))
    (target / "named_components.json").write_text(json.dumps(COMPONENTS), encoding="utf-8")
    descriptor = {
        "name": PLUGIN,
        "description": "analysis components of the security index",
        "version": "1.0.0",
        "elasticsearch.version": version,
        "java.version": "17",
    }
    text = "".join(f"{name}={value}\n" for name, value in descriptor.items())
    (target / "stable-plugin-descriptor.properties").write_text(text, encoding="utf-8")
