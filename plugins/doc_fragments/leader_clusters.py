# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Twin of arguments.leader_clusters_argument.
    DOCUMENTATION = r"""
options:
  leader_clusters:
    description:
      - How the API of the leaders' clusters is reached, by alias. Nothing is taken from the environment.
    type: list
    elements: dict
    default: []
    suboptions:
      remote_cluster:
        description: The alias that the cluster of the followers has for this one.
        type: str
        required: true
      url:
        description:
          - Where the API of the cluster is reached, for example V(https://london.example:9200).
          - With several URLs of one cluster, the next one is tried when one cannot be reached.
        type: list
        elements: str
        required: true
      username:
        description:
          - Name of the user, together with O(leader_clusters[].password).
        type: str
      password:
        description:
          - Password of the user.
        type: str
      api_key:
        description:
          - Encoded REST API key, instead of O(leader_clusters[].username) and O(leader_clusters[].password).
        type: str
      bearer_token:
        description:
          - Access token or service account token, instead of O(leader_clusters[].username) and O(leader_clusters[].password).
        type: str
      client_cert:
        description:
          - Path of a client certificate (PEM) on the machine where the module runs, together with
            O(leader_clusters[].client_key).
        type: path
      client_key:
        description:
          - Path of the private key (PEM) of O(leader_clusters[].client_cert).
        type: path
      ca_path:
        description:
          - Path of the certificates (PEM) of the authorities that are trusted to sign the certificate of the
            API.
          - If neither this nor O(leader_clusters[].ca_fingerprint) is given, the authorities of the machine are trusted.
        type: path
      ca_fingerprint:
        description:
          - SHA-256 fingerprint, in hexadecimal digits, of the certificate authority that must have signed
            the certificate of the API.
          - The server must send the certificate of the authority together with its own, as it does when Elasticsearch has
            made both.
        type: str
      validate_certs:
        description:
          - Whether the certificate of the API is checked. Only for trials; a test cluster has a CA as well.
        type: bool
        default: true
      timeout:
        description:
          - Seconds that the cluster may take for one answer.
        type: float
        default: 30
      retries:
        description:
          - How many times a request is repeated that only reads, when the cluster cannot be reached or
            is busy (429, 502, 503, 504).
          - A request that changes something is never simply repeated. When its outcome is unknown, the module first looks at
            what
            is there, and goes on from that, at most as many times.
        type: int
        default: 3
"""
