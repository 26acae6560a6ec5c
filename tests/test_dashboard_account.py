"""My account: posts in words, password, second factor, sign-ins elsewhere, in a real browser and as functions."""

from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from dashboard.app import create_app
from dashboard.guard import COOKIE
from data import accounts
from data.database import reading, writing
from data.identity import unseal
from data.people_tables import Account, SignIn
from data.sign_in import sign_in
from tests.office_in_miniature import fill
from tests.people import client_of, person

NOW = datetime.now(UTC).replace(tzinfo=None)
FIRST, SECOND = "First-of-all-11", "Second-of-all-22"


@pytest.mark.browser
def test_password_second_factor_and_sign_ins_on_one_page(small_office: Path, open_page) -> None:
    fill(now=NOW, n_alerts=5)
    page = open_page(person("inspector", code="han.li", name="韩立", region_code="990101001"))
    with writing() as session:
        accounts.set_password(session, session.get_one(Account, "han.li"), FIRST, at=NOW, must_change=False)
    with writing() as session:
        sign_in(session, code="han.li", password=FIRST, address="10.1.1.1", at=NOW)
    page.goto("/account")
    page.wait_for_selector("#account-factor")
    assert "核查员 · 高桥镇纪委 · 高桥镇" in page.inner_text(".account")
    assert page.locator("#account-sign-ins tbody tr").count() == 2
    page.click("#account-end-others")
    page.wait_for_selector("#account-end-others", state="hidden")
    with reading() as session:
        assert session.scalars(select(SignIn.address).where(SignIn.ended_at.is_(None))).all() == ["127.0.0.1"]

    fields = {"old": FIRST, "new": SECOND, "again": SECOND}
    for name, value in fields.items():
        page.fill(f"#account-{name}", value)
    page.click("#account-change")
    page.wait_for_selector("#account-password-said:has-text('口令已修改')")

    page.click("#account-begin")
    page.wait_for_selector(".account-qr img")
    with reading() as session:
        secret = unseal(session.get_one(Account, "han.li").totp_secret)
    assert page.inner_text(".account-qr code").replace(" ", "") == secret
    page.fill("#account-otp", pyotp.TOTP(secret).now())
    page.click("#account-confirm")
    page.wait_for_selector("#account-factor:has-text('起已启用')")
    page.fill("#account-otp", "000000")
    page.click("#account-stop")
    page.wait_for_selector("#account-factor:has-text('动态口令不正确')")


def posted(client: FlaskClient, old: str) -> TestResponse:
    """What the page answers when the password is to be changed."""
    values = {"account-old": old, "account-new": SECOND, "account-again": SECOND}
    outputs = ["account-password-said.children", *(f"{name}.value" for name in values)]
    return client.post(
        "/_dash-update-component",
        json={
            "output": "..{}..".format("...".join(outputs)),
            "outputs": [dict(zip(("id", "property"), one.split("."), strict=True)) for one in outputs],
            "inputs": [{"id": "account-change", "property": "n_clicks", "value": 1}],
            "state": [
                *({"id": name, "property": "value", "value": value} for name, value in values.items()),
                {"id": "language", "property": "data", "value": "en"},
            ],
            "changedPropIds": ["account-change.n_clicks"],
        },
    )


@pytest.fixture
def client(small_office: Path) -> FlaskClient:
    """The browser of han.li, whose password is the first."""
    fill(now=NOW, n_alerts=5)
    client = client_of(create_app(), person("leader", code="han.li"))
    with writing() as session:
        accounts.set_password(session, session.get_one(Account, "han.li"), FIRST, at=NOW, must_change=False)
    return client


def test_a_wrong_old_password_is_said(client: FlaskClient) -> None:
    before = client.get_cookie(COOKIE)
    assert "The old password is not right" in posted(client, "wrong").text
    assert client.get_cookie(COOKIE) == before
    with reading() as session:
        assert session.get_one(Account, "han.li").n_failed == 1


def test_the_browser_gets_a_new_token_with_its_new_password(client: FlaskClient) -> None:
    before = client.get_cookie(COOKIE)
    answer = posted(client, FIRST)
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert client.get("/account").status_code == 200
    client.set_cookie(COOKIE, before.value)
    assert client.get("/account").status_code == 303, "a token seen before lets nobody in"
