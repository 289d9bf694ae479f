"""A Neo4j client that forgets one tenant predicate of one statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    """Runs statements as `rewrite` returns them, and keeps in `statements` how they came, in `looked` those of looks.

    `has_forgotten` tells whether one was rewritten since it was last set back.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.statements: set[str] = set()
        self.looked: set[str] = set()
        self.rewrite: Rewrite = str
        self.has_forgotten = False
        self._is_looking = False

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Take what is run within for a look, which changes nothing."""
        self._is_looking = True
        try:
            yield
        finally:
            self._is_looking = False

    def looks_show_nothing(self) -> bool:
        """Tell whether a look can show no fault yet: what is to be rewritten was not run, and is nothing of a look."""
        is_mutated = self.rewrite is not str
        return is_mutated and not self.has_forgotten and all(self.rewrite(each) == each for each in self.looked)

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
        if self._is_looking:
            self.looked.add(query)
        rewritten = self.rewrite(query)
        self.has_forgotten |= rewritten != query
        return rewritten


class _MutatingTransaction:
    def __init__(self, transaction: Any, rewrite: Rewrite) -> None:
        self._transaction = transaction
        self._rewrite = rewrite

    def run(self, query: str, *arguments: Any, **parameters: Any) -> Any:
        return self._transaction.run(self._rewrite(query), *arguments, **parameters)
