"""Creating the template's queues, buckets, tables and secrets in the local servers; each step may be repeated."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from devstack.gateway.resource_view import (
    BucketSpec,
    QueueSpec,
    SecretSpec,
    TableSpec,
    read_buckets,
    read_queues,
    read_secrets,
    read_tables,
)
from devstack.gateway.template import Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from devstack.gateway.local_aws import LocalAws


def provision(template: Template, aws: LocalAws) -> None:
    """Create what is missing, bring queues' attributes and secrets' values up to date, and note the queues' addresses.

    Blocks; run it in a thread.
    """
    queue_urls = create_queues(aws.sqs(), read_queues(template))
    template.references.known.update({(logical_id, None): url for logical_id, url in queue_urls.items()})
    template.references.known.update({(logical_id, "QueueUrl"): url for logical_id, url in queue_urls.items()})
    create_buckets(aws.s3(), read_buckets(template))
    create_tables(aws.dynamodb(), read_tables(template))
    put_secrets(aws.secrets(), read_secrets(template))


def create_queues(sqs: SQSClient, queues: Sequence[QueueSpec]) -> dict[str, str]:
    """Create or update queues, dead-letter queues first; return each one's address by logical id."""
    urls: dict[str, str] = {}
    for queue in queues:
        attributes = dict(queue.attributes)
        if queue.dead_letter_arn is not None:
            redrive = {"deadLetterTargetArn": queue.dead_letter_arn, "maxReceiveCount": queue.maximum_receives}
            attributes["RedrivePolicy"] = json.dumps(redrive)
        wanted = cast("Any", attributes)
        try:
            urls[queue.logical_id] = sqs.get_queue_url(QueueName=queue.name)["QueueUrl"]
        except ClientError as error:
            if not _is(error, "NonExistentQueue", "QueueDoesNotExist"):
                raise
            urls[queue.logical_id] = sqs.create_queue(QueueName=queue.name, Attributes=wanted)["QueueUrl"]
        else:
            sqs.set_queue_attributes(QueueUrl=urls[queue.logical_id], Attributes=wanted)
    return urls


def create_buckets(s3: S3Client, buckets: Sequence[BucketSpec]) -> None:
    """Create buckets that are missing."""
    if not buckets:
        return
    existing = {bucket["Name"] for bucket in s3.list_buckets().get("Buckets", [])}
    for bucket in buckets:
        if bucket.name not in existing:
            s3.create_bucket(Bucket=bucket.name)


def create_tables(dynamodb: DynamoDBClient, tables: Sequence[TableSpec]) -> None:
    """Create tables that are missing, with the attribute that expires their items."""
    for table in tables:
        try:
            dynamodb.create_table(**cast("Any", table.definition))
        except ClientError as error:
            if not _is(error, "ResourceInUseException"):
                raise
            continue
        dynamodb.get_waiter("table_exists").wait(TableName=table.name, WaiterConfig={"Delay": 1})
        if table.ttl_attribute:
            dynamodb.update_time_to_live(
                TableName=table.name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl_attribute},
            )


def put_secrets(secrets: SecretsManagerClient, specs: Sequence[SecretSpec]) -> None:
    """Create secrets, or give existing ones the template's value."""
    for spec in specs:
        value = spec.value or "{}"
        try:
            secrets.create_secret(Name=spec.name, SecretString=value)
        except ClientError as error:
            if not _is(error, "ResourceExistsException"):
                raise
            secrets.put_secret_value(SecretId=spec.name, SecretString=value)


def _is(error: ClientError, *codes: str) -> bool:
    return any(error.response.get("Error", {}).get("Code", "").endswith(code) for code in codes)
