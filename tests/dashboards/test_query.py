import pytest

from dashboards.query import codes, link, match, numbers, parse

OFFERING = "/offerings/<offering_id>"


@pytest.mark.parametrize("path", ["/offerings/12", "/offerings/12/"])
def test_an_id_is_read_from_the_path(path):
    found = match(OFFERING, path)
    assert found is not None
    assert numbers(found) == {"offering_id": 12}
    assert codes(found) == {}


@pytest.mark.parametrize(("path", "code"), [("/indicators/CRS-ATT-01", "CRS-ATT-01"), ("/indicators/12", None),
                                            ("/indicators/crs-att-01", None), ("/indicators/CRS-ATT-01/x", None)])  # fmt: skip
def test_a_code_is_read_from_the_path_where_it_has_the_form_of_the_library(path, code):
    found = match("/indicators/<indicator_code>", path)
    assert (None if found is None else codes(found)) == (None if code is None else {"indicator_code": code})
    assert found is None or numbers(found) == {}


@pytest.mark.parametrize(
    "path", ["/offerings", "/offerings/0", "/offerings/-1", "/offerings/x", "/offerings/1/2", "/offerings/١٢",
             "/offerings/9999999999999999999", "/offerings/1%20"],
)  # fmt: skip
def test_what_is_no_id_does_not_fit(path):
    assert match(OFFERING, path) is None


def test_a_page_without_ids_fits_its_own_path_only():
    assert match("/courses", "/courses") == {}
    assert match("/courses", "/coursesx") is None
    assert match("/", "/") == {}


def test_the_query_is_read_back_as_written():
    values = {"term": "2026-2027-1", "q": "高等数学（二）& 班=1"}
    assert parse(link("/courses", values).partition("?")[2]) == values


def test_empty_parameters_are_left_out():
    assert link("/courses", {"term": "", "dept": "3"}) == "/courses?dept=3"
    assert link("/courses", {}) == "/courses"


def test_the_last_of_a_repeated_parameter_counts():
    assert parse("?dept=1&dept=2") == {"dept": "2"}
    assert parse(None) == {}


def test_an_address_with_many_parameters_is_read_like_any_other():
    assert parse("?" + "x=1&" * 2000 + "dept=3") == {"x": "1", "dept": "3"}
