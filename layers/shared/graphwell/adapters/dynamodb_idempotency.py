"""Idempotency records in DynamoDB, kept by Powertools: durable, outside the failure domain of cache and graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)

from graphwell.domain.errors import InFlight, InvalidInput, Unavailable
from graphwell.ports import KeyedRequest

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_S = 24 * 3600
"""How long a key is remembered."""


class DynamoDbIdempotency:
    """The `Idempotency` port over one table.

    A record's id begins with the tenant and `#`, which no tenant id holds, so that a tenant's records can be found; the
    rest is a hash. The record holds what the work returned, and a hash of the body.

    Parameters:
        client: boto3 client of DynamoDB.
        table: name of the table.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def once(self, request: KeyedRequest, work: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Return what `work` returns or returned; see the port."""
        run = _Run(work)
        config = IdempotencyConfig(
            event_key_jmespath="key",
            payload_validation_jmespath="body",
            expires_after_seconds=KEPT_S,
            hash_function="sha256",
            lambda_context=_TimeLeft(request.time_left_s),  # type: ignore[arg-type]  # all that is read of a context
        )

        @idempotent_function(  # type: ignore[untyped-decorator]
            data_keyword_argument="request",
            # One a request: it keeps the prefix of its first call.
            persistence_store=DynamoDBPersistenceLayer(self._table, boto3_client=self._client),
            config=config,
            key_prefix=request.scope.tenant_id,
        )
        def guarded(*, request: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG001  # what is hashed
            return run()

        key = [request.subject, request.route, request.key]
        try:
            reply: Mapping[str, Any] = guarded(request={"key": key, "body": request.body_hash})
        except IdempotencyValidationError as error:
            raise InvalidInput(
                "Idempotency-Key", "This key came with another request before; make a new key for each request."
            ) from error
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError) as error:
            raise InFlight("The same request is being worked on; send it again to hear what became of it.") from error
        except IdempotencyPersistenceLayerError as error:
            return run.outcome(error)
        return reply


class _Run:
    """Calls the work, and remembers how that went."""

    def __init__(self, work: Callable[[], Mapping[str, Any]]) -> None:
        self._work = work
        self._result: Mapping[str, Any] | None = None
        self._failure: Exception | None = None

    def __call__(self) -> Mapping[str, Any]:
        try:
            self._result = self._work()
        except Exception as error:
            self._failure = error
            raise
        return self._result

    def outcome(self, lost: Exception) -> Mapping[str, Any]:
        """Return how the work went when its record cannot be written.

        What is done is done, and is found again by its job id. What has not begun does not begin: a repetition could
        not be told from it.
        """
        if self._failure is not None:
            raise self._failure
        if self._result is None:
            raise Unavailable(
                "Idempotency keys cannot be looked up; try again shortly, or send the request without one."
            ) from lost
        return self._result


class _TimeLeft:
    """The time that an invocation has left; after it a request that died no longer holds its key."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return the time left."""
        return max(0, int(self._seconds * 1000))
