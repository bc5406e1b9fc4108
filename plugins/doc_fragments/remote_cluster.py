# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Twin of arguments.remote_cluster_arguments.
    DOCUMENTATION = r"""
options:
  alias:
    description:
      - The name that the local cluster gives the remote cluster, C(cluster.remote.ALIAS).
      - Letters, digits, underscores and hyphens; not V(node), V(signing), V(initial_connect_timeout) or
        V(connections_per_cluster), which are settings of all remote clusters.
    type: str
    required: true
  mode:
    description:
      - Connection mode. Managed clusters know only V(proxy).
    type: str
    choices: [proxy, sniff]
    default: proxy
  proxy_address:
    description:
      - Where the remote cluster is reached, V(host:port). Required with O(mode=proxy).
      - For the API-key security model this is the remote cluster server port (9443 by default), otherwise the transport port.
    type: str
  server_name:
    description:
      - Name for the TLS server name indication, where a proxy needs it. Only with O(mode=proxy).
    type: str
  proxy_socket_connections:
    description:
      - How many sockets each node opens; the server's default is 18. Only with O(mode=proxy).
    type: int
  seeds:
    description:
      - Addresses V(host:port) of nodes that tell the addresses of the others. Required with O(mode=sniff).
    type: list
    elements: str
  node_connections:
    description:
      - How many nodes of the remote cluster each node keeps in touch with; the server's default is 3. Only with O(mode=sniff).
    type: int
  skip_unavailable:
    description:
      - Whether a search goes on without the remote cluster when that cannot be reached.
      - Always written, because the server's own default is V(false) before 8.15 and V(true) since.
    type: bool
    default: true
  transport_ping_schedule:
    description:
      - How often an idle socket is pinged, as a time of Elasticsearch such as V(30s), or V(-1) for never.
    type: str
  transport_compress:
    description:
      - What is compressed.
    type: str
    choices: ['true', indexing_data, 'false']
  transport_compression_scheme:
    description:
      - How it is compressed.
    type: str
    choices: [deflate, lz4]
"""
