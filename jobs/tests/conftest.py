"""Fixtures: a tiny base model, artifacts, and jobs run as the entry point runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.job_lab import JobLab
from tests.tiny_model import save_tiny_model
from tests.tiny_tokenizer import save_tiny_tokenizer

if TYPE_CHECKING:
    from tests.openvino_lab import OpenVinoLab


@pytest.fixture(scope="session")
def tiny_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint directory with nothing but a tokenizer and a chat template."""
    directory = tmp_path_factory.mktemp("tiny-tokenizer")
    save_tiny_tokenizer(directory)
    return directory


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of a tiny random Llama with tokenizer and chat template."""
    directory = tmp_path_factory.mktemp("tiny-base")
    save_tiny_model(directory)
    return directory


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> OpenVinoLab:
    """A tiny checkpoint and the OpenVINO engine built from it."""
    from tests.openvino_lab import build_tiny_engine  # noqa: PLC0415 - brings torch, which takes seconds

    return build_tiny_engine(tmp_path_factory.mktemp("openvino"))


@pytest.fixture
def lab(tmp_path: Path) -> JobLab:
    """Runs jobs in a temporary directory store."""
    return JobLab(tmp_path)


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[[str, list[dict[str, Any]]], Path]:
    """Writes rows into a file of the given name."""

    def write(name: str, rows: list[dict[str, Any]]) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write
