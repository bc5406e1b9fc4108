# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An application that never stops writing, and knows which documents it was told to be safe."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import threading

from stand_ins.ccr_gateway.running import Running
from waiting import until


class Writer:
    """Writes one document after the other through an alias, which nobody makes an index of; use it as a context.

    :param acknowledged: ids of what was taken.
    """

    def __init__(self, cluster: Running, alias: str) -> None:
        self.cluster = cluster
        self.alias = alias
        self.acknowledged: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def begin(self) -> None:
        """Also where nothing is taken yet."""
        self._thread.start()

    def start(self) -> None:
        """Returns when the first document was taken."""
        self.begin()
        self.goes_on()

    def goes_on(self) -> None:
        """Waits until a document was taken that nobody has tried to write before."""
        count = len(self.acknowledged) + 1
        until(lambda: len(self.acknowledged) > count)

    def stop(self) -> None:
        self._over.set()
        if self._thread.ident:
            self._thread.join()

    def _write(self) -> None:
        for number in itertools.count():
            if self._over.is_set():
                return
            name = f"{self.cluster.name}-{number}"
            path = f"/{self.alias}/_create/{name}?require_alias=true"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.cluster.request("PUT", path, {"@timestamp": 1, "id": name})[0] == 201:
                    self.acknowledged.append(name)
            self._over.wait(0.02)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_dummy: object) -> None:
        self.stop()
