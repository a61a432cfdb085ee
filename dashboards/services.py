"""What pages ask for: the one seam between what is shown and where it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Never, Protocol

from data_access.access.scope import Scope
from data_access.access.viewer import Viewer
from indicators.results import (
    Board,
    ClassInfo,
    CourseAttendance,
    DepartmentInfo,
    IndicatorInfo,
    OfferingInfo,
    PeriodInfo,
    Reading,
    RosterRow,
    StudentInfo,
    TermInfo,
    ValueFrame,
    ValuePoint,
)

if TYPE_CHECKING:
    from data_access.access.account_files import AccountFile
    from data_access.access.accounts import Accounts
    from data_access.access.audit import AuditLog
    from data_access.access.authentication import Authentication
    from data_access.access.nodes import Nodes
    from data_access.access.posts import Posts
    from data_access.access.screen_settings import ScreenSettingStore
    from data_access.access.screens import Screens
    from data_access.access.sessions import Sessions
    from data_access.model_weights import ModelWeights
    from data_access.readers.class_roll import ClassRollReader
    from data_access.readers.imports import ImportReader
    from data_access.readers.loads import LoadReader
    from data_access.readers.revisions import RevisionReader
    from data_access.readers.self_tests import SelfTestReader
    from data_access.readers.student_plans import StudentPlanReader
    from data_access.readers.team import TeamReader
    from data_access.self_tests import SelfTests
    from data_access.settings import Settings
    from data_access.student_plans import StudentPlans
    from indicators.benchmarks import Benchmarks
    from indicators.digest import Digest
    from indicators.growth_card.accounts import GrowthCards
    from indicators.growth_card.disputing import Disputes
    from indicators.growth_card.posting import Poster
    from indicators.growth_card.sheets import Sheets
    from indicators.growth_card.tasks import EntryTasks
    from indicators.growth_card.timeliness import Timeliness
    from indicators.growth_card.uploads import SheetUploads
    from indicators.lessons import Lessons
    from indicators.major_diagnosis import MajorDiagnosis
    from indicators.numbers import Numbers
    from indicators.second_classroom import SecondClassroom
    from indicators.shelf import Shelf


class ValueService(Protocol):
    """Values and the entities they belong to, within a scope.

    `level` is ``school``, ``dept``, ``course``, ``offering`` …; `kind` is ``week``, ``month``,
    ``term`` or ``year``. Nothing here has a default scope: an unscoped question cannot be asked.
    """

    def indicator(self, code: str) -> IndicatorInfo:
        """The indicator of that code."""

    def terms(self) -> Sequence[TermInfo]:
        """All terms that have begun, oldest first."""

    def latest_term(self, code: str, level: str, *, kind: str, scope: Scope) -> str | None:
        """Key of the last term in which some entity of `level` has a value by `kind`; None without any."""

    def periods(self, kind: str) -> Sequence[PeriodInfo]:
        """All periods of a kind, oldest first."""

    def data_date(self) -> dt.date | None:
        """The last day with facts; None before anything was imported."""

    def versions(self) -> tuple[str, str]:
        """Versions of the indicator library and of the data, as shown to readers."""

    def departments(self, *, scope: Scope) -> Sequence[DepartmentInfo]:
        """The teaching departments within `scope`, in the college's order."""

    def matrix(
        self, code: str, level: str, *, kind: str, term_key: str, dept_id: int | None, scope: Scope
    ) -> ValueFrame:
        """Values of every entity of `level` whose figure is in scope × every period of `kind` in the term.

        Entities without any value are rows of NaN. `dept_id` None means all departments in scope.
        """

    def series(
        self, code: str, level: str, entity_id: int, *, kind: str, term_key: str | None, scope: Scope
    ) -> Sequence[ValuePoint]:
        """Values of one entity, one point for every period of `kind` (in the term, if one is given)."""

    def offering(self, offering_id: int, *, scope: Scope) -> OfferingInfo | None:
        """The offering, or None where there is none within `scope`."""

    def roster(self, offering_id: int, *, scope: Scope) -> Sequence[RosterRow]:
        """The students of an offering, term to date; those within `scope` unless `OfferingInfo.is_whole`."""

    def readings(
        self, codes: Sequence[str], level: str, entity_id: int, *, until: dt.date | None, scope: Scope
    ) -> Sequence[Reading]:
        """One entity by many indicators, in the order of `codes`.

        Left out are codes without values at `level`, and those whose figure of this entity is out of `scope`.
        """

    def board(
        self,
        codes: Sequence[str],
        level: str,
        *,
        term_key: str,
        below: tuple[str, Collection[int]] | None = None,
        entity_ids: Collection[int] | None = None,
        scope: Scope,
    ) -> Board:
        """Many entities of `level` side by side over the periods of a term; `below` such as ``("class", {12})``."""

    def history(
        self,
        codes: Sequence[str],
        level: str,
        *,
        until: dt.date | None,
        last: int,
        below: tuple[str, Collection[int]] | None = None,
        entity_ids: Collection[int] | None = None,
        scope: Scope,
    ) -> Board:
        """Many entities of `level` side by side, each indicator over the `last` periods of its kind begun by `until`."""

    def codes_of(self, owners: Collection[str]) -> Sequence[str]:
        """Codes of the indicators for which one of these departments answers, by name."""

    def class_info(self, class_id: int, *, scope: Scope) -> ClassInfo | None:
        """The class, or None where there is none within `scope`."""

    def members(self, class_ids: Collection[int], *, scope: Scope) -> Sequence[int]:
        """Keys of the students in these classes now, within `scope`; who has left is not among them."""

    def student(self, student_id: int, *, scope: Scope) -> StudentInfo | None:
        """The student, or None where there is none within `scope`."""

    def attendance_of(self, student_id: int, *, term_key: str, scope: Scope) -> Sequence[CourseAttendance]:
        """The offerings of a student in a term; none where their attendance is not within `scope`."""


class _Absent:
    """Stands where services were made without a part: a page of values needs no accounts."""

    def __getattr__(self, name: str) -> Never:
        raise AttributeError(f"These services were made without the part that has {name!r}. Pass it to Services().")


_ABSENT: Final[Any] = _Absent()


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything a page may use.

    Attributes:
        viewer: who asks in the current request. Pages pass their scope on and never look inside.
        today: the current day; pages compare the age of data with it.
        settings: those of the installation.
        lessons: what happened in lessons, from the few facts behind a page of sections.
    """

    values: ValueService
    viewer: Callable[[], Viewer]
    today: Callable[[], dt.date] = dt.date.today
    accounts: Accounts = _ABSENT
    posts: Posts = _ABSENT
    nodes: Nodes = _ABSENT
    account_files: AccountFile = _ABSENT
    sessions: Sessions = _ABSENT
    screens: Screens = _ABSENT
    screen_settings: ScreenSettingStore = _ABSENT
    authentication: Authentication = _ABSENT
    audit: AuditLog = _ABSENT
    settings: Settings = _ABSENT
    team: TeamReader = _ABSENT
    rolls: ClassRollReader = _ABSENT
    benchmarks: Benchmarks = _ABSENT
    cards: GrowthCards = _ABSENT
    poster: Poster = _ABSENT
    disputes: Disputes = _ABSENT
    revisions: RevisionReader = _ABSENT
    digest: Digest = _ABSENT
    lessons: Lessons = _ABSENT
    library: Shelf = _ABSENT
    numbers: Numbers = _ABSENT
    loads: LoadReader = _ABSENT
    imports: ImportReader = _ABSENT
    majors: MajorDiagnosis = _ABSENT
    model_weights: ModelWeights = _ABSENT
    sheets: Sheets = _ABSENT
    sheet_uploads: SheetUploads = _ABSENT
    entry_tasks: EntryTasks = _ABSENT
    timeliness: Timeliness = _ABSENT
    self_tests: SelfTests = _ABSENT
    self_test_results: SelfTestReader = _ABSENT
    second_classroom: SecondClassroom = _ABSENT
    student_plans: StudentPlans = _ABSENT
    plan_reader: StudentPlanReader = _ABSENT

    def scope(self) -> Scope:
        """What the viewer of the current request may read."""
        return self.viewer().scope

    def acting(self, viewer: Viewer) -> Services:
        """The same services for `viewer`, such as the one of the request with fewer posts."""
        return replace(self, viewer=lambda: viewer)
