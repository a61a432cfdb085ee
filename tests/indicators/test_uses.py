from indicators.library import shipped_library
from indicators.uses import declared_uses, uses_of

LIBRARY = shipped_library()
OF_STUDENTS, OF_CLASSES = 41, 19
"""Scoring points of the growth card (包头 表15)."""


def test_every_code_that_a_use_names_is_in_the_library():
    for lists in declared_uses().values():
        for name, codes in lists.items():
            assert [code for code in codes if code not in LIBRARY.indicators] == [], name
            assert len(set(codes)) == len(codes)


def test_the_growth_card_has_its_scoring_points_each_in_one_account():
    accounts = declared_uses()["growth_card"]
    codes = [code for codes in accounts.values() for code in codes]
    assert len(codes) == len(set(codes)) == OF_STUDENTS + OF_CLASSES
    assert sum(code.startswith("STU-") for code in codes) == OF_STUDENTS


def test_uses_are_found_by_code():
    assert uses_of("STU-ACD-03").accounts == ("学业发展",)
    assert uses_of("STU-ACD-03").risks == ("学生旷课预警",)
    assert uses_of("MAJ-QUA-04").dimensions == ("质量度",)
    assert uses_of("SCH-LVL-01") == uses_of("no such code")
