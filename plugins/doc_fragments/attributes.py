# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return the changed status that a real run would have, without changing anything.
  diff_mode:
    support: full
    description: Returns what has changed, or would change in C(check_mode), without any secret.
  idempotent:
    support: full
    description: A second run with the same options changes nothing.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode); this module only reads.
  diff_mode:
    support: N/A
    description: Returns what has changed; this module only reads.
  idempotent:
    support: full
    description: This module only reads.
"""

    ACTIONGROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/crosscluster.elasticsearch.all) in C(module_defaults) to give the options of the client once.
    support: full
    membership:
      - crosscluster.elasticsearch.all
"""

    IN_PROCESS = r"""
options: {}
notes:
  - The module runs inside the Ansible worker when the task would run on the controller anyway, which saves a Python process
    for each task. With C(become), C(async), C(environment), another interpreter or a target that is not local it is shipped as
    any module is. On the controller C(become) counts only where the task itself says it, as play, inventory, configuration and
    C(-b) mean the nodes. Set the variable C(crosscluster_in_process) to V(false), or the environment variable
    E(CROSSCLUSTER_IN_PROCESS) to V(0), to ship it always. Both ways give the same results.
  - Inside the worker, a run that takes longer than 10 seconds shows on standard error, at most every 10 seconds, what it
    waits for. A shipped module, and a task with C(no_log), shows nothing.
"""
