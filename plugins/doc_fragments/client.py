# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Twin of arguments.client_arguments.
    DOCUMENTATION = r"""
options:
  url:
    description:
      - Where the API of the cluster is reached, for example V(https://london.example:9200).
      - With several URLs of one cluster, the next one is tried when one cannot be reached.
      - If not given, the environment variable E(ELASTICSEARCH_URL) is used (several are separated by commas).
    type: list
    elements: str
    required: true
  username:
    description:
      - Name of the user, together with O(password).
      - If not given, the environment variable E(ELASTICSEARCH_USERNAME) is used, unless O(api_key) or O(bearer_token) is given.
    type: str
  password:
    description:
      - Password of the user.
      - If not given, the environment variable E(ELASTICSEARCH_PASSWORD) is used, unless O(api_key) or O(bearer_token) is given.
    type: str
  api_key:
    description:
      - Encoded REST API key, instead of O(username) and O(password).
      - If not given, the environment variable E(ELASTICSEARCH_API_KEY) is used, unless another way to log in is given.
    type: str
  bearer_token:
    description:
      - Access token or service account token, instead of O(username) and O(password).
      - If not given, the environment variable E(ELASTICSEARCH_BEARER_TOKEN) is used, unless another way to log in is given.
    type: str
  client_cert:
    description:
      - Path of a client certificate (PEM) on the machine where the module runs, together with O(client_key).
      - If not given, the environment variable E(ELASTICSEARCH_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - Path of the private key (PEM) of O(client_cert).
      - If not given, the environment variable E(ELASTICSEARCH_CLIENT_KEY) is used.
    type: path
  ca_path:
    description:
      - Path of the certificates (PEM) of the authorities that are trusted to sign the certificate of the API, and no others.
      - If neither this nor O(ca_fingerprint) is given, the authorities of the machine are trusted.
      - If not given, the environment variable E(ELASTICSEARCH_CA_PATH) is used, unless O(ca_fingerprint) is given.
    type: path
  ca_fingerprint:
    description:
      - SHA-256 fingerprint, in hexadecimal digits, of the certificate authority that must have signed the certificate of the API.
      - The server must send the certificate of the authority together with its own, as it does when Elasticsearch has made both.
      - If not given, the environment variable E(ELASTICSEARCH_CA_FINGERPRINT) is used, unless O(ca_path) is given.
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
      - How many times a request is repeated that only reads, when the cluster cannot be reached or is busy (429, 502, 503, 504).
      - A request that changes something is never simply repeated. When its outcome is unknown, the module first looks at what
        is there, and goes on from that, at most as many times.
    type: int
    default: 3
requirements:
  - elasticsearch >= 9.0.0 (the Python client; it speaks to servers from 8.14 to 9.x)
"""
