"""How likely to be confirmed: ranker, calibration, reasons, evaluation, registry."""

import os

# OpenMP threads that wait by spinning take the cores from each other where a machine is shared: they sleep instead.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
