"""What functions, API and resources of the template look like to the local stack."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devstack.errors import DevstackError
from devstack.gateway.api_view import AuthorizerSpec, ThrottleSetting, read_api
from devstack.gateway.function_view import HttpRoute, QueueSource, ScheduleSource, read_functions, short_name
from devstack.gateway.resource_view import Notification, read_buckets, read_queues, read_secrets, read_tables
from devstack.gateway.template import Template

Load = Callable[..., Template]
QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:graphwell-Queue"


def test_a_function_takes_globals_and_its_own_properties(load: Load, toy_folder: Path) -> None:
    hello = next(function for function in read_functions(load()) if function.logical_id == "HelloFunction")

    assert (hello.short_name, hello.handler, hello.timeout_s, hello.memory_mb) == ("hello", "app.handler", 7.0, 256)
    assert hello.python_path == (toy_folder / "functions/hello", toy_folder / "layers/shared")
    assert hello.environment["GREETING"] == "hello toy of us-east-1"
    assert hello.environment["FLAG"] == "true"
    assert hello.environment["STAGE"] == "toy"
    assert hello.routes == (
        HttpRoute("GET", "/v1/hello", "default"),
        HttpRoute("GET", "/v1/hello/{name}", None),
        HttpRoute("ANY", "/v1/files/{path+}", "default"),
    )


def test_a_queue_mapping_and_the_schedules_that_are_on(load: Load) -> None:
    work = next(function for function in read_functions(load()) if function.short_name == "work")

    assert work.environment["STAGE"] == "own"
    assert work.queues == (QueueSource(QUEUE_ARN, 5, 1, reports_failures=True, maximum_concurrency=3),)
    assert work.schedules == (ScheduleSource("Tick", "rate(5 minutes)", None),)
    assert work.concurrency == 3


def test_a_function_whose_condition_does_not_hold_is_left_out(load: Load, toy_folder: Path) -> None:
    assert [function.short_name for function in read_functions(load())] == ["guard", "hello", "work"]

    (toy_folder / "functions/extra").mkdir()
    assert "extra" in [function.short_name for function in read_functions(load(Extra="yes"))]


def test_a_built_layer_is_its_python_folder(load: Load, toy_folder: Path) -> None:
    shutil.rmtree(toy_folder / "layers/shared/toy")
    (toy_folder / "layers/shared/python/toy").mkdir(parents=True)

    assert read_functions(load())[0].python_path[1] == toy_folder / "layers/shared/python"


def test_a_missing_code_folder_is_a_sentence(load: Load) -> None:
    with pytest.raises(DevstackError, match="of ExtraFunction does not exist"):
        read_functions(load(Extra="yes"))


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ({"Type": "SQS", "Properties": {"Queue": "q", "FilterCriteria": {}}}, "FilterCriteria"),
        ({"Type": "DynamoDB", "Properties": {}}, "event of type DynamoDB"),
        (
            {"Type": "Api", "Properties": {"Method": "GET", "Path": "/", "Auth": {"ApiKeyRequired": True}}},
            "needs an API key",
        ),
    ],
)
def test_events_that_cannot_be_run_are_refused(load_changed: Load, event: dict[str, Any], sentence: str) -> None:
    template = load_changed("WorkFunction", CodeUri="functions/work", Handler="app.handler", Events={"E": event})

    with pytest.raises(DevstackError, match=sentence):
        read_functions(template)


@pytest.mark.parametrize(
    ("logical_id", "folder"),
    [("QueryFunction", "query"), ("HTTPProxyFunction", "http-proxy"), ("Function", "function"), ("Migrate", "migrate")],
)
def test_the_short_name_follows_the_logical_id(logical_id: str, folder: str) -> None:
    assert short_name(logical_id) == folder


def test_the_api(load: Load) -> None:
    api = read_api(load())

    assert api is not None
    assert api.stage == "toy"
    assert api.throttles == (ThrottleSetting("/*", "*", 10.0, 20), ThrottleSetting("/v1/hello", "GET", 1.0, 2))
    assert api.authorizers["Guard"] == AuthorizerSpec(
        name="Guard",
        function_arn="arn:aws:lambda:us-east-1:000000000000:function:graphwell-GuardFunction",
        kind="TOKEN",
        headers=("Authorization",),
        query_strings=(),
        validation_expression="^Bearer .+$",
        ttl_s=60,
    )
    assert api.binary_media_types == {"image/png"}
    assert api.cors is not None
    assert api.cors.headers["access-control-allow-origin"] == "https://app.example"
    assert not api.cors.authorized
    assert api.gateway_responses["MISSING_AUTHENTICATION_TOKEN"].status == 404


def test_an_api_with_its_own_definition_is_refused(load_changed: Load) -> None:
    with pytest.raises(DevstackError, match="DefinitionBody"):
        read_api(load_changed("Api", StageName="x", DefinitionBody={}))


def test_dead_letter_queues_come_first(load: Load) -> None:
    dead, queue = read_queues(load())

    assert (dead.name, dead.dead_letter_arn) == ("dead-toy", None)
    assert queue.dead_letter_arn == dead.arn == "arn:aws:sqs:us-east-1:000000000000:dead-toy"
    assert (queue.arn, queue.maximum_receives, queue.attributes) == (QUEUE_ARN, 2, {"VisibilityTimeout": "12"})


def test_buckets_tables_and_secrets(load: Load) -> None:
    template = load()

    assert read_buckets(template)[0].notifications == (Notification("graphwell-bucket", QUEUE_ARN, "in/", ".txt"),)
    assert read_tables(template)[0].ttl_attribute == "expires"
    assert read_secrets(template)[0].value == '{"stage":"toy"}'


@pytest.mark.parametrize(
    ("logical_id", "properties", "reader", "sentence"),
    [
        ("Bucket", {"NotificationConfiguration": {"LambdaConfigurations": []}}, read_buckets, "to queues only"),
        (
            "Bucket",
            {"NotificationConfiguration": {"QueueConfigurations": [{"Event": "s3:ObjectRemoved:*", "Queue": "q"}]}},
            read_buckets,
            "created objects only",
        ),
        ("Queue", {"FifoQueue": True}, read_queues, "standard queues only"),
        ("Table", {"StreamSpecification": {"StreamViewType": "KEYS_ONLY"}}, read_tables, "has a stream"),
    ],
)
def test_resources_that_cannot_be_run_are_refused(
    load_changed: Load, logical_id: str, properties: dict[str, Any], reader: Callable[[Template], Any], sentence: str
) -> None:
    with pytest.raises(DevstackError, match=sentence):
        reader(load_changed(logical_id, **properties))


def test_what_a_server_says_of_a_resource_wins(load: Load) -> None:
    template = load()
    template.references.known["Queue", None] = "http://127.0.0.1:9324/000000000000/graphwell-Queue"

    assert read_functions(template)[0].environment["QUEUE"] == "http://127.0.0.1:9324/000000000000/graphwell-Queue"


SERVER = """
Resources:
  Api: {{ Type: "AWS::Serverless::Api", Properties: {{ StageName: toy }} }}
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/hello
      Handler: run.sh
      Layers: ["arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:26"]
      Environment: {{ Variables: {{ AWS_LAMBDA_EXEC_WRAPPER: {wrapper} }} }}
      Events:
        Stream: {{ Type: Api, Properties: {{ RestApiId: !Ref Api, Method: GET, Path: /v1/hello, {mode} }} }}
"""


def test_a_function_behind_the_web_adapter_serves_http(load_text: Load) -> None:
    (hello,) = read_functions(
        load_text(SERVER.format(wrapper="/opt/bootstrap", mode="ResponseTransferMode: RESPONSE_STREAM"))
    )
    assert (hello.serves_http, hello.handler, len(hello.python_path)) == (True, "run.sh", 1)
    assert hello.routes == (HttpRoute("GET", "/v1/hello", "default", streams=True),)


@pytest.mark.parametrize(
    ("wrapper", "mode"), [("/opt/bootstrap", ""), ("none", "ResponseTransferMode: RESPONSE_STREAM")]
)
def test_a_mixture_of_both_ways_is_refused(load_text: Load, wrapper: str, mode: str) -> None:
    with pytest.raises(DevstackError, match="ResponseTransferMode"):
        read_functions(load_text(SERVER.format(wrapper=wrapper, mode=mode)))
