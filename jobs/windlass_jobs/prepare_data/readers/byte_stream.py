"""Bytes and lines of a file that may be gzip, and that must be UTF-8."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from windlass_jobs.contract import JobFailure
from windlass_jobs.prepare_data.readers.record import invalid
from windlass_jobs.prepare_data.sources import SourceFile

_GZIP_MAGIC = b"\x1f\x8b"
_WRONG_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_SAVE_AS_UTF8 = "Save the file as UTF-8."


def lines(file: SourceFile) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without line end and byte order mark. Raises `InvalidData` for bad gzip or UTF-16/32."""
    row = 0
    try:
        with _opened(file) as stream:
            for row, line in enumerate(stream, start=1):
                yield row, _without_mark(file, line) if row == 1 else line.rstrip(b"\r\n")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise invalid(
            file,
            f"the gzip data is broken after row {row}: {error}",
            row=row,
            advice="Upload the file again.",
        ) from error


def decoded(file: SourceFile, row: int, line: bytes) -> str:
    """The line as text. Raises `InvalidData` naming the byte that is not UTF-8."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(file, row, error) from error


def text_lines(file: SourceFile) -> Iterator[tuple[int, str]]:
    """Numbered lines as text."""
    for row, line in lines(file):
        yield row, decoded(file, row, line)


def not_utf8(file: SourceFile, row: int, error: UnicodeDecodeError) -> JobFailure:
    """The failure of a line in another encoding."""
    found = f"byte 0x{error.object[error.start]:02x} at position {error.start + 1}"
    return invalid(file, f"{found} is not UTF-8 text", row=row, advice=_SAVE_AS_UTF8)


def _opened(file: SourceFile) -> BinaryIO:
    if _is_gzip(file.path):
        return cast("BinaryIO", gzip.open(file.path, "rb"))
    if file.uri.endswith(".gz"):
        raise invalid(
            file, "the name ends in .gz, but the content is not gzip", advice="Upload the file again."
        )
    return file.path.open("rb")


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP_MAGIC


def _without_mark(file: SourceFile, line: bytes) -> bytes:
    for mark, name in _WRONG_ENCODINGS.items():
        if line.startswith(mark):
            raise invalid(file, f"the file is {name}, expected UTF-8", row=1, advice=_SAVE_AS_UTF8)
    return line.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")
