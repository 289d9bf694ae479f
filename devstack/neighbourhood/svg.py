"""A neighbourhood as SVG: one file that loads nothing, the same for the same neighbourhood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from devstack.neighbourhood.layout import FONT_SIZE, Box, Layout, lay_out
from devstack.neighbourhood.neighbourhood import Neighbourhood, Node, Tie

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FILLS = ("#33658a", "#dbe7f0", "#f1f3f4")
_EDGES = ("#33658a", "#7ba3c0", "#c3cad0")
_INK, _PAPER, _STATED = "#1d2a33", "#ffffff", "#2a7f62"
_THINNEST, _THICKEST = 1.2, 6.0
_SMALL = 10.5


def draw(neighbourhood: Neighbourhood) -> str:
    """Return the picture: ties are the thicker the more passages mention both ends, whose number stands on them.

    Of the ties between neighbours those are drawn that more than one passage makes: each single one makes many.
    """
    layout = lay_out(neighbourhood.root)
    size = {"width": _number(layout.width), "height": _number(layout.height)}
    font = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            **size,
            "viewBox": f"0 0 {size['width']} {size['height']}",
            "role": "img",
            "font-family": font,
            "font-size": _number(FONT_SIZE),
        },
    )
    _text(svg, "title", f"What is mentioned with {neighbourhood.entity.name}")
    ET.SubElement(svg, "rect", {**size, "fill": _PAPER})
    heaviest = max([1, *(tie.weight for tie in _ties(neighbourhood.root)), *_weights(neighbourhood.cross_ties)])
    for tie in [tie for tie in neighbourhood.cross_ties if tie.weight > 1 or tie.stated]:
        _draw_cross_tie(svg, layout, tie, heaviest)
    ties = sorted(_ties(neighbourhood.root), key=lambda tie: layout.boxes[tie.target].depth, reverse=True)
    for tie in ties:
        _draw_tie(svg, layout, tie, heaviest)
    for tie in ties:
        _label_tie(svg, layout, tie)
    for box in layout.boxes.values():
        _draw_box(svg, box)
    ET.indent(svg, " ")
    return ET.tostring(svg, encoding="unicode") + "\n"


def _ties(node: Node) -> Iterable[Tie]:
    for child in node.children:
        if child.tie is not None:
            yield child.tie
        yield from _ties(child)


def _weights(ties: Iterable[Tie]) -> list[int]:
    return [tie.weight for tie in ties]


def _ends(layout: Layout, tie: Tie) -> tuple[float, float, float, float]:
    source, target = layout.boxes[tie.source], layout.boxes[tie.target]
    begin_x, begin_y = (source.x, source.y) if source.side == 0 else source.outer
    return (begin_x, begin_y, *target.inner)


def _draw_tie(svg: ET.Element, layout: Layout, tie: Tie, heaviest: int) -> None:
    begin_x, begin_y, end_x, end_y = (_number(value) for value in _ends(layout, tie))
    bend = _number((float(begin_x) + float(end_x)) / 2)
    colour = _STATED if tie.stated else _EDGES[layout.boxes[tie.target].depth]
    path = f"M{begin_x} {begin_y}C{bend} {begin_y} {bend} {end_y} {end_x} {end_y}"
    _stroke(svg, path, colour, _thickness(tie, heaviest))


def _draw_cross_tie(svg: ET.Element, layout: Layout, tie: Tie, heaviest: int) -> None:
    source, target = layout.boxes[tie.source], layout.boxes[tie.target]
    begin_x, begin_y, end_x, end_y = (_number(value) for value in (*source.inner, *target.inner))
    inward = _number((source.inner[0] + target.inner[0]) / 2 - (source.side + target.side) * 22)
    path = f"M{begin_x} {begin_y}C{inward} {begin_y} {inward} {end_y} {end_x} {end_y}"
    _stroke(svg, path, _EDGES[2], _thickness(tie, heaviest) / 2, dashed=True)


def _stroke(svg: ET.Element, path: str, colour: str, width: float, *, dashed: bool = False) -> None:
    dashes = {"stroke-dasharray": "3 4"} if dashed else {}
    ET.SubElement(svg, "path", {"d": path, "fill": "none", "stroke": colour, "stroke-width": _number(width), **dashes})


def _label_tie(svg: ET.Element, layout: Layout, tie: Tie) -> None:
    """Write the weight near a tie's outer end, where ties lie apart, and what is stated before it."""
    *_, end_x, end_y = _ends(layout, tie)
    side = layout.boxes[tie.target].side
    parts = [*tie.stated[:1], *([str(tie.weight)] if tie.weight else [])]
    _text(
        svg,
        "text",
        " · ".join(parts),
        {
            "x": _number(end_x - side * 8),
            "y": _number(end_y + _SMALL / 3),
            "text-anchor": "end" if side > 0 else "start",
            "font-size": _number(_SMALL),
            "fill": _STATED if tie.stated else _INK,
            "stroke": _PAPER,
            "stroke-width": "4",
            "paint-order": "stroke",
        },
    )


def _draw_box(svg: ET.Element, box: Box) -> None:
    group = ET.SubElement(svg, "g")
    _text(group, "title", box.node.name)
    ET.SubElement(
        group,
        "rect",
        {
            "x": _number(box.x - box.width / 2),
            "y": _number(box.y - box.height / 2),
            "width": _number(box.width),
            "height": _number(box.height),
            "rx": _number(box.height / 2),
            "fill": _FILLS[box.depth],
            "stroke": _EDGES[box.depth],
        },
    )
    place = {"x": _number(box.x), "y": _number(box.y + FONT_SIZE * 0.35), "text-anchor": "middle"}
    colour = {"fill": _INK} if box.depth else {"fill": _PAPER, "font-weight": "bold"}
    _text(group, "text", box.label, {**place, **colour})


def _text(parent: ET.Element, tag: str, text: str, attributes: dict[str, str] | None = None) -> None:
    ET.SubElement(parent, tag, attributes or {}).text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _thickness(tie: Tie, heaviest: int) -> float:
    return _THINNEST + (_THICKEST - _THINNEST) * max(0, tie.weight - 1) / max(1, heaviest - 1)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
