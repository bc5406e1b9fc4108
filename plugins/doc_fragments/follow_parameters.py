# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Twin of arguments.follow_parameters_arguments, for one follower.
    DOCUMENTATION = r"""
options:
  parameters:
    description:
      - How the follower reads and writes. Sizes and times have a unit, and are compared by value, so that V(60s) is V(1m).
      - A parameter that is not given stays as it is. The server keeps no parameters of a follower that is paused, so that one
        which is resumed gets the defaults of the server for what is not given, with a warning.
      - A change pauses and resumes the follower, with all ten parameters.
    type: dict
    suboptions:
      max_read_request_operation_count:
        description: How many operations one read from the leader fetches at most. The server's default is 5120.
        type: int
      max_outstanding_read_requests:
        description: How many reads from the leader are under way at a time. The server's default is 12.
        type: int
      max_read_request_size:
        description: Size of one read from the leader, as V(32mb), which is the server's default.
        type: str
      max_write_request_operation_count:
        description: How many operations one bulk write to the follower has at most. The server's default is 5120.
        type: int
      max_write_request_size:
        description: Size of one bulk write to the follower, as V(10mb). The server's default is no limit.
        type: str
      max_outstanding_write_requests:
        description: How many bulk writes to the follower are under way at a time. The server's default is 9.
        type: int
      max_write_buffer_count:
        description:
          - How many operations are kept in memory to be written. Reading pauses at this. The server's default is no
            limit.
        type: int
      max_write_buffer_size:
        description:
          - Size of the operations that are kept in memory to be written, as V(512mb), which is the server's default.
        type: str
      max_retry_delay:
        description:
          - How long to wait at most before a failed operation is tried again, more than 0 and at most V(5m). The
            server's default is V(500ms).
        type: str
      read_poll_timeout:
        description: How long a read waits for new operations on the leader. The server's default is V(1m).
        type: str
"""

    # The same for one auto-follow pattern.
    AUTO_FOLLOW = r"""
options:
  parameters:
    description:
      - How the follower reads and writes. Sizes and times have a unit, and are compared by value, so that V(60s) is V(1m).
      - They are those of the followers that the pattern makes later, not of those that are there.
      - A pattern is described as a whole. A parameter that is not given gets the default of the server.
    type: dict
    suboptions:
      max_read_request_operation_count:
        description: How many operations one read from the leader fetches at most. The server's default is 5120.
        type: int
      max_outstanding_read_requests:
        description: How many reads from the leader are under way at a time. The server's default is 12.
        type: int
      max_read_request_size:
        description: Size of one read from the leader, as V(32mb), which is the server's default.
        type: str
      max_write_request_operation_count:
        description: How many operations one bulk write to the follower has at most. The server's default is 5120.
        type: int
      max_write_request_size:
        description: Size of one bulk write to the follower, as V(10mb). The server's default is no limit.
        type: str
      max_outstanding_write_requests:
        description: How many bulk writes to the follower are under way at a time. The server's default is 9.
        type: int
      max_write_buffer_count:
        description:
          - How many operations are kept in memory to be written. Reading pauses at this. The server's default is no
            limit.
        type: int
      max_write_buffer_size:
        description:
          - Size of the operations that are kept in memory to be written, as V(512mb), which is the server's default.
        type: str
      max_retry_delay:
        description:
          - How long to wait at most before a failed operation is tried again, more than 0 and at most V(5m). The
            server's default is V(500ms).
        type: str
      read_poll_timeout:
        description: How long a read waits for new operations on the leader. The server's default is V(1m).
        type: str
"""
