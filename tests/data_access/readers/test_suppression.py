"""No few people can be told apart by published figures, however these are added and subtracted."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.access.privacy import SMALLEST_GROUP
from data_access.readers.suppression import _KEPT_FIGURES, ROOT, Census, Group, Verdicts, readable

LAW = settings(deadline=None, max_examples=150)
SETS = 2


@dataclass(frozen=True)
class Person:
    """Somebody in a group, a member of some of the sets that a figure tells of."""

    number: int
    group: Group
    sets: tuple[bool, ...]
    is_known: bool = False


@dataclass(frozen=True)
class College:
    """A tree and the people in it; `detailed` groups are read in detail by the viewer."""

    parents: dict[Group, Group]
    people: list[Person]
    detailed: frozenset[Group] = field(default_factory=frozenset)

    def census(self, *, blank: bool = False) -> Census:
        """What is counted; with `blank`, as for a viewer who knows nobody and reads nothing in detail."""
        own, known = ({} for _ in range(2))
        for person in self.people:
            for counts, counted in ((own, True), (known, person.is_known and not blank)):
                before = counts.get(person.group, (0.0,) * SETS)
                counts[person.group] = tuple(a + (b and counted) for a, b in zip(before, person.sets, strict=True))
        return Census(
            sets=SETS, parents=self.parents, own=own, known=known, detailed=frozenset() if blank else self.detailed
        )

    def chain(self, group: Group) -> list[Group]:
        """The group and all above it."""
        return [group, *self.chain(self.parents[group])] if group in self.parents else [group]

    def members(self, group: Group, one: int, *, strangers: bool) -> frozenset[int]:
        """Numbers of the people of a group, or of all below it, who are in one of the sets."""
        return frozenset(
            p.number
            for p in self.people
            if p.sets[one] and group in self.chain(p.group) and not (strangers and self.is_familiar(p))
        )

    def is_familiar(self, person: Person) -> bool:
        """True for somebody whom the viewer may tell apart by right."""
        return person.is_known or bool(self.detailed & set(self.chain(person.group)))


@st.composite
def colleges(draw: st.DrawFn, *, with_details: bool) -> College:
    """Up to three departments, majors and classes each, some without a group above, some people without a class."""
    depts = [("dept", n) for n in range(draw(st.integers(0, 3)))]
    majors = [("major", n) for n in range(draw(st.integers(0, 3)))]
    classes = [("class", n) for n in range(draw(st.integers(0, 4)))]
    parents: dict[Group, Group] = dict.fromkeys(depts, ROOT)
    for group in majors:
        parents[group] = draw(st.sampled_from([*depts * 3, ROOT]))
    for group in classes:
        parents[group] = draw(st.sampled_from([*majors * 3, *depts, ROOT]))
    people = []
    for group in [*classes, ROOT]:
        for sets in ((True, False), (True, True), (False, True)):
            size = draw(st.sampled_from([0, 0, 1, 2, 4, 5, 6, 9]))
            known = draw(st.integers(0, size)) if with_details and draw(st.booleans()) else 0
            people += [Person(len(people) + n, group, sets, is_known=n < known) for n in range(size)]
    detailed = draw(st.frozensets(st.sampled_from([*parents, ROOT]), max_size=2)) if with_details else frozenset()
    return College(parents, people, detailed)


def atoms(college: College, groups: frozenset[Group], one: int) -> list[frozenset[int]]:
    """The smallest sets of strangers that figures of `groups` can be combined into."""
    found = defaultdict(set)
    for person in college.people:
        if person.sets[one] and not college.is_familiar(person):
            found[frozenset(groups & set(college.chain(person.group)))].add(person.number)
    return [frozenset(people) for within, people in found.items() if within]


def combined(sets: set[frozenset[int]]) -> set[frozenset[int]]:
    """All sets that sums and differences of these lead to, found by doing every sum and difference."""
    found = set(sets)
    while True:
        new = {c for a, b in combinations(found, 2) for c in (a | b, a & b, a - b, b - a)} - found
        if not new:
            return found
        found |= new


@given(college=st.one_of(colleges(with_details=False), colleges(with_details=True)))
@LAW
def test_no_few_strangers_can_be_told_apart(college):
    groups = readable(college.census())
    for one in range(SETS):
        for people in atoms(college, groups, one):
            assert len(people) >= SMALLEST_GROUP


@given(college=st.one_of(colleges(with_details=False), colleges(with_details=True)))
@LAW
def test_no_sum_or_difference_of_published_figures_is_about_few_strangers(college):
    groups = readable(college.census())
    for one in range(SETS):
        published = {college.members(group, one, strangers=True) for group in groups}
        if len(atoms(college, groups, one)) > 5:  # too many sets to form all of them: one round
            published = {a - b for a in published for b in published} | published
        else:
            published = combined(published)
        assert all(not people or len(people) >= SMALLEST_GROUP for people in published)


@given(college=colleges(with_details=True))
@LAW
def test_within_a_group_read_in_detail_no_few_people_are_told_apart_by_its_parts(college):
    """Who reads a department's total by right does not for that reason read its classes."""
    groups = readable(college.census())
    for group in college.detailed:
        below = {g for g in groups if group in college.chain(g)} - college.detailed
        for one in range(SETS):
            for part in below:
                assert len(college.members(part, one, strangers=False)) not in range(1, SMALLEST_GROUP)


@given(college=colleges(with_details=True))
@LAW
def test_what_somebody_knows_never_publishes_a_group_outside_their_details(college):
    blank, own = readable(college.census(blank=True)), readable(college.census())
    theirs = {g for g in own for d in college.detailed if d in college.chain(g)}
    assert own - theirs <= blank
    assert college.detailed <= own


@given(college=colleges(with_details=False))
@LAW
def test_children_are_published_together_and_never_without_their_parent(college):
    groups = readable(college.census())
    for child, parent in college.parents.items():
        siblings = {group for group, above in college.parents.items() if above == parent}
        assert child not in groups or parent in groups
        assert siblings <= groups or not siblings & groups


@given(college=colleges(with_details=False))
@LAW
def test_who_reads_everything_in_detail_reads_every_group(college):
    everything = frozenset({*college.parents, ROOT})
    assert readable(College(college.parents, college.people, everything).census()) == everything


def college(**sizes: int) -> College:
    """School → department 1 → classes a, b, c…, everybody in both sets; ``school`` counts those without a class."""
    parents: dict[Group, Group] = {("dept", 1): ROOT}
    people = []
    for number, (name, size) in enumerate(sizes.items()):
        group = ROOT if name == "school" else ("class", number)
        if group != ROOT:
            parents[group] = ("dept", 1)
        people += [Person(len(people) + n, group, (True,) * SETS) for n in range(size)]
    return College(parents, people)


SCHOOL, DEPT = {ROOT}, {ROOT, ("dept", 1)}


@pytest.mark.parametrize(
    ("sizes", "published"),
    [
        ({"a": 0}, DEPT | {("class", 0)}),
        ({"a": 4}, set()),
        ({"a": 5}, DEPT | {("class", 0)}),
        ({"a": 5, "b": 0, "c": 9}, DEPT | {("class", n) for n in range(3)}),
        ({"a": 5, "b": 4, "c": 9}, DEPT),
        ({"a": 5, "school": 4}, SCHOOL),
        ({"a": 5, "school": 5}, DEPT | {("class", 0)}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_one_small_group_takes_its_siblings_with_it(sizes, published):
    assert readable(college(**sizes).census()) == published


def test_a_figure_is_withheld_for_the_sake_of_any_of_its_sets():
    tree = college(a=9)
    people = [Person(p.number, p.group, (True, p.number < 6)) for p in tree.people]
    assert readable(College(tree.parents, people).census()) == DEPT | {("class", 0)}
    people = [Person(p.number, p.group, (True, p.number < 3)) for p in tree.people]
    assert readable(College(tree.parents, people).census()) == set()


def test_who_knows_one_of_two_classes_does_not_get_the_total_of_both_if_the_other_is_small():
    tree = college(a=3, b=4)
    assert readable(tree.census()) == DEPT
    acquainted = College(tree.parents, tree.people, frozenset({("class", 0)}))
    assert readable(acquainted.census()) == {("class", 0)}


def test_who_knows_the_few_that_belong_to_no_class_is_not_told_more_than_others_are():
    tree = college(a=5, school=4)
    people = [replace(p, is_known=p.group == ROOT) for p in tree.people]
    assert readable(College(tree.parents, people).census()) == readable(tree.census()) == SCHOOL


def test_counts_that_contradict_each_other_are_not_published():
    """A department with more cases than the school: whatever that is, it is no tree."""
    census = Census(sets=1, parents={("dept", 1): ROOT}, own={ROOT: (-3.0,), ("dept", 1): (9.0,)})
    assert readable(census) == {ROOT}


def test_what_was_found_is_kept_for_a_bounded_number_of_figures():
    verdicts = Verdicts()
    for number in range(_KEPT_FIGURES + 1):
        verdicts.put(("X-1", "term", number), frozenset({("class", number)}))
    assert verdicts.get(("X-1", "term", 0)) is None
    assert verdicts.get(("X-1", "term", _KEPT_FIGURES)) == {("class", _KEPT_FIGURES)}
