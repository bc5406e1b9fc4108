# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs that several modules share; each has its twin in plugins/doc_fragments. Private to this collection."""

from __future__ import annotations

from typing import Any, Dict, Iterable

from ansible.module_utils.basic import env_fallback

# Ways in of which only one may be given: an option rules out what the environment has for the other ways.
_ALTERNATIVES = (
    (("username", "password"), ("api_key",), ("bearer_token",)),
    (("ca_path",), ("ca_fingerprint",)),
)


def client_arguments(given: Iterable[str] = ()) -> Dict[str, Any]:
    """How a module reaches the API of a cluster; documented in the fragment ``client``.

    :param given: options that have a value without the environment.
    """
    arguments = _client_arguments()
    for ways in _ALTERNATIVES:
        chosen = [way for way in ways if set(way) & set(given)]
        for way in ways if chosen else ():
            for option in way if way not in chosen else ():
                del arguments[option]["fallback"]
    return arguments


def _client_arguments() -> Dict[str, Any]:
    return dict(
        url=dict(type="list", elements="str", required=True, fallback=(env_fallback, ["ELASTICSEARCH_URL"])),
        username=dict(type="str", fallback=(env_fallback, ["ELASTICSEARCH_USERNAME"])),
        password=dict(type="str", no_log=True, fallback=(env_fallback, ["ELASTICSEARCH_PASSWORD"])),
        api_key=dict(type="str", no_log=True, fallback=(env_fallback, ["ELASTICSEARCH_API_KEY"])),
        bearer_token=dict(type="str", no_log=True, fallback=(env_fallback, ["ELASTICSEARCH_BEARER_TOKEN"])),
        client_cert=dict(type="path", fallback=(env_fallback, ["ELASTICSEARCH_CLIENT_CERT"])),
        client_key=dict(type="path", fallback=(env_fallback, ["ELASTICSEARCH_CLIENT_KEY"])),
        ca_path=dict(type="path", fallback=(env_fallback, ["ELASTICSEARCH_CA_PATH"])),
        ca_fingerprint=dict(type="str", fallback=(env_fallback, ["ELASTICSEARCH_CA_FINGERPRINT"])),
        validate_certs=dict(type="bool", default=True),
        timeout=dict(type="float", default=30),
        retries=dict(type="int", default=3),
    )


CLIENT_RELATIONS: Dict[str, Any] = dict(
    mutually_exclusive=[
        ("password", "api_key", "bearer_token"),
        ("username", "api_key"),
        ("username", "bearer_token"),
        ("ca_path", "ca_fingerprint"),
    ],
    required_together=[("username", "password"), ("client_cert", "client_key")],
)


def leader_clusters_argument() -> Dict[str, Any]:
    """How the API of the leaders' clusters is reached; documented in the fragment ``leader_clusters``.

    The environment is for the cluster of the followers, so that nothing is taken from it.
    """
    options = _client_arguments()
    for option in options.values():
        option.pop("fallback", None)
    return dict(
        type="list",
        elements="dict",
        default=[],
        options=dict(remote_cluster=dict(type="str", required=True), **options),
        **CLIENT_RELATIONS,
    )


def follow_parameters_arguments() -> Dict[str, Any]:
    """The ten parameters of a follower; documented in the fragment ``follow_parameters``."""
    return dict(
        type="dict",
        options=dict(
            max_read_request_operation_count=dict(type="int"),
            max_outstanding_read_requests=dict(type="int"),
            max_read_request_size=dict(type="str"),
            max_write_request_operation_count=dict(type="int"),
            max_write_request_size=dict(type="str"),
            max_outstanding_write_requests=dict(type="int"),
            max_write_buffer_count=dict(type="int"),
            max_write_buffer_size=dict(type="str"),
            max_retry_delay=dict(type="str"),
            read_poll_timeout=dict(type="str"),
        ),
    )


def follow_arguments() -> Dict[str, Any]:
    """What followers have in common, one or many; documented in the fragment ``follow``."""
    return dict(
        state=dict(type="str", choices=["present", "paused", "unfollowed", "absent"], default="present"),
        on_fatal=dict(type="str", choices=["fail", "restart"], default="fail"),
        recreate=dict(type="bool", default=False),
        allow_delete=dict(type="bool", default=False),
        open=dict(type="bool"),
        require_follower=dict(type="bool", default=False),
        max_lag=dict(type="int"),
        master_timeout=dict(type="str"),
        wait=dict(type="bool", default=False),
        wait_timeout=dict(type="float", default=600),
    )


def auto_follow_arguments() -> Dict[str, Any]:
    """What an auto-follow pattern consists of; documented in the modules of auto-follow patterns."""
    return dict(
        name=dict(type="str", required=True),
        remote_cluster=dict(type="str"),
        leader_index_patterns=dict(type="list", elements="str"),
        leader_index_exclusion_patterns=dict(type="list", elements="str", default=[]),
        follow_index_pattern=dict(type="str"),
        settings=dict(type="dict"),
        parameters=follow_parameters_arguments(),
        active=dict(type="bool", default=True),
    )


def remote_cluster_arguments() -> Dict[str, Any]:
    """What an alias consists of; documented in the fragment ``remote_cluster``."""
    return dict(
        alias=dict(type="str", required=True),
        mode=dict(type="str", choices=["proxy", "sniff"], default="proxy"),
        proxy_address=dict(type="str"),
        server_name=dict(type="str"),
        proxy_socket_connections=dict(type="int"),
        seeds=dict(type="list", elements="str"),
        node_connections=dict(type="int"),
        skip_unavailable=dict(type="bool", default=True),
        transport_ping_schedule=dict(type="str"),
        transport_compress=dict(type="str", choices=["true", "indexing_data", "false"]),
        transport_compression_scheme=dict(type="str", choices=["deflate", "lz4"]),
    )


def access_arguments() -> Dict[str, Any]:
    """What a cross-cluster API key may read; documented in the fragment ``access``."""
    return dict(
        type="dict",
        options=dict(
            search=dict(
                type="list",
                elements="dict",
                options=dict(
                    names=dict(type="list", elements="str", required=True),
                    query=dict(type="raw"),
                    field_security=dict(type="dict"),
                    allow_restricted_indices=dict(type="bool", default=False),
                ),
            ),
            replication=dict(
                type="list",
                elements="dict",
                options=dict(
                    names=dict(type="list", elements="str", required=True),
                    allow_restricted_indices=dict(type="bool", default=False),
                ),
            ),
        ),
    )
