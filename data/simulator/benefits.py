"""Benefit payments: who is entitled to what, and the monthly rows that follow from it.

An enrolment is one person's run of payments of one scheme; the mechanisms change enrolments, and payments are only
ever written from them. Source: field/simulator.md, 3.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Integers, Texts, day_in_month, days, draw_from, month_text
from data.simulator.drift import AGE_LOWERED
from data.simulator.episodes import Ground, texts_of
from data.simulator.numbers import account_numbers
from data.simulator.officials import N_HANDLERS, N_REVIEWERS


@dataclass(frozen=True)
class Scheme:
    """A benefit scheme: who gets it and how much."""

    code: str
    share: float
    """Share of the population that receives it."""
    from_age: int
    to_age: int
    amount: float
    """CNY a payment."""
    months: tuple[int, ...] = tuple(range(1, 13))
    """Calendar months in which it is paid."""
    min_age: int | None = None
    unasked: bool = False
    """Whether everybody of the age gets it without an application."""


SCHEMES = {
    scheme.code: scheme
    for scheme in (
        Scheme("elderly_care_allowance", 0.055, 62, 79, 60),
        Scheme("senior_allowance", 1.0, 79, 120, 50, min_age=80, unasked=True),
        Scheme("resident_pension", 0.10, 60, 120, 168, min_age=60),
        Scheme("dibao", 0.029, 18, 90, 420),
        Scheme("tekun", 0.0033, 30, 90, 910),
        Scheme("disability_allowance", 0.0194, 10, 90, 85),
        Scheme("veteran_allowance", 0.004, 60, 95, 45),
        Scheme("rent_subsidy", 0.003, 22, 60, 260),
        Scheme("rain_dew", 0.0025, 16, 22, 1500, months=(3, 9)),
        Scheme("farmland_subsidy", 0.12, 35, 80, 380, months=(5,)),
        # Nobody has it but by being on dibao: the mechanisms link it.
        Scheme("medical_aid_premium", 0.0, 0, 120, 95, months=(1, 4, 7, 10)),
    )
}
EXCLUSIVE = ("dibao", "tekun")
"""Schemes that nobody may draw together."""
LOWERED = "senior_allowance"
"""The scheme whose age is lowered by a year on the way."""
FOREVER = np.datetime64("2015-01-01", "D")
_DECLINE = 0.012
"""Share of those of age who do not want what they would get unasked."""
_PUNCTUAL_MONTHS = 3
"""First months of an enrolment in which no payment comes late: whoever is new is looked after."""


def of_age_in(ground: Ground, person: Integers) -> Integers:
    """Office month in which each person comes of the age for `LOWERED`, by what is in force in that month."""
    age = SCHEMES[LOWERED].min_age or 0
    month = ground.calendar.number(ground.people.born[person]) + 12 * age
    shock = AGE_LOWERED.month_in(ground.calendar, ground.places.county.number)
    return month if shock is None else np.minimum(month, np.maximum(month - 12, shock))


def open_enrolments(ground: Ground, draw: np.random.Generator, person: Integers, scheme: Integers) -> pd.DataFrame:
    """An ordinary enrolment for each person in the scheme of that number, from the first month of entitlement on.

    Columns: person, scheme, start, stop (office months; the last is not paid), village, former (paid under the code
    before the merger), amount, desk, reviewer, kind, holder, account, delay (days after the scheme's own day).
    """
    n = len(person)
    people, calendar = ground.people, ground.calendar
    schemes = list(SCHEMES.values())
    min_age = np.array([schemes[number].min_age or 0 for number in range(len(schemes))])[scheme]
    amount = np.array([one.amount for one in schemes])[scheme]
    entitled = calendar.number(people.born[person]) + 12 * min_age + 1
    return pd.DataFrame(
        {
            "person": person,
            "scheme": scheme,
            "start": np.maximum(-LEAD_MONTHS, np.where(min_age > 0, entitled, -LEAD_MONTHS)),
            "stop": calendar.n_months,
            "village": people.village[person],
            "former": False,
            "amount": (amount * draw.choice((0.8, 1.0, 1.0, 1.2, 1.5), n)).round(),
            "desk": (people.village[person] * 7 + scheme) % N_HANDLERS,
            "reviewer": people.village[person] % N_REVIEWERS,
            "kind": "正常",
            "holder": person,
            "account": people.account[person],
            "delay": 0,
        }
    )


def enrol(ground: Ground, died: Dates) -> pd.DataFrame:
    """The ordinary enrolments: entitled people whom no episode has taken, stopped in the month of their death."""
    draw = draw_from(ground.seed, "enrolments")
    people, calendar = ground.people, ground.calendar
    age = people.age_on(calendar.first_day) + calendar.n_months / 12 / 2
    on_payroll = np.isin(people.household, people.household[ground.officials.employees["person"].to_numpy()])
    poor = np.zeros(people.n, dtype=bool)
    # Aid to kin of whom an episode may have put in office would have to be filed.
    related = np.zeros(people.n, dtype=bool)
    related[ground.kin["a"].to_numpy()[ground.taken[ground.kin["b"].to_numpy()]]] = True
    due = of_age_in(ground, np.arange(people.n))
    parts = []
    for number, scheme in enumerate(SCHEMES.values()):
        eligible = ~ground.taken & (age >= scheme.from_age) & (age <= scheme.to_age)
        if scheme.code in EXCLUSIVE:
            eligible &= ~poor & ~on_payroll & ~related
        if scheme.unasked:
            eligible = ~ground.taken & (due < calendar.n_months) & (draw.random(people.n) >= _DECLINE)
        pool = np.flatnonzero(eligible)
        chosen = np.sort(draw.choice(pool, min(len(pool), int(people.n * scheme.share)), replace=False))
        poor[chosen] |= scheme.code in EXCLUSIVE
        parts.append(open_enrolments(ground, draw, chosen, np.full(len(chosen), number)))
    enrolments = pd.concat(parts, ignore_index=True)
    unasked = np.array([scheme.unasked for scheme in SCHEMES.values()])[enrolments["scheme"].to_numpy()]
    of_age = np.maximum(due[enrolments["person"].to_numpy()] + 1, -LEAD_MONTHS)
    enrolments["start"] = np.where(unasked, of_age, enrolments["start"])
    turns = (draw.random(len(enrolments)) < 0.1) & ~unasked
    begins = draw.integers(1, max(2, calendar.n_months), len(enrolments))
    enrolments["start"] = np.where(turns, np.maximum(enrolments["start"], begins), enrolments["start"])
    return stop_at_death(ground, enrolments, died)


def stop_at_death(ground: Ground, enrolments: pd.DataFrame, died: Dates) -> pd.DataFrame:
    """The enrolments, those of people who died ending after the month of death, which is still due."""
    death = died[enrolments["person"].to_numpy()]
    last = np.where(
        np.isnat(death),
        ground.calendar.n_months,
        ground.calendar.number(np.where(np.isnat(death), ground.calendar.first_day, death)) + 1,
    )
    return enrolments.assign(stop=np.minimum(enrolments["stop"], last))


def pay(ground: Ground, enrolments: pd.DataFrame) -> pd.DataFrame:
    """The register `benefit_payment` that follows from the enrolments, in order of receipt."""
    draw = draw_from(ground.seed, "payments")
    rows, month = _expand(ground, enrolments)
    scheme = rows["scheme"].to_numpy()
    n = len(rows)
    usual = 8 + (scheme * 3) % 11 + draw.integers(0, 3, n)
    paid = day_in_month(ground.calendar.month(month), usual) + days(rows["delay"].to_numpy())
    settled = month - rows["start"].to_numpy() >= _PUNCTUAL_MONTHS
    late = np.where((draw.random(n) < 0.01) & settled, draw.integers(15, 60, n), 0)
    received = paid + days(draw.integers(1, 5, n) + late)
    known = received <= ground.calendar.end_on
    rows, month, paid, received = rows[known], month[known], paid[known], received[known]
    order = np.lexsort((month, rows["person"], rows["scheme"], received))
    rows, month, paid, received = rows.iloc[order], month[order], paid[order], received[order]
    return _write_rows(ground, rows, month, paid, received)


def _expand(ground: Ground, enrolments: pd.DataFrame) -> tuple[pd.DataFrame, Integers]:
    """One row a payment and its office month."""
    start = enrolments["start"].to_numpy()
    spans = np.maximum(enrolments["stop"].to_numpy() - start, 0)
    place = np.repeat(np.arange(len(enrolments)), spans)
    month = start[place] + np.arange(len(place)) - np.repeat(np.cumsum(spans) - spans, spans)
    calendar_month = ground.calendar.month(month).astype(np.int64) % 12
    paid_in = np.zeros((len(SCHEMES), 12), dtype=bool)
    for number, scheme in enumerate(SCHEMES.values()):
        paid_in[number, np.array(scheme.months) - 1] = True
    kept = paid_in[enrolments["scheme"].to_numpy()[place], calendar_month]
    return enrolments.iloc[place[kept]], month[kept]


def _write_rows(ground: Ground, rows: pd.DataFrame, month: Integers, paid: Dates, received: Dates) -> pd.DataFrame:
    people, places = ground.people, ground.places
    village = rows["village"].to_numpy()
    town = places.town_of[village]
    before = (paid < places.merged_on) | rows["former"].to_numpy()
    codes = np.concatenate([places.villages, places.former])
    person = rows["person"].to_numpy()
    accounts = account_numbers(places.county.first_serial + np.arange(people.n + 1))
    return pd.DataFrame(
        {
            "pay_id": "P" + pd.Series(np.arange(1, len(rows) + 1)).astype("str").str.zfill(9),
            "scheme": texts_of(list(SCHEMES), rows["scheme"].to_numpy()),
            "id_no": texts_of(people.id_no, person),
            "name": texts_of(people.name, person),
            "region": texts_of(codes, village + before * len(places.villages)),
            "pay_month": texts_of(*_distinct(month_text(ground.calendar.month(np.unique(month))), month)),
            "amount": rows["amount"].to_numpy(),
            "account_no": texts_of(accounts, rows["account"].to_numpy()),
            "account_holder_id": texts_of(people.id_no, rows["holder"].to_numpy()),
            "handler_id": texts_of(people.id_no, ground.officials.handlers[town, rows["desk"].to_numpy()]),
            "reviewer_id": texts_of(people.id_no, ground.officials.reviewers[town, rows["reviewer"].to_numpy()]),
            "paid_date": paid,
            "kind": rows["kind"].to_numpy(),
            "received_on": received,
        }
    )


def _distinct(words: Texts, numbers: Integers) -> tuple[Texts, Integers]:
    return words, np.unique(numbers, return_inverse=True)[1]


def scheme_rules(ground: Ground) -> pd.DataFrame:
    """The register `scheme_rule`: ages, grace and amounts; the county lowers one age, which is known 40 days late."""
    calendar = ground.calendar
    known = calendar.first_day - np.timedelta64(400, "D")
    never = np.datetime64("NaT", "D")
    rows = [(scheme.code, scheme.min_age, FOREVER, never, scheme.amount, known) for scheme in SCHEMES.values()]
    shock = AGE_LOWERED.month_in(calendar, ground.places.county.number)
    if shock is not None:
        lowered = calendar.month(np.array([shock]))[0].astype("datetime64[D]")
        late, scheme = lowered + np.timedelta64(40, "D"), SCHEMES[LOWERED]
        age = scheme.min_age or 0
        rows.append((scheme.code, age, FOREVER, lowered - np.timedelta64(1, "D"), scheme.amount, late))
        rows.append((scheme.code, age - 1, lowered, never, scheme.amount, late))
    columns = ["scheme", "min_age", "effective_from", "effective_to", "monthly_amount", "received_on"]
    rules = pd.DataFrame(rows, columns=columns).astype({"min_age": "float64", "monthly_amount": "float64"})
    return rules.assign(county=ground.places.county.code, grace_months=0.0)


def scheme_exclusions(ground: Ground) -> pd.DataFrame:
    """The register `scheme_exclusion`: the one pair of schemes that nobody may draw together."""
    known = ground.calendar.first_day - np.timedelta64(400, "D")
    return pd.DataFrame(
        {
            "scheme_a": [EXCLUSIVE[0]],
            "scheme_b": [EXCLUSIVE[1]],
            "effective_from": [FOREVER],
            "effective_to": np.array([np.datetime64("NaT", "D")]),
            "received_on": [known],
        }
    )
