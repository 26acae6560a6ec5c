"""A blueprint as an author without code makes it: retired cadres who run firms where they used to govern."""

from typing import Any

RETIRED: dict[str, Any] = {
    "code": "S001",
    "name": "离退休领导干部违规经商",
    "name_en": "Retired cadre in business",
    "points": "离退休领导干部三年内是否在原管辖地区任职或持股。",
    "domain": "personnel",
    "level": "red",
    "main": "retired_cadre",
    "joins": [
        {"register": "enterprise_role", "matches": [{"left": "t1.id_no", "how": "exact", "right": "id_no"}]},
        {
            "register": "enterprise",
            "matches": [
                {"left": "t2.uscc", "how": "exact", "right": "uscc"},
                {"left": "t1.jurisdiction", "how": "prefix", "right": "region", "value": "6"},
            ],
        },
        {
            "register": "part_time_approval",
            "mode": "lowers",
            "level": "yellow",
            "cause": "F35",
            "matches": [
                {"left": "t1.id_no", "how": "exact", "right": "id_no"},
                {"left": "t2.uscc", "how": "exact", "right": "uscc"},
            ],
        },
    ],
    "all_of": [
        {"column": "t1.retire_date", "op": "within_months", "value": "60"},
        {"column": "t2.start_date", "op": "ge_of", "other": "t1.retire_date"},
        {"column": "t2.start_date", "op": "le_of", "other": "t1.retire_date", "value": "1095"},
        {"column": "t3.status", "op": "is", "value": "存续"},
    ],
    "any_of": [
        {"column": "t2.role", "op": "one_of", "value": "法定代表人，董事,监事"},
        {"column": "t2.share_pct", "op": "ge", "value": "5"},
    ],
    "subject": "t1.id_no",
    "shown": "t1.name",
    "region": "t1.jurisdiction",
    "happened_on": "t2.start_date",
    "period": "t2.start_date",
    "period_by": "year",
    "evidence": ["t1.name", "t1.post", "t1.retire_date", "t2.role", "t2.share_pct", "t2.start_date", "t3.name"],
    "asks": [{"cause": "F34", "ask_for": "辞任证明"}, {"cause": "F35", "ask_for": "兼职审批"}],
    "basis": {
        "name": "关于规范领导干部经商办企业的规定",
        "clause": "离职三年内不得在原管辖地区任职",
        "valid_from": "2018-01-01",
    },
    "title": "{subject}退休后是否在原管辖地区的企业任职或持股？",
}
