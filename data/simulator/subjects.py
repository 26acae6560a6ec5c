"""The subjects of the synthetic world: who plants the episodes of each supervision model, and who makes the registers
as they should be before anything is planted in them.
"""

from collections.abc import Callable

import pandas as pd

from data.simulator.aid import plant_on_payroll, plant_paid_twice
from data.simulator.aid_to_kin import ordinary_approvals, plant_aid_to_kin
from data.simulator.award_episodes import plant_award_concentration
from data.simulator.building_sites import ordinary_sites
from data.simulator.cadre_pay import ordinary_cadre_pay, plant_extra_pay
from data.simulator.company_registry import company_registers
from data.simulator.contract_episodes import plant_split_contract
from data.simulator.contracts import ordinary_contracts
from data.simulator.entitlements import plant_entitlement_gap
from data.simulator.episodes import Ground
from data.simulator.farmland import ordinary_farmland, plant_inflated_area
from data.simulator.hospital import ordinary_stays, plant_conflicting_stays
from data.simulator.housing import ordinary_holdings, plant_housed_owner
from data.simulator.invoices import ordinary_invoices, plant_travel_invoice
from data.simulator.land_quota import (
    ordinary_quotas,
    plant_idle_quota,
    plant_quota_to_kin,
    plant_unminuted_quota,
    plant_wrong_notice,
)
from data.simulator.leases import ordinary_leases, plant_lease
from data.simulator.mechanisms import Recipe
from data.simulator.official_vehicles import ordinary_vehicles
from data.simulator.overpayments import plant_deceased, plant_moved_out, plant_too_young
from data.simulator.penalties import ordinary_penalties, plant_repeat_penalty
from data.simulator.planting import Planted
from data.simulator.posts import ordinary_posts, plant_ghost_post
from data.simulator.power import ordinary_power
from data.simulator.power_episodes import plant_pond_power
from data.simulator.projects import ordinary_projects, plant_early_start
from data.simulator.purchases import ordinary_purchases, plant_evaded_platform
from data.simulator.quotes import ordinary_quotes, plant_doubtful_quotes
from data.simulator.retired_cadres import ordinary_retired, plant_retired_business
from data.simulator.seals import ordinary_seals, plant_seal_misuse
from data.simulator.subcontract_episodes import plant_unlawful_subcontract
from data.simulator.tender_episodes import plant_collusion, plant_related_party
from data.simulator.tenders import ordinary_tenders
from data.simulator.vehicle_episodes import plant_vehicle_misuse
from data.simulator.village import ordinary_village_money, plant_barred_subsidy, plant_twins
from data.simulator.village_card import ordinary_cards, plant_card_misuse

Plant = Callable[[Ground, Recipe], Planted]
Ordinary = Callable[[Ground], dict[str, pd.DataFrame]]
PLANTS: dict[str, Plant] = {
    "M01": plant_moved_out,
    "M02": plant_deceased,
    "M03": plant_too_young,
    "M04": plant_on_payroll,
    "M05": plant_paid_twice,
    "M06": plant_aid_to_kin,
    "M07": plant_ghost_post,
    "M08": plant_barred_subsidy,
    "M09": plant_extra_pay,
    "M10": plant_twins,
    "M11": plant_early_start,
    "M12": plant_split_contract,
    "M13": plant_award_concentration,
    "M14": plant_related_party,
    "M15": plant_collusion,
    "M16": plant_doubtful_quotes,
    "M17": plant_unlawful_subcontract,
    "M18": plant_evaded_platform,
    "M19": plant_retired_business,
    "M20": plant_wrong_notice,
    "M21": plant_unminuted_quota,
    "M22": plant_idle_quota,
    "M23": plant_quota_to_kin,
    "M24": plant_pond_power,
    "M25": plant_repeat_penalty,
    "M26": plant_travel_invoice,
    "M27": plant_vehicle_misuse,
    "M28": plant_lease,
    "M29": plant_card_misuse,
    "M30": plant_conflicting_stays,
    "M31": plant_housed_owner,
    "M32": plant_inflated_area,
    "M33": plant_seal_misuse,
    "M34": plant_entitlement_gap,
}
"""By supervision model."""
ENTITLED: tuple[Callable[[Ground, pd.DataFrame], dict[str, pd.DataFrame]], ...] = (
    ordinary_approvals,
    ordinary_holdings,
)
"""Each gives rows of some registers that follow from who ordinarily draws which benefit."""
ORDINARY: tuple[Ordinary, ...] = (
    ordinary_village_money,
    ordinary_cadre_pay,
    ordinary_posts,
    ordinary_projects,
    ordinary_contracts,
    ordinary_sites,
    company_registers,
    ordinary_tenders,
    ordinary_retired,
    ordinary_quotas,
    ordinary_power,
    ordinary_stays,
    ordinary_farmland,
    ordinary_vehicles,
    ordinary_penalties,
    ordinary_invoices,
    ordinary_leases,
    ordinary_cards,
    ordinary_seals,
    ordinary_quotes,
    ordinary_purchases,
)
"""Each gives rows of some registers, after everything is planted: by then it is known whom the episodes took."""
SERIALS = {
    "labour_subsidy": ("row_id", "L"),
    "cash_journal": ("row_id", "J"),
    "village_card_txn": ("txn_id", "CW"),
    "purchase": ("order_no", "CG"),
    "seal_log": ("log_id", "YJ"),
    "public_post": ("row_id", "GW"),
    "penalty": ("penalty_no", "罚〔99〕"),
    "meeting_minute": ("minute_id", "Y"),
    "land_pension_enrol": ("enrol_id", "ZY"),
    "patrol_report": ("report_id", "XC"),
    "med_settle": ("settle_no", "YB"),
    "land_subsidy": ("claim_no", "BT"),
    "land_lease_in": ("lease_no", "LZ"),
    "fuel_txn": ("txn_id", "JY"),
    "enterprise_penalty": ("decision_no", "执罚〔99〕"),
    "hotline": ("ticket_no", "R"),
    "invoice": ("invoice_no", "99"),
    "contract_payment": ("payment_id", "FK"),
}
"""Registers whose rows are numbered in order of receipt, but for those with a number of their own: column and mark."""
