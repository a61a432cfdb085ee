import dataclasses

import pytest

from layouts import growth_card as drawn
from layouts.exports.shown import sheet_of
from layouts.table import Column, table
from tests.layouts.component_tree import find, text, types

STUDY = drawn.Account(name="学业发展", net=14231, possible=16000, cap=40000, attainment=88.94, band="优")
GROWTH = drawn.Account(name="个人发展", net=-500, possible=3000, cap=35000, attainment=-16.67, band="警戒")
CAREER = drawn.Account(name="职业发展", net=0, possible=0, cap=25000, attainment=None, band="")
FACE = drawn.Face(
    balance=53625, pending=0, as_of="截至 2026-11-20", net=13731, attainment=72.27, band="中", change="↑ 3.2 较上学期",
    peers="本班", quarter=2, accounts=(STUDY, GROWTH, CAREER),
)  # fmt: skip


def face(**changes):
    return drawn.face(dataclasses.replace(FACE, **changes))


def test_the_face_tells_balance_band_change_and_peers():
    told = text(face())
    assert "余额（历年累计）536.25分" in told
    assert "◆中 72.3%" in told
    assert "得 137.31 分 ↑ 3.2 较上学期" in told
    assert "本班 25%–50%" in told
    assert "待抵扣" not in told


def test_what_is_still_to_be_made_up_for_is_told_beside_an_empty_balance():
    assert "待抵扣 12.5 分" in text(face(balance=0, pending=1250))


@pytest.mark.parametrize(("quarter", "words"), [(1, "前25%"), (4, "后25%"), (None, "人数过少，不比较")])
def test_peers_are_a_range_of_a_quarter_and_never_a_rank(quarter, words):
    told = text(face(quarter=quarter))
    assert f"本班 {words}" in told
    assert "名次" not in told


def test_bars_are_as_long_as_what_was_brought_and_what_could_have_been():
    lengths = [
        [part.style["width"] for part in track.children]
        for track in find(face(), className="growth-track")
        if isinstance(track.children, list)
    ]
    assert lengths == [["40.00%", "35.58%"], ["8.57%"], []]


def test_an_account_to_which_nothing_was_due_has_no_band():
    assert "还没有应采的分" in text(face())
    assert "本学期未活跃" in text(face(accounts=(dataclasses.replace(CAREER, cap=0),)))


def test_remarks_and_the_way_on_stand_with_it():
    shown = face(remarks=("不含涉及违纪的采分点",), link=("/students/1", "全部流水"))
    assert "不含涉及违纪的采分点" in text(shown)
    assert [(link.href, link.children) for link in types(shown, "Link")] == [("/students/1", "全部流水")]


def test_files_hold_the_accounts_and_what_they_add_up_to():
    rows = drawn.sheet(FACE, title="储值卡").rows
    assert rows[0] == ("学业发展", 142.31, 160.0, 400.0, 88.94, "优")
    assert rows[3] == ("学期合计", 137.31, 190.0, 1000.0, 72.27, "中")
    assert rows[4][:2] == ("余额", 536.25)


@pytest.mark.parametrize(
    ("hundredths", "text_shown", "name"),
    [(178, "+1.78", "points-gain"), (-500, "−5", "points-loss"), (0, "0", "points-none")],
)
def test_a_change_of_the_balance_has_sign_and_colour_and_is_a_number_in_files(hundredths, text_shown, name):
    cell = drawn.signed(hundredths)
    assert (cell.text, cell.name) == (text_shown, name)
    listed = table([Column(title="分值", is_number=True)], [[cell]], caption="x", table_id={"role": "table"})
    assert sheet_of(types(listed, "Store")[0].data).rows == [(hundredths / 100,)]
