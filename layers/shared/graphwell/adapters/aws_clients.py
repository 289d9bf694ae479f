"""Clients of AWS's services that give up long before API Gateway does: a request waits for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from botocore.config import Config
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# ruff: noqa: PLC0415  # boto3 takes longer to import than most requests, so a function has it when it first calls AWS


def sqs_client() -> SQSClient:
    """Return a client of SQS; tasks are sent while a lock is held, so it gives up the soonest."""
    import boto3

    return boto3.client("sqs", config=_bounded(read_timeout_s=3, attempts=2))


def dynamodb_client() -> DynamoDBClient:
    """Return a client of DynamoDB."""
    import boto3

    return boto3.client("dynamodb", config=_bounded(read_timeout_s=2, attempts=3))


def s3_client() -> S3Client:
    """Return a client of S3 that signs with version 4, which alone can bind a presigned address to a size."""
    import boto3

    return boto3.client("s3", config=_bounded(read_timeout_s=5, attempts=3, signature_version="s3v4"))


def secrets_provider() -> SecretsProvider:
    """Return what reads and caches secrets of Secrets Manager."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return SecretsProvider(boto_config=_bounded(read_timeout_s=2, attempts=3))


def _bounded(*, read_timeout_s: int, attempts: int, **others: Any) -> Config:
    from botocore.config import Config

    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    return Config(connect_timeout=1, read_timeout=read_timeout_s, retries=retries, **others)
