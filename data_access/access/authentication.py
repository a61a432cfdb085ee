"""Who somebody is who wants to sign in: by password, or by the campus's single sign-on."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from data_access.access.audit import AuditLog


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an attempt to sign in.

    Attributes:
        account_id: who it is; None where it failed.
        message: why not, for the person, in Chinese; the same for unknown user and wrong password.
        retry_after: seconds to wait before the next attempt makes sense; 0 where none are needed.
    """

    account_id: int | None = None
    message: str = ""
    retry_after: int = 0


class Authentication:
    """Sign-in to an installation.

    Args:
        database: its database.
        audit: where every outcome is recorded.
        secret: the installation's secret (`secret.installation_secret`).
    """

    def __init__(self, database: Engine, audit: AuditLog, secret: bytes) -> None:
        self._database = database
        self._audit = audit
        self._secret = secret

    def by_password(self, username: str, password: str, *, address: str) -> Outcome:
        """Who has this name and password. Whoever is given an account id opens a session with it."""
        raise NotImplementedError

    def by_single_sign_on(self, username: str, *, method: str, address: str) -> Outcome:
        """The account of somebody whom the campus's single sign-on has named; never creates one.

        Args:
            username: as the identity provider gives it.
            method: ``oidc`` or ``cas``.
            address: network address of the request.
        """
        raise NotImplementedError
