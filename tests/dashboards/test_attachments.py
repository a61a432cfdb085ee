"""Files get the names that people read, over headers that servers can send."""

import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from dashboards.attachments import attach


@given(name=st.text(min_size=1))
def test_a_name_arrives_as_it_was_given_over_a_header_of_ascii(name):
    header = attach(Response(), name).headers["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    coded = header.partition("filename*=UTF-8''")[2]
    assert parse_options_header(f"attachment; filename*=UTF-8''{coded}")[1]["filename"] == name


@pytest.mark.parametrize(
    ("name", "plain"),
    [("审计日志.csv", "luoxuan.csv"), ("名单", "luoxuan"), ("a.csv\r\nX: 1", "luoxuan"), ('x.";a', "luoxuan")],
)
def test_older_clients_get_a_plain_name(name, plain):
    header = attach(Response(), name).headers["Content-Disposition"]
    assert header.startswith(f"attachment; filename={plain}; ")
