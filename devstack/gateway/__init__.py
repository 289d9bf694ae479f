"""AWS on this machine, as far as template.yaml uses it: API Gateway, Lambda, event sources and a token issuer."""

from devstack.gateway.cloud import LocalCloud
from devstack.gateway.environments import InvokeResult

__all__ = ["InvokeResult", "LocalCloud"]
