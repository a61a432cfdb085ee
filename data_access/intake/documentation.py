"""``docs/mappings.md`` from the mappings themselves: every file, every column, what each becomes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from data_access.contracts import contracts
from data_access.intake.mapping import Entry, Mapping, Source, Target, mappings

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "mappings.md"
_OPENING: Final = """\
# 导入映射

<!-- 由 data_access/intake/documentation.py 依据 data_access/intake/mappings/*.yaml 生成，请勿手改；
     更新：python -m data_access.intake.documentation -->

一个映射说明某个来源的哪些文件成为哪些表。导入：`luoxuan import 文件或目录 --mapping 名称`；加 `--dry-run` 只校验不写入。

- 文本编码：UTF-8（可带 BOM）或 GB18030；同一文件内两种编码混杂则整个文件拒收，并指出行号。
- Excel：学号、工号、编号等列须为文本格式；超过 15 位的数字已被 Excel 改动末位，逐行拒收。
- 错误值（`#N/A` 等）与没有缓存结果的公式逐格列出，不当作空值；只读取第一张（或映射指定的）工作表。
- 学号、编号等的全角数字与字母按半角读取；旧版 `.xls` 请另存为 `.xlsx`。
- `NA`、`None`、`null` 都是普通文字，不会变成空值。
- 行号按电子表格的习惯计：表头是第 1 行。
- 默认整批要么全部导入、要么一行不导；所有问题一次列全。“只导入合格行”须明确选择。
- 引用了尚不存在的学生、教学班等的行暂存待补，待其到来自动入库；“拒收”表示该引用必须已经存在。
- 同一业务键再次导入即更新；内容相同则什么也不改。任何已导入的批次都可以撤销。
"""


def render(known: dict[str, Mapping]) -> str:
    """The whole document as Markdown."""
    return "\n".join([_OPENING, *(line for mapping in known.values() for line in _mapping(mapping))]) + "\n"


def _mapping(mapping: Mapping) -> Iterator[str]:
    yield f"## {mapping.name}：{mapping.label}"
    yield ""
    yield mapping.description.strip().replace("\n", " ")
    yield ""
    for source in mapping.sources:
        yield from _source(source)
        for entry in mapping.entries:
            if entry.sql is None and entry.sources == (source.name,):
                yield from _entry(entry)
    for entry in mapping.entries:
        if entry.sql is not None:
            labels = "、".join(mapping.source(name).label for name in entry.sources)
            yield f"### {entry.table.label_zh}：由 {labels} 计算"
            yield ""
            yield from _entry(entry)


def _source(source: Source) -> Iterator[str]:
    kind = {"auto": "CSV 或 XLSX"}.get(source.format, source.format.upper())
    required = "，必需" if source.required else ""
    yield f"### {source.label or source.name}（`{source.pattern}`，{kind}{required}）"
    yield ""
    if source.ignored_columns:
        yield f"不采集的列：{'、'.join(source.ignored_columns)}。"
        yield ""


def _entry(entry: Entry) -> Iterator[str]:
    key = "、".join(entry.table.column(name).label_zh for name in entry.key)
    yield f"写入 `{entry.table.name}`（{entry.table.label_zh}），业务键：{key}。{entry.note}".rstrip()
    yield ""
    yield "| 来源列 | 目标列 | 要求 | 说明 |"
    yield "| --- | --- | --- | --- |"
    for target in entry.targets:
        source = f"固定值“{target.constant}”" if target.source is None else target.source
        yield f"| {source} | `{target.column.name}` {target.column.label_zh} | {_demand(target)} | {_meaning(target)} |"
    yield ""
    if entry.checks:
        yield f"逐行核对，下列情形拒收：{'；'.join(check.reason for check in entry.checks)}。"
        yield ""


def _demand(target: Target) -> str:
    if target.source is None:
        return "–"
    words = ["必填"] if target.required else []
    words += ["可无此列"] if target.optional else []
    words += [f"空则为“{target.default}”"] if target.default is not None else []
    return "，".join(words) or "可空"


def _meaning(target: Target) -> str:
    parts = []
    if target.column.enum and target.reference is None and target.constant is None:
        parts.append(f"取值：{'、'.join(target.column.enum)}")
    elif target.parser.name != "text" and target.source is not None:
        parts.append(target.parser.expects)
    if target.codes:
        parts.append("换算：" + "，".join(f"{code}→{value}" for code, value in target.codes.items()))
    low, high = target.limits
    if low is not None or high is not None:
        parts.append(f"范围 {'' if low is None else low}–{'' if high is None else high}")
    if target.reference is not None:
        parent = contracts()[target.reference.table]
        outcome = "暂存待补" if target.reference.on_unknown == "quarantine" else "拒收"
        label = parent.column(target.reference.by).label_zh
        parts.append(f"按{label}对应{parent.label_zh.removesuffix('维')}，尚不存在则{outcome}")
    return "；".join(parts).replace("|", "\\|")


if __name__ == "__main__":
    DOCUMENT.write_text(render(dict(mappings())), encoding="utf-8")
