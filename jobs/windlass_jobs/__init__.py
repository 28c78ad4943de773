"""The jobs of Windlass: `python -m windlass_jobs <stage>`, one module per stage."""
