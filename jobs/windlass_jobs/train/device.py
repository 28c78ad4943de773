"""Where tensors live: the GPU of this process, else the CPU."""

import torch

from windlass_jobs.contract import JobFailure


def device_of(local_rank: int) -> torch.device:
    """A GPU for each process of a pod, the CPU where torch sees none.

    :raises JobFailure: ``IncompatibleEnvironment`` when the pod has GPUs, but fewer than processes.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if local_rank >= count:
        message = f"process {local_rank + 1} of this pod finds {count} GPUs; each process needs one"
        raise JobFailure("IncompatibleEnvironment", message, {"gpus": count})
    device = torch.device("cuda", local_rank)
    torch.cuda.set_device(device)
    return device


def backend() -> str:
    """What ranks talk over: gloo between CPUs, where decisions are taken, nccl between GPUs."""
    return "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
