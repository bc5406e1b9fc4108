# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of an index: flat and nested, and which of them a follower has of its own. Pure."""

from __future__ import annotations

import json
from typing import Any

from .body import plain
from .patterns import matches_any

# Not copied from the leader; only these may be given. The list grows by version.
OWN = (
    "index.number_of_replicas",
    "index.auto_expand_replicas",
    "index.routing.allocation.include.*",
    "index.routing.allocation.exclude.*",
    "index.routing.allocation.require.*",
    "index.routing.allocation.enable",
    "index.routing.allocation.total_shards_per_node",
    "index.routing.rebalance.enable",
    "index.blocks.*",
    "index.priority",
    "index.hidden",
    "index.write.wait_for_active_shards",
    "index.allocation.max_retries",
    "index.unassigned.node_left.delayed_timeout",
    "index.refresh_interval",
    "index.max_result_window",
    "index.max_inner_result_window",
    "index.max_rescore_window",
    "index.max_docvalue_fields_search",
    "index.max_script_fields",
    "index.max_terms_count",
    "index.max_regex_length",
    "index.max_slices_per_scroll",
    "index.max_adjacency_matrix_filters",
    "index.max_refresh_listeners",
    "index.max_ngram_diff",
    "index.max_shingle_diff",
    "index.highlight.max_analyzed_offset",
    "index.analyze.max_token_count",
    "index.query.default_field",
    "index.default_pipeline",
    "index.final_pipeline",
    "index.search.idle.after",
    "index.search.throttled",
    "index.search.slowlog.*",
    "index.indexing.slowlog.*",
    "index.soft_deletes.retention*",
    "index.translog.*",
    "index.gc_deletes",
    "index.merge.*",
    "index.codec",
    "index.requests.cache.enable",
    "index.warmer.enabled",
    "index.flush_after_merge",
    "index.load_fixed_bitset_filters_eagerly",
)
# Every index has others.
IDENTITY = (
    "index.creation_date",
    "index.provided_name",
    "index.uuid",
    "index.version.*",
    "index.history.uuid",
    "index.resize.*",
    "index.routing.allocation.initial_recovery.*",
    "index.xpack.ccr.following_index",
    "index.soft_deletes.enabled",
    "index.verified_before_close",
    "index.verified_read_only",
)
# Families of settings whose names the server can't list.
FAMILIES = ("index.analysis.*", "index.similarity.*", "index.lifecycle.*", "index.sort.*", "index.mode", *OWN)


def flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Full names, and every value as text: that is how settings are kept."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{prefix}{name}."))
        elif isinstance(value, list):
            found[prefix + name] = [plain(item) for item in value]
        else:
            found[prefix + name] = None if value is None else plain(value)
    return found


def nested(settings: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        *path, last = name.split(".")
        here = found
        for part in path:
            here = here.setdefault(part, {})
            if not isinstance(here, dict):
                raise ValueError(f"{name} has a value above it")
        here[last] = value
    return found


def replicated(settings: dict[str, Any]) -> dict[str, Any]:
    """Those that come from the leader, and may not be given."""
    return {name: value for name, value in settings.items() if not matches_any((*OWN, *IDENTITY), name)}


def at_first(settings: dict[str, Any]) -> dict[str, Any]:
    """What a follower is made with: all of its leader's, also those that are its own from then on.

    Without blocks: the stand-in writes as every client does.
    """
    left_out = (*IDENTITY, "index.blocks.*")
    return {name: value for name, value in settings.items() if not matches_any(left_out, name)}


def as_text(settings: dict[str, Any]) -> str:
    return json.dumps({name: settings[name] for name in sorted(settings)}, separators=(",", ":"))


def unknown(settings: dict[str, Any], known: set[str]) -> list[str]:
    """Names that no setting of an index has."""
    return [name for name in sorted(settings) if name not in known and not matches_any(FAMILIES, name)]
