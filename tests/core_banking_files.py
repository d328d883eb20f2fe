"""Write the core-banking sample (合成数据): a lender's month-end extract as its systems give it out.

Nothing here is of a real person or firm: names are numbered, phone numbers begin with 100, identity
numbers lie in the area 999999, which is no place. The same bytes on every run.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

from stdnum.cn import uscc
from xlsxwriter import Workbook

LOANS, PERIODS = 24, 12
CUT_OFF = date(2026, 1, 31)
BRANCHES = ("城关支行（合成）", "河东支行（合成）", "开发区支行（合成）")
STAFF = "0000{:02d}"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_STOPPED = {5: 1, 11: 4, 17: 2}  # loans that stopped paying, and after how many instalments
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_RARE = {3: "合成𠮷客户", 4: "合成䶮客户", 6: "合成㐂客户"}


def sample() -> dict[str, bytes]:
    """Return the files of the sample by name."""
    texts = {
        "客户信息.csv": customers(),
        "借据.csv": loans(),
        "还款计划.txt": schedule(),
        "还款流水.csv": payments(),
    }
    files = {
        name: "".join(f"{line}\r\n" for line in lines).encode("gb18030") for name, lines in texts.items()
    }
    return {**files, "员工与总账.xlsx": workbook()}


def customers() -> list[str]:
    """Return the customers; leading zeros, codes 01 to 03, rare characters, an address over two lines."""
    lines = ["客户号,客户名称,客户类型,证件号码,联系电话,通讯地址,所属行业,所在地区,建档日期"]
    for i in range(1, LOANS + 1):
        name = _RARE.get(i, f"合成客户{i:02d}")
        address = f'"合成路{i}号\n{i}室"' if i == 8 else f"合成路{i}号"
        kind = f"{i % 3 + 1:02d}"
        number = _firm(i) if kind == "03" else _identity(i)
        lines.append(
            f"{_customer(i)},{name},{kind},{number},1000000{i:04d},{address},批发和零售业,合成县,2019-05-{i:02d}"
        )
    return [
        *lines,
        f"0000009001,合成客户甲,01,{_identity(91)[:-1]}{'0' if _identity(91)[-1] != '0' else '1'},10000009001,合成路,,合成县,2020-01-01",
        f"0000009002,合成客户乙,01,{_identity(92)[:-2]},10000009002,合成路,,合成县,2020-01-01",
        f"00000\u200b9003,合成客户丙,01,{_identity(93)},10000009003,合成路,,合成县,2020-01-01",
        f"0000009004,合成客户丁,09,{_identity(94)},10000009004,合成路,,合成县,2020-01-01",
    ]


def loans() -> list[str]:
    """Return the loans: amounts in yuan with thousands separators, dates as 20250131, a total that ties."""
    lines = [
        "借据号,客户号,产品名称,机构名称,客户经理工号,放款日,到期日,放款金额(元),期限(月),年利率(%),还款方式,担保方式,五级分类"
    ]
    lines += [_loan(i) for i in range(1, LOANS + 1)]
    good = _loan(1)
    lines += [
        _bad_loan(1, day="20250230"),
        good,
        _bad_loan(3, amount='"50,000.00"'),
        _bad_loan(3, amount='"5,000.00"'),
        _bad_loan(4, amount=""),
        _bad_loan(5, amount='"-20,000.00"'),
        _bad_loan(6, matures="20241231"),
        _bad_loan(7, rate="435"),
        _bad_loan(8, security="E"),
    ]
    # The system adds up what it puts out: the repeated line and the one of -20,000 too.
    total = (
        sum(_principal(i) for i in range(1, LOANS + 1)) + _principal(1) + 10_000 * 4 + 50_000 + 5_000 - 20_000
    )
    return [*lines, f'合计,,,,,,,"{total:,.2f}",,,,,']


def schedule() -> list[str]:
    """Return the instalments: dates as 2025-01-31, fields between pipes."""
    lines = ["借据号|期次|应还日|应还本金|应还利息"]
    for i in range(1, LOANS + 1):
        for period in range(1, PERIODS + 1):
            principal, interest = _due(i)
            written = f"{principal}".translate(_WIDE) if (i, period) == (2, 12) else f"{principal}"
            due = _due_on(i, period).isoformat()
            lines.append(f"{_loan_id(i)}|{period}|{due}|{written}.00|{interest}.00")
    return [
        *lines,
        "0000000000000000009999|1|2026-03-10|1000.00|10.00",
        f"{_loan_id(1)}|13|2026-03-10|1000.00",
        f"{_loan_id(1)}|14|2026-02-29|1000.00|10.00",
        f"{_loan_id(1)}|16|2026-05-10|1000.005|10.00",
        f"{_loan_id(1)}|17|2026-06-10|0.1万|10.00",
        "",
        "小计||||",
    ]


def payments() -> list[str]:
    """Return the postings up to the cut-off: dates as 2025/01/31, a bounced one with its reversal."""
    lines = ["流水号,借据号,实还日,实还金额,实还本金,实还利息,冲正标志,原流水号,渠道"]
    number = 0
    for i in range(1, LOANS + 1):
        for period in range(1, min(_STOPPED.get(i, PERIODS), PERIODS) + 1):
            if _due_on(i, period) <= CUT_OFF:
                number += 1
                lines.append(_posting(number, i, _due_on(i, period)))
    day = _due_on(2, 1)
    return [
        *lines,
        _posting(9001, 2, day),
        _posting(9002, 2, day, flag="1", of="LS00009001"),
        _posting(1, 1, _due_on(1, 1)),
        _posting(9003, 999, day),
        _posting(9004, 2, day, flag="1", of="LS99999999"),
        _posting(9005, 2, day, flag="1"),
        _posting(9006, 2, date(2024, 1, 5), amount="0.00"),
        _posting(9007, 2, day, flag="9"),
        _posting(9008, 2, day).replace(_loan_id(2), "００００００" + _loan_id(2)[6:]),
        _posting(9009, 2, day).replace(",手机银行", ",手机\x01银行"),
        _posting(9010, 2, day).replace("LS00009010", ""),
        _posting(9011, 2, day) + ",多出一列",
        "小计,,,,,,,,",
    ]


def workbook() -> bytes:
    """Return staff and general ledger: two sheets, each with a title above its header."""
    total, lent, paid = _ledger()
    sheets: dict[str, list[list[object]]] = {
        "员工": [
            ["员工名册（合成数据）"],
            ["制表日期：2026-01-31"],
            [],
            ["工号", "姓名", "所属机构", "岗位", "入职日期"],
            *(
                [STAFF.format(i), f"合成员工{i}", BRANCHES[i % 3], "客户经理", date(2018, i, 1)]
                for i in range(1, 7)
            ),
        ],
        "总账": [
            ["总账余额表（合成数据）"],
            ["项目", "日期", "金额(元)", "笔数"],
            ["放款笔数", CUT_OFF, None, LOANS],
            ["放款总额", CUT_OFF, lent, None],
            ["贷款余额", CUT_OFF, total, None],
            ["本期回款", CUT_OFF, paid, None],
        ],
    }
    target = BytesIO()
    with Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"created": datetime(2026, 1, 31), "title": "合成数据"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return target.getvalue()


def _ledger() -> tuple[int, int, int]:
    """Return balance, amount lent and cash of the month as the lender's own ledger has them, in yuan."""
    lent = sum(_principal(i) for i in range(1, LOANS + 1))
    paid = [
        (i, _due_on(i, period))
        for i in range(1, LOANS + 1)
        for period in range(1, _STOPPED.get(i, PERIODS) + 1)
    ]
    paid = [(i, on) for i, on in paid if on <= CUT_OFF]
    month = [i for i, on in paid if on >= CUT_OFF.replace(day=1)]
    return lent - sum(_due(i)[0] for i, _ in paid), lent, sum(sum(_due(i)) for i in month)


def _customer(i: int) -> str:
    return f"{i:010d}"


def _loan_id(i: int) -> str:
    return f"{2025_0000 + i:022d}"


def _principal(i: int) -> int:
    return PERIODS * 1_000 * (i % 7 + 1)


def _due(i: int) -> tuple[int, int]:
    return _principal(i) // PERIODS, _principal(i) // 200


def _lent_on(i: int) -> date:
    return date(2025, (i - 1) % 10 + 1, 10)


def _due_on(i: int, period: int) -> date:
    months = _lent_on(i).month - 1 + period
    return date(2025 + months // 12, months % 12 + 1, 10)


def _loan(i: int) -> str:
    start = _lent_on(i)
    end = start.replace(year=start.year + 1)
    return (
        f"{_loan_id(i)},{_customer(i)},合成经营贷,{BRANCHES[i % 3]},{STAFF.format(i % 6 + 1)},{start:%Y%m%d},{end:%Y%m%d},"
        f'"{_principal(i):,.2f}",{PERIODS},6.00,0{i % 2 + 1},{"ABCD"[i % 4]},{"次级" if i in _STOPPED else "正常"}'
    )


def _bad_loan(
    i: int,
    *,
    day: str = "20250310",
    matures: str = "20260310",
    amount: str = '"10,000.00"',
    rate: str = "6.00",
    security: str = "A",
) -> str:
    return (
        f"{2025_9000 + i:022d},{_customer(i)},合成经营贷,{BRANCHES[0]},{STAFF.format(1)},"
        f"{day},{matures},{amount},12,{rate},01,{security},正常"
    )


def _posting(number: int, i: int, day: date, *, flag: str = "0", of: str = "", amount: str = "") -> str:
    principal, interest = _due(i)
    paid = amount or f"{principal + interest}.00"
    return f"LS{number:08d},{_loan_id(i)},{day:%Y/%m/%d},{paid},{principal}.00,{interest}.00,{flag},{of},手机银行"


def _identity(i: int) -> str:
    body = f"9999991980{i % 12 + 1:02d}{i % 28 + 1:02d}{i:03d}"
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]


def _firm(i: int) -> str:
    body = f"91999999MA{i:06d}X"
    return body + uscc.calc_check_digit(body)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in sample().items():
        (folder / name).write_bytes(content)
