# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, each with one sentence for the person who runs the kit."""

from __future__ import annotations


class KitError(Exception):
    """The kit cannot go on; the text says what happened and what to do."""


class NotSupported(KitError):
    """The lab that runs cannot do this."""
