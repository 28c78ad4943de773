"""Writes OpenVINO IR whose bytes depend on the model alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openvino as ov

NUMBERED = re.compile(r".+_\d+(\.\d+)?")


def save_ir(model: Any, path: Path, *, compress_to_fp16: bool) -> None:
    """Writes `path` (.xml) and the weights beside it (.bin)."""
    name_by_place(model)
    ov.save_model(model, path, compress_to_fp16=compress_to_fp16)


def name_by_place(model: Any) -> None:
    """Gives numbered names (`Constant_15480`) the operation's place instead of the process-wide count.

    OpenVINO counts all operations a process has ever made, so that a second export in one process, or another
    library version that looks at the model first, would write other names.
    """
    model.set_friendly_name("model")
    for place, operation in enumerate(model.get_ordered_ops()):
        name = f"{operation.get_type_name()}_{place}"
        if NUMBERED.fullmatch(operation.get_friendly_name()):
            operation.set_friendly_name(name)
        for port in operation.outputs():
            if any(NUMBERED.fullmatch(found) for found in port.get_names()):
                port.set_names({name})
