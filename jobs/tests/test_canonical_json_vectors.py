"""The vectors that Python and TypeScript share: equal values give equal bytes on both sides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from windlass_jobs.contract.canonical import canonical_json

VECTORS = Path(__file__).parents[2] / "test" / "fixtures" / "canonical-json.json"


def shared_vectors() -> list[Any]:
    vectors: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return [pytest.param(vector["value"], vector["text"], id=vector["name"]) for vector in vectors]


@pytest.mark.parametrize(("value", "text"), shared_vectors())
def test_writes_what_typescript_writes(value: Any, text: str) -> None:
    assert canonical_json(value).decode() == text
