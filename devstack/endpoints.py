"""Where the servers of the local stack listen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Endpoints:
    """Addresses and credentials of the local servers.

    Parameters:
        neo4j_uri: bolt address.
        neo4j_username: user of the graph database.
        neo4j_password: its password, made at the first start.
        valkey_url: redis:// address.
        sqs_url: ElasticMQ.
        dynamodb_url: DynamoDB Local.
        s3_url: S3Proxy.
        aws_url: moto (Secrets Manager and SSM).
        onnx_model_dir: folder that holds model.onnx and tokenizer.json.
        region: region that every server answers for.
        account_id: account number in the servers' ARNs.
    """

    neo4j_uri: str
    neo4j_username: str
    neo4j_password: str
    valkey_url: str
    sqs_url: str
    dynamodb_url: str
    s3_url: str
    aws_url: str
    onnx_model_dir: Path
    region: str = "us-east-1"
    account_id: str = "000000000000"

    def aws_environment(self) -> dict[str, str]:
        """Return the environment variables that make boto3 talk to these servers and to nothing else."""
        return {
            "AWS_ENDPOINT_URL_SQS": self.sqs_url,
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb_url,
            "AWS_ENDPOINT_URL_S3": self.s3_url,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.aws_url,
            "AWS_ENDPOINT_URL_SSM": self.aws_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
