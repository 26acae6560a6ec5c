"""Tables of the people who work here: accounts, posts, sign-ins, tokens, and what keeps a person from a case."""

from datetime import date, datetime

from sqlalchemy import Boolean, Date, DateTime, ForeignKey, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables import Table


class Account(Table):
    """A person who may sign in. What the person may do stands in the posts."""

    __tablename__ = "account"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Sign-in name, lower case; never given to a second person."""
    name: Mapped[str] = mapped_column(String(60))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"), index=True)
    state: Mapped[str] = mapped_column(String(10))
    """active, blocked (by the security administrator) or left."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """Argon2id; none: cannot sign in by password."""
    password_set_at: Mapped[datetime | None] = mapped_column(DateTime)
    must_change: Mapped[bool] = mapped_column(Boolean)
    """Whether the password was given by somebody else and is to be changed at sign-in."""
    n_failed: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None] = mapped_column(DateTime)
    totp_secret: Mapped[str | None] = mapped_column(String(200))
    """Sealed (`data.identity.seal`)."""
    totp_since: Mapped[datetime | None] = mapped_column(DateTime)
    """When the second factor was confirmed; none: not in use."""
    totp_last: Mapped[int | None] = mapped_column(Integer)
    """Time step of the last code taken: no code counts twice."""
    oidc_subject: Mapped[str | None] = mapped_column(String(200), unique=True)
    subject_key: Mapped[str | None] = mapped_column(String(64), index=True)
    """Keyed hash of the person's own identity number, for recusal."""
    created_at: Mapped[datetime] = mapped_column(DateTime)
    created_by: Mapped[str] = mapped_column(String(40))


class PasswordUsed(Table):
    """A password an account had, as its hash: the last ones may not come back."""

    __tablename__ = "password_used"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.code"), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime] = mapped_column(DateTime)


class Post(Table):
    """A role that an account holds in a unit, for a region and perhaps one domain, for a time."""

    __tablename__ = "post"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.code"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    """A role of `data.rights.ROLES`."""
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"), index=True)
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    """Everything inside counts; none: the whole office."""
    domain_code: Mapped[str | None] = mapped_column(ForeignKey("domain.code"))
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    """Last day of the post; none: without end."""
    granted_by: Mapped[str] = mapped_column(String(40))


class SignIn(Table):
    """A signed-in browser. Its cookie holds a random token of which only the hash is kept."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.code"), index=True)
    started_at: Mapped[datetime] = mapped_column(DateTime)
    seen_at: Mapped[datetime] = mapped_column(DateTime)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime)
    step: Mapped[str] = mapped_column(String(15))
    """second_factor, password or enrol: still to be done; open: signed in."""
    address: Mapped[str] = mapped_column(String(60))
    way: Mapped[str] = mapped_column(String(10), default="password", server_default="password")
    """password, or oidc: the identity provider vouched for the person."""


class AccessToken(Table):
    """A token that stands for a screen (kiosk) or another system (api); shown once, kept as its hash."""

    __tablename__ = "access_token"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    """kiosk or api."""
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(200))
    """Comma-separated: wall.see for a kiosk; alerts.write, alerts.read, outcomes.write for a system."""
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    created_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(DateTime)
    expires_at: Mapped[datetime] = mapped_column(DateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime)
    used_at: Mapped[datetime | None] = mapped_column(DateTime)


class RecusalTie(Table):
    """What ties an account to a person or a unit, declared or found: alerts about them are verified by others."""

    __tablename__ = "recusal_tie"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.code"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    """kin, household or same_unit."""
    subject_key: Mapped[str | None] = mapped_column(String(64), index=True)
    unit_name: Mapped[str | None] = mapped_column(String(80))
    noted_at: Mapped[datetime] = mapped_column(DateTime)
    noted_by: Mapped[str] = mapped_column(String(40))


class SealedIdentity(Table):
    """Name and number of a person who stands behind a key, sealed; opened only with a right and a reason."""

    __tablename__ = "sealed_identity"

    subject_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    """JSON object name, number; encrypted (`data.identity.seal`)."""


class PersonQuery(Table):
    """A request to look a person up across alerts and registers: reasoned, approved by another, expiring."""

    __tablename__ = "person_query"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    asked_by: Mapped[str] = mapped_column(ForeignKey("account.code"), index=True)
    asked_at: Mapped[datetime] = mapped_column(DateTime)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    reference: Mapped[str] = mapped_column(String(100))
    """Number of the alert or case it is for."""
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), index=True)
    """asked, approved or refused; an approved one counts until `expires_at`."""
    decided_by: Mapped[str | None] = mapped_column(String(40))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime)
    decision: Mapped[str] = mapped_column(Text)
    """Why it was refused, or what the approver adds."""
    expires_at: Mapped[datetime | None] = mapped_column(DateTime)
    region_code: Mapped[str | None] = mapped_column(ForeignKey("region.code"))
    """Of the approver's post: what is found lies inside; none: the whole office, or not approved."""
    version: Mapped[int] = mapped_column(Integer)


class QuerySubject(Table):
    """A person, enterprise, tender or project that a person query is about."""

    __tablename__ = "query_subject"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    query_id: Mapped[int] = mapped_column(ForeignKey("person_query.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))
    """subject: whom or what it is about; other: whom or what that is compared with."""
    kind: Mapped[str] = mapped_column(String(10))
    """person, enterprise, tender or project."""
    subject_key: Mapped[str] = mapped_column(String(64))
    display: Mapped[str] = mapped_column(String(100))
    """Masked where it is a person."""
    sealed: Mapped[str] = mapped_column(Text)
    """JSON object name, number; encrypted (`data.identity.seal`)."""


class ClearanceReport(Table):
    """What was compared for a person query on a day, found or not, as it was then; names and numbers masked."""

    __tablename__ = "clearance_report"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    query_id: Mapped[int] = mapped_column(ForeignKey("person_query.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(DateTime)
    """Of the comparison: registers as known then."""
    made_by: Mapped[str] = mapped_column(String(40))
    content: Mapped[str] = mapped_column(Text)
    """JSON object (`data.clearance.Report`), masked."""
    code: Mapped[str] = mapped_column(String(12))
    """Keyed hash of everything that is printed: shows that a printed report is one of this office, unaltered."""


class Policy(Table):
    """A rule of the house that the security administrator changed from its default (`data.policy`)."""

    __tablename__ = "policy"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)
    set_by: Mapped[str] = mapped_column(String(40))
    set_at: Mapped[datetime] = mapped_column(DateTime)


class UnitDuty(Table):
    """What a unit verifies inside its region, beyond the ordinary: a domain, a level, or both."""

    __tablename__ = "unit_duty"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    region_code: Mapped[str] = mapped_column(ForeignKey("region.code"))
    domain_code: Mapped[str | None] = mapped_column(ForeignKey("domain.code"))
    """None: every domain."""
    level: Mapped[str | None] = mapped_column(String(10))
    """None: every level."""

    __table_args__ = (Index("unit_duty_by_region", "region_code"),)
