# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Twin of arguments.follow_arguments.
    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) follows. A follower that is paused or closed is resumed and opened; one that is still being copied is left
        alone.
      - V(paused) reads no more. The leader keeps its history only as long as a lease lasts, 12 hours by default; a pause that
        is
        longer can make a new copy necessary.
      - V(unfollowed) makes a follower an ordinary index that can be written to. It is paused, closed, unfollowed and opened.
      - V(absent) unfollows and deletes the index, with O(allow_delete=true) only.
      - An index that is not a follower is never closed, deleted or overwritten. V(present) and V(absent) refuse it.
    type: str
    choices: [present, paused, unfollowed, absent]
    default: present
  on_fatal:
    description:
      - What to do with a follower that has stopped for good, although the server calls it active.
      - V(fail) changes nothing and tells the error. V(restart) pauses and resumes it, and copies it anew with O(recreate=true)
        where the leader has no longer what the follower lacks.
    type: str
    choices: [fail, restart]
    default: fail
  recreate:
    description:
      - Whether a follower may be copied anew, which replaces all that it holds.
      - It is done when the leader is another one than that of the follower, or was itself made anew, or has no longer the
        history
        that the follower lacks.
    type: bool
    default: false
  allow_delete:
    description: Whether O(state=absent) may delete a follower with its data.
    type: bool
    default: false
  open:
    description:
      - Whether an index that is unfollowed shall be open afterwards. By default it is as it was before.
      - Give V(true) where a run may have been stopped between closing and opening; a later one then opens the index.
      - Only with O(state=unfollowed).
    type: bool
  require_follower:
    description:
      - Whether O(state=unfollowed) refuses an ordinary index. The server keeps no trace of what an index has followed, so that
        by
        default an ordinary index is taken for one that was unfollowed before, and nothing is changed.
      - An index that is not there is always refused.
    type: bool
    default: false
  max_lag:
    description:
      - With O(wait=true), how many operations a follower may at most be behind its leader, over all its shards. Without it,
        the wait ends when all shards read, however far they are.
    type: int
  master_timeout:
    description:
      - How long the server waits for an elected master, as V(30s). Servers before 8.14 may not know it, so that nothing is sent
        without it.
    type: str
  wait:
    description:
      - Wait until it is so. With O(state=present) until all shards follow, without an error and within O(max_lag). With the
        other states until a copy has ended that is under way, because what is being copied can be neither paused nor
        unfollowed.
      - Of many followers it is shown meanwhile how many are as wished, and which are still copied.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait at most; where many followers are begun one after the other, for each of them.
    type: float
    default: 600
"""
