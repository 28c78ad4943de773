"""The jobs of the fault harness: the real package and its entry point, but for `stages` beside this file."""

import os
from pathlib import Path

os.environ.setdefault("TQDM_DISABLE", "1")
__path__.append(str(Path(__file__).parents[4] / "jobs" / "windlass_jobs"))
