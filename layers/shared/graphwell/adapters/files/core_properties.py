"""What an office file says of itself."""

from __future__ import annotations

from graphwell.adapters.files.archive import Archive
from graphwell.adapters.files.safe_xml import children, parse_xml

_PART = "docProps/core.xml"


def title_of(archive: Archive) -> str | None:
    """Return the title in the properties of an office file, None when it has none."""
    if _PART not in archive:
        return None
    return next((title.text for title in children(parse_xml(archive.read(_PART)), "title")), None)
