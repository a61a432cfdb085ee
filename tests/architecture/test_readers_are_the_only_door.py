"""Rows leave the database and the lake through readers that are told a scope, and through nothing else.

Each check is a function from the source of a module to what is wrong with it. It is run on every module of the
product, and on planted ones, so that it is known to bite.
"""

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data_access.access.accounts import Accounts
from data_access.access.audit import AuditLog
from data_access.access.nodes import Nodes
from data_access.access.posts import Posts
from data_access.access.sessions import Sessions
from indicators import standing
from indicators.benchmarks import Benchmarks
from indicators.digest import Digest
from indicators.growth_card.accounts import GrowthCards
from indicators.lessons import Lessons
from indicators.major_diagnosis import MajorDiagnosis
from indicators.numbers import Numbers
from indicators.shelf import Shelf
from indicators.values import StoredValues
from tests.architecture.test_import_layers import MODULES, ROOT

# -- who may ask the stores themselves ----------------------------------------------------------

PACKAGES = {"sqlalchemy", "pandas"}
OPENING = {"create_engine", "sessionmaker", "scoped_session", "Session"}
ASKING = {"select", "text", "read_sql", "read_sql_query", "read_sql_table"}
METHODS = {
    "connect", "execute", "executemany", "exec_driver_sql", "raw_connection", "cursor", "scalars", "read_sql",
    "read_sql_query", "read_sql_table", "begin_nested",
}  # fmt: skip

MAY_ASK = {
    "app": "counts of imports and runs before a command begins; no row of anybody",
    "indicators.catalogue": "writes definitions, plans and periods within the transaction of a run",
    "indicators.engine": "writes a run; asks which run was the last",
    "indicators.rollup": "adds up in a DuckDB of its own, which pages never see",
    "data_access.database": "opens databases, and brings their schema up to date",
    "data_access.engines": "opens the lake for computations",
    "data_access.measures": "writes stored values within the transaction of a run",
    "data_access.entities": "writes the organisation within the transaction of a run",
    "data_access.ledger": "which version of which table counts",
    "data_access.lake": "commits of the lake",
    "data_access.merging": "compares staged rows with those that exist",
    "data_access.reverting": "takes rows of a commit back",
    "data_access.model_weights": "weights of the model, which are no rows of anybody",
    "data_access.self_tests": "keeps filled-in self-tests, of a student within the scope it is given",
    "data_access.student_plans": "keeps plans, of a student within the scope it is given",
    "data_access.safe_start": "whether demo accounts are left, before a server starts",
    "data_access.intake": "takes files in; what it says of their rows goes to who brought them",
    "data_access.demo": "builds the demo college and its accounts",
    "data_access.access": "accounts, posts, sessions and the audit log, each behind a class of its own",
    "data_access.growth_card": "accounts, sheets and disputes of the growth card, each behind a class or function of its own",
    "data_access.readers": "the door",
}
"""Modules and packages that run statements, and why. Pages and drawings never do."""


def statements(tree: ast.AST) -> set[str]:
    """What in a module opens a store or asks it: names called, also under another name, and methods."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {a.asname or a.name: a.name for node in imports for a in node.names}
    found = set()
    for func in (node.func for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if isinstance(func, ast.Name) and names.get(func.id, func.id) in OPENING | ASKING:
            found.add(func.id)
        if isinstance(func, ast.Attribute):
            is_of_package = names.get(_name(func.value), "").split(".")[0] in PACKAGES
            if func.attr in METHODS or (is_of_package and func.attr in OPENING | ASKING):
                found.add(f".{func.attr}")
    return found


def lies_in(name: str, homes: dict[str, str]) -> bool:
    """True for a module that is, or lies in, one of the homes."""
    return any(name == home or name.startswith(f"{home}.") for home in homes)


# -- pages know no store ------------------------------------------------------------------------

BEHIND = {"database", "_database", "reader", "rosters", "connection", "engine", "lake"}
"""Attributes by which a page could reach past the services it is given."""


def reaches_behind(tree: ast.AST) -> set[str]:
    """Attributes of services that lead to a store."""
    return {f"{ast.unparse(n)}" for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr in BEHIND}


# -- what the browser sends is no identity and no row -------------------------------------------

ASSEMBLY = "dashboards.assembly"
"""The one module that makes the services; it draws nothing and answers nobody."""

STORES = {
    "dashboards.wiring": {"ids.address(page.name)"},
    "layouts.shell": {"TITLE"},
    "layouts.table": {"{**table_id, 'role': ROWS_ROLE}"},
}
"""Stores in the browser by module: the address of a page, its title, and rows that only the browser turns over."""
DATA = {"dashboards.wiring": {"ids.address(page.name)"}}
"""Stores that a callback is given: an address, which is checked like any other request."""


def stores(tree: ast.AST) -> set[str]:
    """Ids of the `dcc.Store`s that a module makes."""
    return {
        ast.unparse(keyword.value) for node in _calls(tree, "Store") for keyword in node.keywords if keyword.arg == "id"
    } | {ast.unparse(node.args[0]) for node in _calls(tree, "Store") if node.args}


def stored_data(tree: ast.AST) -> set[str]:
    """Ids of the stores whose data a callback of the server takes as input or state."""
    in_browser = {id(node) for call in _calls(tree, "clientside_callback") for node in ast.walk(call)}
    return {
        ast.unparse(node.args[0])
        for kind in ("State", "Input")
        for node in _calls(tree, kind)
        if id(node) not in in_browser
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
        and node.args[1].value == "data"
    }


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            func = node.func
            if (isinstance(func, ast.Name) and func.id == name) or (
                isinstance(func, ast.Attribute) and func.attr == name
            ):
                yield node


# -- one request leaves nothing for the next ----------------------------------------------------

FILLED = {"list", "dict", "set", "defaultdict", "deque", "Counter", "DataFrame", "Series", "array", "zeros", "empty"}
CHANGING = {"append", "extend", "insert", "add", "update", "setdefault", "pop", "remove", "clear", "popitem"}
CACHES = {"cache", "lru_cache"}


def leftovers(tree: ast.Module) -> set[str]:
    """What in a module could hold rows of one request until another: globals, frames, filled containers, caches."""
    names, found = set(), set()
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
            if _is_to_be_filled(node.value):
                found.add(ast.unparse(node))
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
        arguments = function.args.args + function.args.kwonlyargs
        if arguments and any(_name(decorator) in CACHES for decorator in function.decorator_list):
            found.add(f"a cache on {function.name}")
        own = {a.arg for a in arguments} | {
            n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                found.add(f"global {', '.join(node.names)}")
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
                found |= {ast.unparse(node)} if _name(node.value) in names - own else set()
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
                found |= {ast.unparse(node)} if _name(node.func.value) in names - own else set()
    return found


def _is_to_be_filled(value: ast.expr | None) -> bool:
    if isinstance(value, ast.List | ast.Set):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.Call) and _name(value.func) in FILLED and not (value.args or value.keywords)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# -- unlimited scopes ---------------------------------------------------------------------------

UNLIMITED = {
    "app": "the operator at the console, who has the files anyway",
    "data_access.account_commands": "the operator at the console",
    "dashboards.demo_people": "demo accounts, which the sign-in page lists for all in demo mode",
    "data_access.readers.roster": "who sits in a section, once the whole roster is known to be in scope",
    "data_access.readers.attendance": "names of the courses of a student who is in scope",
    "data_access.readers.loads": "names of the departments that answer for deliveries in scope",
    "data_access.readers.class_roll": "names of those who look after a class that is in scope",
    "data_access.readers.majors": "sizes of the classes of a major in scope, and the name of who leads one",
    "data_access.readers.team": "staff of a node in scope, who are counted and not named",
    "indicators.major_diagnosis": "scores and ranks over all majors of the college; names stay within the scope",
    "indicators.values": "name of the major of a class or student in scope",
}
"""Modules that make a scope without limits, and for whom."""


def unlimited(tree: ast.AST) -> set[str]:
    """The scopes without limits that a module makes."""
    return {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "all" and _name(node.value) == "Scope"
    }


# -- every read takes a scope -------------------------------------------------------------------

DOORS: tuple[type, ...] = (
    StoredValues,
    Lessons,
    Shelf,
    Numbers,
    Accounts,
    Posts,
    Sessions,
    AuditLog,
    Nodes,
    Benchmarks,
    Digest,
    GrowthCards,
    MajorDiagnosis,
)
"""Classes besides the readers from which pages get rows."""
NO_ROWS = {
    "CardLedgerReader.terms": "terms",
    "DisputeReader.booked": "what a decided case has put into the account, for who may read the case",
    "GrowthCards.terms": "terms",
    "MajorDiagnosis.years": "years",
    "MajorDiagnosis.model_of": "weights of the model",
    "ProvenanceReader.run": "versions of library and data",
    "ProvenanceReader.loads": "when tables were loaded",
    "Shelf.entries": "how indicators are defined",
    "Shelf.entry": "how an indicator is defined",
    "Shelf.wording": "how an indicator is defined",
    "Shelf.run": "versions of library and data",
    "Shelf.loads": "when tables were loaded",
    "AuditLog.head": "number and hash of the last event, for a check from outside",
    "AuditLog.verify": "whether the chain is whole",
    "AuditLog.check": "whether the chain is whole, and a record of having looked",
    "Accounts.own": "the own account of whoever is signed in; the id comes from the session",
    "Posts.of": "posts of an account that was asked for within a scope, or is the own one",
    "Posts.of_all": "posts of accounts that were asked for within a scope",
    "Posts.holders": "how many hold each role",
    "Sessions.of": "sessions of an account that was asked for within a scope, or is the own one",
    "FactReader.files": "names of files",
    "FactReader.query": "within readers only, which have asked for the scope before",
    "ValueReader.definition": "how an indicator is defined",
    "ValueReader.plans": "how an indicator is read",
    "ValueReader.catalogue": "how indicators are read, and periods",
    "ValueReader.moment": "the reader itself",
    "ValueReader.snapshot": "within readers only: a connection",
    "BatchReader.moment": "the reader itself",
    "ValueReader.codes_of": "which indicators a department answers for",
    "ValueReader.period": "a period",
    "ValueReader.periods": "periods",
    "ValueReader.calendar": "periods",
    "ValueReader.versions": "versions of library and data",
    "StoredValues.indicator": "how an indicator is defined",
    "StoredValues.codes_of": "which indicators a department answers for",
    "StoredValues.terms": "terms",
    "StoredValues.periods": "periods",
    "StoredValues.data_date": "the last day with data",
    "StoredValues.versions": "versions of library and data",
    "expressions.slots_of": "names of the parts of an expression",
    "expressions.to_array": "works an expression out over what it is given",
    "expressions.to_sql": "an expression",
    "figures.drained": "rows of a statement that has its scope",
    "figures.judged_rows": "leaves out rows of those it is given",
    "figures.judged_columns": "leaves out rows of those it is given",
    "narrowing.require_level": "refuses a level",
    "plans.stored_plan": "how an indicator is read",
    "plans.subject_of": "what an indicator is about",
    "small_groups.is_judged": "whether groups are to be judged; the scope stands in line, it is what is asked about",
    "self_test_groups.group_results": "counts people it is given, and leaves out few",
    "suppression.readable": "counts people it is given",
}
"""Public functions without a scope, and what they give instead of rows."""
CHANGES = {
    Accounts: {
        "create", "create_in", "disable", "enable", "reset_password", "release_password", "change_password",
        "set_first_password",
    },
    Posts: {"grant", "grant_in", "end"},
    Sessions: {"open", "open_in", "resume", "end", "end_all"},
    AuditLog: {"write", "write_in", "write_unless_recent"},
}  # fmt: skip
"""Methods that change something: who may call them is a matter of permission."""


def reads() -> Iterator[tuple[str, Callable[..., object]]]:
    """Every public function of the readers and of the other doors, under the name it is excepted by."""
    doors = list(DOORS)
    for path in sorted((ROOT / "data_access" / "readers").glob("[a-z]*.py")):
        module = importlib.import_module(f"data_access.readers.{path.stem}")
        for name, item in vars(module).items():
            if getattr(item, "__module__", "") != module.__name__ or name.startswith("_"):
                continue
            if inspect.isclass(item) and hasattr(item, "__init__") and name.endswith("Reader"):
                doors.append(item)
            elif inspect.isfunction(item):
                yield f"{path.stem}.{name}", item
    yield from (
        (f"standing.{name}", item)
        for name, item in vars(standing).items()
        if inspect.isfunction(item) and item.__module__ == standing.__name__ and not name.startswith("_")
    )
    for door in doors:
        for name, item in vars(door).items():
            call = item.__func__ if isinstance(item, classmethod | staticmethod) else item
            if inspect.isfunction(call) and not name.startswith("_") and name not in CHANGES.get(door, ()):
                yield f"{door.__name__}.{name}", call


def takes_scope(call: Callable[..., object]) -> bool:
    """True where a scope must be named, by name."""
    scope = inspect.signature(call).parameters.get("scope")
    return (
        scope is not None and scope.kind is inspect.Parameter.KEYWORD_ONLY and scope.default is inspect.Parameter.empty
    )


READS = dict(reads())


def source(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


PAGES = [(name, path) for name, path in MODULES if name.split(".")[0] in {"dashboards", "layouts"}]
every_module = pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
every_page = pytest.mark.parametrize(("name", "path"), PAGES, ids=[name for name, _ in PAGES])


@every_module
def test_only_the_modules_that_own_a_store_ask_it(name, path):
    found = statements(source(path))
    assert not found or lies_in(name, MAY_ASK), f"{name} uses {sorted(found)}. Ask a reader, and name the scope."


@every_page
def test_a_page_reaches_no_store_behind_its_services(name, path):
    found = reaches_behind(source(path)) if name != ASSEMBLY else set()
    assert not found, f"{name} reaches {sorted(found)}. Add a method with a scope to the service instead."


@every_page
def test_a_page_takes_neither_identity_nor_rows_from_the_browser(name, path):
    tree = source(path)
    assert stores(tree) <= STORES.get(name, set()), f"{name} keeps something new in the browser; see STORES."
    assert stored_data(tree) <= DATA.get(name, set()), f"{name} takes what the browser keeps; see DATA."


@every_page
def test_a_request_leaves_nothing_for_the_next(name, path):
    found = leftovers(source(path)) if name.startswith("dashboards") else set()
    assert not found, f"{name}: {sorted(found)} would be seen by the next person who asks."


@every_module
def test_a_scope_without_limits_is_made_where_it_has_a_reason(name, path):
    found = unlimited(source(path))
    assert not found or name in UNLIMITED, f"{name} makes {sorted(found)}; pass the scope of whoever asks."


@pytest.mark.parametrize("name", READS)
def test_a_read_names_its_scope_or_gives_no_rows(name):
    assert takes_scope(READS[name]) != (name in NO_ROWS), f"{name} gives rows: let it take 'scope', by name, always."


def test_no_exception_outlives_its_reason():
    known = {name for name, _ in MODULES}
    asking = {home for home in MAY_ASK if any(lies_in(name, {home: ""}) for name in known)}
    assert asking == set(MAY_ASK)
    for homes, check in ((MAY_ASK, statements), (UNLIMITED, unlimited)):
        for home in homes:
            assert any(check(source(path)) for name, path in MODULES if lies_in(name, {home: ""})), home
    assert set(NO_ROWS) <= set(READS)
    assert all(hasattr(door, method) for door, methods in CHANGES.items() for method in methods)
    trees = dict(MODULES)
    assert {name: stores(source(trees[name])) for name in STORES} == STORES
    assert {name: stored_data(source(trees[name])) for name in DATA} == DATA


# -- the checks bite ----------------------------------------------------------------------------

PLANTED = [
    (statements, "from sqlalchemy import select\nselect(Account)"),
    (statements, "from sqlalchemy import select as pick\npick(Account)"),
    (statements, "import sqlalchemy as sa\nsa.text('SELECT 1')"),
    (statements, "import pandas as pd\npd.read_sql('SELECT 1', where)"),
    (statements, "import duckdb\nduckdb.connect(':memory:')"),
    (statements, "services.values.reader.database.connect()"),
    (statements, "from sqlalchemy.orm import Session\nSession(engine)"),
    (statements, "def rows(connection):\n    return connection.execute(query)"),
    (reaches_behind, "def load(view):\n    return view.services.values.reader"),
    (reaches_behind, "services.posts._database"),
    (stores, "dcc.Store(id='viewer', data={'role': 'leader'})"),
    (stores, "Store('rows')"),
    (stored_data, "State('viewer', 'data')"),
    (stored_data, "Input(ids.rows(page), 'data')"),
    (leftovers, "def load():\n    global last\n    last = 1"),
    (leftovers, "ROWS = []"),
    (leftovers, "ROWS: Final[dict[int, Row]] = {}"),
    (leftovers, "ROWS = defaultdict()"),
    (leftovers, "FRAME = pd.DataFrame()"),
    (leftovers, "ROWS = {1: 2}\ndef load(view):\n    ROWS[view.key] = view.rows"),
    (leftovers, "ROWS = [1]\ndef load(view):\n    ROWS.append(view.rows)"),
    (leftovers, "@cache\ndef rows(key):\n    return key"),
    (leftovers, "@functools.lru_cache(maxsize=8)\ndef rows(key):\n    return key"),
    (unlimited, "scope = Scope.all('convenience')"),
    (unlimited, "make = scope.Scope.all"),
]


@pytest.mark.parametrize(("check", "text"), PLANTED, ids=[text for _, text in PLANTED])
def test_a_check_finds_what_is_planted(check, text):
    assert check(ast.parse(text))


HARMLESS = [
    (statements, "query = window.select\ntext = 'SELECT'"),
    (stores, "dcc.Location(id='url')"),
    (stored_data, "State('filter', 'value')"),
    (leftovers, "ORDER: Final = ('a', 'b')\ndef load(rows):\n    rows.append(1)\n    found = {}\n    found[1] = 2"),
    (leftovers, "@cached_property\ndef rows(self):\n    return 1"),
    (unlimited, "all(scope.admits('student') for scope in scopes)"),
]


@pytest.mark.parametrize(("check", "text"), HARMLESS, ids=[text for _, text in HARMLESS])
def test_a_check_leaves_alone_what_is_harmless(check, text):
    assert not check(ast.parse(text))


def test_a_scope_that_may_be_left_out_or_stands_in_line_is_noticed():
    def missing(level): ...
    def left_out(level, *, scope=None): ...
    def in_line(level, scope): ...
    def named(level, *, scope): ...

    assert [takes_scope(call) for call in (missing, left_out, in_line, named)] == [False, False, False, True]
