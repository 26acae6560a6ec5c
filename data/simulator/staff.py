"""Who works in the demonstration office: invented people with accounts and posts, and what ties some of them.

Everybody is a person of the synthetic registers, so that kinship and duties are those the registers know.
Source: field/vocabulary.md, A; field/rules.md, 3.4.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import accounts, audit, ties
from data.identity import subject_key
from data.office_time import shanghai_day
from data.people_tables import Account, Post
from data.rights import ROLES, Held, Person
from data.simulator.calendar import draw_from
from data.simulator.commissions import CITY_UNIT, COUNTY_UNIT, STATIONED_UNIT, Commissions, commissions_of
from data.simulator.furnishing import DEPARTMENTS, STATIONED_DOMAIN
from data.simulator.places import COUNTY
from data.simulator.world import World
from data.tables import Unit

FOUNDER = "demo"
"""Who created the accounts of a demonstration office."""
_TOWN_LOGINS = (
    "yantian", "moyuan", "zhujian", "bixi", "shuxia", "qinpu", "yanping", "huazhou", "yinxia", "sujian",
)  # fmt: skip
_OFFICE = (
    ("leader", "leader", True),
    ("analyst", "analyst", True),
    ("model-author", "model_author", True),
    ("model-approver", "model_approver", True),
    ("sys", "system_admin", False),
    ("sec", "security_admin", False),
    ("aud", "audit_admin", False),
)
"""Code and role of those who are one of a kind, and whether for the places of the whole office."""
_SHOWN = {"yantian1", "xian1", "yantian-sp", "xian-sp1", "civil", *(code for code, _, _ in _OFFICE)}
"""Accounts that get a password: one a role, and two inspectors."""
_N_WITH_KIN = 3


@dataclass(frozen=True)
class Colleague:
    """Somebody who works here: the account, its post, and who among the supervised is kin."""

    code: str
    name: str
    number: str
    """Own identity number, of prefix 99."""
    unit: str
    role: str
    region: str | None
    domain: str | None = None
    kin: str | None = None
    """Identity number of a relative whom an alert is about."""

    def person(self) -> Person:
        """The colleague as the office's doors know who acts."""
        held = Held(ROLES[self.role], self.unit, self.region or "", self.domain)
        return Person(self.code, self.name, self.unit, (held,), subject_key("person", self.number))

    def ties(self) -> frozenset[str]:
        """Keys of the people whose alerts the colleague leaves to others."""
        return frozenset(subject_key("person", number) for number in (self.number, self.kin) if number)


@dataclass(frozen=True)
class Access:
    """An account that can be used at once, with the password that is shown once."""

    code: str
    name: str
    unit_name: str
    role: str
    """A role of `data.rights.ROLES`."""
    password: str = field(repr=False)


def recruit(world: World, units: Mapping[str, str]) -> list[Colleague]:
    """Everybody of the office, the same for the same world. `units`: code to name of every unit that verifies."""
    draw = draw_from(world.seed, "staff")
    free = _eligible(draw, world)
    names = world.registers["person"].drop_duplicates("id_no").set_index("id_no")["name"]
    spare = iter(free)
    kin = _relatives(world, free, [unit[2:] for unit in units if unit.startswith("T-")])
    handler = _former_handler(world)
    taken = {number for number, _ in kin.values()} | {handler}
    colleagues: list[Colleague] = []
    for code, unit, role, region, domain in _places(draw, units, commissions_of(world)):
        number, relative = next(number for number in spare if number not in taken), None
        if role == "inspector" and code.endswith("1") and region in kin:
            number, relative = kin[region]
        elif code == "xian2" and handler is not None:
            number = handler
        colleagues.append(Colleague(code, str(names[number]), number, unit, role, region, domain, relative))
    return colleagues


def _places(
    draw: np.random.Generator, units: Mapping[str, str], commissions: Commissions
) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    """Account code, unit, role, region and domain of every place to be filled."""
    counties = {unit: county for own in (commissions.of_county, commissions.stationed) for county, unit in own.items()}
    for unit in units:
        region = unit[2:] if unit.startswith("T-") else counties.get(unit, commissions.region)
        login, domain = _login(unit, region), None
        if unit.startswith(STATIONED_UNIT):
            domain = STATIONED_DOMAIN
        # One more than two, so that where one must leave an alert to others there are others.
        for number in range(int(draw.integers(2, 5))):
            yield f"{login}{number + 1}", unit, "inspector", region, domain
        if unit.startswith("C-"):
            yield f"{login}-sp1", unit, "approver", region, None
            yield f"{login}-sp2", unit, "approver", region, None
        else:
            yield f"{login}-sp", unit, "approver", region, domain
    for code, role, is_local in _OFFICE:
        yield code, commissions.top, role, commissions.region if is_local else None, None
    for unit, _, _ in DEPARTMENTS:
        yield unit.removeprefix("D-").lower(), unit, "contact", None, None


def _login(unit: str, region: str) -> str:
    """What the logins of a unit begin with; outside the first county with the numbers of county and town."""
    if unit == CITY_UNIT:
        return "shi"
    first = region.startswith(COUNTY)
    if unit.startswith("T-"):
        return _TOWN_LOGINS[int(unit[-3:]) - 1] if first else f"zhen{region[4:6]}{region[7:9]}"
    return ("nongye" if unit.startswith(STATIONED_UNIT) else "xian") + ("" if first else region[4:6])


def _eligible(draw: np.random.Generator, world: World) -> list[str]:
    """Numbers of grown people without another duty and whom no alert is about, in random order."""
    person = world.registers["person"].drop_duplicates("id_no")
    age = (pd.Timestamp(world.calendar.first_day) - person["birth_date"]).dt.days / 365.2425
    numbers = person.loc[(age >= 25) & (age < 53), "id_no"]
    episodes = world.truth["episodes"]
    others = {*episodes["number"], *episodes["handler"], *world.registers["village_cadre"]["id_no"]}
    others.update(world.registers["public_employee"]["id_no"])
    found = [str(number) for number in numbers if number not in others]
    return [found[place] for place in draw.permutation(len(found))]


def _relatives(world: World, free: list[str], towns: list[str]) -> dict[str, tuple[str, str]]:
    """By town: somebody free, and a relative in that town whom one of the newest alerts is about."""
    kinship = world.registers["kinship"]
    kinship = kinship[kinship["pid_b"].isin(free) & (kinship["degree"] <= 2)].drop_duplicates("pid_a")
    relative_of = kinship.set_index("pid_a")["pid_b"]
    episodes = world.truth["episodes"]
    episodes = episodes[(episodes["subject_kind"] == "person") & episodes["number"].isin(relative_of.index)]
    episodes = episodes.sort_values("month", ascending=False, kind="stable").drop_duplicates("town")
    newest = episodes.set_index("town")["number"]
    found: dict[str, tuple[str, str]] = {}
    for town in towns:
        if town in newest.index and len(found) < _N_WITH_KIN:
            number = str(newest[town])
            if relative_of[number] not in {one for one, _ in found.values()}:
                found[town] = (str(relative_of[number]), number)
    return found


def _former_handler(world: World) -> str | None:
    """Who handled the newest alert of the kind that the county, or the city's first one, verifies itself."""
    episodes = world.truth["episodes"]
    here = (episodes["model"] == "M04") & episodes["town"].str.startswith(COUNTY)
    episodes = episodes[here].sort_values("month", kind="stable")
    return str(episodes["handler"].iloc[-1]) if len(episodes) else None


def enrol(session: Session, colleagues: Sequence[Colleague], *, at: datetime) -> None:
    """Give everybody an account without a password, a post, and on record whom it ties."""
    founder = _founder()
    for one in colleagues:
        session.add(
            Account(
                code=one.code,
                name=one.name,
                unit_code=one.unit,
                state="active",
                must_change=False,
                n_failed=0,
                subject_key=subject_key("person", one.number),
                created_at=at,
                created_by=FOUNDER,
            )
        )
        audit.note(session, FOUNDER, "account.created", "account", one.code, at=at, detail={"unit": one.unit})
    session.flush()
    for one in colleagues:
        accounts.grant(
            session,
            founder,
            account=one.code,
            role=one.role,
            unit_code=one.unit,
            region_code=one.region,
            domain_code=one.domain,
            from_on=shanghai_day(at),
            at=at,
        )
        if one.kin:
            ties.declare(session, founder, account=one.code, kind="kin", number=one.kin, at=at)


def open_accounts(session: Session, *, at: datetime) -> list[Access]:
    """Give the accounts of `_SHOWN` a password each, which is kept nowhere; the others have none until it is reset.

    For hashing one takes a tenth of a second, and nobody needs sixty.
    """
    founder, accesses = _founder(), []
    shown = select(Account, Unit.name, Post.role).join(Unit, Unit.code == Account.unit_code)
    shown = shown.join(Post, Post.account == Account.code).where(
        Account.code.in_(_SHOWN), Account.created_by == FOUNDER
    )
    for account, unit_name, role in session.execute(shown).all():
        password = accounts.reset_password(session, founder, account.code, at=at)
        # The office is the visitor's own: nobody else knows the password.
        account.must_change = False
        accesses.append(Access(account.code, account.name, unit_name, role, password))
    return sorted(accesses, key=lambda access: (list(ROLES).index(access.role), access.code))


def _founder() -> Person:
    held = tuple(Held(ROLES[role], COUNTY_UNIT, "", None) for role in ("system_admin", "security_admin"))
    return Person(FOUNDER, "演示", COUNTY_UNIT, held)
