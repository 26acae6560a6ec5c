"""Who answers for an alert: found in the registers as of the day of the act, marked and added by whoever verifies."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data.collision import collide
from data.database import reading, writing
from data.dispatch import take
from data.errors import InputRefused, NotFound, NotPermitted, Recused
from data.identities import unmask
from data.identity import subject_key
from data.loop_tables import Responsible
from data.people_tables import SealedIdentity
from data.responsible import add, mark, of_alert
from data.rights import acting, seen_by
from data.supervision_models import install
from data.tables import Alert, AlertEvent, Region
from tests.people import person
from tests.tables_in_text import card_named, file_tables
from tests.test_data_dispatch import HAN, OF_C2, furnish

HANDLER, REVIEWER, CADRE, UNKNOWN = "990101197001010017", "990101197101010016", "990101197201010015", "990101"
TABLES = {
    "person": """
        id_no              | hukou_out_date | hukou_registered_on | hukou_region
        990101195001010018 | 2024-01-10     | 2024-01-12          | 980101
    """,
    "benefit_payment": f"""
        pay_month | handler_id | reviewer_id | paid_date  | received_on
        2024-03   | {HANDLER}  | {REVIEWER}  | 2024-03-25 | 2024-04-01
        2024-04   | {HANDLER}  | {CADRE}     | 2024-04-25 | 2024-05-01
        2024-05   | {UNKNOWN}  | {CADRE}     | 2024-05-25 | 2024-06-01
    """,
    "public_employee": f"""
        id_no      | name | unit_name | post   | fiscal_type | start_date | end_date   | monthly_pay | received_on
        {HANDLER}  | 李四 | 镇民政办  | 办事员 | 全额 | 2020-01-01 |            | 5000 | 2020-02-01
        {HANDLER}  | 李四 | 镇财政所  | 所长   | 全额 | 2024-06-01 |            | 5000 | 2024-05-20
        {REVIEWER} | 周五 | 镇民政办  | 主任   | 全额 | 2019-01-01 | 2024-02-29 | 6000 | 2019-02-01
    """,
    "village_cadre": f"""
        id_no   | name | village      | post       | start_date | end_date | received_on
        {CADRE} | 王六 | 990101001201 | 村委会主任 | 2021-01-01 |          | 2021-02-01
        {REVIEWER} | 周五 | 990101001201 | 文书 | 2024-01-01 |          | 2024-04-20
    """,
}
SAME = "990101195001010018 | elderly_care_allowance | 韩立 | 990101001201 | 100"
TABLES["benefit_payment"] = "\n".join(
    f"{line} | {SAME if number else 'id_no | scheme | name | region | amount'}"
    for number, line in enumerate(TABLES["benefit_payment"].strip().splitlines())
)
MAY, JUNE = datetime(2024, 5, 15), datetime(2024, 6, 15)
NOW = datetime(2024, 6, 17, 1)


@pytest.fixture
def paid(office: Path) -> Path:
    """An office in which payments to somebody who moved away were found in the middle of May."""
    with writing() as session:
        furnish(session)
        session.add(Region(code="980101", name="邻县", name_en="next", level=3, valid_from=date(2000, 1, 1)))
        card = card_named("M01")
        install(session, card)
        empty = dict.fromkeys(sorted({*card.registers} - {*TABLES}), "")
        file_tables(session, {**empty, **TABLES})
        assert collide(session, card, as_of=MAY).n_new == 1
    return office


def alert_id() -> int:
    with reading() as session:
        return session.scalars(select(Alert.id)).one()


def shown() -> list[tuple[str, ...]]:
    with reading() as session:
        found = of_alert(session, session.scalars(select(Alert.id)).one())
        return [(r.role, r.display, r.post, r.unit_name, str(r.on_date), r.source) for r in found]


FIRST = [
    ("handler", "李某某", "办事员", "镇民政办", "2024-04-25", "benefit_payment.handler_id"),
    ("reviewer", "周某某", "文书", "地990101001 地990101001201", "2024-03-25", "benefit_payment.reviewer_id"),
    ("reviewer", "王某某", "村委会主任", "地990101001 地990101001201", "2024-04-25", "benefit_payment.reviewer_id"),
]


def test_who_answers_is_found_in_every_role_with_the_post_held_on_the_day(paid: Path) -> None:
    assert sorted(shown()) == sorted(FIRST)
    with reading() as session:
        keys = {one.subject_key for one in of_alert(session, alert_id())}
        assert keys == {subject_key("person", number) for number in (HANDLER, REVIEWER, CADRE)}
        stored = str(session.execute(select(Responsible.__table__)).all())
        assert not any(plain in stored for plain in (HANDLER, "李四", "王六"))


def test_new_rows_name_further_people_and_nobody_twice(paid: Path) -> None:
    with writing() as session:
        collide(session, card_named("M01"), as_of=JUNE)
        collide(session, card_named("M01"), as_of=JUNE)
    unknown = ("handler", "******", "", "", "2024-05-25", "benefit_payment.handler_id")
    assert sorted(shown()) == sorted([*FIRST, unknown])


def test_subject_and_people_responsible_can_be_shown_again_for_a_reason(paid: Path) -> None:
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(SealedIdentity)) == 4
    with acting(HAN) as session:
        (alert,) = session.scalars(select(Alert)).all()
        said = {"at": NOW, "reason": "约谈经办人", "alert_id": alert.id}
        assert unmask(session, alert.subject_key, HAN, **said) == ("韩立", "990101195001010018")
        assert unmask(session, subject_key("person", HANDLER), HAN, **said) == ("李四", HANDLER)


def test_whoever_handled_it_must_not_verify_it(paid: Path) -> None:
    former = person("inspector", unit_code="T1", code="li", subject_key=subject_key("person", HANDLER))
    with acting(former) as session, pytest.raises(Recused, match="former handler"):
        take(session, alert_id(), former, at=NOW)


def test_whoever_verifies_marks_who_is_answerable(paid: Path) -> None:
    with acting(HAN) as session:
        number = alert_id()
        first = of_alert(session, number)[0].id
        with pytest.raises(NotPermitted, match="nobody yet"):
            mark(session, first, HAN, at=NOW, finding="answerable")
        take(session, number, HAN, at=NOW)
        with pytest.raises(InputRefused, match="'guilty'"):
            mark(session, first, HAN, at=NOW, finding="guilty")
        mark(session, first, HAN, at=NOW, finding="answerable")
        mark(session, first, HAN, at=NOW, finding="answerable")
    with reading() as session:
        assert session.get_one(Responsible, first).finding == "answerable"
        events = session.scalars(select(AlertEvent).where(AlertEvent.kind == "marked")).all()
        assert [(e.version, e.note) for e in events] == [(5, "经办人李某某：应当负责")]


def test_outside_the_scope_nobody_is_named(paid: Path) -> None:
    number = alert_id()
    with seen_by(OF_C2) as session:
        assert of_alert(session, number) == []
    with reading() as session:
        first = of_alert(session, number)[0].id
    with acting(OF_C2) as session, pytest.raises(NotFound):
        mark(session, first, OF_C2, at=NOW, finding="cleared")


def test_somebody_the_registers_do_not_know_is_added_masked_and_sealed(paid: Path) -> None:
    number = "11010519491231002X"
    with acting(HAN) as session:
        take(session, alert_id(), HAN, at=NOW)
        said = {"at": NOW, "role": "patroller", "name": "赵七", "number": "11010519491231002x"}
        named = add(session, alert_id(), HAN, **said, post="网格员")
        assert (named.display, named.post, named.source) == ("赵某某", "网格员", "han")
        with pytest.raises(InputRefused, match="already"):
            add(session, alert_id(), HAN, **said)
        with pytest.raises(InputRefused, match="'boss'"):
            add(session, alert_id(), HAN, **(said | {"role": "boss"}))
        with pytest.raises(InputRefused, match="check digit"):
            add(session, alert_id(), HAN, **(said | {"number": "110105194912310021"}))
    with acting(HAN) as session:
        key = subject_key("person", number)
        assert unmask(session, key, HAN, at=NOW, reason="与本人核对", alert_id=alert_id()) == ("赵七", number)
