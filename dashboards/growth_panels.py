"""The panels of the growth card, for every page that shows one: of a student, of a class, of one's own at home.

The data of such a page has the card as `growth` (None where there is none); that of the page of a class has the cards
of its students as `growth_members`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from dashboards.growth_card import draw_abilities, draw_changes, draw_face, draw_growth
from dashboards.growth_class import draw_bands, draw_members
from dashboards.growth_ledger import draw_ledger
from dashboards.growth_points import draw_next, draw_points
from dashboards.page import Panel
from indicators.model import Level


def belongs(data: Any) -> bool:
    """Whether a page's data has a card that may be shown."""
    return data.growth is not None and data.growth.is_admitted


def _of(holder: Level) -> Callable[[Any], bool]:
    """Whether that card is one of a student, or of a class."""
    return lambda data: belongs(data) and data.growth.holder is holder


FACE: Final = (
    Panel(
        name="card",
        title="学生发展储值卡",
        unit="分",
        draw=lambda data: draw_face(data.growth),
        height=190,
        belongs=belongs,
    ),
    Panel(
        name="card_next",
        title="怎样再得分",
        unit="分",
        draw=lambda data: draw_next(data.growth),
        columns=7,
        height=300,
        belongs=belongs,
    ),
    Panel(
        name="card_changes",
        title="本周变化",
        unit="分",
        draw=lambda data: draw_changes(data.growth),
        columns=5,
        height=300,
        belongs=belongs,
    ),
)
"""What a student wants to know first: where the card stands, what to do now, what has changed."""

ACCOUNT: Final = (
    Panel(
        name="card_growth",
        title="成长曲线",
        unit="%",
        draw=lambda data: draw_growth(data.growth),
        columns=7,
        height=240,
        belongs=belongs,
        wave=2,
    ),
    Panel(
        name="card_abilities",
        title="基本能力与职业素养增值",
        unit="分",
        draw=lambda data: draw_abilities(data.growth),
        columns=5,
        height=240,
        belongs=belongs,
        wave=2,
    ),
    Panel(
        name="card_points",
        title="采分点与规则",
        unit="分",
        draw=lambda data: draw_points(data.growth),
        height=120,
        belongs=belongs,
        wave=2,
    ),
    Panel(
        name="card_ledger",
        title="储值流水",
        unit="分",
        draw=lambda data: draw_ledger(data.growth),
        height=260,
        belongs=belongs,
        wave=2,
    ),
)
"""The whole account: its course, every point with its rule, every entry."""

CLASS_CARD: Final = Panel(
    name="card", title="班级储值卡", unit="分", draw=lambda data: draw_face(data.growth), height=190, belongs=belongs
)
CLASS_FACE: Final = (
    CLASS_CARD,
    Panel(
        name="card_bands",
        title="学生储值卡分档",
        draw=lambda data: draw_bands(data.growth_members),
        columns=5,
        height=240,
        belongs=belongs,
    ),
    Panel(
        name="card_growth",
        title="班级成长曲线",
        unit="%",
        draw=lambda data: draw_growth(data.growth),
        columns=7,
        height=240,
        belongs=belongs,
    ),
)

CLASS_ACCOUNT: Final = (
    Panel(
        name="card_next",
        title="班级怎样再得分",
        unit="分",
        draw=lambda data: draw_next(data.growth),
        columns=7,
        height=300,
        belongs=belongs,
        wave=3,
    ),
    Panel(
        name="card_changes",
        title="班级账户本周变化",
        unit="分",
        draw=lambda data: draw_changes(data.growth),
        columns=5,
        height=300,
        belongs=belongs,
        wave=3,
    ),
    Panel(
        name="card_members",
        title="学生储值卡名单",
        draw=lambda data: draw_members(data.growth_members),
        height=900,
        belongs=belongs,
        wave=3,
    ),
    Panel(
        name="card_points",
        title="班级采分点与规则",
        unit="分",
        draw=lambda data: draw_points(data.growth),
        height=120,
        belongs=belongs,
        wave=4,
    ),
    Panel(
        name="card_ledger",
        title="班级储值流水",
        unit="分",
        draw=lambda data: draw_ledger(data.growth),
        height=260,
        belongs=belongs,
        wave=4,
    ),
)

AT_HOME: Final = (
    *(replace(panel, belongs=_of(Level.STUDENT)) for panel in FACE),
    replace(CLASS_CARD, name="class_card", belongs=_of(Level.CLASS)),
)
"""On the home of a student the own card, on that of who looks after a class the card of the class."""
