import re
from urllib.parse import unquote

from indicators.results import State
from layouts.tiles import Tile, row, sparkline
from tests.layouts.component_tree import find, text, types


def path(tree):
    mask = find(tree, className="sparkline-line")[0].style["maskImage"]
    return re.search(r"d='([^']*)'", unquote(mask)).group(1)


def test_a_tile_shows_value_unit_state_and_change():
    tree = row([Tile(title="到课率", value="92.6", unit="%", change="↓ 0.8 较上周", state=State.WATCH)])
    assert text(tree) == "到课率◆关注92.6%↓ 0.8 较上周"


def test_a_tile_without_value_has_no_unit():
    assert text(row([Tile(title="到课率", value="—", unit="%")])) == "到课率—"


def test_a_tile_that_filters_is_a_link_and_shows_that_it_is_on():
    tree = row([Tile(title="警戒", value="3", href="/courses?state=alert", is_on=True)])
    (link,) = types(tree, "Link")
    assert link.href == "/courses?state=alert"
    assert "is-on" in link.className
    assert find(tree, className="tile")[0].className == "tile is-on tile-link"


def test_a_tile_leads_to_its_page_and_to_the_card_of_its_number():
    tree = row([Tile(title="到课率", value="92.6", href="/courses", card="/indicators/CRS-ATT-01?of=school:1")])
    assert [(link.href, text(link)) for link in types(tree, "Link")] == [
        ("/courses", "到课率"),
        ("/indicators/CRS-ATT-01?of=school:1", "口径"),
    ]
    assert all(types(link.children, "Link") == [] for link in types(tree, "Link"))


def test_a_tile_whose_data_stopped_is_grey_and_says_since_when():
    (tile,) = find(row([Tile(title="到课率", value="92.6", note="第3周", days_behind=40)]), className="tile")
    assert "is-stale" in tile.className
    assert text(tile) == "到课率92.6◌数据已 40 天未更新"


def test_a_gap_breaks_the_line_and_is_never_zero():
    assert path(sparkline([90.0, 91.0, None, 92.0, 93.0])).count("M") == 2


def test_the_target_is_drawn_only_within_the_picture():
    assert find(sparkline([80.0, 96.0], reference=95.0), className="sparkline-reference")
    assert not find(sparkline([80.0, 90.0], reference=95.0), className="sparkline-reference")


def test_a_constant_history_is_a_level_line():
    points = re.findall(r",([\d.]+)", path(sparkline([90.0, 90.0, 90.0])))
    assert len(set(points)) == 1


def test_a_second_line_and_the_full_title_are_shown_where_given():
    tree = row(
        [Tile(title="作业完成率", hint="作业完成率(课后)", value="90.0", note="第11周"), Tile(title="旷课", value="3")]
    )
    assert [text(item) for item in find(tree, className="tile-note")] == ["第11周"]
    assert [item.title for item in find(tree, className="tile-title")] == ["作业完成率(课后)", "旷课"]
