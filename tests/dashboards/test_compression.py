"""What is sent compressed, what never is, and that the browser gets the same bytes in the end."""

import gzip
import re

import brotli
import pytest

from dashboards.compression import Shelf

BROWSER = {"Accept-Encoding": "gzip, deflate, br"}


def scripts(document):
    """Addresses of all scripts and style sheets of a page."""
    return re.findall(r'(?:src|href)="(/(?:_dash-component-suites|assets)/[^"]+)"', document)


@pytest.fixture
def leader(web):
    """Asks as the leader, and takes the whole answer, as a browser does."""
    client = web.signed_in("leader").client

    def ask(address, **headers):
        with client.get(address, headers=headers) as answer:
            answer.get_data()
            return answer

    return ask


def test_scripts_come_compressed_and_are_what_they_were(leader):
    addresses = scripts(leader("/").text)
    assert len(addresses) > 8
    sent = plain = 0
    for address in addresses:
        packed, whole = leader(address, **BROWSER), leader(address)
        assert whole.headers.get("Content-Encoding") is None
        if "Content-Encoding" in packed.headers:
            assert packed.headers["Content-Encoding"] == "br"
            assert "Accept-Encoding" in packed.headers["Vary"]
            assert brotli.decompress(packed.data) == whole.data
        sent, plain = sent + len(packed.data), plain + len(whole.data)
    assert sent < plain / 3


def test_a_browser_that_knows_only_gzip_is_understood(leader):
    address = max(scripts(leader("/").text), key=lambda found: "dash_renderer" in found)
    packed = leader(address, **{"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == leader(address).data


def test_a_file_that_the_browser_has_is_not_sent_again(leader):
    address = next(found for found in scripts(leader("/").text) if found.startswith("/assets/"))
    first = leader(address, **BROWSER)
    again = leader(address, **BROWSER, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("address", ["/", "/sign-in", "/account", "/_dash-layout"])
def test_what_holds_a_token_is_never_compressed(leader, address):
    assert leader(address, **BROWSER).headers.get("Content-Encoding") is None


def test_the_shelf_keeps_what_was_asked_for_last():
    shelf = Shelf()
    for number in range(300):
        shelf.set(f"{number}", b"x")
        assert shelf.get("0") == b"x"
    assert shelf.get("299") == b"x"
    assert shelf.get("20") is None
