from layouts.figures.steps import steps

NAMES = ("新进教师", "合格教师", "教学新星")


def test_two_years_stand_side_by_side_with_people_and_shares():
    before, now = steps(NAMES, [1, 6, 3], [2, 7, 1], labels=("2026", "2025")).data
    assert list(now.x) == [1, 6, 3]
    assert now.text[1] == "2026年 6 人 · 60.0%"
    assert before.text[0] == "2025年 2 人 · 20.0%"


def test_without_a_year_before_there_is_one_bar_a_step():
    figure = steps(NAMES, [1, 6, 3], None, labels=("2026", "2025"))
    assert len(figure.data) == 1


def test_the_first_step_stands_at_the_foot():
    low, high = steps(NAMES, [0, 0, 0], None, labels=("2026", "2025")).layout.yaxis.range
    assert low < high
