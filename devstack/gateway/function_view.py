"""The Lambda functions of a template, and the events that invoke them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.errors import DevstackError
from devstack.gateway.template import Resource, Template

DEFAULT_AUTHORIZER = "default"
"""Authorizer of a route that names none: what the API declares as DefaultAuthorizer."""

ADAPTER_BOOTSTRAP = "/opt/bootstrap"
"""What AWS_LAMBDA_EXEC_WRAPPER names for a function behind Lambda Web Adapter; it runs `Handler`, a script."""

_ADAPTER_LAYER = re.compile(r"arn:[^:]+:lambda:[^:]+:\d+:layer:LambdaAdapterLayer\w+:\d+")


@dataclass(frozen=True)
class HttpRoute:
    """A method of a resource of the REST API.

    Parameters:
        authorizer: a name, DEFAULT_AUTHORIZER, or None for a public route.
        streams: whether the reply is passed on while it is made.
    """

    method: str
    path: str
    authorizer: str | None
    streams: bool = False


@dataclass(frozen=True)
class QueueSource:
    """An SQS event source mapping."""

    queue_arn: str
    batch_size: int
    batching_window_s: int
    reports_failures: bool
    maximum_concurrency: int | None


@dataclass(frozen=True)
class ScheduleSource:
    """A schedule: `expression` is rate(...) or cron(...), `payload` the JSON text sent instead of the usual event."""

    name: str
    expression: str
    payload: str | None


@dataclass(frozen=True)
class FunctionSpec:
    """One function; `short_name` is its folder under functions/, and `python_path` ends with the layers."""

    logical_id: str
    name: str
    short_name: str
    arn: str
    folder: Path
    handler: str
    environment: Mapping[str, str]
    timeout_s: float
    memory_mb: int
    python_path: tuple[Path, ...]
    concurrency: int | None
    routes: tuple[HttpRoute, ...]
    queues: tuple[QueueSource, ...]
    schedules: tuple[ScheduleSource, ...]

    @property
    def serves_http(self) -> bool:
        """Whether it is a server behind Lambda Web Adapter."""
        return self.environment.get("AWS_LAMBDA_EXEC_WRAPPER") == ADAPTER_BOOTSTRAP


def read_functions(template: Template) -> tuple[FunctionSpec, ...]:
    """Return the functions of the template.

    Raises:
        DevstackError: a function has something that the local stack cannot run.
    """
    functions = tuple(_function(template, resource) for resource in template.resources("AWS::Serverless::Function"))
    for function in functions:
        if any(route.streams is not function.serves_http for route in function.routes):
            raise DevstackError(
                f"{function.logical_id} is behind Lambda Web Adapter while a route of it has no ResponseTransferMode: "
                "RESPONSE_STREAM, or the other way round; the local stack serves both or neither."
            )
    return functions


def short_name(logical_id: str) -> str:
    """Name of a function's folder by convention: `QueryFunction` lives in functions/query."""
    words = re.findall(
        r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", logical_id.removesuffix("Function") or logical_id
    )
    return "-".join(words).lower()


def _function(template: Template, resource: Resource) -> FunctionSpec:
    folder = _existing_folder(template, resource, str(resource.require("CodeUri")))
    # The gateway plays the adapter's part.
    arns = [str(arn) for arn in resource.get("Layers", []) if not _ADAPTER_LAYER.fullmatch(str(arn))]
    layers = tuple(_layer_folder(template, arn) for arn in arns)
    events: dict[str, Any] = resource.get("Events", {})
    by_type: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, event in events.items():
        by_type.setdefault(event["Type"], []).append((name, event.get("Properties", {})))
    unsupported = sorted(set(by_type) - {"Api", "SQS", "Schedule", "ScheduleV2"})
    if unsupported:
        raise DevstackError(
            f"{resource.logical_id} has an event of type {unsupported[0]}; the local stack knows Api, SQS, Schedule "
            "and ScheduleV2 (route S3 events through a queue)."
        )
    queues = tuple(_queue_source(resource, name, event) for name, event in by_type.get("SQS", []))
    variables = (resource.get("Environment") or {}).get("Variables", {})
    return FunctionSpec(
        logical_id=resource.logical_id,
        name=template.physical_name(resource.logical_id),
        short_name=short_name(resource.logical_id),
        arn=str(template.references(resource.logical_id, "Arn")),
        folder=folder,
        handler=str(resource.require("Handler")),
        environment={**_logging(resource), **{key: _variable(value) for key, value in variables.items()}},
        timeout_s=float(resource.get("Timeout", 3)),
        memory_mb=int(resource.get("MemorySize", 128)),
        python_path=(folder, *layers),
        concurrency=_concurrency(resource, queues),
        routes=tuple(_route(resource, name, event) for name, event in by_type.get("Api", [])),
        queues=tuple(queue for queue in queues if queue is not None),
        schedules=tuple(
            ScheduleSource(name, str(event.get("Schedule") or event["ScheduleExpression"]), event.get("Input"))
            for name, event in [*by_type.get("Schedule", []), *by_type.get("ScheduleV2", [])]
            if event.get("Enabled", True) is not False and event.get("State", "ENABLED") == "ENABLED"
        ),
    )


def _existing_folder(template: Template, resource: Resource, uri: str) -> Path:
    folder = (template.folder / uri).resolve()
    if not folder.is_dir():
        raise DevstackError(f"The folder {folder} of {resource.logical_id} does not exist.")
    return folder


def _layer_folder(template: Template, arn: str) -> Path:
    for resource in template.resources("AWS::Serverless::LayerVersion"):
        if template.references(resource.logical_id, None) == arn:
            folder = _existing_folder(template, resource, str(resource.require("ContentUri")))
            built = folder / "python"
            return built if built.is_dir() else folder
    raise DevstackError(f"The layer {arn} is not one of the template's own; the local stack cannot fetch it.")


def _concurrency(resource: Resource, queues: tuple[QueueSource | None, ...]) -> int | None:
    declared = [queue.maximum_concurrency for queue in queues if queue and queue.maximum_concurrency]
    reserved = resource.get("ReservedConcurrentExecutions")
    if reserved is not None:
        declared.append(int(reserved))
    return min(declared) if declared else None


def _route(resource: Resource, name: str, event: Mapping[str, Any]) -> HttpRoute:
    auth = event.get("Auth", {})
    if auth.get("ApiKeyRequired"):
        raise DevstackError(
            f"The event {name} of {resource.logical_id} needs an API key, which has no local counterpart."
        )
    authorizer = auth.get("Authorizer", DEFAULT_AUTHORIZER)
    method = str(event["Method"]).upper()
    streams = event.get("ResponseTransferMode", "BUFFERED") == "RESPONSE_STREAM"
    return HttpRoute(method, str(event["Path"]), None if authorizer == "NONE" else str(authorizer), streams)


def _queue_source(resource: Resource, name: str, event: Mapping[str, Any]) -> QueueSource | None:
    if "FilterCriteria" in event:
        raise DevstackError(
            f"The event {name} of {resource.logical_id} declares FilterCriteria, which the local stack cannot apply."
        )
    if event.get("Enabled", True) is False:
        return None
    maximum = (event.get("ScalingConfig") or {}).get("MaximumConcurrency")
    return QueueSource(
        queue_arn=str(event["Queue"]),
        batch_size=int(event.get("BatchSize", 10)),
        batching_window_s=int(event.get("MaximumBatchingWindowInSeconds", 0)),
        reports_failures="ReportBatchItemFailures" in event.get("FunctionResponseTypes", []),
        maximum_concurrency=None if maximum is None else int(maximum),
    )


def _logging(resource: Resource) -> dict[str, str]:
    """Variables by which Lambda tells the runtime how to log."""
    configuration = resource.get("LoggingConfig", {})
    variables = {"AWS_LAMBDA_LOG_FORMAT": configuration.get("LogFormat", "Text")}
    if "ApplicationLogLevel" in configuration:
        variables["AWS_LAMBDA_LOG_LEVEL"] = str(configuration["ApplicationLogLevel"])
    return variables


def _variable(value: Any) -> str:
    if isinstance(value, bool):
        return json.dumps(value)
    return str(value)
