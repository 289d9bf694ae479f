"""Queues, bucket, table, secrets and log groups of the template."""

from typing import Any

import pytest

from graphwell.adapters.sqs_lease import LEASE_S, MAX_RECEIVES, retry_wait_s
from graphwell.domain.agent.jobs import LOST_AFTER
from graphwell.domain.erasure import FILES_SETTLE_AFTER

Resources = dict[str, dict[str, Any]]
FOURTEEN_DAYS_S = 14 * 24 * 3600
CONSUMED = [("EmbedFunction", "EmbedQueue"), ("ExtractFunction", "ExtractQueue"), ("AgentFunction", "AgentQueue")]
REDRIVEN = [
    ("EmbedQueue", "EmbedDeadLetterQueue"),
    ("ExtractQueue", "ExtractDeadLetterQueue"),
    ("AgentQueue", "AgentDeadLetterQueue"),
]
HOLD_DATA = ["DocumentsBucket", "IdempotencyTable", "Neo4jSecret", "ValkeySecret", "ModelSecret"]
DATA_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}


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
    assert redrive["maxReceiveCount"] == MAX_RECEIVES, "The last try of a message puts the reason on its job."
    assert resources[dead_letters]["Properties"]["MessageRetentionPeriod"] == FOURTEEN_DAYS_S


@pytest.mark.parametrize(("function", "queue"), CONSUMED)
def test_only_the_messages_that_failed_are_given_out_again(functions: Resources, function: str, queue: str) -> None:
    (event,) = functions[function]["Events"].values()
    assert event["Type"] == "SQS"
    source = event["Properties"]
    assert source["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert set(source["ScalingConfig"]) == {"MaximumConcurrency"}


@pytest.mark.parametrize(("_", "queue"), CONSUMED)
def test_a_message_in_work_is_hidden_for_less_than_its_queue_would(resources: Resources, _: str, queue: str) -> None:
    assert resources[queue]["Properties"]["VisibilityTimeout"] > LEASE_S
    waits = [retry_wait_s(receives) for receives in range(1, MAX_RECEIVES)]
    assert sum(waits) < resources[queue]["Properties"]["MessageRetentionPeriod"]
    assert waits == sorted(waits)


def test_a_run_counts_as_lost_when_its_message_can_be_nowhere(functions: Resources, resources: Resources) -> None:
    kept_s = resources["AgentQueue"]["Properties"]["MessageRetentionPeriod"]
    assert LOST_AFTER.total_seconds() > kept_s + functions["AgentFunction"]["Timeout"]


def test_an_erase_waits_until_no_file_of_before_is_in_work(functions: Resources) -> None:
    assert functions["ExtractFunction"]["Timeout"] < FILES_SETTLE_AFTER.total_seconds()


def test_concurrency_parameters_refuse_what_sqs_refuses(template: dict[str, Any]) -> None:
    for name in ("EmbedMaximumConcurrency", "ExtractMaximumConcurrency", "AgentMaximumConcurrency"):
        assert template["Parameters"][name]["MinValue"] == 2


def test_all_queues_are_encrypted(resources: Resources) -> None:
    queues = [res["Properties"] for res in resources.values() if res["Type"] == "AWS::SQS::Queue"]
    assert len(queues) == 6
    assert all(queue["KmsMasterKeyId"] == DATA_KEY for queue in queues)


def test_the_bucket_is_private_and_encrypted(resources: Resources) -> None:
    bucket = resources["DocumentsBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": DATA_KEY}


def test_a_file_that_nobody_took_in_goes_when_its_job_can_be_retried_no_more(
    resources: Resources,
) -> None:
    rules = resources["DocumentsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = [(rule["Prefix"], rule["Status"], rule["ExpirationInDays"]) for rule in rules if "Prefix" in rule]
    assert expiring == [("uploads/", "Enabled", {"Ref": "JobRetentionDays"})]


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
    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": DATA_KEY}


@pytest.mark.parametrize("name", HOLD_DATA)
def test_what_holds_data_outlives_the_stack(resources: Resources, name: str) -> None:
    assert resources[name]["DeletionPolicy"] == "Retain"
    assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_log_groups_forget(resources: Resources) -> None:
    groups = {name: res["Properties"] for name, res in resources.items() if res["Type"] == "AWS::Logs::LogGroup"}
    assert len(groups) == 12
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    assert all(group["KmsKeyId"] == DATA_KEY for group in groups.values())


def test_secrets_are_encrypted_with_the_stacks_key(resources: Resources) -> None:
    secrets = [res["Properties"] for res in resources.values() if res["Type"] == "AWS::SecretsManager::Secret"]
    assert len(secrets) == 3
    assert all(secret["KmsKeyId"] == DATA_KEY for secret in secrets)


def test_the_key_rotates_outlives_the_stack_and_is_used_by_this_account_alone(resources: Resources) -> None:
    key = resources["DataKey"]
    assert key["Properties"]["EnableKeyRotation"] is True
    assert (key["DeletionPolicy"], key["UpdateReplacePolicy"]) == ("Retain", "Retain")
    root, *services = key["Properties"]["KeyPolicy"]["Statement"]
    assert root["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    assert [set(statement["Principal"]) for statement in services] == [{"Service"}] * 3
    assert all("AWS::AccountId" in str(statement["Condition"]) for statement in services)


@pytest.mark.parametrize("name", [name for pair in REDRIVEN for name in pair])
def test_every_queue_denies_plain_http(resources: Resources, name: str) -> None:
    policy = resources[f"{name}Policy"]["Properties"]
    assert policy["Queues"] == [{"Ref": name}]
    (denied,) = (each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Deny")
    assert (denied["Principal"], denied["Action"]) == ("*", "sqs:*")
    assert denied["Resource"] == {"Fn::GetAtt": [name, "Arn"]}
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
