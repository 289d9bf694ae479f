"""What Ref and Fn::GetAtt give for the resources that exist locally: names, ARNs and addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devstack.errors import DevstackError


@dataclass(frozen=True)
class Account:
    """The account that the local stack pretends to be deployed in."""

    region: str = "us-east-1"
    account_id: str = "000000000000"
    stack_name: str = "graphwell"

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"

    def pseudo_parameters(self) -> dict[str, str]:
        """Values of CloudFormation's pseudo parameters."""
        return {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account_id,
            "AWS::StackName": self.stack_name,
            "AWS::StackId": self.arn("cloudformation", f"stack/{self.stack_name}/local"),
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }


NAME_PROPERTIES: Mapping[str, str] = {
    "AWS::SQS::Queue": "QueueName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Serverless::LayerVersion": "LayerName",
}

_ARNS: Mapping[str, Callable[[Account, str], str]] = {
    "AWS::SQS::Queue": lambda account, name: account.arn("sqs", name),
    "AWS::S3::Bucket": lambda _, name: f"arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": lambda account, name: account.arn("dynamodb", f"table/{name}"),
    "AWS::SecretsManager::Secret": lambda account, name: account.arn("secretsmanager", f"secret:{name}"),
    "AWS::Serverless::Function": lambda account, name: account.arn("lambda", f"function:{name}"),
    "AWS::Serverless::LayerVersion": lambda account, name: account.arn("lambda", f"layer:{name}:1"),
    "AWS::IAM::Role": lambda account, name: f"arn:aws:iam::{account.account_id}:role/{name}",
    "AWS::KMS::Key": lambda account, name: account.arn("kms", f"key/{name}"),
    "AWS::SNS::Topic": lambda account, name: account.arn("sns", name),
    "AWS::Logs::LogGroup": lambda account, name: account.arn("logs", f"log-group:{name}"),
}

_REF_IS_ARN = {"AWS::SecretsManager::Secret", "AWS::Serverless::LayerVersion", "AWS::SNS::Topic"}

_NAME_ATTRIBUTES = {"QueueName", "Name"}


@dataclass
class References:
    """Attributes of the resources of one template.

    Parameters:
        account: where the resources pretend to be.
        types: resource type by logical id.
        name_of: the physical name of a resource, by logical id.
        known: attributes learnt from the local servers, by (logical id, attribute); they win over derived ones.
            The attribute None is what Ref gives.
    """

    account: Account
    types: Mapping[str, str]
    name_of: Callable[[str], str]
    known: dict[tuple[str, str | None], str] = field(default_factory=dict)

    def __call__(self, logical_id: str, attribute: str | None) -> Any:
        """Return the value of an attribute of a resource.

        Raises:
            DevstackError: there is no such resource, or it has no such attribute here.
        """
        kind = self.types.get(logical_id)
        if kind is None:
            raise DevstackError(
                f"The template refers to {logical_id}, which is neither a parameter nor a resource of it."
            )
        if (logical_id, attribute) in self.known:
            return self.known[logical_id, attribute]
        if attribute is None:
            return self._arn(kind, logical_id) if kind in _REF_IS_ARN else self.name_of(logical_id)
        if attribute == "Arn" or (kind == "AWS::SecretsManager::Secret" and attribute == "Id"):
            return self._arn(kind, logical_id)
        if attribute in _NAME_ATTRIBUTES:
            return self.name_of(logical_id)
        raise DevstackError(f"The local stack has no value for {logical_id}.{attribute} ({kind}).")

    def _arn(self, kind: str, logical_id: str) -> str:
        if kind not in _ARNS:
            raise DevstackError(f"The local stack has no ARN for {logical_id} ({kind}).")
        return _ARNS[kind](self.account, self.name_of(logical_id))
