"""The idempotency records of a tenant as a whole, in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from graphwell.adapters.aws_errors import unavailable_as
from graphwell.domain.erasure import Counts, Erasure
from graphwell.domain.tenancy import TenantScope

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_AWAY = "The table of idempotency records does not answer; try again shortly."


class DynamoDbIdempotencyHoldings:
    """The `TenantHoldings` of one table, whose records' ids begin with the tenant and `#`, which no tenant id holds.

    The table is read as a whole: records live for a day and are small, erases are rare, and an index by tenant would
    be written with every request.

    Parameters:
        client: boto3 client of DynamoDB.
        table: name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def count(self, scope: TenantScope) -> Counts:
        """Return how many records there are; see the port."""
        with unavailable_as(_AWAY):
            return {"idempotency_records": sum(1 for _ in self._ids(scope))}

    def remove(self, erasure: Erasure) -> bool:
        """Remove all of them; see the port. There are at most a day's."""
        with unavailable_as(_AWAY):
            for identifier in self._ids(erasure.scope):
                self._client.delete_item(TableName=self._table, Key={"id": {"S": identifier}})
        return True

    def _ids(self, scope: TenantScope) -> Iterator[str]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            ProjectionExpression="id",
            FilterExpression="begins_with(id, :tenant)",
            ExpressionAttributeValues={":tenant": {"S": f"{scope.tenant_id}#"}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from (item["id"]["S"] for item in page["Items"])
