"""The app that the embedded stack's MLflow serves bears first requests that come at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

APP_FOLDER = Path(__file__).parents[1] / "mlflow_app"

# What two request threads do: one imports the models of the authentication and is held between two classes,
# where the other imports the store of the registry.
FIRST_REQUESTS = """
import importlib, sys, threading
import sqlalchemy.orm

models = "mlflow.server.auth.db.models"
between, go_on = threading.Event(), threading.Event()
relationship = sqlalchemy.orm.relationship

def held(*args, **kwargs):
    if hasattr(sys.modules.get(models), "SqlUser") and not between.is_set():
        between.set()
        go_on.wait(60)
    return relationship(*args, **kwargs)

def search_runs():
    try:
        importlib.import_module("mlflow.server.auth")
    except ImportError:
        pass
    between.set()

sqlalchemy.orm.relationship = held
thread = threading.Thread(target=search_runs)
thread.start()
between.wait(60)
try:
    importlib.import_module("mlflow.store.model_registry.sqlalchemy_store")
    print("answered")
except sqlalchemy.exc.InvalidRequestError:
    print("broken for good")
go_on.set()
thread.join()
"""


def first_requests(before: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", before + FIRST_REQUESTS],
        env={**os.environ, "PYTHONPATH": str(APP_FOLDER)},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def test_mlflow_alone_breaks() -> None:
    """When this fails, MLflow has mended it, and the app can go: decision 0023."""
    assert first_requests("") == "broken for good"


def test_the_app_has_imported_everything() -> None:
    assert first_requests("import windlass_mlflow\n") == "answered"
