"""What a value would bring, also through the command, and what is refused; whether the ledger keeps its laws."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from app import cli
from data_access.errors import UnknownNameError, UserError
from indicators.growth_card.points import shipped_card
from indicators.growth_card.trial import point_of, trial
from tests.indicators.growth_card.written_ledger import AUTUMN, WrittenLedger

VECTORS = yaml.safe_load(Path(__file__).with_name("vectors.yaml").read_text(encoding="utf-8"))
CARD = shipped_card()


def tried(code, raw, **extra):
    return trial(point_of(CARD, code), raw, extra).points


def score(*arguments):
    return CliRunner().invoke(cli, ["card", "score", *arguments])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['code']}-{vector['why']}")
def test_a_vector_of_the_plan_passes_also_through_the_command(vector):
    assert tried(vector["code"], vector["raw"], **vector["extra"]) == pytest.approx(vector["expected"], abs=0.005)
    extra = ["--extra", json.dumps(vector["extra"])] if vector["extra"] else []
    result = score(vector["code"], "--raw", json.dumps(vector["raw"]), *extra, "--json")
    assert result.exit_code == 0
    assert json.loads(result.output)["points"] == pytest.approx(vector["expected"], abs=0.005)


def test_there_are_nineteen_vectors():
    assert len(VECTORS) == 19


def test_the_command_explains_what_it_prints():
    told = json.loads(score("STU-ACD-03", "--raw", "97", "--extra", '{"events": 2}', "--json").output)
    assert told["name"] == "全勤率（未旷课）"
    assert (told["rule"], told["cap"], told["max_deduct"], told["gain"], told["loss"]) == (
        "linear_deduct", 50, 80, 40, 10
    )  # fmt: skip
    assert told["explanation"].startswith("全勤率（未旷课）：30 分（得 40，扣 10）。规则：≥100 满分")
    assert score("STU-PER-13", "--raw", "2").output.startswith("违纪频次：0 分（期初存入 20，扣 20）")


def test_weekly_values_share_the_cap_of_the_term():
    assert tried("STU-ACD-02", [98, 80]) == 20
    assert tried("STU-ACD-02", [98] * 18) == 40


def test_events_are_counted_in_whatever_slot_they_are_given():
    assert tried("STU-ACD-03", [100, 100], events=1) == 45
    assert tried("STU-ACD-03", [100, 100], events=[0, 1]) == 45


def test_awards_weigh_what_was_reached():
    assert tried("STU-CAR-09", None, awards={"一等奖": 2, "参赛": 1}) == pytest.approx(3 * (2 * 1.5 + 0.6))


@pytest.mark.parametrize(
    ("code", "raw", "extra", "message"),
    [
        ("STU-ACD-02", "96", {}, "must be a number, not str"),
        ("STU-ACD-02", True, {}, "must be a number, not bool"),
        ("STU-ACD-02", {"raw": 1}, {}, "must be a number, not dict"),
        ("STU-ACD-02", None, {}, "needs a raw value"),
        ("STU-ACD-02", [], {}, "1 to 60 values"),
        ("STU-ACD-02", [96] * 61, {}, "1 to 60 values"),
        ("STU-ACD-02", float("nan"), {}, "must lie between"),
        ("STU-ACD-02", 10**400, {}, "must lie between"),
        ("STU-ACD-02", 96, {"events": 1}, "no extra input 'events'"),
        ("STU-ACD-03", 96, {"events": -1}, "events must lie between"),
        ("STU-ACD-03", [96, 97], {"events": [1]}, "as many as there are raw values"),
        ("STU-ACD-01", 85, {}, "needs on_time and goals"),
        ("STU-ACD-01", 85, {"on_time": 1}, "needs goals"),
        ("STU-ACD-01", 185, {"on_time": 1, "goals": 1}, "raw must lie between 0 and 100"),
        ("STU-ACD-01", 85, {"on_time": 2, "goals": 1}, "on_time must lie between 0 and 1"),
        ("STU-ACD-01", [85], {"on_time": 1, "goals": 1}, "takes one raw value"),
        ("STU-ACD-07", -3, {}, "raw must lie between 0"),
        ("STU-ACD-02", 100.5, {}, "raw must lie between 0 and 100"),
        ("CLS-ACD-05", -1, {}, "raw must lie between 0 and 100"),
        ("STU-PER-15", -101, {}, "raw must lie between -100 and 100"),
        ("STU-ACD-11", 250, {}, "raw must lie between 0 and 100"),
        ("STU-ACD-07", [4, 2.5], {}, "raw must be a whole number"),
        ("STU-ACD-03", 96, {"events": 0.5}, "events must be a whole number"),
        ("STU-CAR-09", None, {"awards": {"一等奖": 1.5}}, "一等奖 must be a whole number"),
        ("STU-PER-14", 6, {}, "raw must be one of 0, 1, 2, 3, 4, 5"),
        ("STU-CAR-13", 50, {}, "raw must be one of 0, 100"),
        ("STU-CAR-09", 3, {"awards": {"一等奖": 1}}, "raw must be null"),
        ("STU-CAR-09", None, {"awards": {"特等奖": 1}}, "no award '特等奖'"),
        ("STU-CAR-09", None, {"awards": []}, "awards must be an object"),
    ],
)
def test_what_means_nothing_is_refused_by_name(code, raw, extra, message):
    with pytest.raises(UserError, match=message):
        tried(code, raw, **extra)


def test_points_of_certificates_may_be_fractions_and_certificates_may_be_several():
    assert tried("STU-CAR-10", 1.5) == 7.5
    assert tried("STU-ACD-10", 2) == 30


def test_an_unknown_point_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="STU-ACD-0"):
        point_of(CARD, "STU-ACD-99")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["STU-ACD-99", "--raw", "1"], 1),
        (["STU-ACD-02", "--raw", '"96"'], 1),
        (["STU-ACD-02", "--raw", "1e999"], 1),
        (["STU-ACD-02", "--raw", "120"], 1),
        (["STU-PER-14", "--raw", "2.5"], 1),
        (["STU-ACD-01", "--raw", "85"], 1),
        (["STU-ACD-02", "--raw", "NaN"], 2),
        (["STU-ACD-02", "--raw", "-Infinity"], 2),
        (["STU-ACD-02", "--raw", "ninety"], 2),
        (["STU-ACD-02", "--raw", "[" * 9_000], 2),
        (["STU-ACD-02", "--raw", "9" * 9_000], 2),
        (["STU-ACD-02", "--raw", "1" * 20_000], 2),
        (["STU-ACD-02", "--raw", "1", "--extra", "[1]"], 2),
        (["STU-ACD-02"], 2),
    ],
)
def test_the_command_fails_with_a_message_and_no_traceback(arguments, code):
    result = score(*arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.output
    assert len(result.output) < 1_000


def test_verify_is_silent_about_a_sound_ledger_and_names_a_broken_law(install, tmp_path, monkeypatch):
    place = install(tmp_path / "home")
    monkeypatch.setenv("LUOXUAN_HOME", str(place.settings.home))
    ledger = WrittenLedger(place.database)
    ledger.enter("STU-ACD-02", "W01", 2)
    ledger.stand(None)
    ledger.stand(None, account="学业发展")
    sound = CliRunner().invoke(cli, ["card", "verify"])
    assert (sound.exit_code, sound.output.strip()) == (0, "1 entries, 0 laws broken")
    ledger.enter("STU-ACD-02", "W01", 1)
    broken = CliRunner().invoke(cli, ["card", "verify", "--term", AUTUMN, "--json"])
    assert broken.exit_code == 1
    laws = {problem["law"] for problem in json.loads(broken.output)["problems"]}
    assert laws == {"more than one entry counts", "a standing is not the sum of its entries"}
