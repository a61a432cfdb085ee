import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "assets"
TEXTS = sorted(path for path in ASSETS.rglob("*") if path.suffix in {".css", ".js"})
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def addresses(text):
    """Addresses of other hosts outside of comments, names of namespaces excepted."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+[^\s'\")]*", code)) - NAMESPACES


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ASSETS)))
def test_no_asset_names_another_host_or_a_source_map(path):
    text = path.read_text(encoding="utf-8")
    assert addresses(text) == set()
    assert "sourceMappingURL" not in text


def test_the_check_finds_what_it_looks_for():
    assert addresses("@import url(https://cdn.example.com/x.css); /* https://a.example.com */") == {
        "https://cdn.example.com/x.css"
    }


@pytest.mark.parametrize("path", sorted((ASSETS / "vendor").glob("*.*s")), ids=lambda path: path.name)
def test_every_vendored_file_has_its_licence_beside_it(path):
    stem = path.name.removesuffix(path.suffix).removesuffix(".min")
    assert "MIT" in (ASSETS / "vendor" / f"{stem}.LICENSE.txt").read_text(encoding="utf-8")


def test_tables_and_filters_are_served_by_the_scripts_that_wiring_names():
    wiring = (ASSETS.parent / "dashboards" / "wiring.py").read_text(encoding="utf-8")
    for module, function in re.findall(r'ClientsideFunction\("(\w+)", "(\w+)"\)', wiring):
        script = (ASSETS / "js" / f"{module}.js").read_text(encoding="utf-8")
        assert f"clientside.{module} = {{" in script
        assert re.search(rf"^    {function}\(", script, flags=re.MULTILINE)
