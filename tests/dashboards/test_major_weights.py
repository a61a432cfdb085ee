"""The editor of weights: checked on the server, previewed before it is saved, kept with its history."""

import re

import pytest

from dashboards.major_weights import digest, field_of, number_of
from data_access.access.actors import Actor
from data_access.access.roles import Role
from indicators.eight_dimensions import shipped_model

ADDRESS = "/majors/weights"
MODEL = shipped_model()


@pytest.fixture(scope="module")
def web(serve_web):
    made = serve_web()
    made.add("quality", ((Role.QUALITY_OFFICE, "school", 1),))
    made.add("colleague", ((Role.QUALITY_OFFICE, "school", 1),))
    return made


def typed(**changes):
    """The library's weights as a browser sends them."""
    fields = {}
    for dimension in MODEL.dimensions:
        fields[field_of(dimension.key)] = f"{dimension.weight:g}"
        fields |= {field_of(code): f"{weight:g}" for code, weight in dimension.items.items()}
    return {**fields, "year": "2026", "reason": "学术委员会审议", "seen": "", "previewed": "", **changes}


def send(browser, step="preview", **changes):
    page = browser.get(ADDRESS).text
    given = typed(**{"seen": hidden(page, "seen"), "csrf_token": hidden(page, "csrf_token"), "step": step, **changes})
    return browser.client.post(ADDRESS, data=given)


def hidden(page, name):
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', page).group(0)
    found = re.search(r'value="([^"]*)"', tag)
    return found.group(1) if found else ""


def save(browser, **changes):
    return send(browser, "save", previewed=hidden(send(browser, **changes).text, "previewed"), **changes)


@pytest.mark.parametrize("who", ["leader", "teacher", "system"])
def test_only_the_quality_office_may_open_or_send_it(web, who):
    browser = web.signed_in(who)
    assert browser.get(ADDRESS).status_code == 403
    token = browser.client.get_cookie("_csrf_token").value
    assert browser.client.post(ADDRESS, data={**typed(), "csrf_token": token, "step": "save"}).status_code == 403
    assert web.services.model_weights.history() == ()


def test_the_form_begins_with_what_is_in_force_and_sums_of_100(web):
    page = web.signed_in("quality").get(ADDRESS).text
    assert 'name="w_quality"' in page
    assert 'value="22"' in page
    assert page.count("<b>100</b>") == 9


def test_a_sum_that_is_not_100_is_told_where_it_is_wrong(web):
    answer = send(web.signed_in("quality"), w_quality="25", w_MAJ_QUA_01="20")
    assert answer.status_code == 422
    assert "八个维度权重合计应为 100，现为 103，多 3。" in answer.text
    assert "本维度的分项权重合计应为 100，现为 110，多 10。" in answer.text
    assert 'value="save"' not in answer.text


@pytest.mark.parametrize("text", ["", "abc", "-3", "0", "nan", "1e999", "101", "000000000022.9", "22.00001"])
def test_what_is_no_weight_is_told_beside_its_field(web, text):
    answer = send(web.signed_in("quality"), w_quality=text)
    assert answer.status_code == 422
    assert 'id="w_quality-problem"' in answer.text


def test_without_a_reason_nothing_is_previewed(web):
    answer = send(web.signed_in("quality"), reason="  ")
    assert answer.status_code == 422
    assert "请写明调整的理由" in answer.text


def test_a_year_that_is_over_is_refused(web):
    answer = send(web.signed_in("quality"), year="2025")
    assert answer.status_code == 422
    assert "以前年度的结果不能改变" in answer.text


@pytest.mark.parametrize("year", ["9" * 5000, "２０２６", "2026.0", "x", ""])
def test_what_is_no_year_is_refused_in_chinese(web, year):
    answer = send(web.signed_in("quality"), year=year)
    assert answer.status_code == 422
    assert "生效年度只能是" in answer.text


@pytest.mark.parametrize("reason", ["审\x00议", "审\u202e议"])
def test_a_reason_with_what_nobody_can_see_is_refused(web, reason):
    answer = send(web.signed_in("quality"), reason=reason)
    assert answer.status_code == 422
    assert "看不见的字符" in answer.text


def test_what_was_not_previewed_just_so_is_not_saved(web):
    browser = web.signed_in("quality")
    before = web.services.model_weights.history()
    preview = hidden(send(browser).text, "previewed")
    answer = send(browser, "save", previewed=preview, w_quality="25", w_visibility="7")
    assert "请先看预览" in answer.text
    assert send(browser, "save", previewed="").status_code == 200
    assert web.services.model_weights.history() == before


def test_a_set_is_saved_once_previewed_and_stands_in_history_and_log(web):
    browser = web.signed_in("quality")
    answer = save(browser, w_quality="25", w_visibility="7", reason="质量优先")
    assert answer.status_code == 303
    newest = web.services.model_weights.history()[0]
    assert (newest.weights["quality"].weight, newest.set_by, newest.reason) == (25, "quality", "质量优先")
    page = browser.get(ADDRESS).text
    assert "质量度 22 → 25" in page
    assert "显示度 10 → 7" in page
    assert web.events("target")[-1].detail["reason"] == "质量优先"


def test_an_earlier_set_is_restored_by_a_new_one(web):
    browser = web.signed_in("quality")
    assert save(browser, w_quality="23", w_visibility="9").status_code == 303
    sets = web.services.model_weights.history()
    page = browser.get(f"{ADDRESS}?set={sets[0].set_id}").text
    assert re.search(r'id="w_quality"[^>]*value="23"', page)
    assert "恢复为" in page
    assert re.search(r'id="w_quality"[^>]*value="22"', browser.get(f"{ADDRESS}?set=library").text)
    assert save(browser, reason="恢复为建议").status_code == 303
    assert web.services.model_weights.history()[1:] == sets


def test_nobody_saves_over_what_a_colleague_has_saved_meanwhile(web):
    one, other = web.signed_in("quality"), web.signed_in("colleague")
    opened = hidden(one.get(ADDRESS).text, "seen")
    assert save(other, w_quality="24", w_visibility="8").status_code == 303
    count = len(web.services.model_weights.history())
    answer = send(one, "save", seen=opened, w_quality="26", w_visibility="6")
    assert answer.status_code == 422
    assert "有人保存了新的权重" in answer.text
    assert len(web.services.model_weights.history()) == count


def test_a_set_saved_between_look_and_writing_is_not_overwritten(web, monkeypatch):
    """Two requests at the same moment both read the same last set; the second to write must notice."""
    browser = web.signed_in("quality")
    change = {"w_quality": "21", "w_visibility": "11"}
    previewed = hidden(send(browser, **change).text, "previewed")
    check, meanwhile = web.services.model_weights.check, []

    def check_while_another_saves(weights, **given):
        found = check(weights, **given)
        if not meanwhile:
            meanwhile.append(True)
            meanwhile.append(web.services.model_weights.set(weights, by=Actor("colleague", 2, ""), **given))
        return found

    monkeypatch.setattr(web.services.model_weights, "check", check_while_another_saves)
    answer = send(browser, "save", previewed=previewed, **change)
    assert answer.status_code == 422
    assert "有人保存了新的权重" in answer.text
    assert web.services.model_weights.history()[0].set_id == meanwhile[1]


def test_a_forged_request_without_token_changes_nothing(web):
    browser = web.signed_in("quality")
    count = len(web.services.model_weights.history())
    assert browser.client.post(ADDRESS, data=typed(step="save")).status_code >= 400
    assert len(web.services.model_weights.history()) == count


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("15", 15), ("12.5", 12.5), ("12，5", 12.5), ("x", None), (None, None), ("inf", None),
        ("22.1234", 22.1234), ("22.12345", None), ("000000000022.9", None), ("1e-300", None), ("2_2", None),
        ("٢٢", None), ("２２", None), ("22\n", None), ("+22", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_type_it(text, number):
    assert number_of(text) == number


def test_a_digest_changes_with_every_part():
    weights = MODEL.as_weights()
    found = {digest(weights, 2026, "甲"), digest(weights, 2027, "甲"), digest(weights, 2026, "乙")}
    found.add(digest({**weights, "quality": weights["support"]}, 2026, "甲"))
    assert len(found) == 4
