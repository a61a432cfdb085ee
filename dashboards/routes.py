"""Pages that the server draws, as data: an address, the permission that it needs, and the function that answers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from werkzeug.routing import IntegerConverter, Map

from dashboards.guard import asked_by_pages, needs, takes_up_to
from dashboards.refusals import refuse
from dashboards.wording import BUSY
from data_access.access.permissions import Permission
from data_access.errors import BusyError

READ: Final = ("GET",)
WRITE: Final = ("POST",)
FORM: Final = ("GET", "POST")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One address.

    Attributes:
        path: below the prefix of its blueprint.
        view: answers; it gets what the blueprint was made with, then what the path holds. Its name is the endpoint.
        permission: without it, neither page nor data.
        megabytes: largest body that may be sent; 0 for what the server takes as a rule.
        is_page: False for what only a page's script asks for: it is refused as JSON.
    """

    path: str
    view: Callable[..., ResponseReturnValue]
    permission: Permission
    methods: Sequence[str] = READ
    megabytes: int = 0
    is_page: bool = True


class NumberConverter(IntegerConverter):
    """The number of a row, as ``<number:…>`` in an address: written in one way, so that a row has one address.

    Werkzeug's own also takes leading zeros and the digits of every script. What the database could not take is no
    number either.
    """

    regex = r"[1-9][0-9]{0,9}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**31 - 1)


def install(server: Flask) -> None:
    """Make ``<number:…>`` known to a server; to be called before blueprints are registered."""
    server.url_map.converters["number"] = NumberConverter


def blueprint_of(name: str, routes: Sequence[Route], *, prefix: str, context: Any) -> Blueprint:
    """A blueprint that serves `routes`, each view with `context` as its first argument."""
    made = Blueprint(name, __name__, url_prefix=prefix)
    for route in routes:
        view = needs(route.permission)(_bound(route.view, context))
        if route.megabytes:
            view = takes_up_to(route.megabytes)(view)
        if not route.is_page:
            view = asked_by_pages(view)
        made.add_url_rule(route.path, route.view.__name__, view, methods=list(route.methods))

    @made.errorhandler(BusyError)
    def _busy(_error: BusyError) -> ResponseReturnValue:
        return refuse(HTTPStatus.SERVICE_UNAVAILABLE, BUSY)

    return made


def _bound(view: Callable[..., ResponseReturnValue], context: Any) -> Callable[..., ResponseReturnValue]:
    """A function of its own for each blueprint: what is marked on it must not be marked on the view of another."""

    @functools.wraps(view)
    def bound(**path: Any) -> ResponseReturnValue:
        return view(context, **path)

    return bound
