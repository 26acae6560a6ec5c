"""What leads to help (M34) counts in no confirmation rate of misconduct, wherever one is shown or learnt from."""

from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.pages.warehouse import layout
from dashboard.visitor import visiting
from data.alert_stream import alert_stream
from data.assessment import Period, assess
from data.cards import read_card
from data.counting import helping
from data.database import reading, writing
from data.dossier import dossier
from data.errors import CardRefused
from data.supervision_models import built_in_cards, install, offer
from data.tables import Alert, AlertEvent
from data.wall import wall
from data.warehouse import stored
from tests.people import person
from tests.staff_in_miniature import NOW, TODAY, furnish, raise_alert


def conclude(number: int, source: str, outcome: str, town: str = "990101001") -> int:
    alert = raise_alert(number, f"k{number}", town)
    at = NOW - timedelta(days=1)
    with writing() as session:
        one = session.get_one(Alert, alert)
        one.source, one.outcome, one.status, one.concluded_at, one.unit_code = source, outcome, "closed", at, "T1"
        session.add(
            AlertEvent(alert_id=alert, at=at, actor="system", kind="concluded", version=2, from_status="verifying",
                       to_status="closed", outcome=outcome, note="")
        )  # fmt: skip
    return alert


@pytest.fixture
def mixed(office: Path) -> int:
    """Three misconduct alerts, one of them confirmed, and four gaps of entitlement, all closed; gives one of those."""
    furnish()
    cards = {card.code: card for card in built_in_cards()}
    with writing() as session:
        install(session, cards["M34"])
        install(session, cards["M08"])
    for number, outcome in enumerate(("C2", "E1", "E1")):
        conclude(number, "M08", outcome)
    return [conclude(number, "M34", "C2") for number in range(10, 14)][-1]


def test_the_card_says_what_it_counts_as() -> None:
    counts = {card.code: card.counts for card in built_in_cards()}
    assert {code for code, one in counts.items() if one == "help"} == {"M34"}
    m34 = next(card for card in built_in_cards() if card.code == "M34")
    assert read_card(m34.text.replace('counts = "help"\n', "")).counts == "misconduct"
    with pytest.raises(CardRefused, match="expected one of misconduct, help"):
        read_card(m34.text.replace('counts = "help"', 'counts = "nothing"'))


def test_no_rate_counts_what_leads_to_help(mixed: int) -> None:
    with reading() as session:
        shown = wall(session, scope="", now=NOW)
        whole = assess(session, person("leader", region_code=""), Period(TODAY - timedelta(days=9), TODAY), today=TODAY)
        stream = alert_stream(session)
    year = shown["kpis"]["confirmed"]["year"]
    assert (year["n_confirmed"], year["n"]) == (1, 3)
    assert sum(tile["rate"]["n"] for tile in shown["tiles"]) == 3
    assert sum(month["n"] for month in shown["months"]) == 3
    assert (whole[-1].confirmed["n_confirmed"], whole[-1].confirmed["n"], whole[-1].n_concluded) == (1, 3, 7)
    assert stream.label[stream.source == "M34"].isna().all()
    assert sorted(stream.label[stream.source == "M08"]) == [0.0, 0.0, 1.0]


def test_a_draft_takes_no_model_out_of_the_rate(mixed: int) -> None:
    text = next(card.text for card in built_in_cards() if card.code == "M08")
    text = text.replace("version = 2", 'version = 3\ncounts = "help"', 1)
    with writing() as session:
        offer(session, read_card(text), at=NOW)
    with reading() as session:
        assert helping(session) == {"M34"}
        assert wall(session, scope="", now=NOW)["kpis"]["confirmed"]["year"]["n"] == 3


def test_its_own_figure_is_who_was_served(mixed: int) -> None:
    with reading() as session:
        figure = {one.shown.code: (one.shown.counts, one.rate["n_confirmed"]) for one in stored(session)}
        past = dossier(session, mixed).precedents
    assert figure == {"M08": ("misconduct", 1), "M34": ("help", 4)}
    assert (past.served, past.n_confirmed, past.n_concluded) == (True, 3, 3)
    with visiting(person("leader", region_code="")):
        page = str(layout("zh"))
    assert page.count("落实率") == 1
    assert page.count("查实率") == 1
