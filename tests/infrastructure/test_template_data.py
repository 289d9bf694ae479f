"""Queues, bucket, table, secrets and log groups of the template."""

from typing import Any

import pytest

Resources = dict[str, dict[str, Any]]
FOURTEEN_DAYS_S = 14 * 24 * 3600
CONSUMED = [("EmbedFunction", "EmbedQueue"), ("ExtractFunction", "ExtractQueue")]
REDRIVEN = [("EmbedQueue", "EmbedDeadLetterQueue"), ("ExtractQueue", "ExtractDeadLetterQueue")]
HOLD_DATA = ["DocumentsBucket", "IdempotencyTable", "Neo4jSecret", "ValkeySecret", "ModelSecret"]


@pytest.mark.parametrize(("function", "queue"), CONSUMED)
def test_messages_stay_hidden_for_six_times_the_functions_timeout(
    resources: Resources, functions: Resources, function: str, queue: str
) -> None:
    assert resources[queue]["Properties"]["VisibilityTimeout"] >= 6 * functions[function]["Timeout"]


@pytest.mark.parametrize(("queue", "dead_letters"), REDRIVEN)
def test_messages_that_keep_failing_reach_the_dead_letter_queue(
    resources: Resources, queue: str, dead_letters: str
) -> None:
    redrive = resources[queue]["Properties"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead_letters, "Arn"]}
    assert redrive["maxReceiveCount"] >= 5
    assert resources[dead_letters]["Properties"]["MessageRetentionPeriod"] == FOURTEEN_DAYS_S


@pytest.mark.parametrize(("function", "queue"), CONSUMED)
def test_only_the_messages_that_failed_are_given_out_again(functions: Resources, function: str, queue: str) -> None:
    (event,) = functions[function]["Events"].values()
    assert event["Type"] == "SQS"
    source = event["Properties"]
    assert source["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert set(source["ScalingConfig"]) == {"MaximumConcurrency"}


def test_concurrency_parameters_refuse_what_sqs_refuses(template: dict[str, Any]) -> None:
    for name in ("EmbedMaximumConcurrency", "ExtractMaximumConcurrency"):
        assert template["Parameters"][name]["MinValue"] == 2


def test_all_queues_are_encrypted(resources: Resources) -> None:
    queues = [res["Properties"] for res in resources.values() if res["Type"] == "AWS::SQS::Queue"]
    assert len(queues) == 4
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues)


def test_the_bucket_is_private_and_encrypted(resources: Resources) -> None:
    bucket = resources["DocumentsBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_the_bucket_policy_only_denies_and_denies_plain_http(resources: Resources) -> None:
    (statement,) = resources["DocumentsBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_an_uploaded_file_is_announced_on_a_queue_that_lets_s3_send(resources: Resources) -> None:
    (notification,) = resources["DocumentsBucket"]["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert notification["Queue"] == {"Fn::GetAtt": ["ExtractQueue", "Arn"]}
    assert notification["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}]
    assert resources["DocumentsBucket"]["DependsOn"] == "ExtractQueuePolicy"
    allowing = [
        statement
        for statement in resources["ExtractQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert [statement["Principal"] for statement in allowing] == [{"Service": "s3.amazonaws.com"}]
    assert allowing[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_idempotency_records_expire_and_can_be_restored(resources: Resources) -> None:
    table = resources["IdempotencyTable"]["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


@pytest.mark.parametrize("name", HOLD_DATA)
def test_what_holds_data_outlives_the_stack(resources: Resources, name: str) -> None:
    assert resources[name]["DeletionPolicy"] == "Retain"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_log_groups_forget(resources: Resources) -> None:
    groups = {name: res["Properties"] for name, res in resources.items() if res["Type"] == "AWS::Logs::LogGroup"}
    assert len(groups) == 10
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
