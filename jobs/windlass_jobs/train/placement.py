"""Over how many processes a training is spread, and which of them are this pod's: torchrun's variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from windlass_jobs.contract import JobFailure


@dataclass(frozen=True)
class Placement:
    """This pod among those of one training; `endpoint` is where all of them meet: host and port of node 0."""

    nodes: int
    processes_per_node: int
    node_rank: int
    endpoint: str

    @property
    def rank_count(self) -> int:
        """Processes of the whole training."""
        return self.nodes * self.processes_per_node

    def __str__(self) -> str:
        """Where this pod is, for its log."""
        return f"node {self.node_rank} of {self.nodes}, which meet at {self.endpoint}"


def read_placement(environment: Mapping[str, str]) -> Placement:
    """The `PET_` variables; one process where they are absent.

    :raises JobFailure: ``InvalidConfig`` with the variable that does not fit.
    """
    nodes = number(environment, "PET_NNODES", minimum=1, default="1")
    processes = number(environment, "PET_NPROC_PER_NODE", minimum=1, default="1")
    if nodes * processes == 1:
        return Placement(nodes, processes, 0, "")
    node_rank = number(environment, "PET_NODE_RANK", minimum=0, default="0" if nodes == 1 else "")
    if node_rank >= nodes:
        raise invalid("PET_NODE_RANK", str(node_rank), f"less than PET_NNODES, which is {nodes}")
    host = environment.get("PET_MASTER_ADDR", "")
    if not host:
        raise invalid("PET_MASTER_ADDR", host, "the host of node 0")
    port = number(environment, "PET_MASTER_PORT", minimum=1, default="")
    return Placement(nodes, processes, node_rank, f"{host}:{port}")


def number(environment: Mapping[str, str], name: str, *, minimum: int, default: str) -> int:
    """The variable as a number; torchrun's words and ranges (`auto`, `1:4`) name no fixed world."""
    text = environment.get(name) or default
    if not (text.isascii() and text.isdigit() and int(text) >= minimum):
        raise invalid(name, text, f"a number of at least {minimum}")
    return int(text)


def invalid(name: str, found: str, allowed: str) -> JobFailure:
    """``InvalidConfig`` about an environment variable."""
    return JobFailure(
        "InvalidConfig",
        f"the environment variable {name} is {found!r}, it must be {allowed}",
        {"field": name},
        "The runner sets these variables, as torchrun understands them; let it set all five, or none.",
    )
