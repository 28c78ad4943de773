"""Parameters and corpora for tests of `prepare-data`."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

_VOCABULARY = """
tower light ship warning water stone bridge river small large tree green animal bird fish person
maker wood metal sound music paper letter field garden winter summer morning evening journey city
village market silver copper engine wheel window door kitchen table flower mountain valley island
ocean storm cloud
"""


def pinned(path: Path) -> dict[str, Any]:
    """A file pinned by size and sha256."""
    data = path.read_bytes()
    return {"uri": path.as_uri(), "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def source(*paths: Path, file_format: str = "jsonl", fields: dict[str, str] | None = None) -> dict[str, Any]:
    """A source of some files; fields are those of pairs unless given."""
    return {
        "uri": "file:///data/*",
        "format": file_format,
        "fields": fields or {"prompt": "prompt", "response": "response"},
        "files": [pinned(path) for path in paths],
    }


def parameters(*sources: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Complete parameters for pairs; `clean` is merged, other keys are replaced."""
    clean = {
        "unicode": True,
        "exactDedup": True,
        "nearDedup": {"enabled": True, "threshold": 0.8, "shingleWords": 3, "bands": 14, "rows": 8},
        "minChars": 3,
        "maxChars": 2000,
        "minAlphaRatio": 0.4,
        "maxRepeatRatio": 0.6,
    }
    value = {
        "kind": "pairs",
        "sources": list(sources),
        "clean": {**clean, **changes.pop("clean", {})},
        "tokenize": {"maxTokens": 512, "overlong": "reject"},
        "split": {"train": 0.8, "validation": 0.1, "test": 0.1, "salt": "windlass"},
        "maxRows": None,
        "workers": 1,
    }
    return {**value, **changes}


def only_train() -> dict[str, Any]:
    """A split that puts every row into `train`."""
    return {"train": 1.0, "validation": 0.0, "test": 0.0, "salt": "windlass"}


def sentence(seed: int, words: int = 16) -> str:
    """Words that differ from those of another seed."""
    return " ".join(random.Random(seed).choices(_VOCABULARY.split(), k=words))


def pair(seed: int) -> dict[str, str]:
    """A row fit to be kept."""
    return {"prompt": f"Define the noun number {seed}.", "response": sentence(seed)}


def pairs_with_relatives(count: int, seed: int) -> list[dict[str, str]]:
    """Fit rows, of which every third has an exact or a near duplicate."""
    rows = [pair(seed * 100_000 + index) for index in range(count)]
    relatives = [dict(row) for row in rows[::6]]
    near = [{**row, "response": f"{row['response']} altogether"} for row in rows[3::6]]
    return rows + relatives + near


def write_jsonl_file(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Rows as JSON Lines."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
