"""The jobs of Windlass with stages that do nothing: everything else is the real package, found through `__path__`."""

from pathlib import Path

REAL = Path(__file__).resolve().parents[4] / "jobs" / "windlass_jobs"
__path__.append(str(REAL))
