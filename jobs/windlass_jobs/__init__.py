"""The jobs of Windlass: `python -m windlass_jobs <stage>`, one module per stage."""

import os

# Read once by the OpenMP library of torch, so set before any import of it: threads that spin at a barrier
# while the core they wait for serves another process make a step of training ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A progress bar in a log file is noise; jobs write progress lines.
os.environ.setdefault("TQDM_DISABLE", "1")
