"""The table of figures that `mingjing evaluate` prints."""

from rich.table import Table

from scoring.evaluation import Evaluation, Figure

HEADINGS = {
    "auc": "AUC",
    "auc_within_source": "AUC within source",
    "average_precision": "average precision",
    "precision_5": "precision, top 5 %",
    "precision_10": "precision, top 10 %",
    "precision_20": "precision, top 20 %",
    "first_half": "found in the first half",
    "brier": "Brier score",
    "ece": "calibration error (ECE)",
}


def figures_table(evaluation: Evaluation) -> Table:
    """One row a figure, one column a method: value and 95 % bootstrap interval; {} are the bounds under ties."""
    table = Table(
        title=f"{evaluation.n_alerts:,} alerts, {evaluation.n_confirmed:,} confirmed, {evaluation.n_steps} steps",
        caption="value [95 % bootstrap interval] {least and most that ties allow}",
    )
    table.add_column("")
    for method in evaluation.figures:
        table.add_column(method)
    for name, heading in HEADINGS.items():
        table.add_row(heading, *(_shown(figures[name]) for figures in evaluation.figures.values()))
    return table


def _shown(figure: Figure) -> str:
    text = f"{figure.value:.3f} \\[{figure.low:.3f}, {figure.high:.3f}]"
    ties = figure.tie_low is not None and figure.tie_high is not None and figure.tie_high - figure.tie_low > 0.0005
    return text + (f" {{{figure.tie_low:.3f}, {figure.tie_high:.3f}}}" if ties else "")
