"""Pages that the server draws stand in the same frame as the others."""

import re

import pytest

from dashboards.server_page import TEMPLATES
from layouts import shell
from tests.layouts.component_tree import walk

USER = shell.User(name="某leader", posts=["校领导"], has_account_page=True, form_token="t")


def classes_in(html):
    return {name for group in re.findall(r'class="([^"]*)"', html) for name in group.split()}


def test_the_frame_uses_the_same_classes_as_the_application(web):
    drawn = classes_in(web.signed_in("leader").get("/account").text)
    made = {
        name
        for component in walk([shell.shell(USER), shell.navigation([shell.Entry(group="g", label="l", href="/")])])
        for name in (getattr(component, "className", None) or "").split()
    }
    needed = made - {"context", "freshness", "foot"}  # what is shown of data
    assert len(needed) > 12
    assert needed <= drawn


def test_the_frame_names_the_person_and_offers_their_pages(web):
    page = web.signed_in("audit").get("/account").text
    assert "某audit" in page
    assert 'href="/admin/audit"' in page
    assert 'href="/admin/people"' not in page


def test_the_page_stands_in_the_navigation_where_one_is(web):
    page = web.signed_in("audit").get("/admin/audit").text
    assert re.search(r'aria-current="page"><a class="nav-item is-on" href="/admin/audit"', page)


def test_every_page_can_be_left_by_the_form_it_holds(web):
    browser = web.signed_in("leader")
    token = browser.form_token("/account")
    assert browser.client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"


def test_assets_are_named_with_their_version(web):
    page = web.signed_in("leader").get("/account").text
    sheets = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    assert len(sheets) >= 6
    assert sheets == sorted(sheets)
    for address in sheets:
        assert re.fullmatch(r"/assets/[\w-]+\.css\?m=[\d.]+", address)
        assert web.signed_in("leader").get(address, buffered=True).status_code == 200


FILES = {"snapshot.html", "term_report_print.html"}
"""Become PDFs on the server and are never sent to a browser."""
DATA_BLOCK = re.compile(r"""<script type="application/json" id="[a-z-]+">\{\{ \w+\|tojson \}\}</script>""")
"""Data for a script of the assets: no browser runs it."""
FROM_ASSETS = re.compile(r"""<script type="module" src="\{\{ asset\('js/[a-z-]+\.js'\) \}\}"></script>""")


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style_and_no_other_host(path):
    text = DATA_BLOCK.sub("", FROM_ASSETS.sub("", path.read_text(encoding="utf-8")))
    assert "<script" not in text
    assert not re.search(r"\son\w+=", text)
    assert "style=" not in text
    assert "//" not in re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    assert path.name in FILES or "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_token(path):
    text = path.read_text(encoding="utf-8")
    forms = re.findall(r"<form\b(.*?)</form>", text, flags=re.DOTALL | re.IGNORECASE)
    for form in forms:
        if re.match(r'[^>]*method="post"', form, flags=re.IGNORECASE):
            assert "csrf_token" in form or "hidden_tag" in form or "caller" in form
