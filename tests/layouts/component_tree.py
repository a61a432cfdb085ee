"""Looking into component trees."""

from dash.development.base_component import Component


def walk(tree):
    """Every component and text of a tree, parents first."""
    if isinstance(tree, list | tuple):
        for item in tree:
            yield from walk(item)
    elif tree is not None:
        yield tree
        if isinstance(tree, Component):
            yield from walk(getattr(tree, "children", None))


def text(tree):
    """All text of a tree, in reading order."""
    return "".join(str(item) for item in walk(tree) if isinstance(item, str | int | float))


def find(tree, **wanted):
    """The components whose properties have the wanted values; a class matches one of several."""
    return [
        item for item in walk(tree) if isinstance(item, Component) and all(_has(item, *pair) for pair in wanted.items())
    ]


def _has(item, name, value):
    got = getattr(item, name, None)
    return value in str(got).split() if name == "className" else got == value


def types(tree, name):
    """The components of a type, such as ``Link``."""
    return [item for item in walk(tree) if isinstance(item, Component) and item._type == name]
