"""A formula in Chinese words: what is counted or added up, under which conditions, divided by what.

``100 * COUNT(t.*) FILTER (WHERE t.status = '准时') / COUNT(t.*)`` becomes 考勤人次（考勤状态为准时） ÷ 考勤人次 × 100.
Tables and columns are called by the names of their contracts, so that nobody has to know a column.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Final

from sqlglot import exp, parse_one

from data_access.contracts import Column, Contracts
from indicators.formula import DIALECT, Absolute, Aggregate, Formula, Function, Node, Number, Operation
from indicators.model import Window

COUNTED: Final[Mapping[str, str]] = {
    "dim_course": "课程门数", "dim_offering": "教学班数", "dim_teacher": "教职工人数", "fact_alert": "预警次数",
    "fact_attendance": "考勤人次", "fact_certificate": "证书数", "fact_competition": "竞赛人次",
    "fact_data_load": "采集批次数", "fact_diagnosis": "诊改记录数", "fact_eval": "评教份数", "fact_exchange": "交流项数",
    "fact_feedback": "诉求件数", "fact_fitness": "体测人次", "fact_governance": "治理活动次数",
    "fact_grade": "课程成绩人次", "fact_graduate": "毕业生人数", "fact_honour": "标志性成果项数",
    "fact_improve": "整改项数", "fact_incident": "事件起数", "fact_indicator_value": "指标值个数",
    "fact_internship": "实习人次", "fact_major_year": "专业数", "fact_observation": "听课次数",
    "fact_onepage": "一页纸份数", "fact_policy": "制度流程标准数", "fact_report": "质量报告份数",
    "fact_research": "教科研项目数", "fact_safety_check": "检查与演练次数", "fact_self_test": "自测人次",
    "fact_session": "授课场次", "fact_special_student": "特殊群体学生人次", "fact_student_event": "学生成长事件次数",
    "fact_student_plan": "学生规划份数", "fact_student_term": "学生人数", "fact_survey": "问卷份数",
    "fact_task": "任务项数", "fact_task_month": "任务月度进度数", "fact_teacher_year": "教师人数",
    "fact_unit_assess": "单元考核人次",
}  # fmt: skip
"""What the rows of a table are when they are counted; other tables count 条数 under their own name."""

_REMARK: Final = "(（"
_DONE: Final = frozenset({"提交", "完成", "关闭", "办结"})
"""Deeds that read as orders without 已."""
_ENDINGS: Final = ("事实(平台产出)", "(平台产出)", "事实", "快照", "维(表5指标库)", "维")
_COMPARED: Final[Mapping[type[exp.Expr], str]] = {
    exp.EQ: "为", exp.NEQ: "不为", exp.GT: "大于 ", exp.GTE: "不低于 ", exp.LT: "小于 ", exp.LTE: "不超过 ",
}  # fmt: skip
_ARITHMETIC: Final[Mapping[type[exp.Expr], str]] = {exp.Add: "＋", exp.Sub: "－", exp.Mul: "×", exp.Div: "÷"}
_OF_COLUMN: Final[Mapping[Function, str]] = {
    Function.SUM: "之和", Function.AVG: "的平均值", Function.MAX: "的最大值", Function.STDDEV: "的标准差",
}  # fmt: skip


def in_words(formula: Formula, tables: Contracts) -> str:
    """The formula in words, by the names that the contracts `tables` give to tables and columns."""
    return _Writer(tables).node(formula.root)


def remarks(*, grades: Sequence[int] = (), window: str = "", lag_years: int = 0) -> tuple[str, ...]:
    """What else decides which rows count, as a block of the library says it: grades, earlier periods, a lag of years."""
    found = []
    if grades:
        found.append(f"只计{'、'.join(map(str, grades))}年级")
    if window == Window.THREE_YEARS:
        found.append("连同前两年，滚动三年累计")
    if window == Window.SINCE_ENROLMENT:
        found.append("自入学起累计")
    if lag_years:
        found.append(f"反映 {lag_years} 年前的情况（如毕业 {lag_years} 年的学生）")
    return tuple(found)


def table_name(label: str) -> str:
    """The name of a table without what only a data model needs to know: 教学班维 is 教学班."""
    for ending in _ENDINGS:
        if label.endswith(ending) and label != ending:
            return label.removesuffix(ending)
    return label


class _Writer:
    """Writes one formula; every method gives words for one kind of part."""

    def __init__(self, tables: Contracts) -> None:
        self.tables = tables

    # -- arithmetic over aggregates ----------------------------------------------------------

    def node(self, node: Node) -> str:
        match node:
            case Number():
                return f"{node.value:g}"
            case Aggregate():
                return self.aggregate(node)
            case Absolute():
                inner = node.of
                if isinstance(inner, Operation) and inner.operator == "-":
                    return f"{self.node(inner.left)}与{self.node(inner.right)}之差的绝对值"
                return f"{self.node(inner)}的绝对值"
            case Operation(operator="+" | "-"):
                sign = "＋" if node.operator == "+" else "－"
                right = self.node(node.right)
                is_sum = isinstance(node.right, Operation) and node.right.operator in "+-"
                return f"{self.node(node.left)} {sign} {f'（{right}）' if is_sum and sign == '－' else right}"
            case Operation():
                return self.product(node)

    def product(self, node: Node) -> str:
        """A chain of factors: what is multiplied, then what is divided by, numbers last as people write them."""
        above, below = _factors(node)
        words = [self.factor(part) for part in above if not isinstance(part, Number)]
        text = " × ".join(words) or "1"
        for part in below:
            text += f" ÷ {self.factor(part)}"
        for number in (part for part in above if isinstance(part, Number)):
            text = f"{number.value:g}" if text == "1" else f"{text} × {number.value:g}"
        return text

    def factor(self, node: Node) -> str:
        text = self.node(node)
        is_sum = isinstance(node, Absolute) or (isinstance(node, Operation) and node.operator in "+-")
        return f"〔{text}〕" if is_sum else text

    # -- aggregates --------------------------------------------------------------------------

    def aggregate(self, node: Aggregate) -> str:
        condition = self.condition(node.condition, node.table)
        noun = table_name(self.tables[node.table].label_zh)
        if node.function is Function.COUNT and not node.argument:
            text = COUNTED.get(node.table, f"{noun}条数")
        elif node.function in {Function.COUNT, Function.COUNT_DISTINCT}:
            named = self.value(parse_one(node.argument, dialect=DIALECT), node.table)
            text = f"{noun}中不同的{named}数" if node.function is Function.COUNT_DISTINCT else f"{noun}中{named}的个数"
        else:
            argument = parse_one(node.argument, dialect=DIALECT)
            named = self.value(argument, node.table)
            is_plain = isinstance(argument, exp.Column)
            text = f"{noun}的{named if is_plain else f'（{named}）'}{_OF_COLUMN[node.function]}"
        return f"{text}（{condition}）" if condition else text

    def condition(self, sql: str, table: str) -> str:
        return self.predicate(parse_one(sql, dialect=DIALECT), table) if sql else ""

    # -- conditions --------------------------------------------------------------------------

    def predicate(self, node: exp.Expr, table: str) -> str:
        match node:
            case exp.Paren():
                return self.predicate(node.this, table)
            case exp.And():
                return f"{self.operand(node.left, table)}，且{self.operand(node.right, table)}"
            case exp.Or():
                return f"{self.predicate(node.left, table)}，或{self.predicate(node.right, table)}"
            case exp.Not():
                return self.negated(node.this, table)
            case exp.Column():
                return self.yes(node, table)
            case exp.In():
                return f"{self.value(node.this, table)}为{self.listed(node, table)}"
            case exp.Between():
                low, high = (self.value(node.args[end], table) for end in ("low", "high"))
                return f"{self.value(node.this, table)}在 {low} 至 {high} 之间"
            case exp.Is():
                return self.compared_with_nothing(node, table, is_negated=False)
            case exp.Boolean():
                return "是" if node.this else "否"
        return self.comparison(node, table)

    def operand(self, node: exp.Expr, table: str) -> str:
        """A part of an 且, bracketed where it is an 或."""
        inner = node.this if isinstance(node, exp.Paren) else node
        text = self.predicate(inner, table)
        return f"〔{text}〕" if isinstance(inner, exp.Or) else text

    def negated(self, node: exp.Expr, table: str) -> str:
        match node:
            case exp.Paren():
                return self.negated(node.this, table)
            case exp.Column():
                return self.no(node, table)
            case exp.In():
                return f"{self.value(node.this, table)}不为{self.listed(node, table)}"
            case exp.Is():
                return self.compared_with_nothing(node, table, is_negated=True)
            case exp.Not():
                return self.predicate(node.this, table)
        return f"不满足〔{self.predicate(node, table)}〕"

    def compared_with_nothing(self, node: exp.Is, table: str, *, is_negated: bool) -> str:
        """``IS NULL`` and its like; of yes and no, ``IS TRUE``."""
        if isinstance(node.expression, exp.Boolean) and isinstance(node.this, exp.Column):
            is_yes = bool(node.expression.this) is not is_negated
            return self.yes(node.this, table) if is_yes else self.no(node.this, table)
        return f"{self.value(node.this, table)}{'不为空' if is_negated else '为空'}"

    def comparison(self, node: exp.Expr, table: str) -> str:
        left, right = node.this, node.expression
        if isinstance(right, exp.Boolean) and isinstance(left, exp.Column):
            is_yes = bool(right.this) is isinstance(node, exp.EQ)
            return self.yes(left, table) if is_yes else self.no(left, table)
        return f"{self.value(left, table)}{_COMPARED[type(node)]}{self.value(right, table)}"

    def listed(self, node: exp.In, table: str) -> str:
        values = [self.value(item, table) for item in node.expressions]
        return values[0] if len(values) == 1 else f"{'、'.join(values[:-1])}或{values[-1]}"

    # -- columns and values ------------------------------------------------------------------

    def value(self, node: exp.Expr, table: str) -> str:
        """A number, a text, a column or arithmetic over them."""
        match node:
            case exp.Paren():
                return f"（{self.value(node.this, table)}）"
            case exp.Literal():
                return str(node.this)
            case exp.Neg():
                return f"－{self.value(node.this, table)}"
            case exp.Abs():
                return f"{self.value(node.this, table)}的绝对值"
            case exp.Column():
                column = self.column(node)
                return self.owner(node, table, "的") + _plain(column.label_zh)
        return f"{self.value(node.this, table)} {_ARITHMETIC[type(node)]} {self.value(node.expression, table)}"

    def yes(self, node: exp.Column, table: str) -> str:
        label = self.column(node).label_zh.replace(">=", "≥").replace("<=", "≤")
        said = label.replace("是否", "")
        return self.owner(node, table, "属") + (f"已{said}" if said in _DONE else said)

    def no(self, node: exp.Column, table: str) -> str:
        label = _plain(self.column(node).label_zh)
        if node.table != table:
            return f"{self.owner(node, table, '不属')}{label.replace('是否', '')}"
        return label.replace("是否", "未") if "是否" in label else f"不是“{label}”"

    def owner(self, node: exp.Column, table: str, joint: str) -> str:
        """Whose column it is, where it is not one of the table that is counted."""
        return "" if node.table == table else f"{table_name(self.tables[node.table].label_zh)}{joint}"

    def column(self, node: exp.Column) -> Column:
        return self.tables[node.table].column(node.name)


def _plain(label: str) -> str:
    """The label of a column without remark and without 键: 学生键 is 学生."""
    for mark in _REMARK:
        label = label.partition(mark)[0]
    return label.removesuffix("键")


def _factors(node: Node) -> tuple[list[Node], list[Node]]:
    """What a product multiplies and what it divides by, with numbers multiplied together."""
    above, below = _flat(node)
    numbers = [part.value for part in above if isinstance(part, Number)]
    whole = functools.reduce(lambda one, other: one * other, numbers, 1.0)
    rest: list[Node] = [part for part in above if not isinstance(part, Number)]
    return ([*rest, Number(whole)] if whole != 1 else rest, below)


def _flat(node: Node) -> tuple[list[Node], list[Node]]:
    if not isinstance(node, Operation) or node.operator not in "*/":
        return [node], []
    left_above, left_below = _flat(node.left)
    right_above, right_below = _flat(node.right)
    if node.operator == "/":
        right_above, right_below = right_below, right_above
    return left_above + right_above, left_below + right_below
