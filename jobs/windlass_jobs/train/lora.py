"""Low-rank adapters on a frozen base model, merged into it at the end."""

from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel

from windlass_jobs.contract import JobFailure
from windlass_jobs.train.parameters import LoraParameters


def add_adapters(model: PreTrainedModel, parameters: LoraParameters) -> PeftModel:
    """Puts adapters into the model's layers; only they stay trainable. Initialised from torch's seed.

    :raises JobFailure: ``InvalidConfig`` when ``targets`` matches no layer that can carry an adapter.
    """
    config = LoraConfig(
        r=parameters.rank,
        lora_alpha=parameters.alpha,
        lora_dropout=parameters.dropout,
        target_modules=parameters.targets,
        task_type="CAUSAL_LM",
    )
    try:
        adapted = get_peft_model(model, config)
    except ValueError as error:
        raise unmatched(model, parameters.targets) from error
    assert isinstance(adapted, PeftModel)
    return adapted


def unmatched(model: PreTrainedModel, targets: str | list[str]) -> JobFailure:
    """Says which layers there are to choose from."""
    layers = sorted(
        {name.rsplit(".", 1)[-1] for name, module in model.named_modules() if hasattr(module, "in_features")}
    )
    return JobFailure(
        "InvalidConfig",
        f"parameters.lora.targets is {targets!r}, which matches no layer of {type(model).__name__}",
        {"field": "parameters.lora.targets"},
        f'Use "all-linear" or some of: {", ".join(layers)}.',
    )


def merge_adapters(adapted: PeftModel) -> PreTrainedModel:
    """Adds the adapters' products to the base weights and gives back an ordinary model."""
    merged: PreTrainedModel = adapted.merge_and_unload()
    return merged
