"""Baselines that the ranker has to beat: prior rate, plain logistic regression, LightGBM as it comes."""

import warnings

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features.attributes import NOT_ATTRIBUTES
from features.walk import Floats, Rows

BASELINES = ("prior rate", "logistic regression", "LightGBM defaults")
MOST_LEVELS = 2000
FEWEST_OF_A_LEVEL = 20
FEWEST_FOR_LIGHTGBM = 5
PRIOR_WEIGHT = 20.0


def foretell(stream: pd.DataFrame, taught: Rows, asked: Rows) -> dict[str, Floats]:
    """Probabilities by each baseline, fitted on the taught rows' labels, for the asked rows."""
    label = stream["label"].to_numpy(dtype=np.float64, na_value=np.nan)[taught]
    base = (label.sum() + 0.5) / (len(label) + 1.0) if len(label) else 0.5
    out = {name: np.full(len(asked), base) for name in BASELINES}
    out["prior rate"] = _prior(stream, taught, asked, label, base)
    if len(label) < 2 or not 0 < label.mean() < 1:
        return out
    categories, numbers = _columns(stream, taught)
    if not categories and not numbers:
        return out
    table = _prepared(stream, categories, numbers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out["logistic regression"] = _logistic(table, taught, asked, label, categories, numbers)
        out["LightGBM defaults"] = _lightgbm(table, taught, asked, label, categories)
    return out


def _prior(stream: pd.DataFrame, taught: Rows, asked: Rows, label: Floats, base: float) -> Floats:
    key = stream["source"].astype("string").fillna("") + "|" + stream["domain"].astype("string").fillna("")
    groups = pd.Series(label).groupby(key.to_numpy()[taught]).agg(["sum", "count"])
    rate = (groups["sum"] + PRIOR_WEIGHT * base) / (groups["count"] + PRIOR_WEIGHT)
    return pd.Series(key.to_numpy()[asked]).map(rate).fillna(base).to_numpy(dtype=np.float64)


def _columns(stream: pd.DataFrame, taught: Rows) -> tuple[list[str], list[str]]:
    categories, numbers = [], []
    for name in stream.columns:
        column = stream[name]
        if name in NOT_ATTRIBUTES or pd.api.types.is_datetime64_any_dtype(column):
            continue
        if pd.api.types.is_numeric_dtype(column):
            if column.iloc[taught].notna().any():
                numbers.append(name)
        elif column.nunique() <= MOST_LEVELS:
            categories.append(name)
    return categories, numbers


def _prepared(stream: pd.DataFrame, categories: list[str], numbers: list[str]) -> pd.DataFrame:
    columns = {name: stream[name].astype("string").fillna("<NA>").astype(object) for name in categories}
    return pd.DataFrame(columns | {name: stream[name].astype("float64") for name in numbers})


def _logistic(
    table: pd.DataFrame, taught: Rows, asked: Rows, label: Floats, categories: list[str], numbers: list[str]
) -> Floats:
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    parts = [
        ("c", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=FEWEST_OF_A_LEVEL), categories),
        ("n", scaled, numbers),
    ]
    joined = ColumnTransformer([part for part in parts if part[2]])
    model = make_pipeline(joined, LogisticRegression(max_iter=2000)).fit(table.iloc[taught], label.astype(int))
    return np.asarray(model.predict_proba(table.iloc[asked])[:, 1], dtype=np.float64)


def _lightgbm(table: pd.DataFrame, taught: Rows, asked: Rows, label: Floats, categories: list[str]) -> Floats:
    coded = table.copy()
    for name in categories:
        counts = coded[name].iloc[taught].value_counts()
        kept = counts.index[counts >= FEWEST_FOR_LIGHTGBM]
        coded[name] = pd.Categorical(coded[name].where(coded[name].isin(kept)), categories=kept)
    model = lgb.LGBMClassifier(random_state=0, n_jobs=2, verbose=-1).fit(coded.iloc[taught], label)
    return np.asarray(model.predict_proba(coded.iloc[asked]), dtype=np.float64)[:, 1]
