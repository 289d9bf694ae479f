"""Child process of DynamoDbService: DynamoDB Local on the loopback interface only.

Its own command listens on every interface and has no option for that, so the connector is told before the start.
"""

from __future__ import annotations

import jpype

from devstack.services.jvm_child import read_settings, start_jvm


def main() -> None:
    """Serve until SIGTERM."""
    settings = read_settings()
    stop = start_jvm(settings["libjvm"], settings["class_path"], settings["options"])
    runner = jpype.JClass("com.amazonaws.services.dynamodbv2.local.main.ServerRunner")
    proxy = runner.createServerFromCommandLineArgs(settings["arguments"])
    jetty = proxy.getClass().getDeclaredField("server")
    jetty.setAccessible(True)
    for connector in jetty.get(proxy).getConnectors():
        connector.setHost(settings["host"])
    proxy.safeStart()
    stop.wait()
    proxy.stop()
    # The threads of its job scheduler never end by themselves.
    jpype.JClass("java.lang.System").exit(0)


if __name__ == "__main__":
    main()
