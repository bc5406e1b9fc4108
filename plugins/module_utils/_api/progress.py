# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a run is: when to show it. No requests, only what was read anyway. Private to this collection."""

from __future__ import annotations

import threading
import time
from typing import Callable, Optional

# Seconds between two lines; of a run that is shorter, nothing is shown.
EVERY = 10
# Seconds until the same line is shown again.
SAME_EVERY = 60


class Progress:
    """Shows a line now and then, to whom there is; threads may tell it at the same time.

    :param show: shows a line; nothing is shown without it.
    """

    def __init__(self, show: Optional[Callable[[str], None]], clock: Callable[[], float] = time.monotonic) -> None:
        self._show = show
        self._clock = clock
        self._lock = threading.Lock()
        self._next = clock() + EVERY
        self._last = ""
        self._last_shown = 0.0

    def tell(self, line: str) -> None:
        """Shows the line when it is time for one."""
        if self._show is None:
            return
        with self._lock:
            now = self._clock()
            if now < self._next:
                return
            self._next = now + EVERY
            if line == self._last and now < self._last_shown + SAME_EVERY:
                return
            self._last, self._last_shown = line, now
            self._show(line)
