"""The menu of a panel in a real browser: numbers, the whole screen, pictures without a server, files with one."""

import io
import json
import re
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHART = ".chart .scatterlayer .point"


@pytest.fixture
def panel(visit):
    """The panel of a section's weekly line."""
    page = visit.open("/courses?view=table")
    page.locator(".data-table tbody a[href^='/offerings/']").first.click()
    page.wait_for_url(re.compile("/offerings/"))
    page.wait_for_selector(f".panel-title:has-text('名册') >> xpath=/ancestor::main >> {CHART}")
    return page.locator(".panel", has=page.locator(".js-plotly-plot")).first


def opened(panel):
    menu = panel.locator(".panel-menu")
    if not menu.evaluate("menu => menu.open"):
        menu.locator("summary").click()
    return menu


def downloaded(panel, choice):
    with panel.page.expect_download() as waiting:
        choice.click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_the_menu_opens_by_keyboard_and_closes_by_escape_and_by_a_click_elsewhere(panel):
    summary = panel.locator(".panel-menu summary")
    summary.focus()
    panel.page.keyboard.press("Enter")
    expect(panel.locator(".panel-choices")).to_be_visible()
    panel.page.keyboard.press("Tab")
    assert panel.page.evaluate("document.activeElement.classList.contains('panel-choice')")
    panel.page.keyboard.press("Escape")
    expect(panel.locator(".panel-choices")).to_be_hidden()
    assert summary.evaluate("item => item === document.activeElement")
    summary.click()
    panel.page.locator("h1").click()
    expect(panel.locator(".panel-choices")).to_be_hidden()


def test_a_picture_is_made_without_asking_the_server(panel, visit):
    panel.page.wait_for_load_state("networkidle")
    visit.requests.clear()
    panel.page.context.set_offline(True)
    name, png = downloaded(panel, opened(panel).locator("[data-panel-action=png]"))
    assert re.search(r"_\d{4}-\d\d-\d\d\.png$", name)
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.width >= 2 * 560
        assert len(picture.convert("L").getcolors(256)) > 10
    name, svg = downloaded(panel, opened(panel).locator("[data-panel-action=svg]"))
    text = svg.decode()
    title = panel.locator(".panel-title").inner_text()
    for words in (
        title,
        "数据范围 校领导",
        "数据截至 2026-11-20",
        "指标库",
        "数据版本",
        panel.page.locator("h1").inner_text(),
    ):
        assert words in text
    assert name.endswith(".svg")
    assert [url for url in visit.requests if not url.startswith(("data:", "blob:"))] == []
    panel.page.context.set_offline(False)


def test_the_server_makes_every_kind_of_file_of_the_same_numbers(panel):
    kinds = {"PNG": b"\x89PNG", "SVG": b"<svg", "PDF": b"%PDF", "XLSX": b"PK", "CSV": b"\xef\xbb\xbf"}
    made = {}
    for kind, start in kinds.items():
        link = opened(panel).locator("a.panel-choice", has_text=re.compile(f"^{kind}$"))
        if link.count():
            name, made[kind] = downloaded(panel, link)
            assert name.endswith(f"_2026-11-20.{kind.lower()}")
            assert made[kind].startswith(start)
    assert {"PNG", "SVG", "PDF"} <= made.keys()
    sha256 = re.search(r"SHA-256 ([0-9a-f]{64})", made["SVG"].decode()).group(1)
    if "CSV" in made:
        assert sha256 in made["CSV"].decode()
    if "XLSX" in made:
        with zipfile.ZipFile(io.BytesIO(made["XLSX"])) as parts:
            assert sha256 in parts.read("xl/sharedStrings.xml").decode()


def test_why_there_is_no_file_is_said_on_the_panel(panel, visit):
    def refuse(route):
        route.fulfill(status=422, content_type="application/json", body=json.dumps({"message": "“龘”没有字形"}))

    panel.page.route("**/panels/**", refuse)
    opened(panel).locator("a.panel-choice", has_text=re.compile("^PDF$")).click()
    expect(panel.locator(".panel-said")).to_have_text("“龘”没有字形")
    assert [text for text in visit.complaints if "422" not in text] == []
    visit.complaints.clear()  # Chromium itself writes a refused request into the console


def test_the_chart_gives_way_to_its_numbers_and_comes_back(panel):
    choice = opened(panel).locator("[data-panel-action=table]")
    choice.click()
    expect(panel.locator(".chart-table")).to_be_visible()
    expect(panel.locator(".chart-view > .chart")).to_be_hidden()
    opened(panel).get_by_text("图", exact=True).click()
    expect(panel.locator(CHART.replace(".chart ", "")).first).to_be_visible()


def test_the_panel_fills_the_screen_and_its_chart_with_it(panel):
    page, drawing = panel.page, panel.locator(".js-plotly-plot .main-svg").first
    width = drawing.bounding_box()["width"]
    opened(panel).locator("[data-panel-action=full-screen]").click()
    expect(page.locator(".panel:fullscreen")).to_have_count(1)
    for _ in range(50):
        if drawing.bounding_box()["width"] > width:
            break
        page.wait_for_timeout(100)  # the pages' policy forbids playwright's own way of waiting for a condition
    assert drawing.bounding_box()["width"] > width
    page.evaluate("document.exitFullscreen()")
    expect(page.locator(".panel:fullscreen")).to_have_count(0)


def test_a_tile_leads_to_the_card_of_its_number(visit):
    page = visit.open("/")
    tile = page.locator(".tile", has=page.locator(".tile-card")).first
    tile.locator(".tile-card").focus()
    assert tile.locator(".tile-card").evaluate("link => getComputedStyle(link).opacity") == "1"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/indicators/[A-Z]{3}-"))
