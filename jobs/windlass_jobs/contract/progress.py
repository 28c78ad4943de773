"""Progress lines: one JSON object a line, flushed at once."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from windlass_jobs.contract.canonical import with_named_infinities


class ProgressLog:
    """Appends lines to a file, or to stdout where no file is named."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def append(self, line: dict[str, Any]) -> None:
        """Stamps and writes one line in a single write; keys whose value is None are left out."""
        stamped = {"timeMs": time.time_ns() // 1_000_000, **line}
        present = {key: value for key, value in stamped.items() if value is not None}
        text = json.dumps(with_named_infinities(present), ensure_ascii=False, allow_nan=False) + "\n"
        if self._path is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        with self._path.open("ab", buffering=0) as file:
            file.write(text.encode("utf-8"))
