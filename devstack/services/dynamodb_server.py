"""Child process of DynamoDbService: DynamoDB Local on the loopback interface only.

Its own command listens on every interface and has no option for that, so the connector is told before the start.
"""

from __future__ import annotations

import jpype

from devstack.services.jvm_child import read_settings, start_jvm, wait_for_stop


def main() -> None:
    """Serve until SIGTERM."""
    settings = read_settings()
    start_jvm(settings["libjvm"], settings["class_path"], settings["options"])
    runner = jpype.JClass("com.amazonaws.services.dynamodbv2.local.main.ServerRunner")
    proxy = runner.createServerFromCommandLineArgs(settings["arguments"])
    jetty = proxy.getClass().getDeclaredField("server")
    jetty.setAccessible(True)
    for connector in jetty.get(proxy).getConnectors():
        connector.setHost(settings["host"])
    proxy.start()
    wait_for_stop()
    proxy.stop()


if __name__ == "__main__":
    main()
