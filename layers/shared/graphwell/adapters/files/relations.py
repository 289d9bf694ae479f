"""Which part of an office file leads to which."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from graphwell.adapters.files.archive import Archive, resolve
from graphwell.adapters.files.safe_xml import children, parse_xml


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part leads to: the name of another, and the last word of the relation's type, such as `slide`."""

    target: str
    kind: str


def relations_of(archive: Archive, part: str) -> Mapping[str, Relation]:
    """Return where a part leads, by id; links out of the file are left out."""
    folder, name = posixpath.split(part)
    listing = f"{folder}/_rels/{name}.rels".lstrip("/")
    if listing not in archive:
        return {}
    return {
        entry.get("Id", ""): Relation(resolve(part, entry.get("Target", "")), entry.get("Type", "").rpartition("/")[2])
        for entry in children(parse_xml(archive.read(listing)), "Relationship")
        if entry.get("TargetMode") != "External"
    }
