"""Sign-in through an identity provider: a real one in a thread, with PKCE, state, nonce and signed tokens."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import select

from dashboard.app import create_app
from dashboard.guard import COOKIE
from dashboard.words import say
from data.database import reading, writing
from data.people_tables import Account, SignIn
from tests.office_in_miniature import fill
from tests.oidc_provider import CLIENT, SECRET, Provider
from tests.people import person, same_site, store

NOW = datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture
def provider(small_office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    running = Provider("subject-of-han-li")
    monkeypatch.setenv("MINGJING_OIDC_ISSUER", running.issuer)
    monkeypatch.setenv("MINGJING_OIDC_CLIENT_ID", CLIENT)
    monkeypatch.setenv("MINGJING_OIDC_CLIENT_SECRET", SECRET)
    running.client.redirect = "http://localhost/sign-in/oidc/back"
    fill(now=NOW, n_alerts=5)
    with writing() as session:
        store(session, person("leader", code="han.li"))
        session.get_one(Account, "han.li").oidc_subject = "subject-of-han-li"
    yield running
    running.stop()


@pytest.fixture
def client(provider: Provider) -> FlaskClient:
    return same_site(create_app())


def there(client: FlaskClient, asked: str = "") -> str:
    """The address by which the provider sends the browser back."""
    leaving = client.get("/sign-in/oidc" + (f"?next={asked}" if asked else ""))
    assert leaving.status_code == 302
    query = parse_qs(urlsplit(leaving.headers["Location"]).query)
    assert {"state", "nonce", "code_challenge"} <= set(query)
    assert query["code_challenge_method"] == ["S256"]
    assert SECRET not in leaving.headers["Location"]
    back = requests.get(leaving.headers["Location"], allow_redirects=False, timeout=10)
    return back.headers["Location"].removeprefix("http://localhost")


def test_a_linked_account_is_let_in_and_led_back(client: FlaskClient) -> None:
    assert say("entrance.oidc", "zh") in client.get("/sign-in").text
    back = client.get(there(client, "/queue"))
    assert back.headers["Location"] == "/sign-in?next=%2Fqueue"
    assert client.get("/sign-in?next=/queue").headers["Location"] == "/queue"
    assert client.get("/queue").status_code == 200
    with reading() as session:
        assert session.scalars(select(SignIn.account)).all() == ["han.li"]


@pytest.mark.parametrize("subject", ["somebody-else", ""])
def test_a_subject_that_no_account_is_linked_to_is_not_let_in(
    provider: Provider, client: FlaskClient, subject: str
) -> None:
    provider.subject = subject or "x" * 300
    back = client.get(there(client))
    assert back.headers["Location"] == "/sign-in?why=stranger"
    assert say("entrance.why_stranger", "zh") in client.get(back.headers["Location"]).text
    assert client.get_cookie(COOKIE) is None


def test_an_answer_to_somebody_else_is_refused(client: FlaskClient) -> None:
    address = there(client)
    assert same_site(create_app()).get(address).headers["Location"] == "/sign-in?why=oidc"
    forged = address.replace("state=", "state=x")
    assert client.get(forged).headers["Location"] == "/sign-in?why=oidc"


def test_a_code_counts_once(client: FlaskClient) -> None:
    address = there(client)
    assert client.get(address).headers["Location"] == "/sign-in"
    assert client.get(address).headers["Location"] == "/sign-in?why=oidc"


def test_a_token_of_another_key_or_nonce_is_refused(provider: Provider, client: FlaskClient) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
    assert client.get(there(client)).headers["Location"] == "/sign-in?why=oidc"
    provider.signs_with = provider.key
    address = there(client)
    for code in provider.codes.values():
        code.nonce = "another"
    assert client.get(address).headers["Location"] == "/sign-in?why=oidc"
    assert client.get_cookie(COOKIE) is None


def test_a_provider_that_does_not_answer_is_said(provider: Provider, client: FlaskClient) -> None:
    provider.stop()
    assert client.get("/sign-in/oidc").headers["Location"] == "/sign-in?why=oidc"


def test_without_a_provider_there_is_no_such_way(small_office: Path) -> None:
    client = same_site(create_app())
    assert say("entrance.oidc", "zh") not in client.get("/sign-in").text
    assert client.get("/sign-in/oidc").status_code == 404
    assert client.get("/sign-in/oidc/back?code=x&state=y").status_code == 404
