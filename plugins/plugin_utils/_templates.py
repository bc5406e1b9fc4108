# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs in templating between releases of ansible-core. Private to this collection."""

from __future__ import annotations

from ansible.release import __version__

# Before 2.19 a variable of another host whose template can't be resolved is the template's text; since then it raises.
TEMPLATES_STAY = tuple(int(part) for part in __version__.split(".")[:2]) < (2, 19)
