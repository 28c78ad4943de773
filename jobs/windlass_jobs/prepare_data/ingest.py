"""Reads all source files, chunk by chunk, in as many processes as asked."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from multiprocessing import active_children, get_context, parent_process

import polars as pl

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.readers import reader_of
from windlass_jobs.prepare_data.readers.record import Chunk
from windlass_jobs.prepare_data.rows import RowRule, clean_chunk
from windlass_jobs.prepare_data.sources import SourceFile

_CHUNKS_WORTH_A_POOL = 4
_CHUNKS_IN_FLIGHT_PER_WORKER = 2


def read_rows(
    files: list[SourceFile], rule: RowRule, workers: int, on_rows: Callable[[int], None]
) -> pl.DataFrame:
    """The cleaned rows of all files; `on_rows` hears the number read so far.

    The failure raised is the first one in the order of files and rows, whatever the number of workers.
    """
    tables: list[pl.DataFrame] = []
    row_count = 0
    try:
        for table in _cleaned(_chunks_of(files), rule, workers):
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


def _cleaned(chunks: Iterator[Chunk | JobFailure], rule: RowRule, workers: int) -> Iterator[pl.DataFrame]:
    few = list(islice(chunks, _CHUNKS_WORTH_A_POOL))
    if workers <= 1 or len(few) < _CHUNKS_WORTH_A_POOL:
        return (_clean(chunk, rule) for chunk in chain(few, chunks))
    return _cleaned_by_pool(chain(few, chunks), rule, workers)


def _clean(chunk: Chunk | JobFailure, rule: RowRule) -> pl.DataFrame:
    if isinstance(chunk, JobFailure):
        raise chunk
    return clean_chunk(chunk, rule)


def _cleaned_by_pool(
    chunks: Iterator[Chunk | JobFailure], rule: RowRule, workers: int
) -> Iterator[pl.DataFrame]:
    running: deque[Future[pl.DataFrame]] = deque()
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
        try:
            for chunk in chunks:
                running.append(pool.submit(_clean, chunk, rule))
                if len(running) >= workers * _CHUNKS_IN_FLIGHT_PER_WORKER:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        except BaseException:
            # The pool ends its workers with SIGTERM, which they ignore: it would wait for ever.
            for worker in active_children():
                worker.kill()
            raise


def _end_with_parent() -> None:
    """The job alone reacts to SIGTERM; a worker ends when the job does, even by SIGKILL."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=_exit_after_parent, daemon=True).start()


def _exit_after_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
