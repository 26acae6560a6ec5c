"""Approvals of hardship aid, with what is planted in them: aid to cadres and their close kin (M06).

Source: field/models.md, M06; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.aid import home_employed
from data.simulator.benefits import EXCLUSIVE, SCHEMES, open_enrolments
from data.simulator.calendar import LEAD_MONTHS, Dates, Floats, Integers, Texts, days, draw_from
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.officials import N_REVIEWERS
from data.simulator.overpayments import months_from
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.village import cadre_rows, cadres_in_office

_AID = tuple(number for number, code in enumerate(SCHEMES) if code in EXCLUSIVE)
_RELATIONS = ("parent", "spouse", "sibling", "grandparent")
_DEGREES = np.array((1.0, 1.0, 2.0, 2.0))


def ordinary_approvals(ground: Ground, enrolments: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The approvals behind the ordinary enrolments in hardship aid, and filings for cadres and their kin among them."""
    draw = draw_from(ground.seed, "aid approvals")
    aided = enrolments[enrolments["scheme"].isin(_AID)].reset_index(drop=True)
    person, start = aided["person"].to_numpy(), aided["start"].to_numpy()
    n = len(aided)
    years_before = np.where(start <= -LEAD_MONTHS, draw.integers(0, 1_800, n), 0)
    first_paid: Dates = ground.calendar.month(start).astype("datetime64[D]")
    approved = first_paid - days(draw.integers(3, 28, n) + years_before)
    numbers = np.char.add("SP", np.char.zfill(np.arange(1, n + 1).astype(str), 7))
    income = np.round(900 * np.exp(0.3 * draw.normal(0, 1, n)), -1)
    rows = _approval_rows(ground, numbers, aided, approved, income)
    in_office = np.isin(np.arange(ground.people.n), ground.officials.cadres["person"].to_numpy())
    edges = ground.kin[in_office[ground.kin["b"].to_numpy()]]
    cadre_of = np.full(ground.people.n, -1)
    cadre_of[edges["a"].to_numpy()] = edges["b"].to_numpy()
    cadre = np.where(in_office[person], person, cadre_of[person])
    related = cadre >= 0
    filed = approved[related] - days(draw.integers(1, 20, int(related.sum())))
    filings = filing_rows(ground, numbers[related], cadre[related], person[related], filed)
    return {"benefit_approval": rows.assign(received_on=approved + days(draw.integers(2, 9, n))), **filings}


def _approval_rows(
    ground: Ground, numbers: Texts, enrolments: pd.DataFrame, approved: Dates, income: Floats
) -> pd.DataFrame:
    """The register `benefit_approval` for these enrolments, without received_on."""
    person, village = enrolments["person"].to_numpy(), enrolments["village"].to_numpy()
    town = ground.places.town_of[village]
    officials, ids = ground.officials, ground.people.id_no
    return pd.DataFrame(
        {
            "approval_no": numbers,
            "scheme": texts_of(list(SCHEMES), enrolments["scheme"].to_numpy()),
            "id_no": texts_of(ids, person),
            "name": texts_of(ground.people.name, person),
            "region": texts_of(ground.places.villages, village),
            "approve_date": approved,
            "monthly_amount": enrolments["amount"].to_numpy(),
            "household_income": income,
            "disabled": person % 5 == 0,
            "handler_id": texts_of(ids, officials.handlers[town, enrolments["desk"].to_numpy()]),
            "reviewer_id": texts_of(ids, officials.reviewers[town, enrolments["reviewer"].to_numpy()]),
        }
    )


def filing_rows(
    ground: Ground, approvals: Texts, cadre: Integers, relative: Integers, filed: Dates
) -> dict[str, pd.DataFrame]:
    """The register `disclosure_file`: a cadre files that a relative, or the cadre in person, applies for aid."""
    rows = pd.DataFrame(
        {
            "file_no": np.char.add("BA", approvals),
            "subject_ref": approvals,
            "kind": "kin_filing",
            "person_id": texts_of(ground.people.id_no, cadre),
            "relative_id": texts_of(ground.people.id_no, relative),
            "filed_on": filed,
            "received_on": filed + days(np.full(len(filed), 2)),
        }
    )
    return {"disclosure_file": rows}


def plant_aid_to_kin(ground: Ground, recipe: Recipe) -> Planted:
    """M06: aid is granted to a cadre's close kin, or to a cadre, without a filing before the approval."""
    draw = draw_from(ground.seed, "plant M06")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    town = episodes["town"].to_numpy()
    n = len(month)
    age = ground.people.age_on(ground.calendar.first_day)
    person = claim(draw, ground, (age >= 30) & (age < 85) & ~home_employed(ground), town)
    paid_for = months_from(hint(draw, genuine, 0.6), 0.5, 0.6).clip(1, 5)
    start = np.maximum(month - paid_for, -LEAD_MONTHS + 1)
    before: Dates = ground.calendar.month(start - 1).astype("datetime64[D]")
    approved = before + days(draw.integers(0, 27, n))
    cadre, _ = cadres_in_office(draw, ground, town, approved)
    new = flag(draw, mechanism == "newly_in_office", 0.85, 0.08)
    cadre[new] = claim(draw, ground, (age >= 24) & (age < 60), town[new])
    in_person = ~new & (draw.random(n) < 0.12)
    cadre[in_person] = person[in_person]
    in_office = new | in_person
    served = np.where(new, draw.integers(1, 25, n), draw.integers(200, 900, n))
    terms = pd.DataFrame({"person": cadre, "village": ground.people.village[cadre], "post": "村委委员"})[in_office]
    terms = terms.assign(start_date=(approved - days(served))[in_office], end_date=np.datetime64("NaT", "D"))
    enrolments = open_enrolments(ground, draw, person, draw.choice(_AID, n, p=(0.85, 0.15)))
    enrolments = enrolments.assign(
        start=start,
        stop=month + 1,
        desk=episodes["desk"].to_numpy(),
        reviewer=ground.people.village[person] % N_REVIEWERS,
    )
    poor = flag(draw, mechanism == "poor_kin", 0.65, 0.3)
    income = np.round(1_900 * np.exp(0.3 * hint(draw, genuine, 0.6)), -1).clip(1_250, None)
    numbers = np.char.add("SQ", np.char.zfill(np.arange(1, n + 1).astype(str), 7))
    approvals = _approval_rows(ground, numbers, enrolments, approved, np.where(poor, (income / 2.2).round(-1), income))
    own_hand = flag(draw, genuine, 0.3, 0.1)
    approvals["reviewer_id"] = approvals["reviewer_id"].where(~own_hand, texts_of(ground.people.id_no, cadre))
    received = day_within(draw, ground.calendar, month)
    late = flag(draw, mechanism == "poor_kin", 0.5, 0.12)
    filed = np.minimum(approved + days(draw.integers(5, 40, n)), received)
    filings = filing_rows(ground, numbers[late], cadre[late], person[late], filed[late])
    kin = ~in_person
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[person]),
        enrolments=enrolments,
        rows={
            "benefit_approval": approvals.assign(received_on=received),
            "village_cadre": cadre_rows(ground, terms, terms["start_date"].to_numpy()),
            "kinship": _kin_rows(draw, ground, mechanism[kin] == "wrong_kin", person[kin], cadre[kin]),
            **filings,
        },
    )


def _kin_rows(
    draw: np.random.Generator, ground: Ground, wrong: np.ndarray, person: Integers, cadre: Integers
) -> pd.DataFrame:
    """The register `kinship` between each recipient and the cadre; what is wrong is seldom sure."""
    n = len(person)
    relation = draw.integers(0, len(_RELATIONS), n)
    return pd.DataFrame(
        {
            "pid_a": texts_of(ground.people.id_no, person),
            "pid_b": texts_of(ground.people.id_no, cadre),
            "relation": texts_of(_RELATIONS, relation),
            "degree": _DEGREES[relation],
            "confidence": np.where(wrong, draw.uniform(0.52, 0.85, n), draw.uniform(0.68, 1.0, n)).round(2),
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )
