"""What the ``source`` parameter may say, read into one of three forms."""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

from windlass_jobs.contract import JobFailure

HUB = re.compile(r"hf://(?P<repository>[\w.-]+/[\w.-]+)@(?P<revision>[^@/\s]+)")
COMMIT = re.compile(r"[0-9a-f]{40}")
FORMS = "a checkpoint directory, a .gguf file, package:<name> or hf://<owner>/<name>@<commit>"


@dataclass(frozen=True)
class DirectorySource:
    """A Hugging Face checkpoint on this machine."""

    path: Path


@dataclass(frozen=True)
class GgufSource:
    """A GGUF file; quantised weights are dequantised to fp32."""

    path: Path


@dataclass(frozen=True)
class HubSource:
    """A repository of the Hugging Face hub, pinned by commit."""

    repository: str
    revision: str


Source = DirectorySource | GgufSource | HubSource


def parse_source(text: str) -> Source:
    """Reads the parameter.

    :raises JobFailure: ``InvalidConfig`` for another form or no pin, ``MissingInput`` where nothing is.
    """
    if text.startswith("hf://"):
        return parse_hub(text)
    if text.startswith("package:"):
        return GgufSource(gguf_of_package(text.removeprefix("package:")))
    path = Path(text.removeprefix("file://"))
    if path.is_dir():
        return DirectorySource(path)
    if path.is_file() and path.suffix == ".gguf":
        return GgufSource(path)
    if path.exists():
        raise wrong_source(f"{text} is neither a directory nor a .gguf file", f"Give {FORMS}.")
    raise JobFailure(
        "MissingInput", f"there is no model at {text}", {"field": "parameters.source"}, f"Give {FORMS}."
    )


def parse_hub(text: str) -> HubSource:
    """A branch or tag may move, and then the same spec would give another model: only a commit is a pin."""
    found = HUB.fullmatch(text)
    if found is None:
        raise wrong_source(
            f"{text} does not name a repository and a revision", "Write hf://<owner>/<name>@<commit>."
        )
    if COMMIT.fullmatch(found["revision"]) is None:
        message = f"revision {found['revision']!r} of {found['repository']} is not a commit: others may move"
        raise wrong_source(
            message, "Give the full commit hash (40 hex digits) shown on the repository's page."
        )
    return HubSource(found["repository"], found["revision"])


def gguf_of_package(name: str) -> Path:
    """The one GGUF file of an installed Python package, found without importing the package."""
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is None or spec.origin is None:
        message = f"the Python package {name!r} is not installed in the job's environment"
        raise JobFailure(
            "MissingInput", message, {"field": "parameters.source"}, "Install it or give another source."
        )
    files = sorted(Path(spec.origin).parent.rglob("*.gguf"))
    if len(files) != 1:
        raise wrong_source(
            f"package {name!r} holds {len(files)} .gguf files, exactly one is needed", f"Give {FORMS}."
        )
    return files[0]


def wrong_source(message: str, advice: str) -> JobFailure:
    """An ``InvalidConfig`` failure about the ``source`` parameter."""
    return JobFailure("InvalidConfig", message, {"field": "parameters.source"}, advice)
