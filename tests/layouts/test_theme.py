import plotly.graph_objects as go
import pytest

from indicators.results import State
from layouts.theme import STATE_TOKENS, THEMES, read_tokens, state_colour, state_fill, template, tokens

AA = 4.5
TEXT_ON_GROUND = [
    ("ink", "bg"), ("ink", "surface"), ("ink-2", "bg"), ("ink-2", "surface"), ("ink-2", "surface-sunk"),
    ("ink-3", "bg"), ("ink-3", "surface"), ("accent", "surface"), ("accent", "accent-pale"),
    ("ink", "warning-pale"), ("alert-ink", "alert-pale"), ("alert-ink", "alert-deep"),
    *((name, ground) for name in STATE_TOKENS.values() for ground in ("surface", f"{name}-pale")),
]  # fmt: skip


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_is_readable_on_every_ground_it_is_used_on(theme, text, ground):
    lighter, darker = sorted((luminance(tokens(theme)[text]), luminance(tokens(theme)[ground])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= AA


def test_dark_inherits_what_it_does_not_set():
    themes = read_tokens(':root { --a: 1px; --b: red; } [data-bs-theme="dark"] { --b: blue; }')
    assert themes == {"light": {"a": "1px", "b": "red"}, "dark": {"a": "1px", "b": "blue"}}


def test_tokens_without_a_light_theme_are_refused():
    with pytest.raises(ValueError, match=":root"):
        read_tokens("body { color: red; }")


@pytest.mark.parametrize("theme", THEMES)
def test_every_state_has_a_colour_and_a_fill_of_its_own(theme):
    assert len({state_colour(state, theme) for state in State}) == len(State)
    assert len({state_fill(state, theme) for state in State}) == len(State)


def test_charts_use_the_fonts_of_the_page_and_cannot_be_dragged_out_of_range():
    layout = go.layout.Template(template()).layout
    assert layout.font.family == tokens()["font"]
    assert layout.xaxis.fixedrange
    assert layout.yaxis.fixedrange
