"""Land notices and the pensions they entitle to, with what is planted in them (M20 to M23).

Every notice is first made as it should be: listed households, a meeting before publication, as many enrolled as its
quota. A planted one then lacks one thing. Notices of M21 lie in villages of their own, where no other notice's meeting
can stand in for theirs. Source: field/models.md, M20 to M23; field/simulator.md, 3 and 5.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, Texts, days, draw_from
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, past_or_now, with_subject

_NOTICES_A_YEAR = 25
"""A year and 100,000 residents, of about 25 places each. Source: field/simulator.md, 3 (9,420 quotas a district)."""
_TOPIC, _BODIES, _GROUP = "征地养老指标分配", ("村民代表大会", "村两委会"), "村民小组会议"
_NOT_YET = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class _Notices:
    """Some notices: parallel arrays, and who is enrolled under each."""

    number: Texts
    village: Integers
    issued: Dates
    published: Dates
    quota: Integers
    place: Integers
    """Index of the notice of each enrolment."""
    person: Integers


def _notices(
    draw: np.random.Generator, ground: Ground, mark: str, village: Integers, issued: Dates, quota: Integers, n: Integers
) -> _Notices:
    """Notices with `n` people of the village enrolled under each; nobody whom an episode has, and no cadre's family."""
    place, person = _drawn(draw, ground, village, n)
    number = np.array([f"征字99{mark}{serial:05d}号" for serial in range(1, len(village) + 1)])
    return _Notices(number, village, issued, issued + days(draw.integers(30, 80, len(village))), quota, place, person)


def _drawn(draw: np.random.Generator, ground: Ground, village: Integers, n: Integers) -> tuple[Integers, Integers]:
    """`n` villagers of each village: the village's place, as often as it has any, and the persons."""
    free = _villagers(ground)
    order = free[np.argsort(ground.people.village[free], kind="stable")]
    home = ground.people.village[order]
    first, last = np.searchsorted(home, village), np.searchsorted(home, village, side="right")
    place = np.repeat(np.arange(len(village)), n)
    return place, order[first[place] + (draw.random(len(place)) * (last - first)[place]).astype(np.int64)]


def _villagers(ground: Ground) -> Integers:
    people = ground.people
    age = people.age_on(ground.calendar.first_day)
    of_cadres = np.isin(people.household, people.household[ground.officials.cadres["person"].to_numpy()])
    return np.flatnonzero((age >= 30) & (age < 85) & ~of_cadres & ~ground.taken)


def _quota_villages(
    draw: np.random.Generator, ground: Ground, town: Integers, *, of_m21: bool, in_turn: bool = False
) -> Integers:
    """A village of each town: those of M21 in turn, the others in turn or by chance."""
    chosen = np.empty(len(town), dtype=np.int64)
    for number in np.unique(town):
        homes = np.flatnonzero(ground.places.town_of == number)
        homes = homes[1::2] if of_m21 else homes[::2]
        places = np.flatnonzero(town == number)
        chosen[places] = (
            homes[np.arange(len(places)) % len(homes)] if of_m21 or in_turn else draw.choice(homes, len(places))
        )
    return chosen


def _notice_rows(ground: Ground, made: _Notices, handler: Integers | None = None) -> pd.DataFrame:
    """The register `land_notice`: each as issued, and again as published."""
    town = ground.places.town_of[made.village]
    staff = ground.officials.handlers[town, made.village % 4] if handler is None else handler
    rows = pd.DataFrame(
        {
            "notice_no": made.number,
            "village": texts_of(ground.places.villages, made.village),
            "quota_total": made.quota.astype(np.float64),
            "issue_date": made.issued,
            "publicity_date": np.full(len(made.number), _NOT_YET),
            "in_dispute": False,
            "compensation_paid": True,
            "handler_id": texts_of(ground.people.id_no, staff),
            "received_on": made.issued + days(np.full(len(made.number), 4)),
        }
    )
    later = rows.assign(publicity_date=made.published, received_on=made.published + days(np.full(len(rows), 2)))
    return pd.concat([rows, later[~np.isnat(made.published)]], ignore_index=True)


def _enrol_rows(draw: np.random.Generator, ground: Ground, made: _Notices, enrolled: Dates) -> pd.DataFrame:
    """The register `land_pension_enrol`, enrolled on the day of each enrolment."""
    village = made.village[made.place]
    town = ground.places.town_of[village]
    n = len(made.place)
    return pd.DataFrame(
        {
            "notice_no": made.number[made.place],
            "village": texts_of(ground.places.villages, village),
            "id_no": texts_of(ground.people.id_no, made.person),
            "name": texts_of(ground.people.name, made.person),
            "household_no": _household(ground, made.person),
            "enrolled_on": enrolled,
            "subsidy": np.round(draw.uniform(18_000, 42_000, n), -2),
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
            "received_on": enrolled + days(np.full(n, 3)),
        }
    )


def _household(ground: Ground, person: Integers) -> "pd.Series[str]":
    return "H" + pd.Series(ground.people.household[person]).astype("str").str.zfill(7)


def _list_rows(draw: np.random.Generator, ground: Ground, made: _Notices) -> pd.DataFrame:
    """The register `land_losing_household`: the household of everybody enrolled."""
    rows = pd.DataFrame(
        {
            "notice_no": made.number[made.place],
            "village": texts_of(ground.places.villages, made.village[made.place]),
            "household_no": _household(ground, made.person),
            "lost_mu": np.round(draw.uniform(0.3, 4, len(made.place)), 2),
            "received_on": made.issued[made.place] + days(np.full(len(made.place), 5)),
        }
    )
    return rows.drop_duplicates(["notice_no", "household_no"], ignore_index=True)


def _minute_rows(ground: Ground, village: Integers, met: Dates, kind: "pd.Series[str]") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "meeting_type": kind,
            "topic": _TOPIC,
            "project_id": pd.array([None] * len(village), dtype="str"),
            "meeting_date": met,
            "received_on": met + days(np.full(len(village), 2)),
        }
    )


def _meetings(draw: np.random.Generator, ground: Ground, made: _Notices) -> pd.DataFrame:
    """A meeting before each publication."""
    held = np.flatnonzero(~np.isnat(made.published))
    met = made.published[held] - days(draw.integers(3, 25, len(held)))
    return _minute_rows(ground, made.village[held], met, texts_of(_BODIES, draw.integers(0, 2, len(held))))


def _all_right(draw: np.random.Generator, ground: Ground, made: _Notices, enrolled: Dates) -> dict[str, pd.DataFrame]:
    return {
        "land_notice": _notice_rows(ground, made),
        "land_pension_enrol": _enrol_rows(draw, ground, made, enrolled),
        "land_losing_household": _list_rows(draw, ground, made),
        "meeting_minute": _meetings(draw, ground, made),
    }


def ordinary_quotas(ground: Ground) -> dict[str, pd.DataFrame]:
    """Notices as they should be, and a few that were renumbered before anybody was enrolled."""
    draw = draw_from(ground.seed, "land quotas")
    n_months = ground.calendar.n_months + LEAD_MONTHS + 6
    n = max(6, int(_NOTICES_A_YEAR * n_months / 12 * ground.preset.n_persons / 100_000))
    start = ground.calendar.register_start.astype("datetime64[D]") - np.timedelta64(180, "D")
    issued = start + days(draw.integers(0, n_months * 30, n))
    quota = draw.integers(8, 42, n)
    town = draw.integers(0, len(ground.places.towns), n)
    made = _notices(draw, ground, "Q", _quota_villages(draw, ground, town, of_m21=False), issued, quota, quota)
    enrolled = made.published[made.place] + days(draw.integers(10, 60, len(made.place)))
    old = made.number[::10]
    renumbered = pd.DataFrame({"old_no": [f"旧{number}" for number in old], "new_no": old})
    renumbered = renumbered.assign(effective_on=made.issued[::10], received_on=made.issued[::10])
    return {**_all_right(draw, ground, made, enrolled), "notice_renumbering": renumbered}


def plant_wrong_notice(ground: Ground, recipe: Recipe) -> Planted:
    """M20: people enrolled under no notice, beyond its quota, or of a household not on its list."""
    draw = draw_from(ground.seed, "plant M20")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    mode = draw.choice(3, n, p=(0.4, 0.3, 0.3))
    village = _quota_villages(draw, ground, episodes["town"].to_numpy(), of_m21=False)
    enrolled = day_within(draw, ground.calendar, month, first=2, last=22)
    beyond = 1 + np.floor(np.exp(0.3 + 0.6 * hint(draw, genuine, 0.9))).astype(np.int64).clip(0, 9)
    outsider = _outsiders(draw, ground, village)
    quota = np.where(mode == 0, beyond, draw.integers(6, 16, n))
    count = np.where(mode == 1, quota + beyond, quota)
    made = _notices(draw, ground, "Z", village, enrolled - days(draw.integers(100, 140, n)), quota, count)
    first = np.searchsorted(made.place, np.arange(n))
    rows = _all_right(draw, ground, made, enrolled[made.place])
    renumbered = flag(draw, mechanism == "renumbered", 0.75, 0.12) & (mode == 0)
    notices = rows["land_notice"]
    of_notice = pd.Series(np.arange(n), index=made.number).loc[list(notices["notice_no"])].to_numpy()
    new_no = np.array([f"换{number}" for number in made.number])
    notices["notice_no"] = np.where(renumbered[of_notice], new_no[of_notice], notices["notice_no"])
    rows["land_notice"] = notices[(mode != 0)[of_notice] | renumbered[of_notice]]
    changed = np.flatnonzero(renumbered)
    since = enrolled[changed] - days(np.full(len(changed), 60))
    rows["notice_renumbering"] = pd.DataFrame(
        {"old_no": made.number[changed], "new_no": new_no[changed], "effective_on": since, "received_on": since}
    )
    strange = np.flatnonzero(mode == 2)
    enrolments = rows["land_pension_enrol"]
    for column, values in (
        ("id_no", ground.people.id_no[outsider]),
        ("name", ground.people.name[outsider]),
        ("household_no", _household(ground, outsider).to_numpy()),
    ):
        enrolments.loc[first[strange], column] = values[strange]
    enrolments["handler_id"] = texts_of(ground.people.id_no, episodes["handler"].to_numpy()[made.place])
    enrolments["received_on"] = past_or_now(ground, enrolments["received_on"].to_numpy())
    elsewhere = flag(draw, genuine, 0.15, 0.6) & (mode == 2)
    listed = _outsider_list(ground, made, outsider, np.flatnonzero(elsewhere))
    rows["land_losing_household"] = pd.concat([rows["land_losing_household"], listed], ignore_index=True)
    truth = with_subject(episodes, "other", np.where(mode == 2, ground.people.id_no[outsider], made.number))
    return Planted(truth.assign(subject_kind=np.where(mode == 2, "person", "other")), rows=rows)


def _outsiders(draw: np.random.Generator, ground: Ground, village: Integers) -> Integers:
    """A person for each episode who belongs to no cadre's family."""
    eligible = np.zeros(ground.people.n, dtype=bool)
    eligible[_villagers(ground)] = True
    return claim(draw, ground, eligible, ground.places.town_of[village])


def _outsider_list(ground: Ground, made: _Notices, outsider: Integers, which: Integers) -> pd.DataFrame:
    """Another list of the same village on which these outsiders' households stand."""
    return pd.DataFrame(
        {
            "notice_no": [f"前{number}" for number in made.number[which]],
            "village": texts_of(ground.places.villages, made.village[which]),
            "household_no": _household(ground, outsider[which]),
            "lost_mu": 1.0,
            "received_on": made.issued[which],
        }
    )


def plant_unminuted_quota(ground: Ground, recipe: Recipe) -> Planted:
    """M21: a quota is published without a meeting that decided it, or none is on record."""
    draw = draw_from(ground.seed, "plant M21")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    village = _quota_villages(draw, ground, episodes["town"].to_numpy(), of_m21=True)
    published = day_within(draw, ground.calendar, month, first=2, last=22)
    quota = (5 + np.exp(1.8 + 0.5 * hint(draw, genuine, 0.6))).astype(np.int64).clip(5, 60)
    made = _notices(draw, ground, "M", village, published - days(draw.integers(30, 80, n)), quota, quota)
    made = _Notices(made.number, made.village, made.issued, published, quota, made.place, made.person)
    enrolled = past_or_now(ground, published[made.place] + days(draw.integers(10, 60, len(made.place))))
    rows = _all_right(draw, ground, made, enrolled)
    rows["land_notice"] = _notice_rows(ground, made, episodes["handler"].to_numpy())
    in_group: Flags = flag(draw, mechanism == "met_in_group", 0.8, 0.08)
    later: Flags = flag(draw, genuine, 0.2, 0.6) & ~in_group
    lag = (3 + np.exp(2.2 + 0.6 * hint(draw, genuine, 0.6))).astype(np.int64).clip(3, 90)
    met = np.where(in_group, published - days(np.full(n, 9)), published + days(lag))
    kind = texts_of((_GROUP, _BODIES[1]), later.astype(np.int64))
    held = np.flatnonzero(in_group | later)
    rows["meeting_minute"] = _minute_rows(ground, village[held], met[held], kind.iloc[held].reset_index(drop=True))
    return Planted(with_subject(episodes, "other", made.number), rows=rows)


def plant_idle_quota(ground: Ground, recipe: Recipe) -> Planted:
    """M22: a quota is not allotted a year after it was issued."""
    draw = draw_from(ground.seed, "plant M22")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    village = _quota_villages(draw, ground, episodes["town"].to_numpy(), of_m21=False)
    issued = day_within(draw, ground.calendar, month, first=1, last=22) - np.timedelta64(366, "D")
    quota = (6 + np.exp(2.0 + 0.5 * hint(draw, genuine, 0.5))).astype(np.int64).clip(6, 60)
    share = 1 / (1 + np.exp(-0.9 * hint(draw, genuine, 1.2)))
    count = np.minimum(quota - 1, (quota * (1 - share)).astype(np.int64))
    made = _notices(draw, ground, "I", village, issued, quota, count)
    rows = _all_right(draw, ground, made, made.published[made.place] + days(draw.integers(10, 60, len(made.place))))
    notices = _notice_rows(ground, made, episodes["handler"].to_numpy())
    of_notice = pd.Series(np.arange(n), index=made.number).loc[list(notices["notice_no"])].to_numpy()
    rows["land_notice"] = notices.assign(
        in_dispute=flag(draw, mechanism == "in_litigation", 0.8, 0.1)[of_notice],
        compensation_paid=~flag(draw, mechanism == "compensation_awaited", 0.75, 0.1)[of_notice],
    )
    return Planted(with_subject(episodes, "other", made.number), rows=rows)


def plant_quota_to_kin(ground: Ground, recipe: Recipe) -> Planted:
    """M23: a cadre's kin have far more than their share of a quota, or one of them lost no land, or so it seems."""
    draw = draw_from(ground.seed, "plant M23")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    village = _quota_villages(draw, ground, episodes["town"].to_numpy(), of_m21=False, in_turn=True)
    enrolled = day_within(draw, ground.calendar, month, first=2, last=22)
    favour = hint(draw, genuine, 0.7)
    n_kin = (4 + np.exp(0.2 + 0.5 * favour).astype(np.int64)).clip(4, 8)
    kin_place, kin = _claim_families(draw, ground, village, n_kin)
    n_others = np.ceil(n_kin * (0.7 - 0.12 * hint(draw, genuine, 0.8)).clip(0.4, 1.0)).astype(np.int64)
    made = _notices(draw, ground, "K", village, enrolled - days(draw.integers(100, 140, n)), n_kin + n_others, n_others)
    place, person = np.concatenate([made.place, kin_place]), np.concatenate([made.person, kin])
    made = _Notices(made.number, made.village, made.issued, made.published, made.quota, place, person)
    rows = _all_right(draw, ground, made, enrolled[place])
    rows["land_notice"] = _notice_rows(ground, made, episodes["handler"].to_numpy())
    rows["land_pension_enrol"]["received_on"] = past_or_now(
        ground, rows["land_pension_enrol"]["received_on"].to_numpy()
    )
    first = len(made.place) - len(kin) + np.searchsorted(kin_place, np.arange(n))
    left_out = flag(draw, mechanism == "kin_without_land", 0.9, 0.0) | flag(
        draw, mechanism == "household_split", 1.0, 0.0
    )
    rows["land_losing_household"] = _list_with_others(draw, ground, made, genuine, person[first[left_out]])
    rows["kinship"] = _ties_to_cadre(draw, ground, village[kin_place], kin, genuine[kin_place], mechanism[kin_place])
    truth = with_subject(episodes, "other", made.number)
    # Whoever is on no list is seen by M20 as well: the same fact, verified a second time.
    twice = with_subject(episodes[left_out], "person", ground.people.id_no[person[first[left_out]]]).assign(model="M20")
    return Planted(pd.concat([truth, twice], ignore_index=True), rows=rows)


def _claim_families(
    draw: np.random.Generator, ground: Ground, village: Integers, n: Integers
) -> tuple[Integers, Integers]:
    """`n` villagers of as many households in each village, their families claimed with them; see `_drawn`."""
    household = ground.people.household
    chosen = []
    for home, wanted in zip(village, n, strict=True):
        free = _villagers(ground)
        free = free[(ground.people.village[free] == home) & ~np.isin(household[free], household[ground.taken])]
        _, heads = np.unique(household[free], return_index=True)
        chosen.append(draw.permutation(free[heads])[:wanted])
        ground.taken[np.isin(household, household[chosen[-1]])] = True
    return np.repeat(np.arange(len(village)), [len(some) for some in chosen]), np.concatenate(chosen)


def _list_with_others(
    draw: np.random.Generator, ground: Ground, made: _Notices, genuine: Flags, left_out: Integers
) -> pd.DataFrame:
    """The register `land_losing_household` with households that got no place, and without those left out.

    Behind a true favour stand more households without a place, and kin who lost less land.
    """
    n_more = np.floor(np.exp(0.9 + 0.7 * hint(draw, genuine, 1.3))).astype(np.int64).clip(0, 20)
    more_place, more = _drawn(draw, ground, made.village, n_more)
    place, person = np.concatenate([made.place, more_place]), np.concatenate([made.person, more])
    listed = _list_rows(draw, ground, _Notices(*_first_of(made), place, person))
    of_notice = pd.Series(np.arange(len(made.number)), index=made.number).loc[list(listed["notice_no"])].to_numpy()
    lost = np.exp(0.3 - 0.5 * hint(draw, genuine, 0.9)).clip(0.05, 6)[of_notice]
    listed["lost_mu"] = np.round(lost * draw.uniform(0.8, 1.25, len(listed)), 2)
    return listed[~listed["household_no"].isin(list(_household(ground, left_out)))]


def _first_of(made: _Notices) -> tuple[Texts, Integers, Dates, Dates, Integers]:
    return made.number, made.village, made.issued, made.published, made.quota


def _ties_to_cadre(
    draw: np.random.Generator, ground: Ground, village: Integers, kin: Integers, genuine: Flags, mechanism: np.ndarray
) -> pd.DataFrame:
    """The register `kinship` between grown members of these families and a cadre of their village; see `_list_rows`."""
    cadres = ground.officials.cadres
    lasting = cadres[cadres["end_date"].isna() & (cadres["start_date"].to_numpy() < ground.officials.elected_on)]
    cadre_of = lasting.groupby("village")["person"].first()
    grown = np.flatnonzero(ground.people.age_on(ground.calendar.first_day) >= 16)
    families = pd.DataFrame({"household": ground.people.household[kin], "head": np.arange(len(kin))})
    members = pd.DataFrame({"household": ground.people.household[grown], "person": grown}).merge(families)
    head = members["head"].to_numpy()
    degree = np.where(flag(draw, genuine, 0.6, 0.4), 1.0, 2.0)[head]
    unsure = flag(draw, mechanism == "kin_wrong", 0.75, 0.08)
    return pd.DataFrame(
        {
            "pid_a": texts_of(ground.people.id_no, cadre_of.loc[list(village[head])].to_numpy()),
            "pid_b": texts_of(ground.people.id_no, members["person"].to_numpy()),
            "relation": np.where(degree == 1.0, "parent", "sibling"),
            "degree": degree,
            "confidence": np.where(unsure, draw.uniform(0.5, 0.78, len(kin)), draw.uniform(0.82, 1.0, len(kin)))[
                head
            ].round(2),
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )
