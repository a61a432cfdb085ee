"""Whether a request for data is a question that some callback can answer.

Dash takes the body of such a request on trust, and answers a malformed one with a traceback. Everything
a client can get wrong is refused here instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import request

Check = Callable[[Any], bool]
"""Whether one argument of a callback is of the kind that it takes."""

_PARTS_OF_AN_ITEM: Final = {"id", "property", "value"}
_BY_ITSELF: Final = ".n_intervals"


def body() -> Any:
    """The body of the current request, parsed; None where it is no JSON."""
    try:
        return request.get_json(silent=True)
    except RecursionError:  # brackets nested deeper than the parser goes
        return None


def asked(callbacks: Mapping[str, Mapping[str, Any]], question: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The callback that a question asks for; None where the server has none of that name.

    Args:
        callbacks: Dash's callbacks by output. Those that run in the browser have no function here; the others
            carry `takes`, one check for each of their arguments, and the `permission` they need.
        question: what was sent, known to be one (`is_question`).
    """
    entry = callbacks.get(question["output"], {})
    return entry if entry.get("callback") is not None else None


def is_question(sent: Any) -> bool:
    """Whether what was sent names what it asks for at all."""
    return isinstance(sent, dict) and isinstance(sent.get("output"), str)


def is_by_itself(sent: Any) -> bool:
    """Whether the page asks of its own accord, by a timer: no sign that somebody is there."""
    changed = sent.get("changedPropIds") if isinstance(sent, dict) else None
    return (
        isinstance(changed, list)
        and len(changed) > 0
        and all(isinstance(item, str) and item.endswith(_BY_ITSELF) for item in changed)
    )


def fits(entry: Mapping[str, Any], question: Mapping[str, Any]) -> bool:
    """Whether outputs, inputs and states are those that the callback was registered with, and of its kinds."""
    takes: Sequence[Check] = entry["callback"].takes
    changed = question.get("changedPropIds", [])
    if not isinstance(changed, list) or not all(isinstance(item, str) for item in changed):
        return False
    given = [question.get("inputs"), question.get("state", [])]
    if not all(_fit(entry[name], part) for name, part in zip(("inputs", "state"), given, strict=True)):
        return False
    outputs = entry["output"]
    if isinstance(outputs, list):
        is_whole = _fit([output.to_dict() for output in outputs], question.get("outputs", []))
    else:
        is_whole = _fits(outputs.to_dict(), question.get("outputs"))
    arguments = [_value(item) for part in given for item in part or ()]
    return is_whole and all(check(value) for check, value in zip(takes, arguments, strict=True))


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
