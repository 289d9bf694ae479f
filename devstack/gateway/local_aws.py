"""boto3 clients of the local servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from devstack.endpoints import Endpoints

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_CONFIG = Config(
    connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 3}, max_pool_connections=32
)


class LocalAws:
    """Makes clients; each is safe to share among threads."""

    def __init__(self, endpoints: Endpoints) -> None:
        """Talk to the servers at these addresses."""
        variables = endpoints.aws_environment()
        self._endpoints = endpoints
        self._session = boto3.session.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=endpoints.region,
        )

    def sqs(self) -> SQSClient:
        """Client of ElasticMQ."""
        return self._session.client("sqs", endpoint_url=self._endpoints.sqs_url, config=_CONFIG)

    def s3(self) -> S3Client:
        """Client of S3Proxy."""
        return self._session.client("s3", endpoint_url=self._endpoints.s3_url, config=_CONFIG)

    def dynamodb(self) -> DynamoDBClient:
        """Client of DynamoDB Local."""
        return self._session.client("dynamodb", endpoint_url=self._endpoints.dynamodb_url, config=_CONFIG)

    def secrets(self) -> SecretsManagerClient:
        """Client of moto's Secrets Manager."""
        return self._session.client("secretsmanager", endpoint_url=self._endpoints.aws_url, config=_CONFIG)
