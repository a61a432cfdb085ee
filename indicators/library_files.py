"""Reading library files: YAML into blocks, or a clear word on why a file is none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from indicators.model import Problem

_BASE_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE_LOADER):  # type: ignore[valid-type, misc]
    """Reads YAML and remembers keys that stand twice in one block, of which YAML itself keeps the last."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """The mapping of a node."""
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                self.repeated.append((str(key.value), key.start_mark.line + 1))
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep))


def read_blocks(path: Path, name: str) -> tuple[list[Mapping[str, Any]], list[Problem]]:
    """The blocks of one file and what is wrong with the file as such; `name` is how problems call it."""
    problems: list[Problem] = []
    try:
        loader = _Loader(path.read_text(encoding="utf-8-sig"))
        try:
            blocks = loader.get_single_data()
        finally:
            loader.dispose()
        problems += [
            Problem(
                file=name,
                code="",
                token=key,
                message=f"The field {key} stands a second time in its block, in line {line}.",
                suggestion="Keep one of the two.",
            )
            for key, line in loader.repeated
        ]
    except OSError as error:
        problems.append(
            Problem(
                file=name,
                code="",
                token=name,
                message=f"The file cannot be read: {error.strerror}.",
                suggestion="Restore or remove it.",
            )
        )
        return [], problems
    except UnicodeDecodeError as error:
        problems.append(
            Problem(
                file=name,
                code="",
                token=f"byte {error.start}",
                message="The file is not UTF-8.",
                suggestion="Save it as UTF-8.",
            )
        )
        return [], problems
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "the file"
        problems.append(
            Problem(
                file=name,
                code="",
                token=where,
                message=f"Not valid YAML: {getattr(error, 'problem', error)}.",
                suggestion="Check indentation, colons and quotes there.",
            )
        )
        return [], problems
    if blocks is None:
        return [], problems
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        problems.append(
            Problem(
                file=name,
                code="",
                token=name,
                message="A library file is a list of blocks.",
                suggestion="Begin each indicator with '- code: …'.",
            )
        )
        return [], problems
    return blocks, problems
