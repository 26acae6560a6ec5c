"""What the staff write: plausible sentences by mechanism, and template text where nothing was really checked."""

from datetime import datetime

from data.simulator.diary import Diary

NOTES: dict[str, tuple[str, ...]] = {
    "not_stopped": ("经核对公安户籍证明，迁出后仍发放，已停发并追缴。", "迁出属实，未及时停发，多发款项已通知退回。"),
    "handler_idle": ("经办人未按月核对户籍，超发属实，已约谈。", "未按规定联系走访和停发津贴，责令整改并追缴。"),
    "family_concealed": ("家属隐瞒迁出事实继续领取，已追缴并移交处理。",),
    "hukou_lag": ("户籍迁出登记晚于发放，经办时无从得知，予以排除。", "公安登记滞后，后续月份已停发。"),
    "boundary_change": ("区划调整引起代码变化，当事人仍在保障范围内。",),
    "grace": ("按实施细则迁出次月仍可发放一个月。",),
    "late_stop": ("去世次月仍发放一期，已由部门更正并退回。", "停发报告晚一个月，多发金额已追回。"),
    "no_stop_report": ("村级未上报死亡信息，多月发放属实，已追缴。",),
    "withdrawn": ("银行流水显示去世后有人取款，已移交。",),
    "concealed": ("家属隐瞒死亡继续领取，已追缴。",),
    "netted": ("多发部分已在丧葬补助中抵扣，银行回单在卷。", "款项已退回财政专户。"),
    "date_error": ("死亡日期登记有误，已由卫健局更正。",),
    "arrears": ("所发为生前月份补发，非死后待遇。",),
    "number_clash": ("两人共用一个证号，死亡者并非领取人。",),
    "forged_age": ("出生日期证明系伪造，已停发并追缴。",),
    "lax_audit": ("审核把关不严，未达年龄即发放，已纠正。", "入户核查认定不符合条件，审核人员已约谈。"),
    "document_birth": ("户口簿与档案出生日期不一致，以档案为准符合条件。",),
    "local_age": ("按本县现行政策年龄标准符合条件。",),
    "concealed_job": ("申请时隐瞒在职情况，已取消低保并追缴。",),
    "temporary_post": ("系临时公益岗位，收入低于标准，符合条件。", "劳务性质，非财政供养人员。"),
    "left_service": ("已离职，工资名册未及时更新。",),
    "same_month": ("入职当月已退出低保，发放在前。",),
    "concealed_income": ("家庭成员工资未申报，重新核算后不符合条件。",),
    "lax_list": ("两地名单重复，发放属实，已退回一份。",),
    "double_claim": ("当事人在两村分别申请，重复领取，已追缴。",),
    "merger": ("两村合并期间名册并行，实为同一份。",),
    "semesters": ("分期发放，非重复。",),
    "back_pay": ("系补发上期款项，名册月份填写有误，已更正。",),
    "barred_drawing": ("任职期间领取禁领补助属实，已退回。", "查阅原始凭证，确为禁领事由，款项已清退。"),
    "proxy": ("以亲属名义领取误工补助，已清退并移交。",),
    "allowed_duty": ("按县规定节假日值守可领取，有值班记录。",),
    "election_gap": ("误工日期早于任职日期，当时非村干部。",),
    "double_payment": ("同一事项重复支付，已收回一笔。",),
    "split": ("拆分列支规避审批，已移交处理。",),
    "nature_changed": ("一笔为罚款，一笔为等额滞纳金，并非重复支付；因失职产生滞纳金，另行处理。",),
    "fixed_rate_batch": ("按统一标准发放给多户，金额相同属正常。",),
    "transfer": ("账户间划转重复登记，已更正账目。",),
    "started_early": ("未经批准先行开工属实，责任人已约谈。",),
    "approval_afterwards": ("先建后补审批手续，已移交处理。",),
    "emergency": ("应急抢险工程，有会议记录，程序合规。",),
    "late_entry": ("实际开工在批准之后，系统录入有误。",),
    "governance": ("未发现先建，但项目台账管理混乱，已发提示单。",),
    "kin_in_winner": ("近亲属在中标企业任职属实，本人未申报回避，已移交处理。",),
    "own_share": ("本人持有中标企业股份属实，已移交处理。",),
    "undeclared_tie": ("与中标企业负责人有利害关系，未按规定申报，已约谈。",),
    "namesake": ("公安复函确认系同名同姓，并非本人。",),
    "role_ended": ("开标前已离任，有工商变更材料。", "已按规定回避，记录在卷。"),
    "kin_outdated": ("户口簿显示亲属关系登记有误，两人并无亲属关系。",),
    "unplanned": ("经核查未发现问题。",),
}
_HOW = (
    "入户走访", "电话询问当事人", "调阅原始凭证", "约见经办人", "查阅村级台账", "比对部门业务系统", "查看银行流水",
    "走访邻居和村干部", "调取纸质档案", "与主管部门当面核对",
)  # fmt: skip
_WITH = (
    "两名核查人员",
    "会同村监委",
    "会同主管部门",
    "由镇村两级",
    "在村干部见证下",
    "经办股室配合下",
    "当事人家属在场",
)
_CLOSING = ("谈话笔录已附卷。", "复印件已附卷。", "已由当事人签字确认。", "相关说明已盖章。", "照片和材料已归档。", "")
SHAM = "已核查，未发现问题。"
HELD = "当事人外出，暂存待查。"
SET_ASIDE = "人手不足，长期未能核查，暂存待查。"
DUPLICATE = "与已受理预警为同一事项。"
SHAM_PAPER = "电话记录 1 份"
REROUTED = "涉及县直部门，由县纪委监委核查更为适宜。"
SENT_BACK = "涉及本镇以外的单位，请重新分办。"
RETURNED = "佐证材料不足，请补充后再报。"
SUPPLEMENTED = "补充材料已附卷。"
APPROVED = "材料齐备，同意消除。"
EMERGENCY_APPROVED = "应急程序合规，同意消除。"
RECTIFIED = ("已整改到位，办结。", "问题已纠正，款项已结清，办结。", "部门已反馈整改情况，经核对属实，办结。")
LOWERED = "已追缴并停发，风险消除，予以降级。"
QUESTIONS: dict[str, tuple[str, str]] = {
    "M01": ("请提供当事人户籍迁移时间及登记时间。", "经查户籍系统，迁移与登记时间见附表，已盖章。"),
    "M02": ("请核实当事人死亡时间及登记情况。", "死亡登记与火化信息已核对，见书面说明。"),
    "M03": ("请核对当事人出生日期与户籍档案。", "已调阅户籍底册，出生日期以档案为准。"),
    "M04": ("请说明当事人在职时间与工资发放情况。", "在职及工资情况已核，见工资名册。"),
    "M05": ("请说明两笔补贴的发放依据和期别。", "两笔发放的名册和期别已核，见书面说明。"),
    "M08": ("请提供当事人任职时间及误工补贴凭证。", "任职文件和凭证复印件已报送。"),
    "M10": ("请说明两笔同额支出的事由和审批情况。", "支出凭证和审批单已核，见书面说明。"),
    "M14": ("请核实当事人亲属关系、任职和回避情况。", "亲属关系、任职和回避材料已核，见书面说明。"),
    "M11": ("请提供项目批复、中标通知和开工报告。", "批复、中标通知书和开工令已报送。"),
}
"""By supervision model: what is asked of the department that supplied the data, and what it answers."""
DEMANDS = ("该预警已超期，请限期办结并书面说明原因。", "请于期限内完成核查，逾期将通报。")
ORDER_ANSWERS = ("因需外县协查耽搁，已加派人员，限期办结。", "当事人外出务工，已取得联系，正抓紧核查。")
LIFTED = "已办结，予以销号。"
UPHELD = "抽查材料齐全，结论属实。"
FLAWED = "结论正确，但佐证材料不完整，请补正。"
REVERSED = "回头看发现未实际核查，原结论不成立，撤销并重新核查。"
SUPPRESSED = "情形已查明且将持续存在，期内不再重复预警。"


def verdict(diary: Diary, mechanism: str) -> str:
    """What a verifier writes who looked: seldom the same words twice."""
    how, along = diary.choose(_HOW), diary.choose(_WITH)
    return f"{along}{how}，{diary.choose(NOTES[mechanism])}{diary.choose(_CLOSING)}"


def paper(number: int, at: datetime) -> str:
    """Where the evidence of an elimination is kept."""
    return f"核查卷〔{at.year}〕{number + 1}号"
