"""MLflow's own app, with everything imported that its first requests would import beside each other.

The first `runs/search` imports `mlflow.server.auth`, the first request of the registry imports its store, and
that configures all of SQLAlchemy's mappers: where both come at once, it finds the other's classes half
defined, and the registry answers 500 for as long as the process lives (MLflow 3.17.2; decision 0023).
"""

import contextlib
import importlib

with contextlib.suppress(ImportError):  # as MLflow does: it is there, but what it needs is not installed
    importlib.import_module("mlflow.server.auth")
for name in ("tracking", "model_registry"):
    importlib.import_module(f"mlflow.store.{name}.sqlalchemy_store")
app = importlib.import_module("mlflow.server.fastapi_app").app
