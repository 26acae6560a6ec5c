"""How likely to be confirmed: ranker, calibration, reasons, evaluation, registry."""
