"""The subjects of the synthetic world: who plants the episodes of each supervision model, and who makes the registers
as they should be before anything is planted in them.
"""

from collections.abc import Callable

import pandas as pd

from data.simulator.aid import plant_on_payroll, plant_paid_twice
from data.simulator.building_sites import ordinary_sites
from data.simulator.company_registry import company_registers
from data.simulator.contract_episodes import plant_split_contract
from data.simulator.contracts import ordinary_contracts
from data.simulator.episodes import Ground
from data.simulator.farmland import ordinary_farmland, plant_inflated_area
from data.simulator.hospital import ordinary_stays, plant_conflicting_stays
from data.simulator.invoices import ordinary_invoices, plant_travel_invoice
from data.simulator.land_quota import ordinary_quotas, plant_idle_quota, plant_unminuted_quota, plant_wrong_notice
from data.simulator.mechanisms import Recipe
from data.simulator.official_vehicles import ordinary_vehicles
from data.simulator.overpayments import plant_deceased, plant_moved_out, plant_too_young
from data.simulator.penalties import ordinary_penalties, plant_repeat_penalty
from data.simulator.planting import Planted
from data.simulator.projects import ordinary_projects, plant_early_start
from data.simulator.retired_cadres import ordinary_retired, plant_retired_business
from data.simulator.subcontract_episodes import plant_unlawful_subcontract
from data.simulator.tender_episodes import plant_collusion, plant_related_party
from data.simulator.tenders import ordinary_tenders
from data.simulator.vehicle_episodes import plant_vehicle_misuse
from data.simulator.village import ordinary_village_money, plant_barred_subsidy, plant_twins

Plant = Callable[[Ground, Recipe], Planted]
Ordinary = Callable[[Ground], dict[str, pd.DataFrame]]
PLANTS: dict[str, Plant] = {
    "M01": plant_moved_out,
    "M02": plant_deceased,
    "M03": plant_too_young,
    "M04": plant_on_payroll,
    "M05": plant_paid_twice,
    "M08": plant_barred_subsidy,
    "M10": plant_twins,
    "M11": plant_early_start,
    "M12": plant_split_contract,
    "M14": plant_related_party,
    "M15": plant_collusion,
    "M17": plant_unlawful_subcontract,
    "M19": plant_retired_business,
    "M20": plant_wrong_notice,
    "M21": plant_unminuted_quota,
    "M22": plant_idle_quota,
    "M30": plant_conflicting_stays,
    "M32": plant_inflated_area,
    "M25": plant_repeat_penalty,
    "M26": plant_travel_invoice,
    "M27": plant_vehicle_misuse,
}
"""By supervision model."""
ORDINARY: tuple[Ordinary, ...] = (
    ordinary_village_money,
    ordinary_projects,
    ordinary_contracts,
    ordinary_sites,
    company_registers,
    ordinary_tenders,
    ordinary_retired,
    ordinary_quotas,
    ordinary_stays,
    ordinary_farmland,
    ordinary_vehicles,
    ordinary_penalties,
    ordinary_invoices,
)
"""Each gives rows of some registers, after everything is planted: by then it is known whom the episodes took."""
SERIALS = {
    "labour_subsidy": ("row_id", "L"),
    "cash_journal": ("row_id", "J"),
    "penalty": ("penalty_no", "罚〔99〕"),
    "meeting_minute": ("minute_id", "Y"),
    "land_pension_enrol": ("enrol_id", "ZY"),
    "med_settle": ("settle_no", "YB"),
    "land_subsidy": ("claim_no", "BT"),
    "land_lease_in": ("lease_no", "LZ"),
    "fuel_txn": ("txn_id", "JY"),
    "enterprise_penalty": ("decision_no", "执罚〔99〕"),
    "hotline": ("ticket_no", "R"),
    "invoice": ("invoice_no", "99"),
    "contract_payment": ("payment_id", "FK"),
}
"""Registers whose rows are numbered in order of receipt: column and mark."""
