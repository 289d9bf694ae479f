"""The functions of template.yaml, the gateway in front of them, and the event sources behind them."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from devstack.endpoints import Endpoints
from devstack.gateway.api_view import read_api
from devstack.gateway.environments import InvokeResult
from devstack.gateway.event_sources import EventSources
from devstack.gateway.function_view import read_functions
from devstack.gateway.functions import Functions
from devstack.gateway.gateway_file import remove_gateway_file, write_gateway_file
from devstack.gateway.issuer import ISSUER, JWKS_PATH, PROJECT_ID, Issuer, issuer_routes, open_issuer
from devstack.gateway.local_aws import LocalAws
from devstack.gateway.management import management_app
from devstack.gateway.provision import provision
from devstack.gateway.references import Account
from devstack.gateway.resource_view import read_buckets
from devstack.gateway.rest_api import RestApi
from devstack.gateway.routing import build_router
from devstack.gateway.server import HttpServer, listen
from devstack.gateway.template import Template
from devstack.gateway.throttle import Throttle
from devstack.stack_options import DEFAULT_CONCURRENCY

_LOOPBACK = "127.0.0.1"


class LocalCloud:
    """Runs a template as AWS would, on this machine."""

    def __init__(
        self,
        *,
        template_path: Path,
        endpoints: Endpoints,
        data_dir: Path,
        log_dir: Path,
        host: str,
        port: int,
        parameters: Mapping[str, str],
        rate_limits: bool = True,
        concurrency: int = DEFAULT_CONCURRENCY,
    ) -> None:
        """Describe the cloud; `provision` and `start` make it run, from the main thread.

        Parameters:
            template_path: template.yaml, or the one that `sam build` writes.
            endpoints: the local servers.
            data_dir: keeps the issuer's key and the journal of the buckets.
            log_dir: gets gateway.log and a log file of each function.
            host: address that the API listens on.
            port: its port; 0 takes a free one.
            parameters: template parameters, over the ones that this class derives from `endpoints`.
            rate_limits: whether the API throttles as the template says.
            concurrency: environments at most of a function whose template does not say.
        """
        self._template_path = template_path
        self._endpoints = endpoints
        self._data_dir = data_dir
        self._log_dir = log_dir
        self._host = host
        self._port = port
        self._parameters = parameters
        self._rate_limits = rate_limits
        self._concurrency = concurrency
        self._aws = LocalAws(endpoints)
        self._listener: socket.socket | None = None
        self._template: Template | None = None
        self._functions: Functions | None = None
        self._sources: EventSources | None = None
        self._servers: list[HttpServer] = []
        self._log_handler: logging.Handler | None = None
        self._management_url = ""

    @property
    def url(self) -> str:
        """Address of the API, without a trailing slash; known once `provision` has opened its port."""
        port = self._listener.getsockname()[1] if self._listener else self._port
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{port}"

    async def provision(self) -> None:
        """Create the template's queues, buckets, tables and secrets where they are missing; may be repeated.

        Raises:
            DevstackError: the port is taken, or the template cannot be run here.
        """
        if self._listener is None:
            self._listener = listen(self._host, self._port)
        if self._template is None:
            self._template = self._load_template()
        await asyncio.to_thread(provision, self._template, self._aws)

    async def start(self) -> None:
        """Start the functions that answer requests, then the gateway and the event sources.

        Raises:
            DevstackError: a function does not start, or the template cannot be run here.
        """
        if self._template is None or self._listener is None:
            await self.provision()
        assert self._template is not None  # noqa: S101 - provision() loads it
        assert self._listener is not None  # noqa: S101 - provision() opens it
        self._log_handler = _log_to(self._log_dir / "gateway.log")
        self._functions = Functions(
            read_functions(self._template),
            account=self._template.account,
            local_variables=self._local_variables(),
            log_dir=self._log_dir,
            default_concurrency=self._concurrency,
        )
        application = self._application(self._template, self._functions)
        self._sources = EventSources(self._template, self._functions, self._aws, self._data_dir)
        management = listen(_LOOPBACK, 0)
        self._management_url = f"http://{_LOOPBACK}:{management.getsockname()[1]}"
        self._servers = [
            HttpServer(application, self._listener),
            HttpServer(management_app(self._functions, self.status), management),
        ]
        for server in self._servers:
            await server.start()
        await self._functions.warm(self._warm_at_start(self._functions))
        self._sources.start()
        write_gateway_file(self._data_dir, url=self.url, management_url=self._management_url, pid=os.getpid())

    async def stop(self) -> None:
        """Stop taking events and requests, let those under way finish for a few seconds, and end the functions."""
        remove_gateway_file(self._data_dir)
        if self._sources is not None:
            await self._sources.stop()
        await asyncio.gather(*(server.stop() for server in self._servers))
        if self._functions is not None:
            await self._functions.stop()
        if self._listener is not None:
            self._listener.close()
        if self._log_handler is not None:
            logging.getLogger("devstack.gateway").removeHandler(self._log_handler)
            self._log_handler.close()
        self._servers, self._sources, self._functions, self._listener = [], None, None, None

    async def invoke(self, function: str, payload: bytes) -> InvokeResult:
        """Invoke a function and wait for its reply.

        Parameters:
            function: folder name, logical id, function name or ARN.
            payload: the event, JSON.

        Raises:
            DevstackError: there is no such function.
        """
        if self._functions is None:
            raise RuntimeError("the cloud has not started")
        return await self._functions.invoke(function, payload)

    def status(self) -> dict[str, Any]:
        """Return addresses and the figures of each function: cold starts (ms, bytes), environments, invocations."""
        functions = self._functions.status() if self._functions else []
        return {"url": self.url, "management_url": self._management_url, "pid": os.getpid(), "functions": functions}

    def _load_template(self) -> Template:
        endpoints = self._endpoints
        defaults = {
            "Neo4jUri": endpoints.neo4j_uri,
            "Neo4jUsername": endpoints.neo4j_username,
            "Neo4jPassword": endpoints.neo4j_password,
            "ValkeyUrl": endpoints.valkey_url,
            "ModelApiKey": os.environ.get("OPENAI_API_KEY", ""),
            "FirebaseProjectId": PROJECT_ID,
            "TokenIssuer": ISSUER,
            "JwksUrl": f"{self.url}{JWKS_PATH}",
        }
        account = Account(region=endpoints.region, account_id=endpoints.account_id)
        return Template(self._template_path, self._parameters, local_defaults=defaults, account=account)

    def _local_variables(self) -> dict[str, str]:
        return {
            **self._endpoints.aws_environment(),
            "GRAPHWELL_ONNX_MODEL_DIR": str(self._endpoints.onnx_model_dir),
        }

    def _application(self, template: Template, functions: Functions) -> Starlette:
        """Return the issuer's routes, and the API for every other path: a mount would not match a line feed in one."""
        application = Starlette(routes=issuer_routes(self._open_issuer(template), self.url))
        api = read_api(template)
        if api is not None:
            application.router.default = RestApi(
                api,
                build_router(api, functions.specs),
                functions.invoke,
                functions.streamed,
                account=template.account,
                throttle=Throttle(api.throttles) if self._rate_limits else None,
            )
        return application

    def _open_issuer(self, template: Template) -> Issuer:
        issuer = open_issuer(
            self._data_dir,
            issuer=str(template.parameters.get("TokenIssuer") or ISSUER),
            audience=str(template.parameters.get("FirebaseProjectId") or PROJECT_ID),
        )
        issuer.save_identity(self._data_dir)
        return issuer

    def _warm_at_start(self, functions: Functions) -> list[str]:
        """Functions that a caller waits for: with routes, authorizers, and those whose queue the API feeds."""
        assert self._template is not None  # noqa: S101 - start() has loaded it
        api = read_api(self._template)
        authorizers = {spec.function_arn for spec in api.authorizers.values()} if api else set()
        uploads = {notified.queue_arn for bucket in read_buckets(self._template) for notified in bucket.notifications}
        return [
            spec.short_name
            for spec in functions.specs
            if spec.routes or spec.arn in authorizers or {queue.queue_arn for queue in spec.queues} - uploads
        ]


def _log_to(path: Path) -> logging.Handler:
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger("devstack.gateway").addHandler(handler)
    return handler
