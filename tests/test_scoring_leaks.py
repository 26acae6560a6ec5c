"""The leak test: what was written after verification is held back, what was known before it is not."""

import json

import numpy as np
import pandas as pd
import pytest

from scoring.leaks import draw, find_leaks
from scoring.ranking import rank_new
from tests.test_scoring_ranker import make_stream


@pytest.fixture(scope="module")
def stream() -> pd.DataFrame:
    return make_stream(1200)


def planted(stream: pd.DataFrame, kind: str) -> pd.DataFrame:
    rng = np.random.Generator(np.random.PCG64(1))
    label, n = stream["label"].to_numpy(), len(stream)
    if kind == "known":
        late = (stream["raised_at"] > stream["raised_at"].quantile(0.8)).to_numpy() & (rng.random(n) < 0.6)
        stream = stream.assign(label=np.where(late, np.nan, label))
        return stream.assign(leak=[f"R{i % 40}" if known else None for i, known in enumerate(~late)])
    values = {
        "value": np.where(rng.random(n) < 0.04, 1 - label, label),
        "filled": np.where((label == 1) & (rng.random(n) < 0.8), rng.lognormal(5, 1, n), np.nan),
        "words": [
            f"{'查实违规 退回' if hit else '经核不存在 排除'} 第{i}号 另行 记录 在案 {i % 7}"
            for i, hit in enumerate(label)
        ],
    }[kind]
    return stream.assign(leak=values)


def test_what_was_known_before_is_not_held_back(stream: pd.DataFrame) -> None:
    assert find_leaks(stream) == []


@pytest.mark.parametrize(
    ("kind", "sign"), [("value", "value"), ("filled", "filled"), ("words", "value"), ("known", "known")]
)
def test_a_planted_leak_is_held_back_and_the_notes_say_why(stream: pd.DataFrame, kind: str, sign: str) -> None:
    plan, found = draw(planted(stream, kind), flowing=True)
    assert [(leak.column, leak.sign) for leak in found] == [("leak", sign)]
    assert "leak" not in plan.by_name
    assert "written after verification?" in plan.notes[-1]
    assert "--allow leak" in plan.notes[-1]
    allowed, none = draw(planted(stream, kind), flowing=True, allowed=["leak"])
    assert none == []
    assert kind == "known" or "leak" in allowed.by_name


def test_a_field_of_one_source_that_is_often_confirmed_is_no_leak(stream: pd.DataFrame) -> None:
    of_one = (stream["source"] == "M03").to_numpy()
    label = np.where(of_one, stream.index % 25 != 0, stream.index % 25 == 0).astype(float)
    filled = np.where(of_one, 3.0, np.nan)
    assert find_leaks(stream.assign(label=label, field=filled)) == []
    assert [leak.column for leak in find_leaks(stream.drop(columns="source").assign(label=label, field=filled))] == [
        "field"
    ]


def test_a_ranking_says_what_it_held_back_and_does_not_use_it(stream: pd.DataFrame) -> None:
    leaking = planted(stream, "value")
    past, new = leaking.iloc[:900], leaking.iloc[900:]
    ranked = rank_new(past, new, progress=lambda *_: None)
    assert any(note.startswith("column leak is held back") for note in ranked.notes)
    used = {item["feature"] for text in ranked.table["reasons"] for item in json.loads(text)["items"]}
    assert not any("leak" in fact for fact in used)


def test_a_forbidden_input_is_left_out_by_its_name_however_little_it_tells(stream: pd.DataFrame) -> None:
    plan, found = draw(stream.assign(applicant_sex=["女", "男"] * (len(stream) // 2)), flowing=True)
    assert [(leak.column, leak.sign) for leak in found] == [("applicant_sex", "forbidden")]
    assert "applicant_sex" not in plan.by_name
    assert plan.notes[-1].startswith("column applicant_sex is left out: its name looks like a forbidden input")
