"""The jobs of Windlass: `python -m windlass_jobs <stage>`, one module per stage."""

import os

# Read once by the OpenMP library of torch, so set before any import of it. Threads that spin at a barrier while the
# core they wait for serves another process make a training step ten times slower on a shared machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
