"""Connected components of the graph "these two rows are similar"."""

from __future__ import annotations

from collections.abc import Callable


class Components:
    """A union-find over the indexes 0 … size-1; the root of a component is its least index."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def root(self, index: int) -> int:
        """The least index of the component."""
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    def join(self, left: int, right: int) -> None:
        """Makes one component of two."""
        roots = sorted((self.root(left), self.root(right)))
        self._parents[roots[1]] = roots[0]

    def roots(self) -> list[int]:
        """The root of every index."""
        return [self.root(index) for index in range(len(self._parents))]


def join_similar(bucket: list[int], components: Components, are_similar: Callable[[int, int], bool]) -> None:
    """Joins what is similar within a bucket; asks about a pair only while nothing else has connected it.

    A bucket of n copies of one text thus costs n questions instead of n².
    """
    groups: list[list[int]] = []
    for item in bucket:
        linked = [group for group in groups if _is_linked(item, group, components, are_similar)]
        home = max(linked, key=len, default=[])
        for group in linked:
            components.join(group[0], item)
            if group is not home:
                home.extend(group)
        home.append(item)
        groups = [group for group in groups if all(group is not other for other in linked)] + [home]


def _is_linked(
    item: int, group: list[int], components: Components, are_similar: Callable[[int, int], bool]
) -> bool:
    if components.root(group[0]) == components.root(item):
        return True
    return any(are_similar(item, member) for member in group)
