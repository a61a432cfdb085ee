"""Files of accounts and posts: looked at, confirmed once by the one who uploaded them, each their own part."""

import csv
import io
import itertools
import os
import re
from dataclasses import dataclass

import openpyxl
import pytest

from dashboards import people_forms
from data_access.access.roles import Role
from data_access.access.scope import Scope
from data_access.intake import uploads
from data_access.intake.reading import stage_file
from tests.dashboards.web import with_cookie

IMPORT = "/admin/people/import"
HEADER = "用户名,姓名,人员类别,岗位,生效日期,初始密码"
NUMBERS = itertools.count(1)
EVERYTHING = Scope.all("test")
HIDDEN = re.compile(r'<input id="[^"]*" name="([^"]+)" type="hidden" value="([^"]*)"')
EVIL = '<img src=x onerror="1">'


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch, request):
    """Files are opened by the same code, but for one test without the child that keeps them under limits."""
    if request.node.get_closest_marker("slow") is None:
        monkeypatch.setattr(uploads, "stage_jobs", lambda _place, jobs, limits: [stage_file(j, limits) for j in jobs])


def sheet(*rows):
    return "\n".join([HEADER, *rows]).encode()


@dataclass(frozen=True)
class Batch:
    """Three people of the test's own in a file: two with a post, one with a password."""

    number: int

    @property
    def lina(self):
        return f"lina{self.number}"

    @property
    def zhaolei(self):
        return f"zhaolei{self.number}"

    @property
    def password(self):
        return f"Harbour-Tidal-{self.number}x"

    @property
    def name(self):
        return f"{self.number}.csv"

    @property
    def content(self):
        return sheet(
            f"{self.lina},李娜,其他,质量办,2026-09-01,",
            f"{self.zhaolei},赵雷,其他,质量办,2026-09-01,",
            f"sunli{self.number},孙丽,其他,,,{self.password}",
        )


@pytest.fixture
def batch():
    return Batch(next(NUMBERS))


def upload(browser, content, name="人员.csv"):
    token = browser.form_token(IMPORT)
    data = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    return browser.client.post(IMPORT, data=data, content_type="multipart/form-data")


def kept(browser, content, name="人员.csv"):
    """Upload a file; the address where it can be looked at."""
    answer = upload(browser, content, name)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def confirm(browser, address, **fields):
    page = browser.get(address).text
    form = page[page.index("/confirm") :]
    data = {**dict(HIDDEN.findall(form)), "make_passwords": "y", **fields}
    return browser.client.post(f"{address}/confirm", data=data)


def token_of(browser):
    return {"csrf_token": browser.client.get_cookie("_csrf_token").value}


def usernames(web):
    return {a.username for a in web.services.accounts.find(scope=EVERYTHING, size=500).accounts}


def posts_of(web, username):
    account = web.services.accounts.named(username, scope=EVERYTHING)
    return [post.role for post in web.services.posts.of(account.account_id)]


# -- from file to accounts and posts ----------------------------------------------------------


def test_a_file_is_shown_first_and_does_nothing_until_it_is_confirmed(web, batch):
    browser, before = web.signed_in("system"), usernames(web)
    page = browser.get(kept(browser, batch.content, batch.name)).text
    assert batch.name in page
    assert "新建账号" in page
    assert "李娜" in page
    assert "由安全管理员办理" not in page.split("明细")[0]
    assert usernames(web) == before


def test_the_system_administrator_makes_accounts_and_the_security_administrator_gives_posts_of_the_same_file(
    web, batch
):
    system, security = web.signed_in("system"), web.signed_in("security")
    early = security.get(kept(security, batch.content, batch.name)).text
    assert "没有要做的" in early
    address = kept(system, batch.content, batch.name)
    assert confirm(system, address).status_code == 303
    done = system.get(address).text
    assert "已导入" in done
    assert "另有 2 项由另一位管理员办理" in done
    assert {batch.lina, batch.zhaolei} <= usernames(web)
    assert posts_of(web, batch.lina) == []
    assert confirm(security, kept(security, batch.content, batch.name)).status_code == 303
    assert posts_of(web, batch.lina) == posts_of(web, batch.zhaolei) == [Role.QUALITY_OFFICE]


@pytest.mark.slow
def test_a_workbook_is_opened_in_a_process_of_its_own(web, batch, tmp_path):
    book = openpyxl.Workbook()
    for row in (HEADER.split(","), [batch.lina, "李娜", "其他", "", "", ""]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    browser = web.signed_in("system")
    confirm(browser, kept(browser, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx"))
    assert batch.lina in usernames(web)


def test_the_same_file_again_has_nothing_to_do(web, batch):
    browser = web.signed_in("system")
    confirm(browser, kept(browser, batch.content, batch.name))
    page = browser.get(kept(browser, batch.content, batch.name)).text
    assert "没有要做的" in page
    assert "/confirm" not in page


def test_one_time_passwords_are_given_out_once_and_work_once(web, batch, caplog):
    browser = web.signed_in("system")
    address = kept(browser, batch.content, batch.name)
    confirm(browser, address)
    answer = browser.client.post(f"{address}/passwords", data=token_of(browser))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head == ["用户名", "姓名", "一次性密码"]
    assert [row[:2] for row in rows] == [[batch.lina, "李娜"], [batch.zhaolei, "赵雷"]]
    again = browser.client.post(f"{address}/passwords", data=token_of(browser))
    assert again.status_code == 303
    assert "不能再次下载" in browser.get(address).text
    for _, _, password in rows:
        for path in (address, "/admin/people", IMPORT):
            assert password not in browser.get(path).text
        assert password not in caplog.text
        home = web.services.settings.home
        assert all(password.encode() not in p.read_bytes() for p in home.rglob("*") if p.is_file())
    security = web.signed_in("security")
    confirm(security, kept(security, batch.content, batch.name))
    person = web.browser()
    assert person.sign_in(batch.lina, rows[0][2]).status_code == 302
    assert person.get("/account").headers["Location"].startswith("/account/first-password")
    events = [event for event in web.events("export") if event.detail.get("file") == batch.name]
    assert [(event.actor, event.rows) for event in events] == [("system", 2)]


def test_without_the_wish_no_password_is_made(web, batch):
    browser = web.signed_in("system")
    address = kept(browser, batch.content, batch.name)
    page = browser.get(address).text
    data = dict(HIDDEN.findall(page[page.index("/confirm") :]))
    assert browser.client.post(f"{address}/confirm", data=data).status_code == 303
    assert not web.services.accounts.named(batch.lina, scope=EVERYTHING).has_password
    assert web.services.accounts.named(f"sunli{batch.number}", scope=EVERYTHING).has_password
    assert "一次性密码" not in browser.get(address).text


def test_nothing_that_was_uploaded_lies_around_once_it_was_applied(web, batch):
    browser = web.signed_in("system")
    address = kept(browser, batch.content, batch.name)
    confirm(browser, address)
    home = web.services.settings.home
    assert all(batch.password.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())


# -- what is wrong with a file ----------------------------------------------------------------


def test_all_problems_are_shown_with_row_column_value_reason_and_remedy(web):
    browser = web.signed_in("system")
    address = kept(browser, sheet("ok,好,其他,,,", f'bad,坏,皇帝,"{EVIL}",,', "short,短,其他,,,abc"))
    page = browser.get(address).text
    assert "整个文件都没有导入" in page
    for text in ("皇帝", "没有这种人员类别", "没有这种岗位", "密码至少"):
        assert text in page
    assert "<img" not in page
    assert "abc" not in re.sub(r"<[^>]*>", "", page)
    assert "/confirm" not in page
    table = list(csv.reader(io.StringIO(browser.get(f"{address}/problems.csv").data.decode("utf-8-sig"))))
    assert table[0] == ["类别", "行", "列", "值", "原因", "处理办法"]
    assert {row[1] for row in table[1:]} == {"3", "4"}


def test_a_file_with_problems_cannot_be_confirmed_by_a_forged_request(web, batch):
    browser, before = web.signed_in("system"), usernames(web)
    good, bad = kept(browser, batch.content, batch.name), kept(browser, sheet("ok,好,其他,,,", "bad,坏,皇帝,,,"))
    page = browser.get(good).text
    data = dict(HIDDEN.findall(page[page.index("/confirm") :]))
    digest = re.search(r'title="([0-9a-f]{64})"', browser.get(bad).text)[1]
    answer = browser.client.post(f"{bad}/confirm", data={**data, "digest": digest})
    assert answer.status_code == 409
    assert "未作任何更改" in answer.text
    assert usernames(web) == before


def test_many_problems_are_paged_and_the_download_has_them_all(web):
    browser = web.signed_in("system")
    address = kept(browser, sheet(*(f"u{n},某,皇帝,,," for n in range(120))))
    first, last = (browser.get(f"{address}?show=problems&page={page}").text for page in (1, 3))
    assert "第 1–50 处，共 120" in first
    assert "第 101–120 处，共 120" in last
    assert len(list(csv.reader(io.StringIO(browser.get(f"{address}/problems.csv").text)))) == 121


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        (b"", "a.csv", "文件是空的"),
        (b"a,b\n", "a.exe", "只能导入 CSV 或 XLSX"),
        (b"a,b\n", "a.xls", "另存为 XLSX"),
        (b"x" * 100_001, "a.csv", "请拆分后导入"),
    ],
)
def test_a_file_that_is_none_is_refused_beside_the_field(web, monkeypatch, content, name, text):
    monkeypatch.setattr(people_forms, "LARGEST_FILE", 100_000)
    answer = upload(web.signed_in("system"), content, name)
    assert answer.status_code == 422
    assert text in answer.text


def test_no_file_at_all_is_told(web):
    browser = web.signed_in("system")
    answer = browser.client.post(IMPORT, data={"csrf_token": browser.form_token(IMPORT)})
    assert answer.status_code == 422
    assert "请选择一个" in answer.text


def test_a_body_beyond_the_limit_is_cut_off_at_the_door(web):
    browser = web.signed_in("system")
    kind = "multipart/form-data; boundary=x"
    headers = {"X-CSRFToken": token_of(browser)["csrf_token"]}
    assert browser.client.post(IMPORT, data=b"x" * (4 * 2**20), content_type=kind, headers=headers).status_code == 413


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04 no workbook", "a.xlsx"),
        (b"a,b\n1,2\n", "a.csv"),
        (b"\xff\xfe\x00", "a.csv"),
        ("用户名".encode(), "a.csv"),
        (b"x" * 131_073, "a.csv"),
        (f'用户名,"{"z" * 140_000}"\na,b\n'.encode(), "a.csv"),
        (",".join(f"c{number}" for number in range(50_000)).encode(), "a.csv"),
    ],
    ids=["no workbook", "no known heading", "no text", "no row", "one long cell", "long heading", "many columns"],
)
def test_what_cannot_be_read_is_a_problem_of_the_file_not_of_the_server(web, content, name):
    browser = web.signed_in("system")
    answer = upload(browser, content, name)
    assert answer.status_code == 303
    assert "整个文件" in browser.get(answer.headers["Location"]).text


def test_the_template_has_the_columns_that_a_file_may_have(web):
    browser = web.signed_in("security")
    answer = browser.get(f"{IMPORT}/template.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    (head,) = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head[0] == "用户名"
    assert set(HEADER.split(",")) <= set(head)


# -- who, whose, how often --------------------------------------------------------------------


@pytest.mark.parametrize("who", ["leader", "teacher", "student", "audit", "screen"])
def test_others_reach_nothing_of_it(web, batch, who):
    owner = web.signed_in("system")
    address = kept(owner, batch.content, batch.name)
    browser = web.signed_in(who)
    for path in (IMPORT, f"{IMPORT}/template.csv", address, f"{address}/problems.csv"):
        assert browser.get(path).status_code == 403
    for path in (IMPORT, f"{address}/confirm", f"{address}/passwords"):
        assert browser.client.post(path, data=token_of(browser)).status_code == 403
    assert batch.lina not in usernames(web)


def test_somebody_elses_upload_is_like_one_that_never_was(web, batch):
    system, security = web.signed_in("system"), web.signed_in("security")
    address = kept(system, batch.content, batch.name)
    digest = re.search(r'title="([0-9a-f]{64})"', system.get(address).text)[1]
    for path in (address, f"{IMPORT}/{'x' * 32}"):
        for answer in (
            security.get(path),
            security.get(f"{path}/problems.csv"),
            security.client.post(f"{path}/confirm", data={**token_of(security), "digest": digest}),
            security.client.post(f"{path}/passwords", data=token_of(security)),
        ):
            assert answer.status_code == 303
            assert answer.headers["Location"] == IMPORT
    assert "请重新上传" in security.get(IMPORT).text
    confirm(system, address)
    assert security.client.post(f"{address}/passwords", data=token_of(security)).headers["Location"] == IMPORT
    assert system.client.post(f"{address}/passwords", data=token_of(system)).status_code == 200


@pytest.mark.parametrize("digest", ["", "0" * 64, "人", "' OR 1=1"])
def test_a_confirmation_that_names_another_file_applies_nothing(web, batch, digest):
    browser = web.signed_in("system")
    answer = confirm(browser, kept(browser, batch.content, batch.name), digest=digest)
    assert answer.status_code == 409
    assert "确认的不是这个文件" in answer.text
    assert batch.lina not in usernames(web)


def test_a_confirmation_without_the_token_of_the_form_applies_nothing(web, batch):
    browser = web.signed_in("system")
    assert confirm(browser, kept(browser, batch.content, batch.name), csrf_token="forged").status_code == 400
    assert batch.lina not in usernames(web)


def test_a_confirmation_sent_twice_is_applied_once_and_its_passwords_stay_those_of_the_first(web, batch):
    browser = web.signed_in("system")
    address = kept(browser, batch.content, batch.name)
    page = browser.get(address).text
    data = {**dict(HIDDEN.findall(page[page.index("/confirm") :])), "make_passwords": "y"}
    for _ in range(2):
        assert browser.client.post(f"{address}/confirm", data=data).status_code == 303
    assert len([e for e in web.events("import") if e.detail.get("file") == batch.name]) == 1
    rows = list(csv.reader(io.StringIO(browser.client.post(f"{address}/passwords", data=token_of(browser)).text)))
    assert len(rows) == 3


def test_what_changed_since_it_was_looked_at_is_told(web, batch):
    first, browser = web.signed_in("system"), web.signed_in("system")
    browser = with_cookie(web, browser.cookie())
    address = kept(browser, batch.content, batch.name)
    other = kept(browser, sheet(f"{batch.lina},李娜,其他,,,"))
    confirm(browser, other)
    confirm(browser, address)
    page = browser.get(address).text
    assert "情况有过变化" in page
    assert not first.is_signed_in()


def test_what_cannot_be_done_any_more_is_refused_as_a_whole_and_shown_anew(web, batch):
    browser = web.signed_in("system")
    address = kept(browser, batch.content, batch.name)
    web.add(batch.lina, (), person_kind="teacher", person_id=5)
    answer = confirm(browser, address)
    assert answer.status_code == 409
    assert "未作任何更改" in answer.text
    assert batch.zhaolei not in usernames(web)
    assert "整个文件都没有导入" in browser.get(address).text


def test_an_import_that_is_still_running_says_so_and_one_that_broke_off_too(web, batch):
    browser = web.signed_in("system")
    address = kept(browser, batch.content, batch.name)
    waiting = (web.services.settings.home / "account-imports").iterdir()
    place = next(place for place in waiting if batch.name in (place / "facts.json").read_text())
    (place / "claim").touch()
    page = browser.get(address).text
    assert "正在导入" in page
    assert 'http-equiv="refresh"' in page
    os.utime(place / "claim", (0, 0))
    page = browser.get(address).text
    assert "可能中断了" in page
    assert 'http-equiv="refresh"' not in page
