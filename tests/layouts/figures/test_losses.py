"""The losses: what a part costs stands in words beside its bar."""

from indicators.results import State
from layouts.figures.losses import Loss, losses


def words(*parts):
    return [note.text for note in losses(parts).layout.annotations]


def test_a_loss_is_told_with_what_it_could_be_at_most():
    part = Loss(name="质量度", points=3.24, most=22.0, state=State.WATCH)
    assert words(part) == ["◆ −3.2 / 22.0"]
    assert losses([part]).data[1].x == (3.24,)


def test_nothing_lost_carries_no_minus_and_no_data_is_no_loss_of_0():
    assert words(Loss(name="开放度", points=0.01, most=5.0, state=State.REACHED)) == ["● 0.0 / 5.0"]
    assert words(Loss(name="品牌度", points=None, most=10.0, state=State.NO_DATA)) == ["○ 无数据"]
