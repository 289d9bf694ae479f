"""XML without document type definitions: no entity can grow (billion laughs), none can name a file or address (XXE)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from typing import cast
from xml.parsers import expat

from graphwell.domain.errors import UnreadableFile
from graphwell.domain.files import FileFault

MAX_DEPTH = 200
"""Deepest nesting that is read; readers call themselves for every level."""

_STEP_BYTES = 16 * 1024


class _RootReached(Exception):
    """Ends the look at a prologue."""


def refuse_declarations(chunks: Iterable[bytes]) -> None:
    """Check that XML has no document type definition, which can only stand before the first element.

    Parameters:
        chunks: the document's beginning, in pieces; no more are taken than the prologue has.

    Raises:
        UnreadableFile: it has one, or is no XML.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = _stop
    try:
        for chunk in chunks:
            parser.Parse(chunk)
        parser.Parse(b"", True)
    except _RootReached:
        return
    except expat.ExpatError as error:
        raise _corrupt() from error


def parse_xml(data: bytes) -> ET.Element:
    """Return the root of an XML document.

    Raises:
        UnreadableFile: it declares a document type, is no XML, or nests more than `MAX_DEPTH` elements.
    """
    refuse_declarations(_pieces(data))
    builder: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
    root: ET.Element | None = None
    depth = 0
    try:
        for piece in _pieces(data):
            builder.feed(piece)
            for event, element in _events(builder):
                root = element if root is None else root
                depth += 1 if event == "start" else -1
                if depth > MAX_DEPTH:
                    raise UnreadableFile(
                        FileFault.UNSAFE_MARKUP, f"The file nests more than {MAX_DEPTH} elements; save it anew."
                    )
        builder.close()
    except ET.ParseError as error:
        raise _corrupt() from error
    if root is None:
        raise _corrupt()
    return root


def local_name(element: ET.Element) -> str:
    """Return an element's name without its namespace: Office writes the same names in a strict and a usual one."""
    return element.tag.rpartition("}")[2]


def attribute(element: ET.Element, name: str) -> str | None:
    """Return the value of an attribute whatever its namespace, None when there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def children(element: ET.Element, *names: str) -> Iterator[ET.Element]:
    """Yield the child elements of some local names."""
    return (child for child in element if local_name(child) in names)


def descendants(element: ET.Element, *names: str) -> Iterator[ET.Element]:
    """Yield the elements of some local names at any depth, in the order of the document."""
    return (found for found in element.iter() if isinstance(found.tag, str) and local_name(found) in names)


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _STEP_BYTES] for start in range(0, len(data), _STEP_BYTES))


def _events(builder: ET.XMLPullParser[ET.Element]) -> Iterator[tuple[str, ET.Element]]:
    return cast("Iterator[tuple[str, ET.Element]]", builder.read_events())


def _refuse(*_: object) -> None:
    raise UnreadableFile(
        FileFault.UNSAFE_MARKUP,
        "The file declares XML entities or a document type, which no office program writes; save it anew.",
    )


def _stop(*_: object) -> None:
    raise _RootReached


def _corrupt() -> UnreadableFile:
    return UnreadableFile(
        FileFault.CORRUPT, "A part of the file is no well-formed XML; save it anew and upload it again."
    )
