"""Who sees what, written a second time: by hand, from the role table of the plans, without the product's rules.

Each role is one function from its text. Where the table leaves something open, the comment says what was decided.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from data_access.access.privacy import PLAIN, Privacy, Subject, Topic
from data_access.access.roles import Role
from data_access.access.viewer import Post
from tests.data_access.access.organisations import ALIASES, DEPARTMENTS, Organisation

COUNSELLING, SCREENING, AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, INCIDENT, RISK = (
    Topic.COUNSELLING, Topic.SCREENING, Topic.AID, Topic.DISCIPLINE, Topic.HARDSHIP, Topic.BEHAVIOUR,
    Topic.INCIDENT, Topic.RISK,
)  # fmt: skip
OF_GROUPS = ("school", "dept", "major", "class", "course", "offering")
ROWS = (*OF_GROUPS, "teacher", "student", "roster", "account", "audit")


@dataclass(frozen=True)
class Figure:
    """Something that can be read of a row; without an owner it is its name only."""

    owner: str = ""
    topics: frozenset[Topic] = frozenset()
    privacy: Privacy = Privacy.INTERNAL

    @property
    def subject(self) -> Subject:
        if not self.owner:
            return PLAIN
        return Subject(privacy=Privacy.SENSITIVE if self.topics else self.privacy, topics=self.topics, owner=self.owner)


OFFICE = DEPARTMENTS[3]
FIGURES = (
    Figure(),
    Figure(owner="教务处", privacy=Privacy.PUBLIC),
    Figure(owner="教务处"),
    Figure(owner="教务处", privacy=Privacy.PERSONAL),
    Figure(owner=OFFICE),
    Figure(owner=ALIASES[3], topics=frozenset({INCIDENT})),
    Figure(owner=DEPARTMENTS[4], topics=frozenset({COUNSELLING})),
    Figure(owner="学生工作处", topics=frozenset({AID, HARDSHIP, COUNSELLING})),
    Figure(owner="学生工作处", topics=frozenset({AID, HARDSHIP})),
    *(Figure(owner="学生工作处", topics=frozenset({topic})) for topic in Topic),
)


@dataclass(frozen=True)
class Place:
    """What lies below a node, and how it is reached."""

    college: Organisation

    def below(self, level: str, node: int, rows: str) -> set[int]:
        """Entities of a kind that belong to a node; pointers are followed one by one."""
        kind = "offering" if rows == "roster" else rows
        if kind not in {*OF_GROUPS, "teacher", "student"}:
            return set()
        if level == "school":
            return self.college.ids(kind)
        return {key for key in self.college.ids(kind) if node in self.owners(kind, key, level)}

    def owners(self, kind: str, key: int, level: str) -> set[int | None]:
        """The nodes of `level` that an entity belongs to; an offering has several chains."""
        college = self.college
        if kind == level:
            return {key}
        if kind == "major" and level == "dept":
            return {college.majors[key]}
        if kind == "class":
            major = college.classes[key]
            return {"major": {major}, "dept": {college.majors.get(major)}}.get(level, set())
        if kind == "student":
            group = college.students[key]
            if level == "class":
                return {group}
            return self.owners("class", group, level) if group in college.classes else set()
        if kind in {"course", "teacher"}:
            dept, major = (college.courses if kind == "course" else college.teachers)[key]
            return {"dept": {dept}, "major": {major}}.get(level, set())
        if kind == "offering":
            course, group, teacher = college.offerings[key]
            if level in {"course", "class", "teacher"}:
                return {{"course": course, "class": group, "teacher": teacher}[level]}
            if level == "major":  # of the class that is taught
                return {college.classes.get(group)}
            if level == "dept":  # of the course
                return {college.courses.get(course, (None, None))[0]}
        return set()

    def taught_to(self, dept: int) -> set[int]:
        """Offerings, of any department, for classes of a department."""
        groups = self.below("dept", dept, "class")
        return {key for key, (_, group, _) in self.college.offerings.items() if group in groups}


def _aggregated(figure: Figure, kind: str, *, details: set[Topic]) -> bool:
    """Of groups all but counselling told alone; of persons and lists of them what is harmless or among `details`."""
    return (kind in OF_GROUPS and figure.topics != {COUNSELLING}) or figure.topics <= details


def _leader(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "all, aggregated; not psychology, aid and discipline of named students": so the incidents of the college are
    # theirs, and what else is sensitive about students is taken to be of the same kind.
    return place.below("school", 1, kind) if _aggregated(figure, kind, details={INCIDENT}) else set()


def _function_head(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "own duties, all entities for own indicators; not other departments' people data"
    seen = set()
    names = {post.node_name, *post.node_aliases}
    is_own = not figure.owner or figure.owner in names
    is_told = is_own and figure.privacy is not Privacy.PERSONAL and figure.topics != {COUNSELLING}
    if kind in OF_GROUPS and is_told:
        seen |= place.below("school", 1, kind)
    # Their own department and the people in it, like any head; no students belong to it.
    if kind in {"dept", "teacher"} and figure.topics <= {INCIDENT}:
        seen |= place.below("dept", post.node_id, kind)
    return seen


def _department_head(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "own department; not counselling details"; screening is the psychology centre's alone.
    if not _aggregated(figure, kind, details={AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, INCIDENT, RISK}):
        return set()
    if kind == "school":
        return set()
    seen = place.below("dept", post.node_id, kind)
    return seen | place.taught_to(post.node_id) if kind == "offering" else seen


def _major_leader(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "own major": of a merged section only its own students, so no list of all who sit there.
    if kind in {"school", "dept", "roster"} or not _aggregated(figure, kind, details=set()):
        return set()
    return place.below("major", post.node_id, kind)


def _course_leader(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "own courses; not students outside own courses"
    if kind in {"course", "offering", "roster"} and not figure.topics:
        return place.below("course", post.node_id, kind)
    return set()


def _teacher(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "own offerings and own file; not other teachers' scores"; what they have been charged with is in their file.
    if kind in {"teacher", "offering", "roster"} and figure.topics <= {INCIDENT}:
        return place.below("teacher", post.node_id, kind)
    return set()


def _class_adviser(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "own class; not counselling details"
    details = {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, RISK}
    if kind not in {"class", "offering", "student"} or not _aggregated(figure, kind, details=details):
        return set()
    return place.below("class", post.node_id, kind)


def _counsellor(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # Of own students everything but screening scores: the assigned counsellor alone knows who is in care.
    details = {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, RISK, COUNSELLING}
    if kind not in {"class", "student"} or not _aggregated(figure, kind, details=details):
        return set()
    return place.below("class", post.node_id, kind)


def _student_affairs(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # Counsellors' office of a department or of the college: its students, without counselling and screening.
    details = {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, RISK}
    kinds = {"dept", "major", "class", "student"} | ({"school"} if post.node_level == "school" else set())
    if kind not in kinds or not _aggregated(figure, kind, details=details):
        return set()
    return place.below(post.node_level, post.node_id, kind)


def _psychology_centre(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "referred students; not grades and conduct": names, and figures on nothing but psychology.
    if figure.owner and not (figure.topics and figure.topics <= {COUNSELLING, SCREENING}):
        return set()
    if kind == "student":
        return place.college.referred & place.college.ids("student")
    return place.below("school", 1, kind) if kind in {"school", "dept", "major", "class"} else set()


def _student(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # "self; not risk probabilities"; records of counselling stay between the centre and the counsellor.
    details = {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, SCREENING}
    return place.below("student", post.node_id, kind) if kind == "student" and figure.topics <= details else set()


def _wall_screen(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # Not in the table: everybody passes by it, so it shows groups and nothing sensitive.
    if kind in {"school", "dept", "major", "class", "course"} and not figure.topics:
        return place.below("school", 1, kind) if figure.privacy is not Privacy.PERSONAL else set()
    return set()


def _nothing(place: Place, post: Post, kind: str, figure: Figure) -> set[int]:
    # Load status and metadata, accounts, the log: none of it are rows about the college.
    return set()


_SEES: dict[Role, Callable[[Place, Post, str, Figure], set[int]]] = {
    Role.LEADER: _leader,
    Role.QUALITY_OFFICE: _leader,  # "all records except sensitive student fields": incidents are its daily work
    Role.FUNCTION_HEAD: _function_head,
    Role.DEPARTMENT_HEAD: _department_head,
    Role.MAJOR_LEADER: _major_leader,
    Role.COURSE_LEADER: _course_leader,
    Role.TEACHER: _teacher,
    Role.CLASS_ADVISER: _class_adviser,
    Role.COUNSELLOR: _counsellor,
    Role.STUDENT_AFFAIRS: _student_affairs,
    Role.PSYCHOLOGY_CENTRE: _psychology_centre,
    Role.STUDENT: _student,
    Role.DATA_STEWARD: _nothing,
    Role.SYSTEM_ADMINISTRATOR: _nothing,
    Role.SECURITY_ADMINISTRATOR: _nothing,
    Role.AUDIT_ADMINISTRATOR: _nothing,
    Role.WALL_SCREEN: _wall_screen,
}
_HELD_AT: dict[Role, set[str]] = {
    Role.LEADER: {"school"}, Role.QUALITY_OFFICE: {"school"}, Role.FUNCTION_HEAD: {"dept"},
    Role.DEPARTMENT_HEAD: {"dept"}, Role.MAJOR_LEADER: {"major"}, Role.COURSE_LEADER: {"course"},
    Role.TEACHER: {"teacher"}, Role.CLASS_ADVISER: {"class"}, Role.COUNSELLOR: {"class"},
    Role.STUDENT_AFFAIRS: {"dept", "school"}, Role.PSYCHOLOGY_CENTRE: {"school"}, Role.STUDENT: {"student"},
    Role.DATA_STEWARD: {"school"}, Role.SYSTEM_ADMINISTRATOR: {"school"}, Role.SECURITY_ADMINISTRATOR: {"school"},
    Role.AUDIT_ADMINISTRATOR: {"school"}, Role.WALL_SCREEN: {"school"},
}  # fmt: skip
_REFERENCE = {
    Role.DEPARTMENT_HEAD, Role.MAJOR_LEADER, Role.COURSE_LEADER, Role.TEACHER, Role.CLASS_ADVISER, Role.COUNSELLOR,
    Role.STUDENT_AFFAIRS,
}  # fmt: skip
"""Staff compare themselves with the whole college: its total, nothing sensitive."""


def rows(college: Organisation, posts: Iterable[Post], day: dt.date, kind: str, figure: Figure) -> set[int]:
    """Ids of the rows of a kind of which the holder of `posts` may read a figure."""
    place, seen = Place(college), set()
    for post in posts:
        is_held = post.valid_from <= day and (post.valid_to is None or post.valid_to >= day)
        is_there = post.node_level in _HELD_AT[post.role] and post.node_id in college.ids(post.node_level)
        if not is_held or not is_there:
            continue
        seen |= _SEES[post.role](place, post, kind, figure)
        is_common = not figure.topics and (kind, figure.privacy is Privacy.PERSONAL) == ("school", False)
        if post.role in _REFERENCE and is_common:
            seen.add(1)
    return seen


def rows_in_detail(college: Organisation, posts: Iterable[Post], day: dt.date, kind: str, figure: Figure) -> set[int]:
    """Those of them of which a sensitive figure may be read however few people it tells of."""
    details = {
        Role.LEADER: {INCIDENT},
        Role.QUALITY_OFFICE: {INCIDENT},
        Role.FUNCTION_HEAD: {INCIDENT},
        Role.DEPARTMENT_HEAD: {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, INCIDENT, RISK},
        Role.TEACHER: {INCIDENT},
        Role.CLASS_ADVISER: {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, RISK},
        Role.COUNSELLOR: {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, RISK, COUNSELLING},
        Role.STUDENT_AFFAIRS: {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, RISK},
        Role.PSYCHOLOGY_CENTRE: {COUNSELLING, SCREENING},
        Role.STUDENT: {AID, DISCIPLINE, HARDSHIP, BEHAVIOUR, SCREENING},
    }
    seen = set()
    for post in posts:
        if figure.topics <= details.get(post.role, set()):
            own = rows(college, [post], day, kind, figure)
            # What a function head reads of the whole college by duty is never detailed.
            if post.role is Role.FUNCTION_HEAD:
                own = own & Place(college).below("dept", post.node_id, kind) if kind in {"dept", "teacher"} else set()
            seen |= own
    return seen
