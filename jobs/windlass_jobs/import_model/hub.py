"""Brings a pinned snapshot of the Hugging Face hub, or of a local copy of its cache, onto this machine."""

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
)

from windlass_jobs.contract import JobFailure
from windlass_jobs.import_model.source import HubSource, wrong_source

NEEDED_FILES = ["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"]


def snapshot_of(source: HubSource, hub_directory: Path | None) -> Path:
    """The directory of the snapshot. With ``hub_directory`` (a hub cache) nothing is downloaded.

    Without it the hub is asked, unless ``HF_HUB_OFFLINE`` is set; credentials come from ``HF_TOKEN``.

    :raises JobFailure: ``MissingInput`` when the snapshot is not there or the hub cannot be reached.
    """
    try:
        found = snapshot_download(
            source.repository,
            revision=source.revision,
            cache_dir=hub_directory,
            local_files_only=hub_directory is not None,
            allow_patterns=NEEDED_FILES,
        )
    except HFValidationError as error:
        raise wrong_source(
            f"{source.repository} is not a repository name: {error}", "See the model's page."
        ) from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise absent_snapshot(source, hub_directory) from error
    except (HfHubHTTPError, OSError) as error:
        raise refused_by_hub(source, error) from error
    return Path(found)


def absent_snapshot(source: HubSource, hub_directory: Path | None) -> JobFailure:
    """Neither the local copy nor (where allowed) the hub has the snapshot."""
    where = "the hub cannot be reached and the local cache" if hub_directory is None else "the local hub copy"
    return JobFailure(
        "MissingInput",
        f"{where} does not hold {source.repository} at {source.revision}",
        {"field": "parameters.source"},
        "Check network, HF_ENDPOINT, HF_HUB_OFFLINE, or set hubDirectory to a hub cache with this commit.",
    )


def refused_by_hub(source: HubSource, error: Exception) -> JobFailure:
    """The hub answered, but not with the files: unknown repository or commit, gated model, server error."""
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return JobFailure(
        "MissingInput",
        f"the hub does not give {source.repository} at {source.revision}: {reason}",
        {"field": "parameters.source"},
        "Check repository and commit; for a gated model accept its terms and set HF_TOKEN.",
    )
