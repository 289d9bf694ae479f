"""Toy functions in a folder of the test, run under the real awslambdaric."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.endpoints import Endpoints
from devstack.testing import running_services

GUARD = """
def handler(event, context):
    token = event["authorizationToken"].removeprefix("Bearer ")
    if token == "unknown":
        raise Exception("Unauthorized")
    if token == "broken":
        return {"principalId": "ann"}
    effect = "Deny" if token == "denied" else "Allow"
    arn = event["methodArn"]
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    return {"principalId": token, "policyDocument": {"Statement": [statement]}, "context": {"tenant_id": "acme"}}
"""

ECHO = """
import json
import os
import sys
import time

import toy

print("imported", toy.NAME)


def handler(event, context):
    if "httpMethod" in event:
        return {"statusCode": 200, "headers": {"x-function": context.function_name}, "body": json.dumps(event)}
    if "sleep_s" in event:
        time.sleep(event["sleep_s"])
    if "exit" in event:
        os._exit(event["exit"])
    if "raise" in event:
        raise ValueError(event["raise"])
    if "size" in event:
        return "x" * event["size"]
    return {
        "pid": os.getpid(),
        "environment": dict(os.environ),
        "remaining_ms": context.get_remaining_time_in_millis(),
        "arn": context.invoked_function_arn,
        "path": sys.path,
    }
"""

WORK = """
import boto3
import json
import os

sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        if "poison" in record["body"]:
            failures.append({"itemIdentifier": record["messageId"]})
        else:
            sqs.send_message(QueueUrl=os.environ["DONE_QUEUE"], MessageBody=record["body"])
    return {"batchItemFailures": failures}
"""

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Handler: app.handler
    Timeout: 60
    Layers: [!Ref SharedLayer]
    Environment: { Variables: { GREETING: hello } }
Resources:
  SharedLayer: { Type: "AWS::Serverless::LayerVersion", Properties: { ContentUri: layer } }
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: toy
      MethodSettings:
        - { ResourcePath: /v1/limited, HttpMethod: GET, ThrottlingRateLimit: 0.001, ThrottlingBurstLimit: 1 }
      Auth:
        DefaultAuthorizer: Guard
        Authorizers: { Guard: { FunctionArn: !GetAtt GuardFunction.Arn } }
  GuardFunction: { Type: "AWS::Serverless::Function", Properties: { CodeUri: functions/guard } }
  HastyFunction: { Type: "AWS::Serverless::Function", Properties: { CodeUri: functions/echo, Timeout: 1 } }
  BadFunction: { Type: "AWS::Serverless::Function", Properties: { CodeUri: functions/bad } }
  EchoFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo
      Events:
        Guarded: { Type: Api, Properties: { RestApiId: !Ref Api, Method: ANY, Path: "/v1/guarded/{id}" } }
        Limited:
          Type: Api
          Properties: { RestApiId: !Ref Api, Method: GET, Path: /v1/limited, Auth: { Authorizer: NONE } }
"""

RESOURCES = """
  WorkFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/work
      Environment: { Variables: { DONE_QUEUE: !Ref DoneQueue } }
      Events:
        Queue:
          Type: SQS
          Properties: { Queue: !GetAtt Queue.Arn, BatchSize: 10, FunctionResponseTypes: [ReportBatchItemFailures] }
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 1
      RedrivePolicy: { deadLetterTargetArn: !GetAtt DeadQueue.Arn, maxReceiveCount: 2 }
  DeadQueue: { Type: "AWS::SQS::Queue" }
  DoneQueue: { Type: "AWS::SQS::Queue" }
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt Queue.Arn
            Filter: { S3Key: { Rules: [{ Name: prefix, Value: in/ }] } }
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: expires, Enabled: true }
  Secret: { Type: "AWS::SecretsManager::Secret", Properties: { SecretString: '{"a":1}' } }
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A template of functions behind an API; nothing of it needs a server."""
    sources = {"guard": GUARD, "echo": ECHO, "work": WORK, "bad": "import nothing_of_that_name"}
    for name, source in sources.items():
        folder = tmp_path / "functions" / name
        folder.mkdir(parents=True)
        (folder / "app.py").write_text(source, "utf-8")
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer/toy.py").write_text('NAME = "toy layer"', "utf-8")
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, "utf-8")
    return path


@pytest.fixture
def toy_with_resources(toy: Path) -> Path:
    """The same with a queue that feeds a function, a bucket, a table and a secret."""
    toy.write_text(TEMPLATE + RESOURCES, "utf-8")
    return toy


@pytest.fixture(scope="session")
def aws_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    """The servers that a template's resources live in."""
    only = ["sqs", "s3", "dynamodb", "aws"]
    with running_services(tmp_path_factory.mktemp("aws"), only=only) as running:
        yield running.endpoints
