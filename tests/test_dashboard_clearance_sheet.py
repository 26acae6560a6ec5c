"""The sheet of a clearance report in every state that a comparison, an own register and a model can have."""

from datetime import datetime

import pytest

from dashboard.clearance_sheet import sheet
from data.clearance import Asked, Report
from data.clearance_models import ModelRun
from data.clearance_own import Listed
from data.clearance_ties import Compared
from data.people_tables import ClearanceReport, PersonQuery

AT = datetime(2026, 11, 28, 3)
OWN = ("own_cadres", "某区名册", "A list")
_WHY = ("paused", "lacks", "number", "not_on_file", "elsewhere", "stopped", "failed")
MODELS = [("found", ""), ("none", ""), ("nothing", ""), *(("not", why) for why in _WHY)]


def report() -> Report:
    """Twenty-three comparisons, one in each state."""
    return Report(
        as_of="2026-11-28", region="", degree=2,
        subjects=(("subject", "person", "赵某某 110***********0010"), ("other", "tender", "招标 T1")),
        registers=(
            Asked("public_employee", "财政供养人员", "Public employees", "人社局", "late", 3, "2026-11-28", 248,
                  "2026-11-14", 0, 353, ("2025-11", "2025-12")),
            Asked("tender", "招标项目", "Tenders", "交易中心", "never"),
        ),
        ties=(
            Compared("retired_cadre", "listed", listed_in=("own_cadres",)),
            Compared("village_cadre", "held", rows=(("任职", "post"),), n_found=1),
            Compared("kin", "found", rows=(("亲属", "kin"),), n_found=1),
            Compared("same_person", "none"),
            *(Compared("contract", "not", why) for why in ("stopped", "alone", "nobody")),
            Compared("purchase", "not", "lacks", missing=("purchase",)),
        ),
        own=(
            Listed(*OWN, "held", rows=(("招标 T1", 2),), n_found=2, people=True),
            Listed(*OWN, "none"),
            *(Listed(*OWN, "not", why) for why in ("lacks", "number", "nobody", "stopped")),
        ),
        models=tuple(
            ModelRun("M01", 1, "模型", "Model", state, why, ("tender",) if why == "lacks" else (),
                     ("招标 T1",) if why == "number" else ())
            for state, why in MODELS
        ),
        not_on_file=("招标 T1",), n_unsure=1, nameless=(("赵某某", 1),),
    )  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sheet_agrees_with_itself_in_every_state(language: str) -> None:
    query = PersonQuery(id=1, asked_by="li", decided_by="wu", asked_at=AT, decided_at=AT, expires_at=AT, reason="核对",
                        reference="#7", region_code="")  # fmt: skip
    made = ClearanceReport(id=1, query_id=1, made_at=AT, made_by="li", code="0123456789AB", content="")
    found = report()
    said = str(sheet(made, query, found, {}, "", language))
    counts = found.counts
    assert counts == {"none": 3, "found": 2, "held": 3, "nothing": 1, "not": 15}
    assert sum(counts.values()) == len(found.ties) + len(found.own) + len(found.models)
    title = {"zh": "四、未能比对（15 项）", "en": "4. What could not be compared (15)"}
    assert title[language] in said
    # Every line of what was not compared stands in that part, and only what narrows the others in the next.
    not_compared, narrowed = said.split(title[language])[1].split({"zh": "五、", "en": "5. "}[language])[:2]
    assert not_compared.count("Li(") == 15
    assert narrowed.split({"zh": "六、", "en": "6. "}[language])[0].count("Li(") == 3
    assert {"zh": "2025-11、2025-12 的数据应到未到", "en": "due for 2025-11, 2025-12 has not come"}[language] in said
    assert "晚 353 天" not in said
    assert ("招标 T1" in said) == (language == "zh")
    assert {"zh": "自建数据“某区名册”中有其记录", "en": "the office's own A list has entries"}[language] in said
