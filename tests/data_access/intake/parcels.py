"""Files of the small college on their way into the lake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from data_access.database.models import ImportBatch
from data_access.intake import ImportReport
from tests.data_access.intake.college import (
    ATTENDANCE_HEADER,
    GRADE_HEADER,
    OFFERING_HEADER,
    STUDENT_HEADER,
    College,
    offerings,
    students,
    write_csv,
    write_xlsx,
)


def bring(college: College, inbox: Path, name: str, header: Any, rows: Any, **options: Any) -> ImportReport:
    """Import one file of its own."""
    path = inbox / name
    (write_xlsx if path.suffix == ".xlsx" else write_csv)(path, header, rows)
    report = college.intake.run(path, "demo", **options)
    path.unlink()
    return report


def bring_roster(college: College, inbox: Path, count: int = 5) -> ImportReport:
    bring(college, inbox, "教学班.csv", OFFERING_HEADER, offerings())
    return bring(college, inbox, "学生名单.xlsx", STUDENT_HEADER, students(count))


def conserved(report: ImportReport) -> bool:
    return all(c.read == c.new + c.changed + c.unchanged + c.quarantined + c.refused for c in report.tables.values())


def batch_status(college: College, batch_id: int) -> str:
    with college.database.connect() as connection:
        return str(connection.execute(select(ImportBatch.status).where(ImportBatch.batch_id == batch_id)).scalar_one())


def plant(inbox: Path, *, sound: bool) -> None:
    """Three files; unless `sound`, with every kind of fault the importer promises to find."""
    roster = [
        ("2025000001", "NA", "软件2501", "男", 2025, "NA", "普通高考", "否"),
        ("2025000002", "张晓螺", "软件2501", "女" if sound else "未知", 2025, "河南", "普通高考", "否"),
        ("440101200501011234" if sound else 440101200501011234, "李旋", "软件2502", "男", 2025, "None", "扩招", "是"),
    ]
    write_xlsx(inbox / "学生名单.xlsx", STUDENT_HEADER, roster)
    write_csv(inbox / "教学班.csv", OFFERING_HEADER, offerings())
    rows = [
        ("2025000001", 1, "2024/9/31", "1-2", "准时", "是", "是", "是", "是", "是", ""),
        ("2025000001", 1, "2025-09-02", "1-2", "准时", "是", "是", "是", "是", "是", ""),
        ("2025000001", 1, "2025-09-02", "3-4", "旷课", "否", "是", "否", "是", "否", ""),
        ("2025999999", 1, "2025-09-03", "1-2", "准时", "是", "是", "是", "是", "是", ""),
        ("2025000002", 1, "2025-09-04", "1-2", "准时", "是", "是", "是", "是", "是", ""),
    ]
    if sound:
        rows = [(rows[0][0], 1, "2025-09-30", *rows[0][3:]), rows[1], *rows[3:]]
        write_csv(inbox / "课堂考勤_第01周.csv", ATTENDANCE_HEADER, rows, encoding="utf-8")
    else:
        path = write_csv(inbox / "课堂考勤_第01周.csv", ATTENDANCE_HEADER, rows, encoding="utf-8")
        lines = path.read_bytes().split(b"\r\n")
        lines[5] = lines[5].decode().encode("gb18030")
        path.write_bytes(b"\r\n".join(lines))
    header = GRADE_HEADER if sound else tuple(name for name in GRADE_HEADER if name != "学分")
    grade = dict(zip(GRADE_HEADER, ("2025000001", 1, "2025-2026-1", 88, 4, "是", "是", "否"), strict=True))
    write_csv(inbox / "成绩单_2025.csv", header, [[grade[name] for name in header]])
