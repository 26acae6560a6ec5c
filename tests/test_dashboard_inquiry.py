"""A department's inquiry: the question and nothing of the alert, the answer with its files, drafts that survive."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.app import create_app
from dashboard.attachment_files import HEADER
from dashboard.inquiry_panel import begun, dialogs
from dashboard.pages.inquiry import files, layout, send
from dashboard.visitor import visiting
from data import inquiries
from data.database import reading, writing
from data.errors import InputRefused, MingjingError, NotFound, TransitionRefused
from data.loop_tables import Attachment, Inquiry
from data.office_time import utc_now
from data.rights import Person, acting
from data.tables import Unit
from tests.alert_in_miniature import NOW, case_of, filled, inspector, one, shown, template, written  # noqa: F401  (fixtures)
from tests.office_in_miniature import fill
from tests.people import client_of, person

CONTACT = person("contact", unit_code="D1", code="civil", name="民政联络员")
QUESTION = "请说明津贴停发的时间和依据"
PDF = b"%PDF-1.4 reply"


def asked() -> int:
    """An inquiry of u1a to the department D1."""
    number = one("verifying")
    with acting(inspector()) as session:
        return inquiries.ask(session, number, inspector(), at=utc_now(), unit_code="D1", question=QUESTION).id


def seen(number: int, who: Person = CONTACT) -> str:
    with visiting(who):
        return written(layout(str(number), "zh"))


@pytest.mark.usefixtures("filled")
class TestPage:
    """What the page shows and writes."""

    def test_the_question_is_shown_and_nothing_of_the_alert(self) -> None:
        number = asked()
        said = seen(number)
        assert QUESTION in said
        assert f"情况说明 第 {number} 号" in said
        with reading() as session:
            assert f"{session.get_one(Unit, 'U1').name} 于 " in said
        assert "/alert/" not in said

    def test_the_form_begins_with_what_it_is_about(self) -> None:
        case = case_of(one("verifying", period="2025-03"), inspector())
        draft = begun(case)
        assert case.alert.subject_display in draft
        assert case.found.place in draft
        assert "2025-03" in draft
        assert case.alert.title in draft
        assert draft in written(dialogs(case, "", ""))

    def test_another_department_finds_none(self) -> None:
        number = asked()
        for who in (person("contact", unit_code="U3", code="else"), inspector()):
            assert "没有这件情况说明" in seen(number, who)
        for text in ("x", "-1", "9" * 12, None):
            with visiting(CONTACT):
                assert "没有这件情况说明" in written(layout(text, "zh"))

    def test_what_is_no_number_or_no_text_is_refused_in_the_readers_language(self) -> None:
        number = asked()
        with visiting(CONTACT):
            with pytest.raises(NotFound) as gone:
                send("9" * 400, "三月起停发。", "zh")
            assert "情况说明" in gone.value.words("zh")
            with pytest.raises(InputRefused, match="expected text"):
                send(number, ["三月起停发。"], "zh")

    def test_an_answer_is_given_once_and_reaches_the_verifier(self) -> None:
        number = asked()
        with visiting(CONTACT):
            said = written(send(number, "三月起停发，依据停发审批表。", "zh"))
            assert "已答复" in said
            assert "inquiry-send" not in said
            with pytest.raises(TransitionRefused):
                send(number, "改一下", "zh")
        with reading() as session:
            alert_id = session.get_one(Inquiry, number).alert_id
        assert "三月起停发" in shown(inspector(), alert_id)

    def test_an_empty_answer_is_refused(self) -> None:
        number = asked()
        with visiting(CONTACT), pytest.raises(MingjingError):
            send(number, " ", "zh")
        with reading() as session:
            assert session.get_one(Inquiry, number).answered_at is None

    def test_files_larger_than_a_form_may_be_are_taken(self) -> None:
        number, client = asked(), client_of(create_app(), CONTACT)
        large = PDF + b" " * (3 * 1024 * 1024)
        sent = client.post(f"/inquiry/{number}/attachment", data=large, headers={HEADER: "reply.pdf"})
        assert sent.status_code == 200, sent.text
        with reading() as session:
            kept = session.scalars(select(Attachment)).one()
            assert (kept.inquiry_id, kept.size, kept.added_by) == (number, len(large), CONTACT.code)
        with visiting(CONTACT):
            assert "reply.pdf" in written(files(number))

    @pytest.mark.parametrize(
        ("name", "content", "status"),
        [("a.exe", PDF, 400), ("a.pdf", b"no pdf", 400), ("", PDF, 403), ("a.pdf", b"%PDF-" + b" " * 21_500_000, 413)],
    )
    def test_what_is_no_file_of_ours_is_refused(self, name: str, content: bytes, status: int) -> None:
        number, client = asked(), client_of(create_app(), CONTACT)
        sent = client.post(f"/inquiry/{number}/attachment", data=content, headers={HEADER: name} if name else {})
        assert sent.status_code == status
        assert sent.json["refused"]
        with reading() as session:
            assert session.scalars(select(Attachment)).all() == []

    def test_nobody_else_adds_a_file_and_nobody_after_the_answer(self) -> None:
        number, app = asked(), create_app()

        def post(who: Person) -> int:
            headers = {HEADER: "reply.pdf"}
            return client_of(app, who).post(f"/inquiry/{number}/attachment", data=PDF, headers=headers).status_code

        assert post(person("contact", unit_code="U3", code="else")) == 404
        assert post(inspector()) == 403
        with visiting(CONTACT):
            send(number, "三月起停发。", "zh")
        assert post(CONTACT) == 404

    def test_files_of_another_department_are_not_listed(self) -> None:
        number = asked()
        with visiting(person("contact", unit_code="U3", code="else")), pytest.raises(NotFound):
            files(number)


@pytest.mark.browser
def test_the_draft_survives_a_refusal_a_file_and_a_reload(open_page: Callable[[Person | None], Any]) -> None:
    fill(now=NOW, n_alerts=12)
    with writing() as session:
        session.add(Unit(code="D1", name="民政局", name_en="Civil affairs", kind="department", region_code="990101"))
    number, page = asked(), open_page(CONTACT)
    page.goto(f"/inquiry/{number}?lang=zh")
    page.wait_for_selector("#inquiry-send")
    page.click("#inquiry-send")
    page.wait_for_selector("#inquiry-refused:has-text('字')")
    page.fill("#inquiry-answer", "三月起停发，附停发审批表。")
    with page.expect_file_chooser() as chooser:
        page.click("[data-upload] button")
    chooser.value.set_files({"name": "停发.exe", "mimeType": "application/pdf", "buffer": PDF})
    page.wait_for_selector(".upload-error:has-text('停发.exe')")
    page.watched.wrongs.clear()  # Chromium reports the refusal itself.
    with page.expect_file_chooser() as chooser:
        page.click("[data-upload] button")
    chooser.value.set_files({"name": "停发审批表.pdf", "mimeType": "application/pdf", "buffer": PDF + b" " * 1_500_000})
    page.wait_for_selector("#inquiry-files li:has-text('停发审批表.pdf')")
    assert page.input_value("#inquiry-answer") == "三月起停发，附停发审批表。"
    page.reload()
    page.wait_for_function(
        "() => (document.querySelector('#inquiry-answer') || {}).value === '三月起停发，附停发审批表。'"
    )
    page.click("#inquiry-send")
    page.wait_for_selector("#inquiry-body:has-text('已答复')")
    kept = page.evaluate("() => Object.values(localStorage).filter(value => value.includes('停发')).length")
    assert kept == 0, "what was sent is no longer kept on the machine"
