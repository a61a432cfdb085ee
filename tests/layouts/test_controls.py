from layouts import controls
from tests.layouts.component_tree import text, types


def test_a_day_is_picked_from_the_calendar_of_the_browser():
    drawn = controls.date("余额截至", control_id={"role": "control"}, value="2026-11-20")
    box = types(drawn, "Input")[0]
    assert (box.type, box.value, text(drawn)) == ("date", "2026-11-20", "余额截至")
