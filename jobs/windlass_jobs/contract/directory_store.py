"""A directory as object store: files appear complete or not at all, and a name is won by one writer."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from pathlib import Path
from urllib.parse import quote

from windlass_jobs.contract.store import Store

_NO_HARD_LINKS = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}
_STAGING_PREFIX = ".staging-"


class DirectoryStore:
    """The `Store` of `file://` URIs; files are used in place."""

    def __init__(self, uri: str, root: Path) -> None:
        self.uri = uri
        self._root = root

    def read(self, name: str) -> bytes | None:
        """Bytes of a file, None if there is none."""
        path = self._root / name
        return path.read_bytes() if path.is_file() else None

    def create(self, name: str, data: bytes) -> bool:
        """Writes and fsyncs a temporary file, then claims the name by link(2)."""
        target = self._target(name)
        staging = _staging_path(target)
        try:
            _write_durably(staging, data)
            os.link(staging, target)
        except FileExistsError:
            return False
        finally:
            staging.unlink(missing_ok=True)
        _fsync_directory(target.parent)
        return True

    def upload(self, source: Path, name: str, *, frozen: bool) -> None:
        """Hard-links a frozen file on the same file system, else copies; fsyncs and renames into place."""
        target = self._target(name)
        staging = _staging_path(target)
        try:
            if not frozen or not _linked(source, staging):
                shutil.copyfile(source, staging)
            _fsync_file(staging)
            staging.replace(target)
        finally:
            staging.unlink(missing_ok=True)
        _fsync_directory(target.parent)

    def local(self, name: str, directory: Path) -> Path | None:  # noqa: ARG002 - files are used in place
        """The file itself."""
        path = self._root / name
        return path if path.is_file() else None

    def local_root(self, directory: Path) -> Path:  # noqa: ARG002 - files are used in place
        """The directory itself."""
        return self._root

    def names(self) -> list[str]:
        """All files below the directory but unfinished ones."""
        paths = (path for path in self._root.rglob("*") if path.is_file())
        return sorted(
            path.relative_to(self._root).as_posix()
            for path in paths
            if not path.name.startswith(_STAGING_PREFIX)
        )

    def delete(self, names: list[str]) -> None:
        """Removes files, then the folders they leave empty."""
        for name in names:
            (self._root / name).unlink(missing_ok=True)
        folders = {parent for name in names for parent in (self._root / name).parents}
        below = [folder for folder in folders if folder.is_relative_to(self._root)]
        for folder in sorted(below, key=lambda path: len(path.parts), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def child(self, path: str) -> Store:
        """The directory `path` below this one."""
        return DirectoryStore(f"{self.uri}/{quote(path)}", self._root / path)

    def _target(self, name: str) -> Path:
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def _staging_path(target: Path) -> Path:
    return target.with_name(f"{_STAGING_PREFIX}{uuid.uuid4().hex}")


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        return False
    return True


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _fsync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fsync_directory(path: Path) -> None:
    _fsync_file(path)
