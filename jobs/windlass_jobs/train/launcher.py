"""The first process of a pod whose training has several ranks: starts the pod's own and ends as they do.

Torch's elastic agent does the starting and watching, as under torchrun. Two things differ. The exit code is
the contract's, not 1. And SIGTERM is passed on, no more: torchrun kills what is left 30 s later, whereas the
runner's grace time is meant for the training checkpoint. The agent therefore runs in a thread of its own,
where it takes no signals; Python handles them in the main thread, which never waits for long.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from types import FrameType

import torch.distributed as dist
from torch.distributed.elastic.agent.server.api import RunResult, WorkerSpec
from torch.distributed.elastic.agent.server.local_elastic_agent import LocalElasticAgent
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.elastic.rendezvous import RendezvousParameters
from torch.distributed.elastic.rendezvous.registry import get_rendezvous_handler

from windlass_jobs.contract import JobFailure
from windlass_jobs.contract.failure import JOB_CRASHED_EXIT_CODE
from windlass_jobs.train.placement import Placement

JOIN_SECONDS = 3600
"""How long a pod waits for the others, whose nodes may have to be started and images pulled."""

LOOK_SECONDS = 0.2

# It warns that ranks may be orphaned where the agent is not in the main thread: who ends this pod ends them.
logging.getLogger("torch.distributed.elastic.multiprocessing.api").setLevel(logging.ERROR)


class Launcher:
    """Runs an agent to its end and passes SIGTERM on to its ranks."""

    def __init__(self, agent: LocalElasticAgent, placement: Placement) -> None:
        self.agent = agent
        self.placement = placement
        self.stop_requested = False
        self.told: set[int] = set()
        self.result: RunResult | None = None
        self.error: Exception | None = None

    def run(self) -> int:
        """The ranks' exit code.

        :raises JobFailure: ``JobCrashed`` when the pods did not find together in time, ``Preempted`` when
            this one was asked to stop before they had.
        """
        signal.signal(signal.SIGTERM, self.request_stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        print(f"{self.placement}: waiting for the pods of this training", file=sys.stderr, flush=True)
        thread = Thread(target=self.run_agent, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_SECONDS)
            if self.stop_requested and thread.is_alive():
                self.pass_on()
        if self.error is not None:
            raise self.error if self.ranks() else unmet(self.error)
        return exit_code_of_ranks(self.result)

    def run_agent(self) -> None:
        """The ranks inherit that SIGTERM waits, until they have something to do when it comes."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            self.result = self.agent.run()
        except Exception as error:
            self.error = error

    def request_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Takes note of SIGTERM."""
        self.stop_requested = True

    def pass_on(self) -> None:
        """Sends SIGTERM once to each rank."""
        ranks = self.ranks()
        if not ranks:
            raise JobFailure(
                "Preempted", "stopped before all pods of the training had joined; nothing is lost"
            )
        for process in ranks - self.told:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        self.told |= ranks

    def ranks(self) -> set[int]:
        """Process ids of the ranks; none before all pods have joined."""
        workers = self.agent.get_worker_group().workers
        return {worker.id for worker in workers if worker.id is not None}


def launch_ranks(placement: Placement, run_id: str, work: Path) -> int:
    """Exit code of this pod's ranks, which it starts; `run_id` keeps apart attempts that meet by mistake."""
    return Launcher(build_agent(placement, run_id, work), placement).run()


def build_agent(placement: Placement, run_id: str, work: Path) -> LocalElasticAgent:
    """Static rendezvous, since only that gives each pod the rank that its runner chose.

    Node 0 listens; the others try again while its name or port is not there yet.
    """
    host, _, port = placement.endpoint.rpartition(":")
    meeting = RendezvousParameters(
        backend="static",
        endpoint=placement.endpoint,
        run_id=run_id,
        min_nodes=placement.nodes,
        max_nodes=placement.nodes,
        rank=placement.node_rank,
        timeout=JOIN_SECONDS,
    )
    spec = WorkerSpec(
        role="train",
        local_world_size=placement.processes_per_node,
        rdzv_handler=get_rendezvous_handler(meeting),
        entrypoint=sys.executable,
        args=("-m", "windlass_jobs.train.rank"),
        max_restarts=0,
        master_addr=host,
        master_port=int(port),
    )
    return LocalElasticAgent(spec, DefaultLogsSpecs(log_dir=str(work / "ranks")))


def unmet(error: Exception) -> Exception:
    """A failure with a name for pods that did not find together."""
    if not isinstance(error, dist.DistError):
        return error
    reason = str(error).splitlines()[0]
    return JobFailure(
        "JobCrashed",
        f"the pods of this training, which have {JOIN_SECONDS} s for it, did not find together: {reason}",
        advice="Look at what the other pods wait for, and whether they may reach node 0 at PET_MASTER_PORT.",
    )


def exit_code_of_ranks(result: RunResult | None) -> int:
    """The contract's exit code; 0 if all ranks ended with it."""
    if result is None:
        return JOB_CRASHED_EXIT_CODE
    return exit_code_of_failures(failure.exitcode for failure in result.failures.values())


def exit_code_of_failures(exit_codes: Iterable[int]) -> int:
    """Of the ranks that ended first: a signal says more than a name, a name more than a lost connection."""
    codes = [code if code >= 0 else 128 - code for code in exit_codes]
    return max(codes, key=lambda code: (code > 128, code != JOB_CRASHED_EXIT_CODE), default=0)
