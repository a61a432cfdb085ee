"""An independent second opinion on indicator values.

Written apart from the compiler and sharing none of its code: every aggregate of a formula is run by
DuckDB as it stands in the library, over the rows of *one* entity and *one* period, picked by a WHERE
clause. How tables reach entities is written down here by hand, from the formula rules; which rows a
period has is decided in SQL from dim_term and dim_date.
"""

import datetime as dt
import re

import duckdb
import pyarrow as pa

STUDENT_CLASS = "JOIN dim_class ON dim_student.class_id = dim_class.class_id"
# For each table: level → SQL that joins what is needed, and the column that names the entity.
BY_STUDENT = {
    "student": ("", "{t}.student_id"),
    "class": ("JOIN dim_student s_ ON {t}.student_id = s_.student_id", "s_.class_id"),
    "major": (
        "JOIN dim_student s_ ON {t}.student_id = s_.student_id JOIN dim_class c_ ON s_.class_id = c_.class_id",
        "c_.major_id",
    ),
    "dept": (
        (
            "JOIN dim_student s_ ON {t}.student_id = s_.student_id JOIN dim_class c_ ON s_.class_id = c_.class_id "
            "JOIN dim_major m_ ON c_.major_id = m_.major_id"
        ),
        "m_.dept_id",
    ),
}
BY_OFFERING = {
    "offering": ("", "{t}.offering_id"),
    "course": ("JOIN dim_offering o_ ON {t}.offering_id = o_.offering_id", "o_.course_id"),
    "teacher": ("JOIN dim_offering o_ ON {t}.offering_id = o_.offering_id", "o_.teacher_id"),
    "dept": (
        "JOIN dim_offering o_ ON {t}.offering_id = o_.offering_id JOIN dim_course k_ ON o_.course_id = k_.course_id",
        "k_.dept_id",
    ),
}
OFFERING_CLASS = {
    "class": ("JOIN dim_offering o_ ON {t}.offering_id = o_.offering_id", "o_.class_id"),
    "major": (
        "JOIN dim_offering o_ ON {t}.offering_id = o_.offering_id JOIN dim_class c_ ON o_.class_id = c_.class_id",
        "c_.major_id",
    ),
}
BY_TEACHER = {
    "teacher": ("", "{t}.teacher_id"),
    "dept": ("JOIN dim_teacher e_ ON {t}.teacher_id = e_.teacher_id", "e_.dept_id"),
    "major": ("JOIN dim_teacher e_ ON {t}.teacher_id = e_.teacher_id", "e_.major_id"),
}
BY_MAJOR = {
    "major": ("", "{t}.major_id"),
    "dept": ("JOIN dim_major m_ ON {t}.major_id = m_.major_id", "m_.dept_id"),
}
BY_CLASS = {
    "class": ("", "{t}.class_id"),
    "major": ("JOIN dim_class c_ ON {t}.class_id = c_.class_id", "c_.major_id"),
    "dept": (
        "JOIN dim_class c_ ON {t}.class_id = c_.class_id JOIN dim_major m_ ON c_.major_id = m_.major_id",
        "m_.dept_id",
    ),
}
BY_COURSE = {
    "course": ("", "{t}.course_id"),
    "major": ("JOIN dim_course k_ ON {t}.course_id = k_.course_id", "k_.major_id"),
    "dept": ("JOIN dim_course k_ ON {t}.course_id = k_.course_id", "k_.dept_id"),
}


def direct(*levels: str) -> dict[str, tuple[str, str]]:
    """Levels a table names in a column of its own."""
    return {level: ("", f"{{t}}.{level}_id") for level in levels}


BOTH = BY_STUDENT | BY_OFFERING  # classroom facts: the department that teaches the course
REACH = {
    **dict.fromkeys(("fact_attendance", "fact_unit_assess", "fact_grade", "fact_survey"), BOTH),
    **dict.fromkeys(("fact_session", "fact_eval", "fact_observation"), BY_OFFERING | OFFERING_CLASS),
    **dict.fromkeys(
        (
            "fact_student_term",
            "fact_student_plan",
            "fact_student_event",
            "fact_student_assess",
            "fact_self_test",
            "fact_dorm_check",
            "fact_fitness",
            "fact_certificate",
            "fact_internship",
            "fact_graduate",
            "fact_special_student",
            "fact_student_week",
        ),
        BY_STUDENT,
    ),
    "fact_class_activity": BY_CLASS,
    "fact_competition": BY_STUDENT | BY_TEACHER,  # the shorter chain leads over the teacher
    "fact_course_term": BY_COURSE,
    **dict.fromkeys(
        (
            "fact_enrolment",
            "fact_major_year",
            "fact_coop",
            "fact_training_base",
            "fact_exchange",
            "fact_social_training",
        ),
        BY_MAJOR,
    ),
    **dict.fromkeys(("fact_teacher_year", "fact_teacher_dev", "fact_research", "fact_output"), BY_TEACHER),
    "fact_honour": direct("dept", "major", "course", "teacher"),
    "fact_finance": direct("dept", "major"),
    **dict.fromkeys(("fact_task", "fact_improve", "fact_report"), direct("dept", "major", "course")),
    "fact_task_month": {
        level: ("JOIN fact_task k_ ON {t}.task_id = k_.task_id", f"k_.{level}_id")
        for level in ("dept", "major", "course")
    },
    "fact_onepage": direct("dept", "major", "course", "teacher", "class"),
    "fact_diagnosis": {
        **direct("dept", "major", "course", "teacher", "student"),
        "class": BY_STUDENT["class"],
    },
    "fact_incident": {**direct("dept", "teacher"), "major": BY_TEACHER["major"]},
    **dict.fromkeys(
        ("fact_feedback", "fact_alert", "fact_safety_check", "fact_policy", "fact_governance", "fact_data_load"),
        direct("dept"),
    ),
    "fact_school_year": {},
    "fact_indicator_value": {},
    "dim_course": direct("course", "major", "dept"),
    "dim_major": direct("major", "dept"),
    "dim_teacher": direct("teacher", "dept", "major"),
    "dim_offering": {
        **direct("offering", "class", "course", "teacher"),
        "major": BY_CLASS["major"],
        "dept": ("JOIN dim_course k_ ON {t}.course_id = k_.course_id", "k_.dept_id"),
    },
}
# Tables whose rows belong to a student's or class's grade.
GRADE = {
    **dict.fromkeys(
        [t for t, levels in REACH.items() if levels.get("student") and t != "fact_diagnosis"] + ["fact_diagnosis"],
        "(SELECT c.grade_year FROM dim_student s JOIN dim_class c ON s.class_id = c.class_id "
        "WHERE s.student_id = {t}.student_id)",
    ),
    **dict.fromkeys(
        ("fact_class_activity", "fact_onepage", "dim_offering"),
        "(SELECT c.grade_year FROM dim_class c WHERE c.class_id = {t}.class_id)",
    ),
    **dict.fromkeys(
        ("fact_session", "fact_eval", "fact_observation"),
        "(SELECT c.grade_year FROM dim_offering o JOIN dim_class c ON o.class_id = c.class_id "
        "WHERE o.offering_id = {t}.offering_id)",
    ),
}
DIMENSION_JOINS = {
    (
        "fact_student_term",
        "dim_student",
    ): "LEFT JOIN dim_student ON fact_student_term.student_id = dim_student.student_id",
    ("fact_grade", "dim_course"): (
        "LEFT JOIN dim_offering ON fact_grade.offering_id = dim_offering.offering_id "
        "LEFT JOIN dim_course ON dim_offering.course_id = dim_course.course_id"
    ),
    ("fact_indicator_value", "dim_indicator"): (
        "LEFT JOIN dim_indicator ON fact_indicator_value.indicator_id = dim_indicator.indicator_id"
    ),
}
TERM_KEYED = {
    "fact_grade", "fact_eval", "fact_course_term", "fact_student_term", "fact_student_plan", "fact_student_assess",
    "fact_self_test", "fact_fitness", "fact_internship", "fact_special_student", "fact_survey", "fact_diagnosis",
    "dim_offering",
}  # fmt: skip
ACAD_KEYED = {"fact_major_year", "fact_teacher_year"}
YEAR_KEYED = {
    "fact_graduate": "grad_year", "fact_enrolment": "enrol_year", "fact_coop": "coop_year",
    "fact_training_base": "base_year", "fact_school_year": "stat_year", "fact_onepage": "plan_year",
    "fact_report": "report_year", "fact_policy": "check_year",
}  # fmt: skip
UNDATED = {"dim_course", "dim_major", "dim_teacher"}
SNAPSHOTS = {
    "fact_course_term", "fact_student_term", "fact_major_year", "fact_training_base", "fact_teacher_year",
    "fact_school_year", "fact_policy", "fact_indicator_value",
}  # fmt: skip
_AGGREGATE = re.compile(r"\b(COUNT|SUM|AVG|MAX|STDDEV_SAMP)\(")


class Oracle:
    """Answers one value at a time over in-memory copies of the tables."""

    def __init__(self, tables: dict[str, pa.Table], as_of: dt.date) -> None:
        self.db = duckdb.connect(":memory:")
        self.as_of = as_of
        for name, rows in tables.items():
            self.db.register(f"_{name}", rows)
            self.db.execute(f"CREATE TABLE {name} AS SELECT * FROM _{name}")

    def value(self, block: dict, level: str, entity_id: int, period: str) -> float | None:
        """The value of a library block; None where there is no data."""
        kind, scalar = _kind(period), self._scalar
        expression = ""
        position = 0
        for start, end, aggregate in _aggregates(block["formula"]):
            sql = self._rows(aggregate, block, level, entity_id, kind, period)
            number = scalar(f"SELECT {_star(aggregate)} {sql}")
            table = _table(aggregate)
            if number is None and aggregate.startswith("SUM"):
                number = 0.0
            if number in {None, 0} and not self.loaded(table, block, kind, period):
                number = None
            expression += block["formula"][position:start] + ("NULL" if number is None else f"({number!r}::DOUBLE)")
            position = end
        expression += block["formula"][position:]
        if self._outside_grades(block, level, entity_id, kind, period):
            return None
        return scalar(f"SELECT {_safe_division(expression)}")

    def _outside_grades(self, block: dict, level: str, entity_id: int, kind: str, period: str) -> bool:
        """True for a student or class that is in none of the indicator's grades during the period."""
        grades = block.get("applies_grades")
        graded = any(t in GRADE for t in re.findall(r"((?:fact|dim)_\w+)\.", block["formula"]))
        if not grades or not graded or level not in {"student", "class"}:
            return False
        sql = {
            "student": "SELECT c.grade_year FROM dim_student s LEFT JOIN dim_class c USING (class_id) WHERE student_id = ?",
            "class": "SELECT grade_year FROM dim_class WHERE class_id = ?",
        }[level]
        row = self.db.execute(sql, [entity_id]).fetchone()
        if row is None or row[0] is None:
            return True
        starts = {self._acad_of_period(kind, period)} | ({int(period) - 1} if kind == "year" else set())
        return not any(start - row[0] + 1 in grades for start in starts)

    def loaded(self, table: str, block: dict, kind: str, period: str) -> bool:
        """True where the table has any row, or a record of loading, for the period."""
        if table in UNDATED:
            return True
        if self._scalar(f"SELECT COUNT(*) FROM {table} WHERE {self._in_period(table, block, kind, period)}"):
            return True
        if table in TERM_KEYED or table in ACAD_KEYED or table in YEAR_KEYED:
            return False  # a daily load says nothing of what comes once a term or year
        records = (
            f"SELECT COUNT(*) FROM fact_data_load WHERE table_name = '{table}' "
            "AND (COALESCE(loaded_rows, 0) > 0 OR COALESCE(expected_rows, 0) = 0)"
        )
        return bool(self._scalar(f"{records} AND {self._dated('fact_data_load.date_id', block, kind, period)}"))

    def _scalar(self, sql: str):
        row = self.db.execute(sql).fetchone()
        return None if row is None else row[0]

    def _rows(self, aggregate: str, block: dict, level: str, entity_id: int, kind: str, period: str) -> str:
        table = _table(aggregate)
        joins = [
            sql for (base, dimension), sql in DIMENSION_JOINS.items() if base == table and f"{dimension}." in aggregate
        ]
        conditions = []
        if level != "school":
            join, column = REACH[table][level]
            joins.append(join)
            conditions.append(f"{column} = {entity_id}")
        if table not in UNDATED:
            conditions.append(self._in_period(table, block, kind, period))
            if table in SNAPSHOTS:
                conditions.append(self._latest(table, block, kind, period))
        grades = block.get("applies_grades")
        if grades and table in GRADE:
            conditions.append(f"{self._acad(table)} - {GRADE[table]} + 1 IN ({', '.join(map(str, grades))})")
        where = " AND ".join(f"({c})" for c in conditions) or "TRUE"
        return f"FROM {table} {' '.join(joins)} WHERE {where}".replace("{t}", table)

    def _in_period(self, table: str, block: dict, kind: str, period: str) -> str:
        if table in TERM_KEYED:
            return self._termed(f"{table}.term_id", kind, period)
        if table in ACAD_KEYED:
            return f"left({table}.acad_year, 4)::INT = {self._acad_of_period(kind, period)}"
        if table in YEAR_KEYED:
            year = self._year_of_period(kind, period) - block.get("lag_years", 0)
            return f"{table}.{YEAR_KEYED[table]} = {year}"
        window = "" if table in SNAPSHOTS else None
        return self._dated(f"{table}.date_id", block if window is None else {}, kind, period)

    def _latest(self, table: str, block: dict, kind: str, period: str) -> str:
        column = (
            "term_id"
            if table in TERM_KEYED
            else "acad_year"
            if table in ACAD_KEYED
            else YEAR_KEYED.get(table, "date_id")
        )
        return f"{table}.{column} = (SELECT MAX({column}) FROM {table} WHERE {self._in_period(table, block, kind, period)})"

    def _dated(self, column: str, block: dict, kind: str, period: str) -> str:
        window = block.get("window")
        if window == "在校累计":
            return f"{column} <= {self._end(kind, period):%Y%m%d}"
        if window == "滚动3年":
            return f"{column} // 10000 BETWEEN {int(period) - 2} AND {period}"
        if kind == "year":
            return f"{column} // 10000 = {period}"
        if kind == "month":
            return f"{column} // 100 = {period.replace('-', '')}"
        term, _, week = period.partition("-W")
        rest = f"AND week_no = {int(week)}" if kind == "week" else ""
        return f"{column} IN (SELECT date_id FROM dim_date WHERE term_id = {self._term(term)} {rest})"

    def _termed(self, column: str, kind: str, period: str) -> str:
        if kind == "year":
            return f"{column} IN (SELECT term_id FROM dim_term WHERE year(start_date) = {period})"
        if kind == "month":
            most = (
                "SELECT term_id FROM dim_date JOIN dim_term USING (term_id) "
                f"WHERE date_id // 100 = {period.replace('-', '')} GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1"
            )
            return f"{column} = ({most})"
        return f"{column} = {self._term(period.partition('-W')[0])}"

    def _acad_of_period(self, kind: str, period: str) -> int:
        if kind == "year":
            return int(period)
        if kind == "month":
            year, month = map(int, period.split("-"))
            return year if month >= 8 else year - 1
        return int(period[:4])

    def _year_of_period(self, kind: str, period: str) -> int:
        if kind in {"year", "month"}:
            return int(period[:4])
        term = self._term(period.partition("-W")[0])
        start, end = self.db.execute("SELECT start_date, end_date FROM dim_term WHERE term_id = ?", [term]).fetchone()
        days = [start + dt.timedelta(n) for n in range((end - start).days + 1)]
        return max({d.year for d in days}, key=lambda y: sum(d.year == y for d in days))

    def _acad(self, table: str) -> str:
        if table in TERM_KEYED:
            return "(SELECT left(acad_year, 4)::INT FROM dim_term WHERE dim_term.term_id = {t}.term_id)"
        if table in ACAD_KEYED:
            return "left({t}.acad_year, 4)::INT"
        if table in YEAR_KEYED:
            return f"({{t}}.{YEAR_KEYED[table]} - 1)"
        return (
            "COALESCE((SELECT left(acad_year, 4)::INT FROM dim_date JOIN dim_term USING (term_id) "
            "WHERE dim_date.date_id = {t}.date_id), "
            "{t}.date_id // 10000 - CASE WHEN {t}.date_id // 100 % 100 >= 8 THEN 0 ELSE 1 END)"
        )

    def _term(self, key: str) -> int:
        number = {"1": "第一学期", "2": "第二学期"}[key[-1]]
        return self._scalar(f"SELECT term_id FROM dim_term WHERE acad_year = '{key[:9]}' AND term_no = '{number}'")

    def _end(self, kind: str, period: str) -> dt.date:
        if kind == "year":
            return dt.date(int(period), 12, 31)
        return self._scalar(f"SELECT end_date FROM dim_term WHERE term_id = {self._term(period)}")


def _kind(period: str) -> str:
    if "-W" in period:
        return "week"
    return {4: "year", 7: "month", 11: "term"}[len(period)]


def _aggregates(formula: str):
    """Start, end and text of every aggregate with its FILTER clause."""
    position = 0
    while found := _AGGREGATE.search(formula, position):
        end = _closing(formula, found.end() - 1)
        rest = formula[end:]
        if rest.startswith(" FILTER ("):
            end = _closing(formula, end + len(" FILTER ("[:-1]))
        yield found.start(), end, formula[found.start() : end]
        position = end


def _closing(text: str, start: int) -> int:
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    raise AssertionError(f"unbalanced: {text}")


def _table(aggregate: str) -> str:
    return re.search(r"((?:fact|dim)_\w+)\.", aggregate).group(1)


def _star(aggregate: str) -> str:
    return re.sub(r"COUNT\(\w+\.\*\)", "COUNT(*)", aggregate)


def _safe_division(expression: str) -> str:
    """In DuckDB x / 0 is infinity or null by setting; the rule is: no value."""
    return f"CASE WHEN isfinite(v) THEN v END FROM (SELECT ({expression})::DOUBLE AS v)"
