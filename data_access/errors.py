"""Every error the product raises, and the one way it proposes a correction.

Two families: a `UserError` is shown to the person who caused it and says what to do; an
`InternalError` is a defect or a broken machine, logged with its details and shown only as an id.
This module imports nothing of the project, so every other module may raise from it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class LuoxuanError(Exception):
    """Base of all errors raised by the product itself."""


class UserError(LuoxuanError):
    """Something a person asked for cannot be done; the message says what and how to put it right."""


class ConfigurationError(UserError):
    """A setting is missing, malformed or unsafe."""


class ContractError(UserError):
    """A table contract (`data_access/contracts/tables.yaml`) is inconsistent."""


class LibraryError(UserError):
    """The indicator library has problems and cannot be used."""


class MappingError(UserError):
    """An intake mapping does not fit its table contract or its source."""


class IntakeError(UserError):
    """A source file was refused; nothing of it has been applied."""


class UnknownNameError(UserError):
    """A code, table, column, entity or period that does not exist was asked for."""


class RosterError(UserError):
    """Accounts cannot be brought into step with the roster; nothing was changed."""


class BusyError(UserError):
    """Another process holds what this one needs; trying again later will do."""


class InternalError(LuoxuanError):
    """A defect or a broken store: never the fault of the person at the screen."""


class LakeError(InternalError):
    """The lake on disk does not match what the database says of it."""


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """The known name nearest to `name`, or None where nothing is near."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return matches[0] if matches else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """A sentence tail such as ``. Did you mean 'status'?``, empty where nothing is near."""
    nearest = did_you_mean(name, known)
    return f". Did you mean {nearest!r}?" if nearest else ""
