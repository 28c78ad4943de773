"""Stage ``train``: data set and base model → checkpoint with ``training.json``."""

from importlib.metadata import version
from typing import Any

from windlass_jobs.contract import Job, StageOutput
from windlass_jobs.hf_checkpoint.saving import save_checkpoint
from windlass_jobs.train.curve import Curve, train_losses, validations, write_training_report
from windlass_jobs.train.determinism import make_deterministic
from windlass_jobs.train.loop import TrainingLoop
from windlass_jobs.train.parameters import TrainParameters, parse_parameters
from windlass_jobs.train.passthrough import TRAINING_REPORT, take_over_files
from windlass_jobs.train.setup import TrainingSetup, prepare_training
from windlass_jobs.train.world import World, current_world

Losses = dict[str, float | None]


def run(job: Job) -> StageOutput:
    """Trains by the method of the parameters, or passes the base model on; of several ranks, the first.

    :raises JobFailure: ``InvalidConfig``, ``InvalidData``, ``TrainingDiverged``, ``NoProgress`` or
        ``Preempted``.
    """
    parameters = parse_parameters(job.parameters)
    if parameters.method == "none":
        return pass_on(job)
    loop = train(job, parameters)
    counts = {
        "total": loop.setup.parameter_count,
        "trainable": sum(weight.numel() for weight in loop.weights.values()),
    }
    write_outputs(job, loop.setup, parameters, loop.curve)
    attributes = {**describe(job, parameters, loop.curve), **describe_world(loop.world)}
    summary = {**attributes, "resumedFromStep": loop.resumed_from_step, "tokens": loop.token_count}
    return StageOutput(
        attributes={**attributes, "parameters": counts},
        summary=summary,
        metrics=final_metrics(loop.curve),
        versions=versions(),
    )


def follow(job: Job) -> None:
    """What the ranks after the first do: they compute with it, and write nothing.

    :raises JobFailure: the same as ``run``, in the same step.
    """
    parameters = parse_parameters(job.parameters)
    if parameters.method != "none":
        train(job, parameters)


def train(job: Job, parameters: TrainParameters) -> TrainingLoop:
    """The training itself, to its last step."""
    make_deterministic(parameters.seed, parameters.threads)
    world = current_world()
    job.progress(phase="load", message=f"loading model and data set, method {parameters.method}")
    world.fetched(lambda: [job.input(name) for name in job.inputs])
    setup = world.together(lambda: prepare_training(job, parameters))
    setup.model.to(world.device)  # type: ignore[arg-type]
    loop = TrainingLoop(job, setup, parameters, world)
    loop.run()
    return loop


def pass_on(job: Job) -> StageOutput:
    """Method ``none``."""
    names = [file["path"] for file in job.manifest("base")["files"]]
    take_over_files(job.input("base"), names, job.out)
    write_training_report(job.out / TRAINING_REPORT, "none", [])
    attributes = {"method": "none", "base": job.inputs["base"].digest}
    return StageOutput(
        attributes=attributes, summary={"method": "none", "steps": 0}, metrics={}, versions=versions()
    )


def write_outputs(job: Job, setup: TrainingSetup, parameters: TrainParameters, curve: Curve) -> None:
    """The merged checkpoint and the loss curve."""
    job.progress(phase="save", message="writing the checkpoint")
    model = setup.finish()
    save_checkpoint(model, setup.tokenizer, job.out)
    write_training_report(job.out / TRAINING_REPORT, parameters.method, curve)


def describe(job: Job, parameters: TrainParameters, curve: Curve) -> dict[str, Any]:
    """What was trained, from what, and how far it came."""
    return {
        "method": parameters.method,
        "steps": parameters.steps,
        "seed": parameters.seed,
        "base": job.inputs["base"].digest if "base" in job.inputs else None,
        "dataset": job.inputs["dataset"].digest,
        "trainLoss": first_and_last(train_losses(curve)),
        "validationLoss": first_and_last([loss for _, loss in validations(curve)]),
    }


def describe_world(world: World) -> dict[str, Any]:
    """What else decides the last bits of the weights; one process on a CPU is the rule and goes unsaid."""
    if world.is_one_process_on_cpu:
        return {}
    return {"world": {"ranks": world.size, "device": world.device.type}}


def first_and_last(losses: list[float]) -> Losses:
    """The two ends of a curve, to four digits."""
    if not losses:
        return {"first": None, "last": None}
    return {"first": round(losses[0], 4), "last": round(losses[-1], 4)}


def final_metrics(curve: Curve) -> dict[str, float]:
    """The last losses."""
    measured = {
        "train_loss": train_losses(curve)[-1:],
        "validation_loss": [loss for _, loss in validations(curve)][-1:],
    }
    return {name: values[0] for name, values in measured.items() if values}


def versions() -> dict[str, str]:
    """Versions of the libraries that decide the bytes."""
    return {name: version(name) for name in ("torch", "transformers", "tokenizers", "peft", "safetensors")}
