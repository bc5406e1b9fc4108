# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch as the Debian package lays it out, or as who unpacks the archive: one read-only layer a version, above
the image."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from kit.image import ELASTICSEARCH_ID
from kit.places import CACHE
from kit.progress import say
from kit.scenery import VALUES, Scenery

JDK = "/usr/share/elasticsearch/jdk"

# Of the nodes of a cluster that share a host, in order.
INSTANCES = ("hot", "warm")

DEFAULT = f"""\
ES_PATH_CONF=/etc/elasticsearch
ES_JAVA_HOME={JDK}
"""

# As the package has it; the archive has none.
ENTRYPOINT = """\
#!/bin/sh

# This wrapper script allows SystemD to feed a file containing a passphrase into
# the main Elasticsearch startup script

if [ -n "$ES_KEYSTORE_PASSPHRASE_FILE" ] ; then
  exec /usr/share/elasticsearch/bin/elasticsearch "$@" < "$ES_KEYSTORE_PASSPHRASE_FILE"
else
  exec /usr/share/elasticsearch/bin/elasticsearch "$@"
fi
"""

# `elasticsearch -d` returns when the node is ready, so that `systemctl start` blocks as it does in production.
UNIT = """\
[Unit]
Description=Elasticsearch
Documentation=https://www.elastic.co
Wants=network-online.target
After=network-online.target

[Service]
Type=forking
RuntimeDirectory=elasticsearch
PIDFile=/run/elasticsearch/elasticsearch.pid
EnvironmentFile=-/etc/default/elasticsearch
WorkingDirectory=/usr/share/elasticsearch
User=elasticsearch
Group=elasticsearch
ExecStart=/usr/share/elasticsearch/bin/systemd-entrypoint -d -p /run/elasticsearch/elasticsearch.pid
LimitNPROC=4096
LimitFSIZE=infinity
TimeoutStopSec=0
KillSignal=SIGTERM
KillMode=process
SendSIGKILL=no
SuccessExitStatus=143
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
"""

# As people write it who unpack the archive. What the unit alone knows is told by drop-ins.
ARCHIVE_UNIT = """\
[Unit]
Description=Elasticsearch
Wants=network-online.target
After=network-online.target

[Service]
Type=forking
RuntimeDirectory=elasticsearch
PIDFile=/run/elasticsearch/elasticsearch.pid
WorkingDirectory=/opt/elasticsearch
User=elasticsearch
Group=elasticsearch
ExecStart=/opt/elasticsearch/bin/elasticsearch -d -p /run/elasticsearch/elasticsearch.pid
KillMode=process
SuccessExitStatus=143
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
"""

# As people write it who run several nodes of one package on a host.
INSTANCES_UNIT = """\
[Unit]
Description=Elasticsearch %i
Wants=network-online.target
After=network-online.target

[Service]
Type=forking
RuntimeDirectory=elasticsearch-%i
PIDFile=/run/elasticsearch-%i/elasticsearch.pid
Environment=ES_PATH_CONF=/etc/elasticsearch/%i
Environment=ES_JAVA_HOME=/usr/share/elasticsearch/jdk
WorkingDirectory=/usr/share/elasticsearch
User=elasticsearch
Group=elasticsearch
ExecStart=/usr/share/elasticsearch/bin/systemd-entrypoint -d -p /run/elasticsearch-%i/elasticsearch.pid
KillMode=process
SuccessExitStatus=143
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
"""

# Small heap and a quick compiler: tests start servers more than they load them.
JVM_OPTIONS = """\
-Xms512m
-Xmx512m
-XX:TieredStopAtLevel=1
-XX:-AlwaysPreTouch
-Xlog:disable
"""


def build(distribution: Path, version: str, scenery: Scenery) -> Path:
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    kind = scenery.installation if scenery.archive else "package"
    layer = CACHE / "layers" / f"{distribution.name}-{kind}-{key}"
    if layer.is_dir():
        return layer
    say(f"laying out Elasticsearch: {VALUES['installation'][kind]} (once a version)")
    layer.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layer.parent, prefix=".") as scratch:
        root = Path(scratch) / "root"
        home = root / (f"opt/elasticsearch-{version}" if scenery.archive else "usr/share/elasticsearch")
        config = root / scenery.config().lstrip("/")
        home.parent.mkdir(parents=True)
        subprocess.run(["cp", "-a", "--reflink=auto", "--no-preserve=ownership", distribution, home], check=True)
        # The JDK is bound in the package's place; in the cache it is a link.
        if (home / "jdk").is_symlink():
            (home / "jdk").unlink()
        shutil.rmtree(home / "logs", ignore_errors=True)
        quicken(home / "bin/elasticsearch-cli")
        if scenery.archive:
            (home / "jdk").symlink_to(JDK)
            (root / "opt/elasticsearch").symlink_to(home.name)
        else:
            (home / "jdk").mkdir(exist_ok=True)
        if not config.is_dir():
            config.parent.mkdir(parents=True)
            (home / "config").rename(config)
        write(config / "jvm.options.d/lab.options", JVM_OPTIONS)
        if scenery.archive:
            write(root / "etc/systemd/system/elasticsearch.service", ARCHIVE_UNIT)
        else:
            as_package(home / "bin/elasticsearch-env")
            write(home / "bin/systemd-entrypoint", ENTRYPOINT)
            (home / "bin/systemd-entrypoint").chmod(0o755)
            write(root / "etc/default/elasticsearch", DEFAULT)
            write(root / "usr/lib/systemd/system/elasticsearch.service", UNIT)
        own(root, config, scenery)
        root.rename(layer)
    return layer


def add_instance(root: Path, data: Path, config: str, logs: str) -> None:
    """Directories as the package has them for its only node, whose configuration is copied."""
    own = root / config.lstrip("/")
    shutil.copytree(
        own.parent, own, ignore=lambda directory, _names: INSTANCES if Path(directory) == own.parent else ()
    )
    write(root / "etc/systemd/system/elasticsearch@.service", INSTANCES_UNIT)
    for path in (own, *own.rglob("*")):
        os.chown(path, 0, ELASTICSEARCH_ID)
        path.chmod(0o2750 if path.is_dir() else 0o660)
    for path in (data, root / logs.lstrip("/")):
        path.mkdir()
        os.chown(path, ELASTICSEARCH_ID, ELASTICSEARCH_ID)
        path.chmod(0o2750)


def as_package(env: Path) -> None:
    """The two lines by which the package's script differs from the archive's."""
    text = env.read_text(encoding="utf-8")
    archive = 'if [ -z "$ES_PATH_CONF" ]; then ES_PATH_CONF="$ES_HOME"/config; fi'
    package = 'if [ -z "$ES_PATH_CONF" ]; then set -a; . /etc/default/elasticsearch; set +a; fi'
    # The package takes the file's values before it looks for Java.
    text = text.replace(archive, "", 1).replace(
        "# now set the path to java", f"{package}\n\n# now set the path to java", 1
    )
    text = text.replace("ES_DISTRIBUTION_TYPE=zip", "ES_DISTRIBUTION_TYPE=deb").replace(
        "ES_DISTRIBUTION_TYPE=tar", "ES_DISTRIBUTION_TYPE=deb"
    )
    env.write_text(text, encoding="utf-8")


def quicken(cli: Path) -> None:
    """A tool lives for a second or two: the optimising compiler costs it more than all its own work."""
    text = cli.read_text(encoding="utf-8")
    cli.write_text(text.replace("-XX:+UseSerialGC", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1", 1), encoding="utf-8")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def own(root: Path, config: Path, scenery: Scenery) -> None:
    """root:elasticsearch, 2750 and 660, as the package's maintainer scripts do; of an archive, all is its user's."""
    root.chmod(0o755)
    owner = ELASTICSEARCH_ID if scenery.archive else 0
    if scenery.archive:
        for path in (root / "opt").rglob("*"):
            os.chown(path, owner, ELASTICSEARCH_ID, follow_symlinks=False)
    os.chown(config, owner, ELASTICSEARCH_ID)
    config.chmod(0o2750)
    for path in config.rglob("*"):
        os.chown(path, owner, ELASTICSEARCH_ID)
        path.chmod(0o2750 if path.is_dir() else 0o660)
    for name in ("var/lib/elasticsearch", "var/log/elasticsearch"):
        path = root / name
        path.mkdir(parents=True)
        os.chown(path, ELASTICSEARCH_ID, ELASTICSEARCH_ID)
        path.chmod(0o2750)
