"""The entrance: sign-in step by step without a script, refusals in words, cookies, the way back, screens by token."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboard.app import create_app
from dashboard.entrance import own_path
from dashboard.guard import COOKIE, KIOSK_COOKIE
from dashboard.words import say
from data import access_tokens, accounts, policy, second_factor, sign_in
from data.database import reading, writing
from data.identity import unseal
from data.people_tables import AccessToken, Account, SignIn
from data.record_tables import AuditEntry
from tests.office_in_miniature import fill
from tests.people import client_of, person, same_site, sign_in_as

NOW = datetime.now(UTC).replace(tzinfo=None)
CHOSEN = "Chosen-by-me-77"


@pytest.fixture
def one_time(small_office: Path) -> str:
    """The one-time password of han.li, an inspector of U1."""
    fill(now=NOW, n_alerts=5)
    machine = accounts.AT_THE_MACHINE
    with writing() as session:
        password = accounts.create(session, machine, code="han.li", name="韩立", unit_code="U1", at=NOW)
        accounts.grant(
            session, machine, account="han.li", role="inspector", unit_code="U1", region_code="990101001",
            from_on=NOW.date() - timedelta(days=1), at=NOW,
        )  # fmt: skip
    return password


@pytest.fixture
def client(one_time: str) -> FlaskClient:
    return same_site(create_app())


def posted(client: FlaskClient, address: str = "/sign-in", **form: str):
    return client.post(address, data=form)


def refusal(response) -> str:
    found = re.search(r'id="refused">([^<]*)<', response.text)
    return found[1] if found else ""


def token_of(client: FlaskClient) -> str:
    kept = client.get_cookie(COOKIE)
    return kept.value if kept else ""


def choose_password(client: FlaskClient, one_time: str) -> None:
    posted(client, code="han.li", password=one_time)
    changed = posted(client, "/sign-in/password", old=one_time, new=CHOSEN, again=CHOSEN)
    assert changed.status_code == 303


def test_from_one_time_password_to_the_page_that_was_asked_for(client: FlaskClient, one_time: str) -> None:
    turned = client.get("/queue?level=red&order=urgency")
    assert turned.status_code == 303
    asked = parse_qs(urlsplit(turned.headers["Location"]).query)["next"][0]
    assert asked == "/queue?level=red&order=urgency"
    form = client.get(turned.headers["Location"])
    assert 'name="next" value="/queue?level=red&amp;order=urgency"' in form.text
    assert "<script" not in form.text
    step = posted(client, code="  HAN.LI ", password=one_time, next=asked)
    assert step.status_code == 303
    rules = client.get(step.headers["Location"])
    assert "10 至 128 个字符" in rules.text
    assert client.get("/queue").headers["Location"].startswith("/sign-in")
    done = posted(client, "/sign-in/password", old=one_time, new=CHOSEN, again=CHOSEN, next=asked)
    onward = client.get(done.headers["Location"])
    assert onward.headers["Location"] == asked
    assert client.get(asked).status_code == 200


def test_unknown_account_wrong_password_and_locked_account_read_the_same(client: FlaskClient, one_time: str) -> None:
    unknown = posted(client, code="nobody.here", password=one_time)
    wrong = [posted(client, code="han.li", password="wrong") for _ in range(6)]
    locked = posted(client, code="han.li", password=one_time)
    said = {refusal(response) for response in (unknown, *wrong, locked)}
    assert len(said) == 1
    assert "锁定 15 分钟" in said.pop()
    assert not token_of(client)
    client.set_cookie("lang", "en")
    assert refusal(posted(client, code="han.li", password="wrong")).startswith("Name and password do not go together")


def test_every_rule_that_a_new_password_breaks_is_named(client: FlaskClient, one_time: str) -> None:
    posted(client, code="han.li", password=one_time)
    said = refusal(posted(client, "/sign-in/password", old=one_time, new="han.li", again="han.li"))
    for part in ("长度为 6 个字符", "只含 2 类字符", "包含账号或姓名"):
        assert part in said
    said = refusal(posted(client, "/sign-in/password", old=one_time, new=CHOSEN, again="another"))
    assert said == say("entrance.not_the_same", "zh")
    assert "原口令不正确" in refusal(posted(client, "/sign-in/password", old="x", new=CHOSEN, again=CHOSEN))


def test_the_second_factor_is_set_up_and_then_asked_for(client: FlaskClient, one_time: str) -> None:
    with writing() as session:
        policy.put(session, accounts.AT_THE_MACHINE, "second_factor_required", 2, at=NOW)
    choose_password(client, one_time)
    enrol = client.get("/sign-in")
    assert "data:image/svg+xml" in enrol.text
    with reading() as session:
        secret = unseal(session.get_one(Account, "han.li").totp_secret)
    assert f"{secret[:4]} {secret[4:8]}" in enrol.text
    assert "动态口令与刚才的密钥不符" in refusal(posted(client, "/sign-in/enrol", otp="000000"))
    assert client.get("/queue").status_code == 303
    seen = token_of(client)
    assert posted(client, "/sign-in/enrol", otp=pyotp.TOTP(secret).now()).status_code == 303
    assert client.get("/queue").status_code == 200
    other = same_site(create_app())
    other.set_cookie(COOKIE, seen)
    assert other.get("/queue").status_code == 303, "a token seen at an earlier step lets nobody in"

    again = same_site(create_app())
    posted(again, code="han.li", password=CHOSEN)
    assert "六位动态口令" in again.get("/sign-in").text
    assert again.get("/queue").status_code == 303
    assert "动态口令不正确或已使用过" in refusal(posted(again, "/sign-in/second-factor", otp="12"))
    later = pyotp.TOTP(secret).at(datetime.now() + timedelta(seconds=30))
    assert posted(again, "/sign-in/second-factor", otp=later).status_code == 303
    assert again.get("/queue").status_code == 200


def test_the_cookie_is_for_no_script_no_other_site_and_new_at_every_sign_in(client: FlaskClient, one_time: str) -> None:
    client.set_cookie(COOKIE, "planted-by-somebody")
    first = posted(client, code="han.li", password=one_time)
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    token = token_of(client)
    assert token != "planted-by-somebody"
    assert len(token) >= 43
    second = client.post("/sign-in", data={"code": "han.li", "password": one_time}, base_url="https://localhost")
    assert "Secure" in second.headers["Set-Cookie"]
    with reading() as session:
        assert session.get_one(SignIn, sign_in.hash_of(token)).ended_at is not None


def test_x_forwarded_proto_counts_only_from_the_trusted_proxy(one_time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.8.7"}
    for proxy, secure in (("", False), ("10.0.0.5", False), ("127.0.0.1", True)):
        monkeypatch.setenv("MINGJING_TRUSTED_PROXY", proxy)
        client = same_site(create_app())
        response = client.post("/sign-in", data={"code": "han.li", "password": one_time}, headers=said)
        assert ("Secure" in response.headers["Set-Cookie"]) is secure
    with reading() as session:
        addresses = session.scalars(select(SignIn.address).order_by(SignIn.started_at)).all()
    assert sorted(addresses) == ["10.9.8.7", "127.0.0.1", "127.0.0.1"]


def test_signing_out_ends_the_sign_in_itself(client: FlaskClient, one_time: str) -> None:
    choose_password(client, one_time)
    token = token_of(client)
    assert client.get("/queue").status_code == 200
    client.get("/sign-out")
    assert client.get("/queue").status_code == 200
    out = client.post("/sign-out")
    assert say("entrance.why_out", "zh") in client.get(out.headers["Location"]).text
    client.set_cookie(COOKIE, token)
    assert client.get("/queue").headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize(
    "address",
    ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "\\\\elsewhere.example", "queue",
     "javascript:alert(1)", "/sign-out", "/sign-in?next=/sign-in", "/_dash-layout", "/kiosk?token=x", "/a\nb", "", None,
     "http://[bad", "//[", "/\t/elsewhere.example", "/%0d%0aSet-Cookie:x\r\n"],
)  # fmt: skip
def test_a_sign_in_leads_to_no_other_site(address: str | None) -> None:
    assert own_path(address) == ""


def test_what_is_posted_to_the_entrance_is_small(client: FlaskClient) -> None:
    large = posted(client, code="x" * 9000, password="y")
    assert large.status_code == 413
    assert "8 KB" in large.text


def test_a_name_typed_by_somebody_is_never_markup(client: FlaskClient) -> None:
    said = posted(client, code='"><script>alert(1)</script>', password="x").text
    assert "<script>" not in said
    assert "&lt;script&gt;" in said


def test_somebody_signed_in_is_led_on(client: FlaskClient) -> None:
    homes = {"leader": "/", "analyst": "/", "inspector": "/my-work", "approver": "/my-work", "contact": "/my-work"}
    homes |= {"model_author": "/my-work", "model_approver": "/my-work"}
    for role, home in (homes | {"security_admin": "/security", "audit_admin": "/audit"}).items():
        one = client_of(create_app(), person(role))
        led = one.get("/sign-in").headers["Location"]
        assert one.get(led).status_code == 200
        assert led == home
        assert one.get("/sign-in?next=/account").headers["Location"] == "/account"


def test_an_idle_sign_in_ends_and_leads_back(client: FlaskClient) -> None:
    token = sign_in_as(person("leader"))
    with writing() as session:
        session.get_one(SignIn, sign_in.hash_of(token)).seen_at = NOW - timedelta(hours=2)
    client.set_cookie(COOKIE, token)
    turned = client.get("/queue?level=red").headers["Location"]
    assert parse_qs(urlsplit(turned).query) == {"next": ["/queue?level=red"], "why": ["ended"]}
    assert say("entrance.why_ended", "zh") in client.get(turned).text


def issue_kiosk(region: str | None) -> str:
    with writing() as session:
        return access_tokens.issue(
            session, accounts.AT_THE_MACHINE, kind="kiosk", name="hall", scopes=["wall.see"], region_code=region,
            days=30, at=NOW,
        )  # fmt: skip


def test_a_screen_is_let_in_to_its_wall_and_nowhere_else_until_its_token_is_revoked(client: FlaskClient) -> None:
    token = issue_kiosk("990101")
    asked = client.get("/kiosk?rotate=20&theme=night")
    assert 'action="/kiosk?rotate=20&amp;theme=night"' in asked.text
    assert "kiosk-at-once" in asked.text
    exchanged = client.post("/kiosk?rotate=20&theme=night", data={"token": token})
    assert exchanged.headers["Location"] == "/?rotate=20&theme=night"
    kept = client.get_cookie(KIOSK_COOKIE)
    assert kept is not None
    assert kept.http_only
    assert client.get("/").status_code == 200
    assert client.get("/wall/data").status_code == 200
    assert client.get("/wall/data?scope=990101002").status_code == 200
    assert client.get("/wall/data?scope=9901").status_code == 403
    for closed in ("/queue", "/account", "/alert/1"):
        assert client.get(closed).headers["Location"] == "/sign-in?why=screen"
    with writing() as session:
        number = session.scalars(select(AccessToken.id)).one()
        access_tokens.revoke(session, accounts.AT_THE_MACHINE, number, at=NOW)
    gone = client.get("/wall/data")
    assert gone.status_code == 401
    assert "已撤销" in gone.json["refused"]
    assert "sign_in" not in gone.json
    assert say("entrance.why_screen", "zh") in client.get(client.get("/").headers["Location"]).text


def test_an_unknown_token_is_no_screens(client: FlaskClient) -> None:
    for data in ({"token": "guess"}, {}):
        assert "令牌无效" in client.post("/kiosk", data=data).text
    assert client.get_cookie(KIOSK_COOKIE) is None
    with reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "token.refused"))
        assert (entry.address, entry.detail) == ("127.0.0.1", '{"kind": "kiosk"}')


def test_an_address_alone_changes_nothing(client: FlaskClient) -> None:
    """Whoever has somebody follow a link must neither sign them out nor turn their browser into a screen."""
    token, mine = issue_kiosk("990101"), sign_in_as(person("leader"))
    client.set_cookie(COOKIE, mine)
    for address in (f"/kiosk?token={token}", "/kiosk"):
        shown = client.get(address)
        assert shown.status_code == 200
        assert token not in shown.text
        assert "kiosk-at-once" not in shown.text
        assert "Set-Cookie" not in shown.headers
    foreign = client.post("/kiosk", data={"token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert client.get("/account").status_code == 200


def test_who_was_signed_in_where_a_screen_is_set_up_is_signed_out(client: FlaskClient) -> None:
    token, mine = issue_kiosk("990101"), sign_in_as(person("leader"))
    client.set_cookie(COOKIE, mine)
    assert client.post("/kiosk", data={"token": token}).status_code == 303
    assert client.get_cookie(COOKIE) is None
    with reading() as session:
        assert session.get_one(SignIn, sign_in.hash_of(mine)).ended_at is not None


def test_signing_out_leaves_no_draft_in_the_browser(client: FlaskClient) -> None:
    client.set_cookie(COOKIE, sign_in_as(person("leader")))
    assert client.post("/sign-out").headers["Clear-Site-Data"] == '"storage"'


def test_codes_of_a_device_read_as_the_picture_says() -> None:
    secret = second_factor.make_secret()
    assert pyotp.parse_uri(second_factor.address(secret, "han.li")).secret == secret
