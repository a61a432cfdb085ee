"""Imports go one way, third-party packages stay behind their fences, modules stay small.

app → dashboards → layouts → improvement → indicators → data_access. A new top-level package must be
given a place in `LAYERS`; a new use of a fenced package belongs behind the module that owns it.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("app", "dashboards", "layouts", "improvement", "indicators", "data_access")
"""From the top down: a layer may import those that stand after it."""

VALUE_OBJECTS = {"indicators.results", "data_access.errors"}
"""All that `layouts` may know of the layers below: plain values and errors."""

FENCES = {
    "dash": ("app", "dashboards", "layouts"),
    "dash_bootstrap_components": ("app", "dashboards", "layouts"),
    "dash_ag_grid": ("layouts",),
    "plotly": ("layouts",),
    "sklearn": ("indicators.risk",),
    "flask_compress": ("dashboards.compression",),
    "flask_login": ("dashboards.identity",),
    "flask_wtf": ("dashboards",),
    "wtforms": ("dashboards",),
    "authlib": ("dashboards.single_sign_on",),
    "cas": ("dashboards.single_sign_on",),
    "joserfc": ("dashboards.single_sign_on",),
    "requests": ("dashboards.single_sign_on",),
    "itsdangerous": ("data_access.access.known_browsers",),
    "argon2": ("data_access.access.passwords",),
    "flask": ("app", "dashboards"),
    "sqlalchemy": ("app", "dashboards.assembly", "data_access", "indicators.engine", "indicators.catalogue"),
    "alembic": ("data_access.database",),
    "psycopg": ("data_access",),
    "deltalake": ("data_access",),
    "duckdb": ("data_access", "indicators.rollup"),
    "sqlglot": ("indicators", "data_access.intake"),
    "openpyxl": ("data_access",),
    "kaleido": ("layouts.exports.image",),
    "weasyprint": ("layouts.exports.pdf",),
    "jinja2": ("layouts.exports.pdf",),
    "xlsxwriter": ("layouts.exports.xlsx",),
    "fontTools": ("layouts.exports.fonts",),
    "python_calamine": ("data_access",),
}
LONGEST_MODULE = 450


def modules() -> list[tuple[str, Path]]:
    """Every module of the product as (dotted name, path)."""
    found = [("app", ROOT / "app.py")]
    for package in LAYERS[1:]:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found.append((name.removesuffix(".__init__"), path))
    return found


def imports(path: Path) -> set[str]:
    """Dotted names a module imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


MODULES = modules()


def test_every_package_at_the_top_has_a_layer():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench", "docs"}
    missing = packages - set(LAYERS)
    assert not missing, f"Give {sorted(missing)} a place in LAYERS, and say in docs/architecture.md what it is for."


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_a_module_imports_only_from_layers_below(name, path):
    own = LAYERS.index(name.split(".")[0])
    above = {i for i in imports(path) if i.split(".")[0] in LAYERS and LAYERS.index(i.split(".")[0]) < own}
    assert not above, f"{name} imports {sorted(above)} from a layer above its own. Pass the value in instead."


@pytest.mark.parametrize(("name", "path"), [m for m in MODULES if m[0].startswith("layouts")])
def test_drawings_know_value_objects_only(name, path):
    below = {i for i in imports(path) if i.split(".")[0] in {"improvement", "indicators", "data_access"}}
    strange = {i for i in below if not any(i == v or i.startswith(f"{v}.") for v in VALUE_OBJECTS)}
    assert not strange, f"{name} imports {sorted(strange)}; a drawing takes values and never fetches them."


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_third_party_packages_stay_behind_their_fences(name, path):
    strange = {
        package
        for package in {i.split(".")[0] for i in imports(path)} & set(FENCES)
        if not any(name == home or name.startswith(f"{home}.") for home in FENCES[package])
    }
    assert not strange, f"{name} imports {sorted(strange)}; see FENCES for the modules that own them."


@pytest.mark.parametrize(("name", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_a_module_is_one_thing_of_readable_length(name, path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{name} has {lines} lines: look where two modules meet in it."


def test_no_module_is_called_after_nothing():
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [name for name, _ in MODULES if set(name.split(".")) & vague]
