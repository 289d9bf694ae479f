"""Puts an application together from routers."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from graphwell.http import problems
from graphwell.http.access import refuse_undeclared_roles


def create_app(*, guarded: Iterable[APIRouter] = (), public: Iterable[APIRouter] = ()) -> FastAPI:
    """Return an application.

    Parameters:
        guarded: routers whose every route declares a role.
        public: routers that anyone may call.

    Raises:
        RuntimeError: a guarded route declares no role.
    """
    app = FastAPI(title="graphwell", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    problems.install(app)
    for router in guarded:
        refuse_undeclared_roles([route for route in router.routes if isinstance(route, APIRoute)])
        app.include_router(router)
    for router in public:
        app.include_router(router)
    return app
