"""Who may read which matter of the growth card, and fill in which sheet: written by hand, as `personas` is.

Nothing here may be computed from the rules: it is what they are held against.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.security.canaries import Key, canaries, canary, students
from tests.security.growth import Secret, secrets
from tests.security.personas import Persona

NOBODY: frozenset[Key] = frozenset()


def below(*path: int) -> frozenset[Key]:
    """Everybody at or below a path."""
    return frozenset(students(*path))


@dataclass(frozen=True, kw_only=True)
class Entitlement:
    """What somebody may read besides student numbers.

    Attributes:
        disputes: whose disputes; academic, personal, career: whose plan of that kind; activity: whose second classroom.
        counselling, screening: may read those numbers of somebody.
        listed: whose numbers stand in a sheet of theirs: the class of a section, also who has no record in it yet.
        sheets: relations of the sheets (`personas.RELATIONS`) that are theirs to fill in.
    """

    disputes: frozenset[Key] = NOBODY
    academic: frozenset[Key] = NOBODY
    personal: frozenset[Key] = NOBODY
    career: frozenset[Key] = NOBODY
    activity: frozenset[Key] = NOBODY
    counselling: bool = False
    screening: bool = False
    listed: frozenset[Key] = NOBODY
    sheets: frozenset[str] = frozenset()

    def plans(self, key: str) -> frozenset[Key]:
        """Whose plans of a kind."""
        return {"academic": self.academic, "personal": self.personal, "career": self.career}[key]

    @property
    def secrets(self) -> set[Secret]:
        """All that may be told."""
        by_matter = {
            "dispute": self.disputes, "academic": self.academic, "personal": self.personal, "career": self.career,
            "activity": self.activity,
        }  # fmt: skip
        found: set[Secret] = {(matter, student) for matter, whose in by_matter.items() for student in whose}
        numbers = {"counselling": self.counselling, "screening": self.screening}
        return found | {(name, ()) for name, is_told in numbers.items() if is_told}


NOTHING = Entitlement()
_ME = frozenset({(1, 1, 1, 1)})
_MY_CLASS, _MY_MAJOR, _MY_DEPARTMENT = below(1, 1, 1), below(1, 1), below(1)
ENTITLEMENTS = {
    "leader": Entitlement(activity=below()),
    "quality": Entitlement(activity=below()),
    "department": Entitlement(
        disputes=_MY_DEPARTMENT, academic=_MY_DEPARTMENT, career=_MY_DEPARTMENT, activity=_MY_DEPARTMENT
    ),
    "major": Entitlement(disputes=_MY_MAJOR, career=_MY_MAJOR, activity=_MY_MAJOR),
    "teacher": Entitlement(disputes=_MY_CLASS, listed=_MY_CLASS, sheets=frozenset({"same class"})),
    "adviser": Entitlement(disputes=_MY_CLASS, academic=_MY_CLASS, activity=_MY_CLASS, sheets=frozenset({"own"})),
    "counsellor": Entitlement(
        disputes=_MY_MAJOR, academic=_MY_MAJOR, career=_MY_MAJOR, activity=_MY_MAJOR, counselling=True,
        sheets=frozenset({"same major"}),
    ),
    "affairs": Entitlement(
        disputes=_MY_DEPARTMENT, career=_MY_DEPARTMENT, activity=_MY_DEPARTMENT, sheets=frozenset({"same department"})
    ),
    "psychology": Entitlement(counselling=True, screening=True),
    "student": Entitlement(disputes=_ME, academic=_ME, personal=_ME, career=_ME, activity=_ME, screening=True),
    "teacher-and-adviser": Entitlement(
        disputes=_MY_CLASS | below(2, 1, 2), academic=below(2, 1, 2), activity=below(2, 1, 2),
        listed=_MY_CLASS, sheets=frozenset({"same class"}),
    ),
    "leader-who-teaches": Entitlement(disputes=_MY_CLASS, activity=below(), sheets=frozenset({"same class"})),
    "former-head-now-adviser": Entitlement(
        disputes=below(2, 2, 1), academic=below(2, 2, 1), activity=below(2, 2, 1), sheets=frozenset({"former"})
    ),
    "future-leader-now-adviser": Entitlement(
        disputes=below(2, 2, 2), academic=below(2, 2, 2), activity=below(2, 2, 2), sheets=frozenset({"future"})
    ),
}  # fmt: skip
"""By the name of a persona; who is not named may read nothing of it and fills in no sheet.

A plan in writing is nobody's but the student's; a teacher learns of disputes of entries of the own section's class.
"""


def entitlement(persona: Persona) -> Entitlement:
    """What a persona may read of the growth card."""
    return ENTITLEMENTS.get(persona.name, NOTHING)


def leaked(text: str, persona: Persona) -> list[str]:
    """Everything in a text that the persona must never get to see, in words."""
    strangers = canaries(text) - persona.canaries - {canary(*s) for s in entitlement(persona).listed}
    matters = secrets(text) - entitlement(persona).secrets
    return sorted(strangers) + sorted(f"{matter} of {student}" for matter, student in matters)
