"""Child process of Neo4jService: the engine and its bolt server in a Java virtual machine of this process."""

from __future__ import annotations

import jpype

from devstack.services.jvm_child import read_settings, start_jvm


def main() -> None:
    """Serve until SIGTERM, then shut down with a checkpoint."""
    settings = read_settings()
    stop = start_jvm(settings["libjvm"], settings["class_path"], settings["options"])
    path = jpype.JClass("java.nio.file.Path")
    builder = jpype.JClass("org.neo4j.dbms.api.DatabaseManagementServiceBuilder")(path.of(settings["home"]))
    builder = builder.loadPropertiesFromFile(path.of(settings["config"]))
    names = jpype.JClass("org.neo4j.configuration.GraphDatabaseSettings")
    server = builder.setConfig(names.logs_directory, path.of(settings["logs"])).build()
    try:
        _set_password(server, settings["username"], settings["password"])
        stop.wait()
    finally:
        server.shutdown()


def _set_password(server: jpype.JObject, username: str, password: str) -> None:
    """Make the password the one of the data folder: at the first start, and when the folder's secret was replaced."""
    statement = "ALTER USER $username SET PASSWORD $password CHANGE NOT REQUIRED"
    parameters = jpype.JClass("java.util.Map").of("username", username, "password", password)
    try:
        server.database("system").executeTransactionally(statement, parameters)
    except jpype.JException as error:
        if "same" not in str(error.getMessage()):  # Neo4j refuses to set the password that is set already
            raise


if __name__ == "__main__":
    main()
