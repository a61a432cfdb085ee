"""What the server checks before a callback runs: whether the question is one that a callback can answer.

Dash takes the body of such a request on trust, and answers a malformed one with a traceback. Everything
a client can get wrong is refused here instead, with a status of 4xx and a line of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from dash import Dash
from flask import request

from data_access.access.permissions import Permission

Check = Callable[[Any], bool]
"""Whether one argument of a callback is of the kind that it takes."""
Refusal = tuple[dict[str, str], HTTPStatus]
View = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may reach a route: everybody, whoever is signed in, or the holders of a permission."""

    permission: Permission | None = None
    needs_sign_in: bool = True


OPEN: Final = Access(needs_sign_in=False)
SIGNED_IN: Final = Access()


def open_to_all(view: View) -> View:
    """Marks a view that answers before sign-in."""
    view.access = OPEN  # type: ignore[attr-defined]
    return view


def open_to_signed_in(view: View) -> View:
    """Marks a view for whoever is signed in, even without any post: signing out, a first password."""
    view.access = SIGNED_IN  # type: ignore[attr-defined]
    return view


def needs(permission: Permission) -> Callable[[View], View]:
    """Marks a view that only holders of `permission` reach; a view without any mark is refused to all."""

    def mark(view: View) -> View:
        view.access = Access(permission=permission)  # type: ignore[attr-defined]
        return view

    return mark


MALFORMED: Final = "请求的格式不对。"
UNKNOWN: Final = "没有这样的数据请求。"
_PARTS_OF_AN_ITEM: Final = {"id", "property", "value"}


def install(app: Dash) -> None:
    """Let the server of `app` refuse requests for data that no callback of `app` can answer."""
    path = f"{app.config.routes_pathname_prefix}_dash-update-component"

    def guard() -> Refusal | None:
        if request.path != path or request.method != "POST":
            return None
        return refusal(app.callback_map, _body())

    app.server.before_request(guard)


def _body() -> Any:
    try:
        return request.get_json(silent=True)
    except RecursionError:  # brackets nested deeper than the parser goes
        return None


def refusal(callbacks: Mapping[str, Mapping[str, Any]], body: Any) -> Refusal | None:
    """Why `body` is refused: 404 where it names no callback of the server, 400 where it is malformed.

    Args:
        callbacks: Dash's callbacks by output. Those that run in the browser have no function here; the others
            carry `takes`, one check for each of their arguments.
        body: what was sent, parsed; None where it was no JSON.

    Returns:
        The answer to send, None where the callback may run.
    """
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return {"message": MALFORMED}, HTTPStatus.BAD_REQUEST
    entry = callbacks.get(body["output"], {})
    callback = entry.get("callback")
    if callback is None:
        return {"message": UNKNOWN}, HTTPStatus.NOT_FOUND
    if not _is_for(entry, body, callback.takes):
        return {"message": MALFORMED}, HTTPStatus.BAD_REQUEST
    return None


def _is_for(entry: Mapping[str, Any], body: Mapping[str, Any], takes: Sequence[Check]) -> bool:
    """Whether outputs, inputs and states are those that the callback was registered with, and of its kinds."""
    changed = body.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(item, str) for item in changed):
        return False
    given = [body.get("inputs"), body.get("state", [])]
    if not all(_fit(entry[name], part) for name, part in zip(("inputs", "state"), given, strict=True)):
        return False
    outputs = entry["output"]
    if isinstance(outputs, list):
        fits = _fit([output.to_dict() for output in outputs], body.get("outputs", []))
    else:
        fits = _fits(outputs.to_dict(), body.get("outputs"))
    arguments = [_value(item) for part in given for item in part or ()]
    return fits and all(check(value) for check, value in zip(takes, arguments, strict=True))


def _fit(registered: Sequence[Mapping[str, str]], given: Any) -> bool:
    return (
        isinstance(given, list)
        and len(given) == len(registered)
        and all(_fits(one, item) for one, item in zip(registered, given, strict=True))
    )


def _fits(registered: Mapping[str, str], given: Any) -> bool:
    """Whether an item sent is the property registered, or a list of those that a pattern stands for."""
    wanted = json.loads(registered["id"]) if registered["id"].startswith("{") else registered["id"]
    if isinstance(given, list):
        return _is_pattern(wanted) and all(isinstance(item, dict) and _fits(registered, item) for item in given)
    return (
        isinstance(given, dict)
        and given.keys() <= _PARTS_OF_AN_ITEM
        and given.get("property") == registered["property"]
        and _names(wanted, given.get("id"))
    )


def _is_pattern(wanted: Any) -> bool:
    return isinstance(wanted, dict) and any(isinstance(value, list) for value in wanted.values())


def _names(wanted: Any, given: Any) -> bool:
    """Whether `given` is the id `wanted`, in which wildcards are lists such as ``["ALL"]``."""
    if not isinstance(wanted, dict):
        return bool(given == wanted)
    return (
        isinstance(given, dict)
        and given.keys() == wanted.keys()
        and all(
            isinstance(given[name], str | int) if isinstance(value, list) else given[name] == value
            for name, value in wanted.items()
        )
    )


def _value(item: Any) -> Any:
    return [part.get("value") for part in item] if isinstance(item, list) else item.get("value")
