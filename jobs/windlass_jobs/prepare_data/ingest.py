"""Reads all source files, chunk by chunk, in as many processes as asked."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path

import polars as pl

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.readers import reader_of
from windlass_jobs.prepare_data.readers.record import Chunk
from windlass_jobs.prepare_data.rows import RowRule, clean_chunk
from windlass_jobs.prepare_data.sources import SourceFile

_CHUNKS_WORTH_A_POOL = 4
_CHUNKS_IN_FLIGHT_PER_WORKER = 2


@dataclass(frozen=True)
class Pool:
    """The processes that clean.

    Args:
        workers: how many; one cleans in this process.
        scratch: an own directory for what the workers hand over.
    """

    workers: int
    scratch: Path


def read_rows(
    files: list[SourceFile], rule: RowRule, pool: Pool, on_rows: Callable[[int], None]
) -> pl.DataFrame:
    """The cleaned rows of all files; `on_rows` hears the number read so far.

    The failure raised is the first one in the order of files and rows, whatever the number of workers.
    """
    tables: list[pl.DataFrame] = []
    row_count = 0
    try:
        for table in _cleaned(_chunks_of(files), rule, pool):
            tables.append(table)
            row_count += table.height
            on_rows(row_count)
    except BrokenProcessPool:
        on_rows(row_count)  # a worker may have died of the signal that asks the job to stop
        raise
    if row_count == 0:
        names = ", ".join(file.name for file in files)
        raise JobFailure(
            "InvalidData",
            f"the sources hold no rows at all: {names}",
            {"file": files[0].uri, "row": None, "field": None},
        )
    return pl.concat(tables)


def _chunks_of(files: list[SourceFile]) -> Iterator[Chunk | JobFailure]:
    """Chunks in order; a file that cannot be cut gives its failure after the chunks before it."""
    try:
        for file in files:
            yield from reader_of(file.format).chunks(file)
    except JobFailure as failure:
        yield failure


def _cleaned(chunks: Iterator[Chunk | JobFailure], rule: RowRule, pool: Pool) -> Iterator[pl.DataFrame]:
    few = list(islice(chunks, _CHUNKS_WORTH_A_POOL))
    if pool.workers <= 1 or len(few) < _CHUNKS_WORTH_A_POOL:
        return (_clean(chunk, rule) for chunk in chain(few, chunks))
    return _cleaned_by_pool(chain(few, chunks), rule, pool)


def _clean(chunk: Chunk | JobFailure, rule: RowRule) -> pl.DataFrame:
    if isinstance(chunk, JobFailure):
        raise chunk
    return clean_chunk(chunk, rule)


def _cleaned_by_pool(
    chunks: Iterator[Chunk | JobFailure], rule: RowRule, pool: Pool
) -> Iterator[pl.DataFrame]:
    running: deque[Future[Path]] = deque()
    pool.scratch.mkdir(parents=True)
    spawn = get_context("spawn")
    with ProcessPoolExecutor(pool.workers, mp_context=spawn, initializer=_end_with_parent) as executor:
        try:
            for number, chunk in enumerate(chunks):
                table = pool.scratch / f"{number}.arrow"
                running.append(executor.submit(_clean_into, table, chunk, rule))
                if len(running) >= pool.workers * _CHUNKS_IN_FLIGHT_PER_WORKER:
                    yield _handed_over(running.popleft().result())
            while running:
                yield _handed_over(running.popleft().result())
        except BaseException:
            # The pool ends its workers with SIGTERM, which they ignore: it would wait for ever.
            for worker in active_children():
                worker.kill()
            raise


def _clean_into(table: Path, chunk: Chunk | JobFailure, rule: RowRule) -> Path:
    """Tables go through a file: of a worker that dies while it sends one the pool would wait for the rest."""
    _clean(chunk, rule).write_ipc(table)
    return table


def _handed_over(table: Path) -> pl.DataFrame:
    rows = pl.read_ipc(table)
    table.unlink()
    return rows


def _end_with_parent() -> None:
    """The job alone reacts to SIGTERM; a worker ends when the job does, even by SIGKILL."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
