"""Writes a model and its tokenizer as a checkpoint whose bytes depend on nothing but their content."""

import json
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

MACHINE_BOUND_KEYS = ("_name_or_path", "name_or_path", "is_local", "local_files_only")


def save_checkpoint(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, directory: Path) -> None:
    """Saves model, config, generation config, tokenizer and chat template under ``directory``."""
    directory.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(directory, max_shard_size="50GB")
    tokenizer.save_pretrained(directory)
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        write_canonical(directory / name)
    for path in directory.iterdir():
        path.chmod(0o644)


def write_canonical(path: Path) -> None:
    """Sorts a JSON file's keys and drops what tells where it was loaded from."""
    if not path.exists():
        return
    content = json.loads(path.read_text("utf-8"))
    kept = {key: value for key, value in content.items() if key not in MACHINE_BOUND_KEYS}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
