"""sha256 of files, several at a time (hashlib lets other threads run while it hashes)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK_BYTES = 1 << 20
_MAX_THREADS = 8


@dataclass(frozen=True)
class FileHash:
    """One file of an artifact: path relative to the artifact with `/`, hex sha256, size in bytes."""

    path: str
    sha256: str
    size: int


def hash_file(path: Path) -> tuple[str, int]:
    """Hex sha256 and size in bytes of what was read."""
    hasher, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            hasher.update(chunk)
            size += len(chunk)
    return hasher.hexdigest(), size


def hash_tree(directory: Path) -> list[FileHash]:
    """All regular files below `directory`, sorted by path."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())

    def hash_one(path: Path) -> FileHash:
        digest, size = hash_file(path)
        return FileHash(path.relative_to(directory).as_posix(), digest, size)

    return sorted(in_parallel(hash_one, paths), key=lambda file: file.path)


def in_parallel(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Results of `work` in the order of `items`; raises the first exception once running work has ended."""
    threads = min(_MAX_THREADS, (os.cpu_count() or 1) * 2)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(work, items))
