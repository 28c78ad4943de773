"""Which split a cluster belongs to: decided by its hash alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from windlass_jobs.contract import JobFailure

SPLITS = ("train", "validation", "test")


def split_of(cluster: str, shares: Mapping[str, float], salt: str) -> str:
    """The split whose part of [0, 1) holds the hash of salt and cluster; shares are relative to their sum."""
    hashed = hashlib.sha256(f"{salt}:{cluster}".encode()).digest()
    position = int.from_bytes(hashed[:8], "big") / 2**64 * sum(shares.values())
    for name in SPLITS:
        position -= shares[name]
        if position < 0:
            return name
    return max(SPLITS, key=lambda name: shares[name])


def check_splits(counts: Mapping[str, int], shares: Mapping[str, float]) -> None:
    """Raises `InvalidData` if a split that was asked for holds no row."""
    for name in SPLITS:
        if shares[name] > 0 and counts[name] == 0:
            raise JobFailure(
                "InvalidData",
                f"the split {name!r} is empty: {sum(counts.values())} kept rows are too few for a share of "
                f"{shares[name]:g}",
                {"file": None, "row": None, "field": name, "counts": dict(counts)},
                f"Add rows, raise split.{name}, or set it to 0.",
            )
