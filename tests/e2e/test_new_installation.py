import logging
import threading

import pytest
from werkzeug.serving import make_server

from app import create_app
from data_access.settings import Settings
from tests.e2e.conftest import PATIENCE_MS


@pytest.fixture
def new_installation(tmp_path):
    """The address of a server without any data."""
    server = make_server("127.0.0.1", 0, create_app(Settings.at(tmp_path / "home")), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_new_installation_says_what_to_do_and_logs_no_error(chromium, new_installation, caplog):
    page = chromium.new_page(locale="zh-CN")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{new_installation}/courses")
    page.wait_for_selector(".panel-body")
    shown = page.locator(".panel-body").all_inner_texts()
    terms = page.get_by_label("学期").inner_text()
    page.close()
    assert len(shown) == 2
    assert all("运行 luoxuan demo，或导入数据后运行 luoxuan compute" in text for text in shown)
    assert terms == "尚无学期"
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
