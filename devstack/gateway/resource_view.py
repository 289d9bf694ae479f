"""The queues, buckets, tables and secrets of a template, as the local servers need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devstack.errors import DevstackError
from devstack.gateway.template import Resource, Template

_ATTRIBUTES = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)


@dataclass(frozen=True)
class QueueSpec:
    """An SQS queue; `dead_letter_arn` is where a message goes after `maximum_receives`."""

    logical_id: str
    name: str
    arn: str
    attributes: Mapping[str, str]
    dead_letter_arn: str | None
    maximum_receives: int


@dataclass(frozen=True)
class Notification:
    """Object-created events of a bucket, for keys with this prefix and suffix, sent to a queue."""

    bucket: str
    queue_arn: str
    prefix: str
    suffix: str

    def covers(self, key: str) -> bool:
        """Return whether events of this key are sent."""
        return key.startswith(self.prefix) and key.endswith(self.suffix)


@dataclass(frozen=True)
class BucketSpec:
    """An S3 bucket."""

    logical_id: str
    name: str
    notifications: tuple[Notification, ...]


@dataclass(frozen=True)
class TableSpec:
    """A DynamoDB table; `definition` holds the arguments of CreateTable."""

    logical_id: str
    name: str
    definition: Mapping[str, Any]
    ttl_attribute: str | None


@dataclass(frozen=True)
class SecretSpec:
    """A Secrets Manager secret; `value` is what the template itself gives it, if anything."""

    logical_id: str
    name: str
    value: str | None


def read_queues(template: Template) -> tuple[QueueSpec, ...]:
    """Return the queues, dead-letter queues before those that name them."""
    queues = [_queue(template, resource) for resource in template.resources("AWS::SQS::Queue")]
    return tuple(sorted(queues, key=lambda queue: queue.dead_letter_arn is not None))


def read_buckets(template: Template) -> tuple[BucketSpec, ...]:
    """Return the buckets with their notifications.

    Raises:
        DevstackError: a bucket notifies something other than a queue, or of something other than created objects.
    """
    return tuple(_bucket(template, resource) for resource in template.resources("AWS::S3::Bucket"))


def read_tables(template: Template) -> tuple[TableSpec, ...]:
    """Return the DynamoDB tables."""
    return tuple(_table(template, resource) for resource in template.resources("AWS::DynamoDB::Table"))


def read_secrets(template: Template) -> tuple[SecretSpec, ...]:
    """Return the secrets."""
    return tuple(
        SecretSpec(resource.logical_id, template.physical_name(resource.logical_id), resource.get("SecretString"))
        for resource in template.resources("AWS::SecretsManager::Secret")
    )


def _queue(template: Template, resource: Resource) -> QueueSpec:
    if resource.get("FifoQueue"):
        raise DevstackError(f"{resource.logical_id} is a FIFO queue; the local stack runs standard queues only.")
    attributes = {name: str(resource.get(name)) for name in _ATTRIBUTES if resource.get(name) is not None}
    redrive = resource.get("RedrivePolicy") or {}
    return QueueSpec(
        logical_id=resource.logical_id,
        name=template.physical_name(resource.logical_id),
        arn=str(template.references(resource.logical_id, "Arn")),
        attributes=attributes,
        dead_letter_arn=redrive.get("deadLetterTargetArn"),
        maximum_receives=int(redrive.get("maxReceiveCount", 0)),
    )


def _bucket(template: Template, resource: Resource) -> BucketSpec:
    name = template.physical_name(resource.logical_id)
    configuration: dict[str, Any] = resource.get("NotificationConfiguration") or {}
    others = sorted(set(configuration) - {"QueueConfigurations"})
    if others:
        raise DevstackError(
            f"{resource.logical_id} has {others[0]}; the local stack sends bucket events to queues only."
        )
    return BucketSpec(
        logical_id=resource.logical_id,
        name=name,
        notifications=tuple(
            _notification(name, resource, entry) for entry in configuration.get("QueueConfigurations", [])
        ),
    )


def _notification(bucket: str, resource: Resource, entry: Mapping[str, Any]) -> Notification:
    if not str(entry["Event"]).startswith("s3:ObjectCreated:"):
        raise DevstackError(
            f"{resource.logical_id} notifies of {entry['Event']}; the local stack sees created objects only."
        )
    rules = ((entry.get("Filter") or {}).get("S3Key") or {}).get("Rules", [])
    values = {str(rule["Name"]).lower(): str(rule["Value"]) for rule in rules}
    return Notification(bucket, str(entry["Queue"]), values.get("prefix", ""), values.get("suffix", ""))


def _table(template: Template, resource: Resource) -> TableSpec:
    if resource.get("StreamSpecification"):
        raise DevstackError(f"{resource.logical_id} has a stream, which the local stack cannot read.")
    name = template.physical_name(resource.logical_id)
    definition = {
        "TableName": name,
        "AttributeDefinitions": resource.require("AttributeDefinitions"),
        "KeySchema": resource.require("KeySchema"),
        "BillingMode": "PAY_PER_REQUEST",
    }
    for index in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if resource.get(index):
            definition[index] = [
                {key: value for key, value in entry.items() if key != "ProvisionedThroughput"}
                for entry in resource.get(index)
            ]
    ttl = resource.get("TimeToLiveSpecification") or {}
    return TableSpec(resource.logical_id, name, definition, ttl.get("AttributeName"))
