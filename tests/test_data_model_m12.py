"""M12, contracts split or kept below the tender limit: what is found, and what each innocent cause makes of it."""

from pathlib import Path

from tests.tables_in_text import expect, run_card

LIMITS = """
    kind | county | limit_amount | valid_from | valid_to
    工程 | 990101 | 400000       | 2020-01-01 | 2024-06-30
    工程 | 990101 | 300000       | 2024-07-01 |
    服务 | 990101 | 100000       | 2020-01-01 |
"""
CONTRACTS = (
    "contract_id | name | village | owner | kind | contractor_uscc | budget | amount | variation_amount | tendered"
    " | is_emergency | is_framework | funding_source | project_id | signed_on\n"
)


def contract(code: str, name: str, signed_on: str, budget: int = 250_000, **other: object) -> str:
    """A line of the contracts: works of a village, unless said otherwise."""
    row = {
        "village": "990101001201",
        "owner": "甲村村民委员会",
        "kind": "工程",
        "contractor_uscc": "W",
        "amount": budget,
        "variation_amount": 0,
        "tendered": "false",
        "is_emergency": "false",
        "is_framework": "false",
        "funding_source": "村集体",
        "project_id": "",
        **other,
    }
    cells = {"contract_id": code, "name": name, "budget": budget, "signed_on": signed_on, **row}
    return " | ".join(str(cells[column.strip()]) for column in CONTRACTS.split("|"))


def contracts(*lines: str) -> dict[str, str]:
    return {"tender_limit": LIMITS, "contract": CONTRACTS + "\n".join(lines)}


def test_alike_contracts_below_the_limit_and_together_above_it_are_red(small_office: Path) -> None:
    alerts = run_card(
        "M12",
        contracts(
            # one road in three contracts of two contractors, each written by another clerk
            contract("A1", "甲村村道硬化工程（东段）", "2024-02-01", 150_000),
            contract("A2", "甲村村道硬化工程西段", "2024-03-01", 150_000),
            contract("A3", "甲村村道硬化工程（中 段）", "2024-05-30", 380_000, contractor_uscc="V"),
            # not alike; of another kind; of a village of the same name in another town
            contract("B1", "甲村路灯安装工程", "2024-03-01"),
            contract("B2", "甲村村道硬化工程监理", "2024-03-01", 50_000, kind="服务"),
            contract("B3", "甲村村道硬化工程（北段）", "2024-03-01", village="990101002201"),
            # alike and near, but together below the limit; alike, but too far apart
            contract("C1", "乙村沟渠修缮工程一", "2024-01-01", 190_000, owner="乙村村民委员会"),
            contract("C2", "乙村沟渠修缮工程二", "2024-02-01", 200_000, owner="乙村村民委员会"),
            contract("D1", "丙村污水管网工程甲", "2023-08-01", owner="丙村村民委员会"),
            contract("D2", "丙村污水管网工程乙", "2024-01-29", owner="丙村村民委员会"),
            # one of them above the limit, for which a tender was held
            contract("E1", "丁村护岸加固工程甲", "2024-01-01", owner="丁村村民委员会"),
            contract("E2", "丁村护岸加固工程乙", "2024-02-01", 900_000, owner="丁村村民委员会", tendered="true"),
        ),
        as_of="2024-06-20",
    )
    expect(
        alerts,
        """
        rule  | subject_display | level | amount | n_contracts | times_limit | n_contractors | n_just_below | days_apart
        split | A1              | red   | 680000 | 3           | 1.7         | 2             | 1            | 119
        """,
    )
    assert alerts[0].title == "合同A1等3份名称相近，合计为招标限额的1.7倍，是否拆分以规避招标？"


def test_the_limit_of_the_day_counts_and_the_next_part_of_a_chain_is_a_group_of_its_own(small_office: Path) -> None:
    alerts = run_card(
        "M12",
        contracts(
            # together 360000: below the limit until June, above the one from July on
            contract("A1", "甲村村道硬化工程甲", "2024-04-01", 180_000, owner="甲村委"),
            contract("A2", "甲村村道硬化工程乙", "2024-05-01", 180_000, owner="甲村委"),
            contract("B1", "乙村村道硬化工程甲", "2024-07-01", 180_000, owner="乙村委"),
            contract("B2", "乙村村道硬化工程乙", "2024-08-01", 180_000, owner="乙村委"),
            # the third is within the window of the second only; the last two of C are part of the first group
            contract("C1", "丙村护岸加固工程甲", "2024-01-01", 220_000, owner="丙村委"),
            contract("C2", "丙村护岸加固工程乙", "2024-05-01", 220_000, owner="丙村委"),
            contract("C3", "丙村护岸加固工程丙", "2024-08-01", 220_000, owner="丙村委"),
            contract("D1", "丁村护岸加固工程甲", "2024-01-01", 220_000, owner="丁村委"),
            contract("D2", "丁村护岸加固工程乙", "2024-02-01", 220_000, owner="丁村委"),
            contract("D3", "丁村护岸加固工程丙", "2024-03-01", 220_000, owner="丁村委"),
        ),
        as_of="2024-09-20",
    )
    expect(
        alerts,
        """
        subject_display | level | n_contracts | amount
        B1              | red   | 2           | 360000
        C1              | red   | 2           | 440000
        C2              | red   | 2           | 440000
        D1              | red   | 3           | 660000
        """,
    )


def test_a_group_stays_one_when_its_first_contract_grows_too_old(small_office: Path) -> None:
    tables = contracts(
        contract("A1", "甲村村道硬化工程甲", "2022-06-20"),
        contract("A2", "甲村村道硬化工程乙", "2022-07-20"),
        contract("A3", "甲村村道硬化工程丙", "2022-08-20"),
    )
    assert [alert.subject_display for alert in run_card("M12", tables, as_of="2024-06-20")] == ["A1"]
    assert [alert.subject_display for alert in run_card("M12", {}, as_of="2024-07-20")] == ["A1"]


def test_innocent_causes_lower_a_split(small_office: Path) -> None:
    def pair(
        place: str, first: dict[str, object], second: dict[str, object], name: str = "灌溉渠修缮工程"
    ) -> list[str]:
        number, owner = place, f"{place}村村民委员会"
        return [
            contract(f"{number}1", f"{place}村{name}甲", "2024-03-01", **{"owner": owner, **first}),
            contract(f"{number}2", f"{place}村{name}乙", "2024-04-01", **{"owner": owner, **second}),
        ]

    alerts = run_card(
        "M12",
        {
            **contracts(
                # F27: two funds; two places; phases; each tendered (Tonglu); one tendered, one not
                *pair("A", {}, {"funding_source": "县级补助"}),
                *pair("B", {}, {"village": "990101001202"}),
                *pair("C", {}, {}, name="灌溉渠修缮工程一期"),
                *pair("D", {"tendered": "true"}, {"tendered": "true"}),
                *pair("E", {"tendered": "true"}, {}),
                # F30: call-offs. F25: emergencies minuted; emergencies without a minute; one of them with
                *pair("F", {"is_framework": "true"}, {"is_framework": "true"}),
                *pair("G", {"is_emergency": "true", "project_id": "P1"}, {"is_emergency": "true", "project_id": "P2"}),
                *pair("H", {"is_emergency": "true", "project_id": "P3"}, {}),
                # nothing of this
                *pair("K", {}, {}),
            ),
            "meeting_minute": "project_id | meeting_date\nP1 | 2024-03-03\nP2 | 2024-03-28\nP3 | 2024-01-01",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        subject_display | level  | n_funds | n_places | phased | tendered | is_framework | unminuted | excused
        A1              | orange | 2       | 1        | no     | no       | no           | no        | no
        B1              | orange | 1       | 2        | no     | no       | no           | no        | no
        C1              | orange | 1       | 1        | yes    | no       | no           | no        | no
        D1              | yellow | 1       | 1        | no     | yes      | no           | no        | yes
        E1              | yellow | 1       | 1        | no     | yes      | no           | no        | yes
        F1              | yellow | 1       | 1        | no     | no       | yes          | no        | yes
        G1              | yellow | 1       | 1        | no     | no       | no           | no        | yes
        H1              | orange | 1       | 1        | no     | no       | no           | yes       | no
        K1              | red    | 1       | 1        | no     | no       | no           | no        | no
        """,
    )


def test_budgets_just_below_the_limit_are_orange_when_an_owner_has_several(small_office: Path) -> None:
    alerts = run_card(
        "M12",
        {
            **contracts(
                contract("A1", "甲村路灯安装工程", "2023-09-01", 360_000, owner="甲村委"),
                contract("A2", "甲村文化礼堂修缮工程", "2024-03-01", 399_900, owner="甲村委"),
                contract("B1", "乙村路灯安装工程", "2024-03-01", 399_000, owner="乙村委"),
                # lower; the limit itself; tendered; a call-off; part of a split; raised past the limit
                contract("C1", "丙村路灯安装工程", "2024-03-01", 359_000, owner="丙村委"),
                contract("C2", "丙村护岸加固工程", "2024-03-01", 400_000, owner="丙村委"),
                contract("C3", "丙村污水管网工程", "2024-03-01", 390_000, owner="丙村委", tendered="true"),
                contract("C4", "丙村零星维修工程", "2024-03-01", 390_000, owner="丙村委", is_framework="true"),
                contract("D1", "丁村路灯安装工程甲", "2024-03-01", 390_000, owner="丁村委"),
                contract("D2", "丁村路灯安装工程乙", "2024-04-01", 90_000, owner="丁村委"),
                # F25
                contract(
                    "E1", "戊村护岸抢修", "2024-03-01", 390_000, owner="戊村委", is_emergency="true", project_id="P"
                ),
                contract("E2", "戊村路灯安装工程", "2023-09-01", 390_000, owner="戊村委"),
            ),
            "meeting_minute": "project_id | meeting_date\nP | 2024-03-01",
        },
        as_of="2024-06-01",
    )
    expect(
        [alert for alert in alerts if alert.rule == "just_below"],
        """
        subject_display | level  | of_limit | room  | n_near | emergency_minuted
        A1              | orange | 0.9      | 40000 | 2      | no
        A2              | orange | 1        | 100   | 2      | no
        B1              | yellow | 1        | 1000  | 1      | no
        E1              | yellow | 0.97     | 10000 | 1      | yes
        E2              | yellow | 0.97     | 10000 | 1      | no
        """,
    )


def test_variations_past_the_limit_are_red_and_others_orange(small_office: Path) -> None:
    alerts = run_card(
        "M12",
        {
            **contracts(
                # A: past the limit; B: a tenth and no more; C: still below (F33); D: tendered (F33); E: call-off (F30);
                # F: emergency with a minute (F25)
                contract("A", "甲村路灯安装工程", "2024-03-01", 380_000, amount=370_000, variation_amount=60_000),
                contract("B", "甲村护岸加固工程", "2024-03-01", 350_000, amount=350_000, variation_amount=35_000),
                contract("C", "甲村污水管网工程", "2024-03-01", 200_000, variation_amount=50_000),
                contract("D", "甲村礼堂修缮工程", "2024-03-01", 900_000, variation_amount=200_000, tendered="true"),
                contract("E", "甲村零星维修", "2024-03-01", 300_000, variation_amount=150_000, is_framework="true"),
                contract(
                    "F",
                    "甲村抢修",
                    "2024-03-01",
                    300_000,
                    variation_amount=150_000,
                    is_emergency="true",
                    project_id="P",
                ),
            ),
            "meeting_minute": "project_id | meeting_date\nP | 2024-03-02",
        },
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                | subject_display | level  | amount | variation_pct | past_limit | just_below
        raised_by_variation | A               | red    | 60000  | 16.2          | yes        | yes
        raised_by_variation | C               | orange | 50000  | 25            | no         | no
        raised_by_variation | D               | orange | 200000 | 22.2          | no         | no
        raised_by_variation | E               | yellow | 150000 | 50            | yes        | no
        raised_by_variation | F               | yellow | 150000 | 50            | yes        | no
        """,
    )


def test_blank_flags_and_variations_drop_no_contract(small_office: Path) -> None:
    blank = {"tendered": "", "is_emergency": "", "is_framework": "", "variation_amount": ""}
    alerts = run_card(
        "M12",
        contracts(
            contract("A1", "甲村灌溉渠修缮工程甲", "2024-03-01", **blank),
            contract("A2", "甲村灌溉渠修缮工程乙", "2024-04-01", **blank),
            contract("B1", "乙村路灯安装工程", "2024-03-01", 390_000, owner="乙村委", **blank),
            contract("C1", "丙村护岸加固工程", "2024-03-01", owner="丙村委", **{**blank, "variation_amount": 200_000}),
        ),
        as_of="2024-06-01",
    )
    expect(
        alerts,
        """
        rule                | subject_display | level
        just_below          | B1              | yellow
        raised_by_variation | C1              | red
        split               | A1              | red
        """,
    )
