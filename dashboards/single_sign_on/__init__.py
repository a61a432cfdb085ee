"""Sign-in at the college's own provider: who somebody is is said there, what they may do is decided here."""

from dashboards.single_sign_on.journey import alternatives, blueprint

__all__ = ["alternatives", "blueprint"]
