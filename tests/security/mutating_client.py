"""A Neo4j client that forgets one tenant predicate of one statement."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from graphwell.adapters.neo4j_client import Neo4jClient

Result = TypeVar("Result")
Rewrite = Callable[[str], str]

PREDICATES = re.compile(
    r"(?P<property>tenant_id: (?:\$tenant_id|[a-z]\.tenant_id)(?:, )?)"
    r"|(?P<tenant> \{id: \$tenant_id\})"
    r"|(?P<condition> ?WHERE c\.tenant_id = \$tenant_id(?P<more> AND)?)"
)
"""A tenant in a node's properties, the node of the tenant itself, a tenant in a condition."""


def without(statement: str, numbers: set[int]) -> str:
    """Return a statement without the predicates of these places in it."""
    count = -1

    def replace(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        if count not in numbers:
            return match.group()
        return " WHERE" if match["more"] else ""

    return PREDICATES.sub(replace, statement)


class MutatingClient(Neo4jClient):
    """Runs statements as `rewrite` returns them, and keeps in `statements` how they came."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.statements: set[str] = set()
        self.rewrite: Rewrite = str

    def read(self, query: str, *arguments: Any, **parameters: Any) -> Any:
        """Run a read statement."""
        return super().read(self._rewritten(query), *arguments, **parameters)

    def run(self, query: str, **parameters: Any) -> Any:
        """Run a statement by itself."""
        return super().run(self._rewritten(query), **parameters)

    def write(self, work: Callable[[Any], Result]) -> Result:
        """Run work in a transaction."""
        return super().write(lambda tx: work(_MutatingTransaction(tx, self._rewritten)))

    def _rewritten(self, query: str) -> str:
        self.statements.add(query)
        return self.rewrite(query)


class _MutatingTransaction:
    def __init__(self, transaction: Any, rewrite: Rewrite) -> None:
        self._transaction = transaction
        self._rewrite = rewrite

    def run(self, query: str, *arguments: Any, **parameters: Any) -> Any:
        return self._transaction.run(self._rewrite(query), *arguments, **parameters)
