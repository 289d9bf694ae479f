"""A tenant sees the same, alone or among others with its ids; without any one tenant predicate it would not.

The first is non-interference (Goguen and Meseguer, "Security Policies and Security Models", 1982) of everything the
graph does. The second is a mutation test: each tenant predicate of each statement is left out in turn, and the first
must fail. Predicates that stand behind another one are listed, and left out together with it.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

import pytest
from neo4j.exceptions import ClientError

from devstack.testing import running_services
from graphwell.adapters import neo4j_passage_index
from graphwell.adapters.lucene_query import lucene_query
from graphwell.adapters.neo4j_reembedding import Neo4jReembedding
from graphwell.adapters.neo4j_schema import Neo4jSchema
from graphwell.domain.embedding_plan import EmbeddingIdentity
from graphwell.domain.errors import GraphwellError
from graphwell.domain.filters import Filters
from graphwell.domain.tenancy import TenantScope
from tests.e2e.stack import CHECKOUT
from tests.fakes.clock import FakeClock
from tests.integration.graphwell.store import EMBEDDING, POOL
from tests.security.mutating_client import PREDICATES, MutatingClient, Rewrite, without
from tests.security.tenant_life import NAMES, Graph, live_alone, live_together

SHARES = 5
"""Days after which every mutant has been tried."""

LEAST_PREDICATES = 171

ADAPTERS = CHECKOUT / "layers" / "shared" / "graphwell" / "adapters"
SECOND_LINES = {
    "c.tenant_id = $tenant_id AND score > 0": "Lucene's tenant term, a parameter, stands before it",
    "(d:Document {tenant_id: $tenant_id})\nWITH d, collect(": "the index itself is filtered by tenant",
    "(d:Document {tenant_id: $tenant_id}) WHERE d.id > $after_id": "what it leads to is matched by tenant again",
    "(c:Chunk {tenant_id: $tenant_id, id: chunk_id})\nWITH DISTINCT": "what it leads to is matched by tenant again",
    "version: version})\nWHERE v.status = 'staged'\nRETURN document_id": "what it leads to is matched by tenant again",
    "id: $task_id}) DETACH DELETE": "the id of a task is random",
    "state: 'waiting'}) WHERE t.created_at IS NOT NULL } AS more": "what is sent is matched by tenant again",
    "->(v:DocumentVersion)\nWHERE v.status = 'staged' AND NOT EXISTS": "what another job waits for goes on",
    "SET c.locked_at = $now\nRETURN collect(c.id) AS held": "what is written is matched by tenant again",
    "SET t.graph_filled_to = $after_id": "test_graph_writing.py looks at two tenants' places",
}
"""Predicates that stand behind another one, by the text around them: without them alone nothing changes."""

HOP = re.compile(r"\]->?\(\w*:\w+ \{\Z")
"""Before a predicate on a node that a relationship leads to: the node where it begins is the tenant's already."""


class Mutant(NamedTuple):
    """A predicate by its number in a statement, with the text around it; `is_second` when another stands before it."""

    statement: str
    number: int
    around: str
    is_second: bool


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MutatingClient]:
    with running_services(tmp_path_factory.mktemp("neo4j"), only=["neo4j"]) as services:
        account = (services.endpoints.neo4j_username, services.endpoints.neo4j_password)
        client = MutatingClient(services.endpoints.neo4j_uri, "neo4j", lambda: account, POOL)
        Neo4jSchema(client).migrate(EMBEDDING)
        Neo4jReembedding(client, FakeClock()).build(EmbeddingIdentity("next-model", EMBEDDING.dimensions))
        client.statements.clear()
        yield client
        client.close()


@pytest.fixture(scope="module")
def alone(client: MutatingClient) -> list[Any]:
    """What a tenant sees that shares its ids with nobody."""
    return live_alone(Graph(client), 0)


@pytest.fixture(scope="module")
def mutants(client: MutatingClient, alone: list[Any]) -> list[Mutant]:  # noqa: ARG001  # runs first
    """Every predicate of what the lives run."""
    live_together(Graph(client))
    return [
        Mutant(
            statement,
            number,
            around := statement[max(0, match.start() - 20) : match.end() + 90],
            is_second_line(around) or bool(HOP.search(statement[: match.start()])),
        )
        for statement in sorted(client.statements)
        for number, match in enumerate(PREDICATES.finditer(statement))
    ]


def test_every_tenant_sees_what_it_would_see_alone(client: MutatingClient, alone: list[Any]) -> None:
    assert len(alone) > 100
    for seen in live_together(Graph(client)):
        assert seen == alone


@pytest.mark.usefixtures("alone")
def test_the_lives_run_every_statement_that_names_a_tenant(client: MutatingClient) -> None:
    """A statement that a new feature brings has to find its place in `TenantLife`."""
    run = " ".join(" ".join(statement.split()) for statement in client.statements)
    for path in sorted(ADAPTERS.glob("neo4j_*.py")):
        for predicate in re.findall(r"^.*\(\w+:\w+ \{+[^}]*\$tenant_id.*$", path.read_text(), flags=re.MULTILINE):
            plain = predicate.replace("{{", "{").replace("}}", "}").split('"')[-2 if predicate.count('"') > 1 else 0]
            plain = re.split(r"\{_[A-Z]+\}", plain)[0]
            assert " ".join(plain.split()) in run, f"{path.name}: {predicate}"


def test_there_are_as_many_predicates_as_ever(mutants: list[Mutant]) -> None:
    assert len(mutants) >= LEAST_PREDICATES


@pytest.mark.timeout(3600 if os.environ.get("GRAPHWELL_ALL_MUTANTS") else 900)
@pytest.mark.filterwarnings("ignore:Expected a result with a single record")
def test_without_any_one_predicate_tenants_would_meet(
    client: MutatingClient, alone: list[Any], mutants: list[Mutant]
) -> None:
    """A search's statements are put together of parts: a predicate of one is left out of all that it stands in.

    A mutant takes the lives of two tenants, so each day has a share of them; `make test-mutants` tries them all.
    """
    met_nobody = []
    behind = second_lines(mutants)
    parts: dict[tuple[str, str], dict[str, set[int]]] = {}
    for statement, number, around, is_second in mutants:
        if not is_second:
            whole = "" if statement.startswith("CYPHER 25") else statement
            left_out = parts.setdefault((around, whole), {}).setdefault(statement, set(behind.get(statement, ())))
            left_out.add(number)
    for (around, _), statements in sorted(parts.items()):
        if not is_of_today(around):
            continue
        with mutated(
            client, {statement: without(statement, left_out) for statement, left_out in statements.items()}.get
        ):
            if is_isolated(client, alone):
                met_nobody.append(around)
    assert not met_nobody, "These make no difference:" + "".join(f"\n--{each}" for each in met_nobody)
    assert is_isolated(client, alone), "The mutants have left something behind: their deaths prove nothing."


def test_second_lines_make_no_difference(client: MutatingClient, alone: list[Any], mutants: list[Mutant]) -> None:
    """Without all of them at once tenants see what they would see alone, and so without each of them."""
    left_out = second_lines(mutants)
    assert sum(map(len, left_out.values())) >= len(SECOND_LINES)
    rewritten = {statement: without(statement, numbers) for statement, numbers in left_out.items()}
    with mutated(client, rewritten.get):
        assert is_isolated(client, alone)


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_behind_a_lost_filter_of_an_index_stands_another(
    client: MutatingClient, alone: list[Any], monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """A search loses own passages without its first lines, but finds a foreign one only without all lines.

    Parameters:
        kept: lines left of those in the statement, the last ones.
    """
    monkeypatch.setattr(neo4j_passage_index, "lucene_query", _lucene_query_of_everyone)
    searches = {
        statement: without(statement, set(range(len(PREDICATES.findall(statement)) - kept)))
        for statement in client.statements
        if statement.startswith("CYPHER 25")
    }
    with mutated(client, searches.get):
        seen = live_together(Graph(client))
    assert all(life != alone for life in seen)
    foreign = [note for life in seen for note in life if re.search(r"word\dof", note)]
    assert bool(foreign) is (kept == 0)


def _lucene_query_of_everyone(scope: TenantScope, text: str, filters: Filters) -> str | None:
    query = lucene_query(scope, text, filters)
    return query and re.sub(r"\+tenant_term:\w+\^0 ", "", query)


def is_of_today(around: str) -> bool:
    """Return whether a mutant is one of this day's share, or all are to be tried."""
    number = int.from_bytes(hashlib.sha256(around.encode()).digest()[:4])
    return bool(os.environ.get("GRAPHWELL_ALL_MUTANTS")) or (number - date.today().toordinal()) % SHARES == 0  # noqa: DTZ011  # any day will do


def second_lines(mutants: list[Mutant]) -> dict[str, set[int]]:
    """Return the numbers of the second lines of each statement that has some."""
    found: dict[str, set[int]] = {}
    for mutant in mutants:
        if mutant.is_second:
            found.setdefault(mutant.statement, set()).add(mutant.number)
    return found


def is_second_line(around: str) -> bool:
    """Return whether another predicate stands before the one in a text."""
    return any(line in around for line in SECOND_LINES)


@contextmanager
def mutated(client: MutatingClient, rewrite: Any) -> Iterator[None]:
    """Let the client run statements as rewritten, where they are."""
    changed: Rewrite = lambda statement: rewrite(statement) or statement  # noqa: E731
    client.rewrite = changed
    try:
        yield
    finally:
        client.rewrite = str


def is_isolated(client: MutatingClient, alone: list[Any]) -> bool:
    """Return whether tenants that live together see what one sees alone; leaves nothing behind.

    Most faults show between two, which take half the time of all.
    """
    client.has_forgotten = False
    try:
        return all(seen == alone for count in (2, len(NAMES)) for seen in live_together(Graph(client), alone, count))
    except (GraphwellError, ClientError, TypeError):  # what they see makes no sense any more
        return False
    finally:
        rewrite, client.rewrite = client.rewrite, str
        client.run("MATCH (n) WHERE NOT n:IndexMetadata DETACH DELETE n")
        client.rewrite = rewrite
