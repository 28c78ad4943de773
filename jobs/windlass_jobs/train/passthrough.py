"""Method ``none``: the checkpoint is the base model's files, byte for byte."""

import os
import shutil
from pathlib import Path

TRAINING_REPORT = "training.json"


def take_over_files(base: Path, names: list[str], out: Path) -> None:
    """Hard-links the files (they are immutable in both places), or copies them where that is not possible."""
    for name in names:
        if name == TRAINING_REPORT:
            continue
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        link_or_copy(base / name, target)


def link_or_copy(source: Path, target: Path) -> None:
    """A link where source and target share a file system, else a copy."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
