import pytest

from data_access.access.privacy import Privacy, Subject, Topic
from indicators.conversion import indicator_info

BLOCK = {
    "code": "STU-PER-12", "name_zh": "心理辅导频次", "unit": "次", "direction": "target", "target": [0, 6],
    "warning": [0, 10], "alert": [0, 16], "definition_zh": "次数", "period": "term", "formula": "COUNT(x.*)",
    "source_system": "心理中心",
}  # fmt: skip


@pytest.mark.parametrize(
    ("topics", "lines"),
    [
        ({Topic.COUNSELLING}, (None, None, None)),
        ({Topic.DISCIPLINE}, ((0.0, 6.0), (0.0, 10.0), (0.0, 16.0))),
        ({Topic.COUNSELLING, Topic.HARDSHIP}, ((0.0, 6.0), (0.0, 10.0), (0.0, 16.0))),
    ],
)
def test_nobody_is_judged_by_how_often_they_were_counselled(topics, lines):
    info = indicator_info(BLOCK, Subject(privacy=Privacy.SENSITIVE, topics=frozenset(topics)))
    assert (info.target, info.warning, info.alert) == lines
