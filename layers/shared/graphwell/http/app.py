"""Puts an application together from routers."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI

from graphwell.http import problems
from graphwell.http.access import LimitRate, RefuseErased, refuse_undeclared_roles
from graphwell.http.trusted_host import TrustedHost


def create_app(
    *,
    guarded: Iterable[APIRouter] = (),
    public: Iterable[APIRouter] = (),
    limit_rate: LimitRate | None = None,
    refuse_erased: RefuseErased | None = None,
) -> FastAPI:
    """Return an application.

    Parameters:
        guarded: routers whose every route declares a role.
        public: routers that anyone may call.
        limit_rate: counts every request of guarded routes.
        refuse_erased: refuses requests to tenants that are being erased.

    Raises:
        RuntimeError: a guarded route declares no role, or nothing counts its requests or refuses them.
    """
    app = FastAPI(
        title="graphwell",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # a redirect would lead to whatever host the request named
    )
    app.add_middleware(TrustedHost)
    app.state.limit_rate = limit_rate
    app.state.refuse_erased = refuse_erased
    problems.install(app)
    for router in guarded:
        if limit_rate is None or refuse_erased is None:
            raise RuntimeError("Guarded routes need limit_rate and refuse_erased; pass the container's.")
        refuse_undeclared_roles(router.routes)
        app.include_router(router)
    for router in public:
        app.include_router(router)
    return app
