"""The DDL of an ERP system of 300 tables, or of 1,000, the same for the same seed: `python eval/schemas/erp.py [SEED [1000]] > erp.sql`.

Ten modules of six subjects each; a subject is a table of types, a header, positions, schedules below the positions (keys of one,
two and three columns) and a history. Headers refer across modules and the employees' to each other; some names need quotes.
"""

from __future__ import annotations

import random
import sys

MODULES = {
    "FI": "ACCOUNT JOURNAL VENDOR_INVOICE PAYMENT_RUN ASSET TAX_RETURN",
    "CO": "COST_CENTRE INTERNAL_ORDER PROFIT_CENTRE ALLOCATION BUDGET ACTIVITY",
    "MM": "MATERIAL VENDOR PURCHASE_REQUEST PURCHASE_ORDER GOODS_RECEIPT CONTRACT",
    "SD": "CUSTOMER QUOTATION SALES_ORDER DELIVERY BILLING REBATE",
    "PP": "BOM ROUTING PRODUCTION_ORDER WORK_CENTRE FORECAST KANBAN",
    "HR": "EMPLOYEE POSITION PAYROLL ABSENCE TRAINING APPLICATION",
    "PM": "EQUIPMENT FUNCTIONAL_LOCATION WORK_ORDER NOTIFICATION MEASURING_POINT CALIBRATION",
    "QM": "INSPECTION_LOT DEFECT CERTIFICATE AUDIT SAMPLE CORRECTIVE_ACTION",
    "WM": "WAREHOUSE STORAGE_BIN TRANSFER_ORDER STOCK_COUNT SHIPMENT PALLET",
    "PS": "PROJECT WBS_ELEMENT NETWORK MILESTONE CLAIM TIMESHEET",
}
MORE = {  # of the system of 1,000 tables
    "CR": "LEAD OPPORTUNITY CAMPAIGN SURVEY COMPLAINT LOYALTY_CARD VOUCHER CALL_LIST WEB_VISIT REFERRAL",
    "TR": "CASH_POSITION LOAN BOND HEDGE LETTER_OF_CREDIT BANK_GUARANTEE DEPOSIT SWAP EXCHANGE_RATE LIQUIDITY_PLAN",
    "LE": "CARRIER TRUCK ROUTE TOUR FREIGHT_BILL CONTAINER CUSTOMS_ENTRY DOCK LOADING_LIST TOLL",
    "RE": "BUILDING LEASE TENANT RENT_ROLL PARKING_LOT METER UTILITY_BILL RENOVATION INSURANCE KEY_CARD",
    "EH": "INCIDENT HAZARD SUBSTANCE WASTE EMISSION PERMIT RISK_ASSESSMENT SAFETY_TALK FIRE_DRILL PROTECTIVE_GEAR",
    "IT": "SERVER LICENCE_KEY CHANGE_REQUEST HELPDESK_TICKET BACKUP OUTAGE APPLICATION_SYSTEM ACCESS_RIGHT CERT_KEY PATCH",
    "RD": "EXPERIMENT PROTOTYPE PATENT FORMULA TRIAL RECIPE DRAWING SPECIFICATION TEST_BENCH STANDARD",
    "TV": "TRIP EXPENSE HOTEL_STAY FLIGHT_TICKET RENTAL_CAR PER_DIEM VISA ADVANCE_PAY MILEAGE CREDIT_CARD",
    "GL": "LEDGER FISCAL_PERIOD CONSOLIDATION SEGMENT_REPORT INTERCOMPANY DEPRECIATION ACCRUAL PROVISION RECLASS CLOSING_TASK",
    "SR": "WARRANTY SERVICE_CALL SPARE_PART TECHNICIAN_VISIT SERVICE_PLAN REPAIR RETURN_CASE EXCHANGE_UNIT TOOL_LOAN RECALL",
    "MK": "BRAND ADVERT TRADE_FAIR PRICE_LIST COUPON SPONSORSHIP PRESS_RELEASE NEWSLETTER FOCUS_GROUP MEDIA_PLAN",
    "ED": "COURSE LESSON EXAM DIPLOMA LECTURER ENROLMENT CLASSROOM TEXTBOOK SCHOLARSHIP WORKSHOP",
    "AG": "FIELD CROP HARVEST SILO TRACTOR SEED_LOT FERTILISER IRRIGATION LIVESTOCK VET_VISIT",
    "EN": "POWER_PLANT GRID_NODE TURBINE TARIFF CONSUMER SMART_METER OUTPUT_READING MAINTENANCE_STOP SUBSTATION FEED_IN",
}
NAMED = {"VENDOR", "MATERIAL", "CUSTOMER", "EMPLOYEE", "EQUIPMENT", "WAREHOUSE", "PROJECT", "WORK_CENTRE", "ACCOUNT", "COST_CENTRE", "PROFIT_CENTRE"}
AMOUNTS = ("NET_AMT", "GROSS_AMT", "TAX_AMT", "PLAN_COST", "ACT_COST", "WEIGHT_KG", "LEAD_DAYS", "CREDIT_LIM", "DISC_PCT", "FTE", "VOL_M3", "RISK_SCORE")
CODES = ("PLANT", "CURR", "LANG_CD", "PRIO", "BLOCK_CD", "INCOTERM", "PAY_TERM", "REGION", "BUS_AREA", "DIV_CD")
DATES = ("VALID_FROM", "VALID_TO", "POSTED_ON", "DUE_DT", "CONFIRMED_ON", "CLOSED_ON")
ODD = ('"USER"', '"ORDER"', '"ZZ EXT#1"', '"GRP-CD"', '"Prüf_Kz"')


def ddl(seed: int = 0, large: bool = False) -> str:
    rng = random.Random(seed)
    modules = {**MODULES, **(MORE if large else {})}
    subjects = [(module, name) for module, names in modules.items() for name in names.split()]
    return "\n".join(line for at, subject in enumerate(subjects) for line in _subject(subject, at, subjects, rng))


def _subject(subject: tuple[str, str], at: int, subjects: list[tuple[str, str]], rng: random.Random) -> list[str]:
    name, table = subject[1], "_".join(subject)
    key = f"{name}_NO"
    label = f"{name}_NAME VARCHAR(60) NOT NULL" if name in NAMED else "SHORT_TXT VARCHAR(40)"
    head = [f"{key} INTEGER NOT NULL PRIMARY KEY", label, f"{name}_TYPE VARCHAR(4) NOT NULL REFERENCES {table}_TYP (TYPE_CD)", "STAT_CD VARCHAR(2) NOT NULL"]
    head += [f"{code} VARCHAR(4)" for code in rng.sample(CODES, 2)] + [f"{d} DATE" for d in sorted(rng.sample(DATES, 2))]
    head += [f"{amount} DECIMAL(13,2)" for amount in rng.sample(AMOUNTS, 3)]
    head += [f"{rng.choice(ODD)} VARCHAR(10)"] if at % 7 == 3 else []
    keys = []
    for other in rng.sample(subjects[:at], min(2, at)):
        column = f"{other[1]}_NO"
        head.append(f"{column} INTEGER")
        keys.append(f"ALTER TABLE {table} ADD FOREIGN KEY ({column}) REFERENCES {'_'.join(other)} ({column});")
    head.append("CREATED_BY INTEGER")
    keys.append(f"ALTER TABLE {table} ADD FOREIGN KEY (CREATED_BY) REFERENCES HR_EMPLOYEE (EMPLOYEE_NO);")
    item = rng.choice(("MM_MATERIAL", "FI_ACCOUNT", "PM_EQUIPMENT", "CO_COST_CENTRE"))
    ref = item.partition("_")[2] + "_NO"
    mine = "" if ref == key else f", {ref} INTEGER"
    return [
        f"CREATE TABLE {table}_TYP (TYPE_CD VARCHAR(4) NOT NULL PRIMARY KEY, DESCR VARCHAR(60) NOT NULL, ACTIVE_FLG BOOLEAN, SORT_NO INTEGER);",
        f"CREATE TABLE {table} ({', '.join(head)});",
        f"CREATE TABLE {table}_POS ({key} INTEGER NOT NULL REFERENCES {table} ({key}), POS_NO INTEGER NOT NULL{mine}, QTY DECIMAL(13,3) NOT NULL, UOM VARCHAR(3), "
        f"POS_AMT DECIMAL(13,2), REJ_RSN VARCHAR(2), REQ_DT DATE, PRIMARY KEY ({key}, POS_NO));",
        *([f"ALTER TABLE {table}_POS ADD FOREIGN KEY ({ref}) REFERENCES {item} ({ref});"] if mine else []),
        f"CREATE TABLE {table}_SCHED ({key} INTEGER NOT NULL, POS_NO INTEGER NOT NULL, SCHED_NO INTEGER NOT NULL, SCHED_DT DATE NOT NULL, CONF_QTY DECIMAL(13,3), "
        f"SHIP_PT VARCHAR(4), PRIMARY KEY ({key}, POS_NO, SCHED_NO), FOREIGN KEY ({key}, POS_NO) REFERENCES {table}_POS ({key}, POS_NO));",
        f"CREATE TABLE {table}_HIST (HIST_ID INTEGER NOT NULL PRIMARY KEY, {key} INTEGER NOT NULL REFERENCES {table} ({key}), CHANGED_AT TIMESTAMP NOT NULL, "
        f"CHANGED_BY INTEGER, FIELD_NM VARCHAR(30) NOT NULL, OLD_VAL VARCHAR(40), NEW_VAL VARCHAR(40));",
        f"ALTER TABLE {table}_HIST ADD FOREIGN KEY (CHANGED_BY) REFERENCES HR_EMPLOYEE (EMPLOYEE_NO);",
        *keys,
    ]  # fmt: skip


if __name__ == "__main__":
    print(ddl(int(sys.argv[1]) if len(sys.argv) > 1 else 0, sys.argv[2:] == ["1000"]))
