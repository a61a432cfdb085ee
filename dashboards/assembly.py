"""Puts together what pages use: stores, readers and models of one installation."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from dashboards.services import Services
from data_access.access.account_files import AccountFile
from data_access.access.accounts import Accounts
from data_access.access.audit import AuditLog
from data_access.access.authentication import Authentication
from data_access.access.nodes import Nodes
from data_access.access.posts import Posts
from data_access.access.screen_settings import ScreenSettingStore
from data_access.access.screens import Screens
from data_access.access.sessions import Sessions
from data_access.access.viewer import Viewer
from data_access.clock import today
from data_access.growth_card.disputes import DisputeStore
from data_access.growth_card.entry_state import EntryStates
from data_access.growth_card.sheet_rows import SheetRows
from data_access.growth_card.sheet_store import SheetStore
from data_access.installation import open_lake
from data_access.model_weights import ModelWeights
from data_access.readers.benchmarks import BenchmarkReader
from data_access.readers.disputes import DisputeReader
from data_access.readers.imports import ImportReader
from data_access.readers.lessons import LessonReader
from data_access.readers.loads import LoadReader
from data_access.readers.majors import MajorReader
from data_access.readers.provenance import ProvenanceReader
from data_access.readers.revisions import RevisionReader
from data_access.readers.roster import RosterReader
from data_access.readers.second_classroom import SecondClassReader
from data_access.readers.self_tests import SelfTestReader
from data_access.readers.stored import ValueReader
from data_access.readers.student_plans import StudentPlanReader
from data_access.readers.team import TeamReader
from data_access.self_tests import SelfTests
from data_access.settings import Settings
from data_access.student_plans import StudentPlans
from indicators.benchmarks import Benchmarks
from indicators.digest import Digest
from indicators.eight_dimensions import shipped_model
from indicators.growth_card.accounts import GrowthCards
from indicators.growth_card.dispute_rules import procedure_of
from indicators.growth_card.disputing import Disputes
from indicators.growth_card.entry_board import EntryBoards
from indicators.growth_card.posting import Poster
from indicators.growth_card.sheet_frames import SheetFrames
from indicators.growth_card.sheets import Sheets
from indicators.growth_card.tasks import EntryTasks
from indicators.growth_card.timeliness import Timeliness
from indicators.growth_card.uploads import SheetUploads
from indicators.lessons import Lessons
from indicators.major_diagnosis import MajorDiagnosis
from indicators.numbers import Numbers
from indicators.second_classroom import SecondClassroom, shipped_modules
from indicators.shelf import Shelf
from indicators.values import StoredValues


def open_values(settings: Settings, database: Engine) -> StoredValues:
    """The stored values of an installation, with the rosters behind them."""
    return StoredValues(ValueReader(database), RosterReader(open_lake(settings, database), database))


def open_services(settings: Settings, database: Engine, *, viewer: Callable[[], Viewer], secret: bytes) -> Services:
    """Everything that pages may use in an installation; `viewer` tells who asks in the current request."""
    audit = AuditLog(database)
    values = open_values(settings, database)
    library = Shelf(values.reader, ProvenanceReader(database))
    model = shipped_model()
    model_weights = ModelWeights(database, audit, model.as_weights())
    cards = GrowthCards(values.reader)
    poster = Poster(open_lake(settings, database))
    procedure = procedure_of(cards.card)
    rows, kept, states = SheetRows(values.rosters), SheetStore(database, audit), EntryStates(values.reader)
    sheets = Sheets(SheetFrames(poster.card, poster.terms, kept, rows), kept, rows, poster)
    boards = EntryBoards(poster.card, states, rows)
    return Services(
        values=values,
        majors=MajorDiagnosis(values, MajorReader(values.rosters.facts), model_weights, model),
        model_weights=model_weights,
        sheets=sheets,
        sheet_uploads=SheetUploads(sheets),
        entry_tasks=EntryTasks(poster.card, poster.terms, boards, states),
        timeliness=Timeliness(poster.card, poster.terms, boards, states),
        lessons=Lessons(LessonReader(values.rosters.facts)),
        library=library,
        numbers=Numbers(values.reader),
        benchmarks=Benchmarks(BenchmarkReader(values.rosters.facts)),
        digest=Digest(values, library),
        cards=cards,
        poster=poster,
        disputes=Disputes(
            DisputeStore(database, audit, procedure),
            DisputeReader(database, procedure),
            cards,
            values.reader,
            poster,
            today=today,
        ),
        revisions=RevisionReader(values.reader),
        viewer=viewer,
        today=today,
        accounts=Accounts(database, audit),
        posts=Posts(database, audit),
        nodes=Nodes(database),
        account_files=AccountFile(database, audit),
        sessions=Sessions(database, audit),
        screens=Screens(database, audit),
        screen_settings=ScreenSettingStore(database, audit),
        authentication=Authentication(database, audit, secret),
        audit=audit,
        settings=settings,
        team=TeamReader(values.rosters.facts),
        rolls=values.rolls,
        loads=LoadReader(values.rosters.facts),
        imports=ImportReader(database),
        self_tests=SelfTests(database, audit),
        self_test_results=SelfTestReader(values.rosters.facts, database),
        student_plans=StudentPlans(database, audit),
        plan_reader=StudentPlanReader(values.reader),
        second_classroom=SecondClassroom(SecondClassReader(values.rosters.facts), shipped_modules()),
    )
