"""What the contract needs of an object store."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Store(Protocol):
    """A prefix in a store. Names are relative to it, with `/` as separator."""

    uri: str

    def read(self, name: str) -> bytes | None:
        """Bytes of a small object; None if there is none."""

    def create(self, name: str, data: bytes) -> bool:
        """Writes durably if the name is free, and says whether it did: of racing writers one gets True."""

    def upload(self, source: Path, name: str, *, frozen: bool) -> None:
        """Puts a local file under `name`, replacing what is there. `frozen`: it will never change."""

    def local(self, name: str, directory: Path) -> Path | None:
        """The object as a local file, in place or downloaded below `directory`; None if there is none."""

    def local_root(self, directory: Path) -> Path:
        """Where `local` puts or finds files named relative to this prefix."""

    def names(self) -> list[str]:
        """All names below the prefix, sorted."""

    def delete(self, names: list[str]) -> None:
        """Removes objects in the order given; those already gone are no error."""

    def child(self, path: str) -> Store:
        """The prefix `path` below this one."""
