"""Which version of a document readers see at a moment, as parts of statements."""

from __future__ import annotations

SWITCHES = "coalesce(d.live, [d.version, 0])"
"""The last moves of the pointer of document `d`, newest first: [version, since in ms by the server's clock, ...], see
`neo4j_activation`. To be bound once as `live`: whoever reads the property twice may read two states of it."""


def live_at(moment: str) -> str:
    """Return an expression for the version that was live at a moment, given `SWITCHES` as `live`.

    It is 0 or null where there is none; no chunk has such a version. A deleted document has none at any moment.

    Parameters:
        moment: an expression for milliseconds by the server's clock.
    """
    return f"head([i IN range(0, size(live) - 1, 2) WHERE live[i + 1] < {moment} | live[i]])"
