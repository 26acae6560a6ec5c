"""`mingjing account`: the first administrators, and what goes on record."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result

from dashboard.doors.accounts import account
from data import accounts, audit, sign_in
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotPermitted, SignInRefused
from data.office_time import shanghai_day, utc_now
from data.people_tables import Account
from data.rights import Person, find_person
from data.tables import Unit
from tests.staff_in_miniature import PASSWORD, deeds, enter, furnish

NEW = ("--unit", "C")


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(account, arguments, input=typed, catch_exceptions=False)


def password_in(result: Result) -> str:
    return result.stdout.split("one-time password ")[1].split()[0]


def person(code: str) -> Person:
    with reading() as session:
        return find_person(session, code, today=shanghai_day(utc_now()))


def own_password(code: str, one_time: str) -> str:
    opened = enter(code, one_time, at=utc_now())
    with writing() as session:
        return sign_in.change_password(session, opened.token, old=one_time, new=PASSWORD, at=utc_now()).token


def test_a_new_office_has_no_account_at_all(small_office: Path) -> None:
    listed = run("list")
    assert (listed.stdout, listed.stderr) == ("", "0 accounts.\n")


def test_the_first_of_each_administrator_needs_nobody(office: Path) -> None:
    furnish()
    for role in accounts.ADMINISTRATORS:
        made = run("add", f"first-{role[:3]}", "--role", role, *NEW)
        assert made.exit_code == 0
        assert [post.role.code for post in person(f"first-{role[:3]}").posts] == [role]
        assert enter(f"first-{role[:3]}", password_in(made), at=utc_now()).step == "password"
        with pytest.raises(NotPermitted, match="--by LOGIN"):
            run("add", "second", "--role", role, *NEW)
    forced = run("add", "second", "--role", "system_admin", "--force", *NEW)
    assert forced.exit_code == 0
    assert len(deeds("account.forced")) == 1
    with reading() as session:
        audit.verify(session)


def test_an_office_with_nothing_in_it_gets_its_first_unit_too(small_office: Path) -> None:
    made = run(
        "add", "sys", "--role", "system_admin", "--unit", "JW", "--unit-name", "县纪委", "--region", "990101",
        "--region-name", "镜湖县",
    )  # fmt: skip
    assert made.exit_code == 0
    with reading() as session:
        assert session.get_one(Unit, "JW").region_code == "990101"


def test_what_is_refused(small_office: Path) -> None:
    furnish()
    for arguments, error, said in (
        (("add", "li", *NEW), NotPermitted, "--force"),
        (("grant", "li", "inspector", *NEW), NotPermitted, "--force"),
        (("reset", "li"), NotPermitted, "--force"),
        (("block", "li"), NotPermitted, "--force"),
        (("add", "Li Si", "--force", *NEW), InputRefused, "small letters"),
        (("add", "worker", "--force", *NEW), InputRefused, "cannot be used"),
        (("add", "li", "--force", "--unit", "nowhere"), InputRefused, "no unit"),
        (("reset", "nobody", "--force"), MingjingError, "no account"),
        (("grant", "li", "inspector", "--force", "--region", "99", "--whole-office", *NEW), InputRefused, "leave one"),
    ):
        with pytest.raises(error, match=said):
            run(*arguments)


def test_work_in_somebodys_name_asks_for_the_password_and_the_right(small_office: Path) -> None:
    furnish()
    one_time = {
        role: password_in(run("add", role[:3], "--role", f"{role}_admin", *NEW)) for role in ("system", "security")
    }
    own_password("sys", one_time["system"])
    own_password("sec", one_time["security"])
    run("add", "li", "--name", "李某", "--by", "sys", *NEW, typed=f"{PASSWORD}\n")
    granted = run("grant", "li", "inspector", "--unit", "T1", "--by", "sec", typed=f"{PASSWORD}\n")
    assert "inspector in T1 for 990101001" in granted.stdout
    assert person("li").posts[0].region_code == "990101001"
    with pytest.raises(SignInRefused):
        run("block", "li", "--by", "sec", typed="wrong\n")
    with pytest.raises(NotPermitted):
        run("block", "li", "--by", "sys", typed=f"{PASSWORD}\n")
    run("block", "li", "--reason", "lost", "--by", "sec", typed=f"{PASSWORD}\n")
    listed = run("list").stdout
    assert "li\t李某\tC\tblocked\t" in listed
    run("block", "li", "--undo", "--by", "sec", typed=f"{PASSWORD}\n")
    assert "one-time password" in run("list").stdout
    assert ("post.granted", "sec", "done") in deeds()
    with reading() as session:
        assert session.get_one(Account, "sec").n_failed == 0


def test_the_second_factor_is_asked_for_on_the_server_too(small_office: Path) -> None:
    furnish()
    token = own_password("sys", password_in(run("add", "sys", "--role", "system_admin", *NEW)))
    now = utc_now()
    with writing() as session:
        secret, _ = sign_in.begin_totp(session, token, at=now)
        sign_in.confirm_totp(session, token, _code(secret, now), at=now)
    with pytest.raises(SignInRefused):
        run("add", "li", "--by", "sys", *NEW, typed=f"{PASSWORD}\n000000\n")
    next_code = _code(secret, utc_now() + timedelta(seconds=30))
    assert run("add", "li", "--by", "sys", *NEW, typed=f"{PASSWORD}\n{next_code}\n").exit_code == 0
    assert run("reset", "sys", "--second-factor", "--force").exit_code == 0
    with reading() as session:
        assert session.get_one(Account, "sys").totp_secret is None


def _code(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at.replace(tzinfo=UTC))
