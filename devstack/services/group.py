"""The servers of one data folder, all or some of them, started together."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from devstack.board import Board
from devstack.downloads.model import model_dir
from devstack.endpoints import Endpoints
from devstack.errors import UsageError
from devstack.ports import choose_ports
from devstack.progress import Display, NoDisplay
from devstack.services.base import Service, ServiceHome
from devstack.services.dynamodb import DynamoDbService
from devstack.services.elasticmq import ElasticMqService
from devstack.services.moto import MotoService
from devstack.services.neo4j import USERNAME, Neo4jService
from devstack.services.s3proxy import S3ProxyService
from devstack.services.valkey import ValkeyService
from devstack.state import DataFolder
from devstack.supervisor import Restarted, Supervisor

SERVICE_NAMES = (
    Neo4jService.name,
    ValkeyService.name,
    ElasticMqService.name,
    DynamoDbService.name,
    S3ProxyService.name,
    MotoService.name,
)


def check_names(only: Collection[str] | None) -> None:
    """Raise UsageError when a server is asked for that there is not, or none at all."""
    unknown = sorted(set(only or ()) - set(SERVICE_NAMES))
    if unknown or (only is not None and not only):
        raise UsageError(
            f"There is no server {', '.join(unknown) or 'chosen'}; choose from {', '.join(SERVICE_NAMES)}."
        )


class ServiceGroup:
    """Servers with their ports, credentials and supervisor.

    Parameters:
        folder: data folder, which this process must hold.
        only: names of the servers to start, from SERVICE_NAMES; all of them when None.
        display: where people see their state.
        on_restart: called with the name of a server that answers again after it had died.
    """

    def __init__(
        self,
        folder: DataFolder,
        *,
        only: Collection[str] | None = None,
        display: Display | None = None,
        on_restart: Restarted | None = None,
    ) -> None:
        check_names(only)
        previous = folder.read_state()
        self.ports = choose_ports(SERVICE_NAMES, previous.ports if previous else {})
        self.board = Board(folder, display or NoDisplay(), self.ports)
        self._folder = folder
        self._password = folder.secret("neo4j-password")
        self._neo4j = Neo4jService(self._home(Neo4jService.name), self._password)
        self._valkey = ValkeyService(self._home(ValkeyService.name))
        self._sqs = ElasticMqService(self._home(ElasticMqService.name))
        self._dynamodb = DynamoDbService(self._home(DynamoDbService.name))
        self._s3 = S3ProxyService(self._home(S3ProxyService.name))
        self._aws = MotoService(self._home(MotoService.name))
        every: list[Service] = [self._neo4j, self._valkey, self._sqs, self._dynamodb, self._s3, self._aws]
        chosen = [service for service in every if only is None or service.name in only]
        self._supervisor = Supervisor(chosen, self.board, on_restart)

    @property
    def endpoints(self) -> Endpoints:
        """Where the servers listen, whether or not they were started."""
        return Endpoints(
            neo4j_uri=self._neo4j.uri,
            neo4j_username=USERNAME,
            neo4j_password=self._password,
            valkey_url=self._valkey.url,
            sqs_url=self._sqs.url,
            dynamodb_url=self._dynamodb.url,
            s3_url=self._s3.url,
            aws_url=self._aws.url,
            onnx_model_dir=model_dir(),
        )

    async def start(self) -> None:
        """Start the servers and return when all of them answer.

        Raises:
            DevstackError: one did not come up; the others are stopped.
        """
        await self._supervisor.start()

    async def failed(self) -> None:
        """Wait until a server cannot be kept running.

        Raises:
            DevstackError: what is the matter with it.
        """
        await self._supervisor.failed()

    async def stop(self) -> None:
        """Stop the servers and return when all of them have ended."""
        await self._supervisor.stop()

    def _home(self, name: str) -> ServiceHome:
        root: Path = self._folder.service_dir(name)
        return ServiceHome(root, self._folder.run_dir, self._folder.log_dir, self.ports[name])
