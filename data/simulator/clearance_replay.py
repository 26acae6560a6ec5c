"""Replay 7: a clue of nepotism, cleared in half a day: 赵某 of a testing company compared with six village cadres.

Neither a cadre nor immediate kin of one, and no tie through an enterprise; everybody is invented. Source:
field/inventory.md, Z-28; field/simulator.md, 5.
"""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy.orm import Session

from data.query_subjects import Subject
from data.register_catalogue import REGISTERS
from data.registers import file_register
from data.simulator.places import COUNTY
from data.simulator.replays.parts import VILLAGE, invent_codes, invent_people
from data.supervision_models import built_in_cards, install

AS_OF = datetime(2023, 6, 5, 1)
SUPPLIED = ("person", "kinship", "village_cadre", "public_employee", "retired_cadre", "enterprise", "enterprise_role")
"""Registers the run had with rows; `WITHOUT_ROWS` were supplied and held none."""
WITHOUT_ROWS = ("tender", "tender_power", "bid", "contract", "former_colleague", "disclosure_file")
_RECEIVED = pd.Timestamp("2023-06-01")


@dataclass(frozen=True)
class ClearanceReplay:
    """Registers of the run, and who was compared with whom."""

    registers: dict[str, pd.DataFrame]
    subjects: tuple[Subject, ...]


def clearance_replay() -> ClearanceReplay:
    """赵某, a supervisor (监事) of a testing company, six cadres of one village, and the households of all seven."""
    people = invent_people(14, "1971-03-01", 7)
    ids, names = list(people.id_no), ["赵" + people.name[0][1:], *people.name[1:]]
    cadres, spouses = range(1, 7), range(7, 14)
    code = str(invent_codes(1, "91")[0])
    person = pd.DataFrame(
        {
            "id_no": ids,
            "name": names,
            "sex": "男",
            "birth_date": pd.Timestamp("1971-03-01"),
            "hukou_region": VILLAGE,
            "hukou_out_date": pd.NaT,
            "hukou_registered_on": pd.NaT,
            "residence_region": VILLAGE,
            "household_no": [f"H{n % 7:06d}" for n in range(14)],
        }
    )
    kinship = pd.DataFrame(
        {
            "pid_a": ids[:7],
            "pid_b": [ids[n] for n in spouses],
            "relation": "spouse",
            "degree": 1.0,
            "confidence": 1.0,
        }
    )
    cadre = pd.DataFrame(
        {
            "id_no": [ids[n] for n in cadres],
            "name": [names[n] for n in cadres],
            "village": VILLAGE,
            "post": ["村党组织书记", "村委主任", "村委委员", "村委委员", "村监委主任", "报账员"],
            "start_date": pd.Timestamp("2020-11-01"),
            "end_date": pd.NaT,
        }
    )
    # Somebody else's posts, so that asking these registers means something.
    employee = pd.DataFrame(
        {
            "id_no": [ids[13]], "name": [names[13]], "unit_name": ["县农业农村局"], "post": ["科员"],
            "fiscal_type": ["全额"], "start_date": [pd.Timestamp("2010-07-01")], "end_date": [pd.NaT],
            "monthly_pay": [5200.0],
        }
    )  # fmt: skip
    retired = pd.DataFrame(
        {
            "id_no": [ids[12]], "name": [names[12]], "unit_name": ["县水利局"], "post": ["副局长"], "post_rank": [4.0],
            "retire_date": [pd.Timestamp("2021-03-01")], "jurisdiction": [COUNTY],
        }
    )  # fmt: skip
    enterprise = pd.DataFrame(
        {
            "uscc": [code], "name": ["明州工程检测有限公司"], "region": [COUNTY], "industry": ["检测"],
            "status": ["存续"], "registered_on": [pd.Timestamp("2015-04-01")], "cancelled_on": [pd.NaT],
            "phone": ["05700000007"], "address": ["检测路7号"], "listed": [False], "group_name": [None],
            "tax_paid": [120_000.0], "n_insured": [18.0],
        }
    )  # fmt: skip
    role = pd.DataFrame(
        {
            "uscc": [code], "id_no": [ids[0]], "name": [names[0]], "role": ["supervisor"], "share_pct": [0.0],
            "start_date": [pd.Timestamp("2018-01-01")], "end_date": [pd.NaT], "resigned_on": [pd.NaT],
        }
    )  # fmt: skip
    tables = (person, kinship, cadre, employee, retired, enterprise, role)
    registers = {name: table.assign(received_on=_RECEIVED) for name, table in zip(SUPPLIED, tables, strict=True)}
    return ClearanceReplay(
        registers,
        (
            Subject("subject", "person", names[0], ids[0]),
            *(Subject("other", "person", names[n], ids[n]) for n in cadres),
        ),
    )


def file_clearance(session: Session, replay: ClearanceReplay) -> None:
    """File the replay's registers and put the related-party model (M14), whose product the report is, into force."""
    for name in (*SUPPLIED, *WITHOUT_ROWS):
        empty = pd.DataFrame(columns=[*REGISTERS[name].columns, "received_on"])
        file_register(session, name, replay.registers.get(name, empty), at=AS_OF)
    install(session, next(card for card in built_in_cards() if card.code == "M14"))
