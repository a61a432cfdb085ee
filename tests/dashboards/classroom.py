"""Lessons of the invented college: sections that met on the last day, units and visits of a section."""

from indicators.lessons import Meeting, Unit, Visits
from tests.dashboards.college import CLASSES, COURSES, DATA_DATE, DEPARTMENTS, TEACHERS


def meeting(number, *, present=36):
    return Meeting(
        offering_id=number, day=DATA_DATE, course_name=COURSES[number % len(COURSES)],
        class_name=f"{CLASSES[number % len(CLASSES)]}-{number}班", teacher_name=TEACHERS[number % len(TEACHERS)],
        dept_name=DEPARTMENTS[(number - 1) % 6], due=40, present=present, absent=40 - present, leave=0, late=1,
    )  # fmt: skip


def unit(offering, number, reached, *, assessed=40):
    return Unit(
        offering_id=offering, number=number, day=DATA_DATE, assessed=assessed, reached=reached, mean=78.0,
        scores=(41.0, 70.0, 79.0, 88.0, 99.0),
    )  # fmt: skip


def visits(forms, mean=86.0):
    spreads = (None,) * 5 if forms < 2 else (2.5,) * 5
    return Visits(forms=forms, roles=min(forms, 2), excellent=forms // 2, means=(mean,) * 5, spreads=spreads)


class Classroom:
    """Twenty sections met, the first with the fewest; section n has three units, two others of its course as well."""

    def __init__(self, found=None):
        self.found = {"offering": visits(2), "course": visits(6, 88.0), "dept": visits(40, 90.0)}
        self.found = self.found if found is None else found

    def meetings(self, until, *, term_key, dept_id, scope):
        assert until == DATA_DATE
        numbers = [n for n in range(1, 21) if dept_id is None or (n - 1) % 6 + 1 == dept_id]
        return [meeting(n, present=20 + n) for n in reversed(numbers)]

    def units(self, offering_id, *, scope):
        own = [unit(offering_id, n, 40 - 4 * n) for n in (1, 2, 3)]
        return [*own, *(unit(number, n, 30 + shift) for number, shift in ((901, 0), (902, 6)) for n in (1, 2, 3))]

    def visits(self, offering_id, *, scope):
        return self.found
