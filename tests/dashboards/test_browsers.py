"""How a browser is called that somebody signed in with."""

import pytest

from dashboards.browsers import browser_zh

MOZILLA = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{MOZILLA} Chrome/128.0.0.0 Safari/537.36", "Chrome 128 · Windows"),
        (f"{MOZILLA} Chrome/128.0.0.0 Safari/537.36 Edg/128.0.2739.42", "Edge 128 · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox 130 · Linux"),
        (f"{PHONE} Version/18.0 Mobile/15E148 Safari/604.1", "Safari 18 · iPhone"),
        (f"{PHONE} Mobile/15E148 MicroMessenger/8.0.50 Language/zh_CN", "微信 8 · iPhone"),
        ("curl/8.5.0", "未知浏览器"),
        ("", "未知浏览器"),
        ("Linux", "未知浏览器 · Linux"),
        ("Chrome/<script>alert(1)</script>", "Chrome"),
        ("Chrome/９９９", "Chrome"),
        (f"Chrome/{'9' * 500}", "Chrome"),
    ],
)
def test_a_browser_is_named_by_its_own_words_and_nothing_else_of_them_is_repeated(user_agent, words):
    assert browser_zh(user_agent) == words
