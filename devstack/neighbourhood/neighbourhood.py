"""What is around an entity, one or two steps away, as a tree with the ties between its branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from devstack.client.models import EntityName, EntityNeighbour, EntityState
from devstack.errors import DevstackError

if TYPE_CHECKING:
    from devstack.client.api import GraphwellClient

CHILDREN = 3
"""Entities shown behind each neighbour: with more, what is drawn cannot be read."""

_LOOKED_AT = 20
"""Neighbours of each neighbour that are asked for: the strongest are mostly shown already."""

_NAMESAKES = 6


@dataclass(frozen=True)
class Tie:
    """What joins two entities.

    Parameters:
        weight: passages that mention both.
        stated: what passages state of them, the arrow telling of whom it is said: "→ directed by" of the source.
    """

    source: str
    target: str
    weight: int
    stated: Sequence[str] = ()


@dataclass(frozen=True)
class Node:
    """An entity in the tree; `tie` leads to it, None at the root."""

    id: str
    name: str
    tie: Tie | None
    children: Sequence[Node] = ()


@dataclass(frozen=True)
class Neighbourhood:
    """An entity with what is around it.

    Parameters:
        entity: as the API gives it, with its passages.
        root: the tree that begins with it.
        cross_ties: between its direct neighbours.
        namesakes: further names that were found.
        truncated: whether there is more around it than the API looks at.
    """

    entity: EntityState
    root: Node
    cross_ties: Sequence[Tie]
    namesakes: Sequence[EntityName]
    truncated: bool

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        entity = self.entity.raw()
        nodes, ties = _flat(self.root)
        return {
            "entity": {name: entity[name] for name in ("id", "name", "passage_count", "document_count")},
            "nodes": nodes,
            "edges": [{**asdict(tie), "stated": list(tie.stated)} for tie in [*ties, *self.cross_ties]],
            "passages": entity["passages"],
            "namesakes": [namesake.raw() for namesake in self.namesakes],
            "truncated": self.truncated,
        }


def explore(client: GraphwellClient, name: str, *, depth: int, limit: int) -> Neighbourhood:
    """Return what is around the entity that a name fits best.

    Parameters:
        depth: 1 for its neighbours, 2 for theirs too.
        limit: neighbours of it that are taken, the strongest.

    Raises:
        DevstackError: no name of the tenant's documents shares a word with it.
    """
    found = client.entities(name, limit=_NAMESAKES)
    if not found.entities:
        raise DevstackError(
            f"No name in this tenant's documents shares a word with {name!r}; documents that were ingested before the"
            " graph was there show up within minutes."
        )
    best, *namesakes = found.entities
    entity = client.entity(best.id, limit=limit)
    beyond = entity.neighbours if depth > 1 else ()
    around = {each.id: client.entity(each.id, limit=_LOOKED_AT) for each in beyond}
    shown = {entity.id, *(neighbour.id for neighbour in entity.neighbours)}
    branches = [_branch(entity.id, neighbour, around.get(neighbour.id), shown) for neighbour in entity.neighbours]
    return Neighbourhood(
        entity=entity,
        root=Node(entity.id, entity.name, None, branches),
        cross_ties=_cross_ties(entity, around),
        namesakes=namesakes,
        truncated=entity.truncated,
    )


def _branch(root: str, neighbour: EntityNeighbour, beyond: EntityState | None, shown: set[str]) -> Node:
    """Return a neighbour with those of its own that stand nowhere else yet, which are noted as shown."""
    children = [each for each in beyond.neighbours if each.id not in shown][:CHILDREN] if beyond else []
    shown.update(child.id for child in children)
    nodes = [Node(child.id, child.name, _tie(neighbour.id, child)) for child in children]
    return Node(neighbour.id, neighbour.name, _tie(root, neighbour), nodes)


def _cross_ties(entity: EntityState, around: dict[str, EntityState]) -> list[Tie]:
    places = {neighbour.id: place for place, neighbour in enumerate(entity.neighbours)}
    return [
        _tie(source, neighbour)
        for source, state in around.items()
        for neighbour in state.neighbours
        if places.get(neighbour.id, -1) > places[source]
    ]


def _tie(source: str, neighbour: EntityNeighbour) -> Tie:
    arrows = {"out": "→", "in": "←"}
    stated = [f"{arrows.get(relation.direction, '')} {relation.name}".strip() for relation in neighbour.relations]
    return Tie(source, neighbour.id, neighbour.weight, tuple(stated))


def _flat(root: Node, depth: int = 0) -> tuple[list[dict[str, Any]], list[Tie]]:
    nodes: list[dict[str, Any]] = [{"id": root.id, "name": root.name, "depth": depth}]
    ties = [] if root.tie is None else [root.tie]
    for child in root.children:
        more_nodes, more_ties = _flat(child, depth + 1)
        nodes += more_nodes
        ties += more_ties
    return nodes, ties
