"""Which method of which resource a request path reaches, as a REST API decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from devstack.errors import DevstackError
from devstack.gateway.api_view import ApiSpec, AuthorizerSpec
from devstack.gateway.function_view import DEFAULT_AUTHORIZER, FunctionSpec, HttpRoute


@dataclass(frozen=True)
class Route:
    """A method of a resource: the function behind it, its authorizer if it is not public, and whether it streams."""

    method: str
    resource: str
    function: str
    authorizer: AuthorizerSpec | None
    streams: bool = False


@dataclass(frozen=True)
class Match:
    """A resource that a path reaches; parameter values stay percent-encoded, as a REST API hands them on."""

    methods: Mapping[str, Route]
    parameters: Mapping[str, str]

    def route(self, method: str) -> Route | None:
        """Return the route for an HTTP method, or None."""
        return self.methods.get(method) or self.methods.get("ANY")


@dataclass
class _Node:
    literals: dict[str, _Node] = field(default_factory=dict)
    parameters: dict[str, _Node] = field(default_factory=dict)
    greedy: dict[str, dict[str, Route]] = field(default_factory=dict)
    methods: dict[str, Route] = field(default_factory=dict)


class Router:
    """The resources of the API. A literal segment wins over a parameter, and a parameter over a greedy one."""

    def __init__(self, routes: Iterable[Route]) -> None:
        """Index the routes.

        Raises:
            DevstackError: two functions claim the same method of the same resource.
        """
        self._root = _Node()
        for route in routes:
            methods = self._methods_at(route.resource)
            if route.method in methods:
                other = methods[route.method].function
                raise DevstackError(f"{route.function} and {other} both handle {route.method} {route.resource}.")
            methods[route.method] = route

    def match(self, path: str) -> Match | None:
        """Return the resource that a raw request path reaches; a trailing slash makes no difference."""
        return _match(self._root, path.removesuffix("/").split("/")[1:], {})

    def _methods_at(self, resource: str) -> dict[str, Route]:
        node = self._root
        for segment in resource.strip("/").split("/") if resource != "/" else ():
            if segment.startswith("{") and segment.endswith("+}"):
                return node.greedy.setdefault(segment[1:-2], {})
            if segment.startswith("{") and segment.endswith("}"):
                node = node.parameters.setdefault(segment[1:-1], _Node())
            else:
                node = node.literals.setdefault(segment, _Node())
        return node.methods


def _match(node: _Node, segments: list[str], parameters: dict[str, str]) -> Match | None:
    if not segments:
        return Match(node.methods, parameters) if node.methods else None
    segment, *rest = segments
    child = node.literals.get(unquote(segment))
    if child is not None and (found := _match(child, rest, parameters)):
        return found
    if segment:
        for name, child in node.parameters.items():
            if found := _match(child, rest, {**parameters, name: segment}):
                return found
        for name, methods in node.greedy.items():
            return Match(methods, {**parameters, name: "/".join(segments)})
    return None


def build_router(api: ApiSpec, functions: Iterable[FunctionSpec]) -> Router:
    """Return the router of the functions' HTTP events.

    Raises:
        DevstackError: an event names an authorizer that the API does not have.
    """
    return Router(
        Route(route.method, route.path, function.short_name, _authorizer(api, route), route.streams)
        for function in functions
        for route in function.routes
    )


def _authorizer(api: ApiSpec, route: HttpRoute) -> AuthorizerSpec | None:
    name = api.default_authorizer if route.authorizer == DEFAULT_AUTHORIZER else route.authorizer
    if name is None:
        return None
    if name not in api.authorizers:
        raise DevstackError(f"{route.method} {route.path} uses the authorizer {name}, which the API does not declare.")
    return api.authorizers[name]
