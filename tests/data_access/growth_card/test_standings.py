"""In which quarter of its group an account lies."""

import pytest

from data_access.growth_card.standings import FEWEST_PEERS, quarters


def test_accounts_are_parted_into_quarters_by_what_they_brought_of_what_was_due():
    assert quarters([(800, 1000), (30, 100), (90, 100), (50, 100), (60, 100), (10, 100), (70, 100), (40, 100)]) == [
        1, 4, 1, 3, 2, 4, 2, 3,
    ]  # fmt: skip


def test_equal_accounts_lie_in_the_same_quarter():
    assert quarters([(50, 100)] * 6 + [(10, 100)] * 2) == [1] * 6 + [4] * 2


def test_accounts_from_which_nothing_was_due_lie_in_none_and_make_no_peers():
    due = [(number, 100) for number in range(FEWEST_PEERS)]
    assert quarters([*due, (-500, 0)])[-1] is None
    assert quarters([*due[1:], (-500, 0)]) == [None] * FEWEST_PEERS


@pytest.mark.parametrize("many", range(FEWEST_PEERS))
def test_of_too_few_nothing_is_told(many):
    assert quarters([(number, 100) for number in range(many)]) == [None] * many
