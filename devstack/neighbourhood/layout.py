"""Places of boxes around a middle: half of the branches to its right, half to its left, none over another.

The same tree always gets the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from devstack.neighbourhood.neighbourhood import Node

FONT_SIZE = 13.0
ROW = 34.0
"""From one box of a side to the next."""

_BOX_HEIGHT = 24.0
_PADDING = 10.0
_GAP = 96.0
"""Between two columns of boxes, for the ties and what stands on them."""
_BULGE = 44.0
"""By which the middle of a side stands further out than its ends."""
_MARGIN = 20.0
_LONGEST_LABEL = 30

_BOLD = 1.12
"""How much wider the middle's label is."""

_NARROW = frozenset("fijlrt.,:;'|!()[]- ")
_WIDE = frozenset("mwMW@%—")


@dataclass(frozen=True)
class Box:
    """An entity's place; `x` and `y` are its middle, `side` is 1 on the right, -1 on the left, 0 in the middle."""

    node: Node
    label: str
    x: float
    y: float
    width: float
    side: int
    depth: int
    height: float = _BOX_HEIGHT

    @property
    def inner(self) -> tuple[float, float]:
        """Where ties from the middle end."""
        return self.x - self.side * self.width / 2, self.y

    @property
    def outer(self) -> tuple[float, float]:
        """Where ties outwards begin."""
        return self.x + self.side * self.width / 2, self.y


@dataclass(frozen=True)
class Layout:
    """Boxes by entity id, the root's first, on a sheet of this size."""

    boxes: dict[str, Box]
    width: float
    height: float


def lay_out(root: Node) -> Layout:
    """Return the places of a tree of at most three levels."""
    sides = (1, root.children[0::2]), (-1, root.children[1::2])
    rows = max(_rows(branches) for _, branches in sides)
    height = max(rows * ROW, 2 * ROW) + 2 * _MARGIN
    width = _BOLD * _width(root.name) + 2 * _PADDING
    middle = Box(root, _label(root.name), 0, height / 2, width, 0, 0, _BOX_HEIGHT + 10)
    boxes = [middle, *(box for side, branches in sides for box in _side(branches, side, middle))]
    left = min(box.x - box.width / 2 for box in boxes) - _MARGIN
    right = max(box.x + box.width / 2 for box in boxes) + _MARGIN
    moved = {box.node.id: _moved(box, -left) for box in boxes}
    return Layout(moved, right - left, height)


def _side(branches: Sequence[Node], side: int, middle: Box) -> Iterator[Box]:
    rows = _rows(branches)
    first_y = middle.y - (rows - 1) * ROW / 2
    first_x = middle.width / 2 + _GAP
    second_x = first_x + max((_width(branch.name) for branch in branches), default=0.0) + 2 * _PADDING + _GAP
    row = 0
    for branch in branches:
        height = max(1, len(branch.children))
        y = first_y + (row + (height - 1) / 2) * ROW
        yield _box(branch, first_x + _bulge(y, middle.y, rows), y, side, 1)
        for place, child in enumerate(branch.children):
            y = first_y + (row + place) * ROW
            yield _box(child, second_x + _bulge(y, middle.y, rows), y, side, 2)
        row += height


def _box(node: Node, inner: float, y: float, side: int, depth: int) -> Box:
    width = _width(node.name) + 2 * _PADDING
    return Box(node, _label(node.name), side * (inner + width / 2), y, width, side, depth)


def _bulge(y: float, middle: float, rows: int) -> float:
    return _BULGE * (1 - (2 * (y - middle) / (ROW * max(rows, 2))) ** 2)


def _rows(branches: Sequence[Node]) -> int:
    return sum(max(1, len(branch.children)) for branch in branches)


def _moved(box: Box, by: float) -> Box:
    return Box(box.node, box.label, box.x + by, box.y, box.width, box.side, box.depth, box.height)


def _label(name: str) -> str:
    flat = " ".join(name.split())
    return flat if len(flat) <= _LONGEST_LABEL else flat[: _LONGEST_LABEL - 1].rstrip() + "…"


def _width(name: str) -> float:
    """Return how wide a label is in a common sans-serif font, rather too much than too little."""
    return FONT_SIZE * sum(_share(character) for character in _label(name))


def _share(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if ord(character) >= 0x1100 or character in _WIDE:  # noqa: PLR2004  # from here on scripts fill their squares
        return 1.0
    return 0.72 if character.isupper() else 0.6
