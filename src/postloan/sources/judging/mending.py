"""How a data owner mends what a row was refused for: one piece of advice per rule."""

from __future__ import annotations

from postloan.model.label import Label

_ELSE = Label("请更正后重新报送该行", "correct the row and deliver it again")

# The beginning of a rule's English text → advice.
_ADVICE = {
    "open in the book, absent": Label(
        "请补报其结清、核销或转让事件，或重新报送该借据",
        "deliver the event that closed it, or send the loan again",
    ),
    "the book has more rows of this series": Label(
        "没有自身编号的行按整组编号：请一次报送该借据的全部行",
        "rows without a number of their own are numbered as a whole: deliver all rows of the loan together",
    ),
    "missing": Label("请补填后重新报送", "fill it in and deliver the row again"),
    "thousands mark not declared": Label(
        "请写成不带千分位的数字，或在映射中声明 thousands_mark",
        "write the number without it, or declare `thousands_mark` in the mapping",
    ),
    "decimal mark not declared": Label(
        "请用小数点，或在映射中声明 decimal_mark", "write a point, or declare `decimal_mark` in the mapping"
    ),
    "negative number in brackets": Label("请以负号表示负数", "write a minus sign in front"),
    "unit behind the number": Label(
        "请只写数字；整列同一单位时在映射的 money 中声明",
        "write the number alone; a unit of the whole column is declared in `money`",
    ),
    "the cell holds the error": Label(
        "请在表中改正公式或填入数值", "mend the formula in the sheet, or write the value itself"
    ),
    "a formula without": Label(
        "请用 Excel 打开，计算并保存后重新报送", "open the workbook in Excel, let it calculate, save it"
    ),
    "a number in the sheet": Label(
        "请与来源核对；下次报送前将该列设为文本格式",
        "check it against its source; format the column as text before the next delivery",
    ),
    "a number of more than": Label(
        "请将该列设为文本格式，并从来源重新填写",
        "format the column as text, and fill it from its source again",
    ),
    "a date in the sheet": Label(
        "请将该列设为文本格式，并重新填写", "format the column as text, and write the value again"
    ),
    "a truth value": Label(
        "请将该列设为文本格式，并重新填写", "format the column as text, and write the value again"
    ),
    "a date before March 1900": Label(
        "请核对日期；若表示空值，请留空", "check the date; if it means nothing, leave the cell blank"
    ),
    "a time of day": Label("请填写日期", "write a date"),
    "text as long as": Label("请以 CSV 重新报送", "deliver the table as CSV"),
    "no percent sign": Label(
        "请使整列的单元格格式一致", "give all cells of the column the same format, and check their values"
    ),
    "percent sign": Label("请在映射中声明 fraction: percent", "say `fraction: percent` in the mapping"),
    "currency sign": Label(
        "请只写数字，币种另列", "write the number alone; the currency is a column of its own"
    ),
    "placeholder": Label("若表示空值，请在映射的 blank 中声明", "if it means nothing, declare it in `blank`"),
    "scientific notation": Label("请写出全部数字", "write all the digits"),
    "not a finite number": Label("请补填数值或留空", "fill in the number, or leave the cell blank"),
    "day number of a spreadsheet": Label(
        "请将该列设为日期格式，或写成 2026-10-31 的文本",
        "format the column as a date, or write text such as 2026-10-31",
    ),
    "year outside": Label(
        "请核对日期；若表示空值，请在映射的 blank 中声明",
        "check the date; a placeholder is declared in `blank`",
    ),
    "resident number with": Label("请核对证件号码", "check the number against the document"),
    "company code with": Label("请核对证件号码", "check the number against the document"),
    "neither a resident number": Label("请核对证件号码", "check the number against the document"),
    "digits of a resident number": Label("请核对证件号码", "check the number against the document"),
    "number of another kind": Label("请核对客户类型和证件号码", "check the customer's kind and number"),
    "not a phone number": Label(
        "请核对电话；没有电话请留空", "check the phone; leave it blank if there is none"
    ),
    "after the delivery": Label(
        "尚未发生的事实请勿报送，或更正 delivered_on",
        "deliver it once it has happened, or correct `delivered_on`",
    ),
    "before disbursement": Label("请核对日期和放款日", "check the date, and the loan's disbursement"),
    "no such payment to reverse": Label(
        "请补报被冲正的还款；到达后本行自动重试",
        "deliver the payment it reverses; this row is then tried again",
    ),
    "the payment to reverse": Label("请核对借据号和被冲正流水", "check the loan and the payment it reverses"),
    "reversed more": Label("冲正金额不得大于原还款", "reverse no more than was paid"),
    "not a number": Label(
        "请写成普通数字；若有千分位或其他小数点，请在映射中声明",
        "write a plain number, or declare thousands_mark or decimal_mark in the mapping",
    ),
    "more than": Label(
        "金额不做四舍五入：请按最小货币单位报送", "amounts are never rounded: deliver whole minor units"
    ),
    "too large": Label("请核对金额单位", "check the unit of the amount"),
    "not a whole number": Label("请写成整数", "write a whole number"),
    "below": Label("请核对正负号和单位", "check the sign and the unit"),
    "not a date": Label(
        "请改写日期，或在映射的 dates 中声明其格式", "mend the date, or declare its format in `dates`"
    ),
    "not one of": Label("请更正代码，或在映射的 codes 中声明", "mend the code, or declare it in `codes`"),
    "not in": Label(
        "请补报所引用的记录；到达后本行自动重试",
        "deliver the row it refers to; this one is then tried again by itself",
    ),
    "full-width": Label("请改为半角字符并去掉不可见字符", "use plain characters and remove invisible ones"),
    "control character": Label("请去掉控制字符", "remove the control characters"),
    "too few fields": Label(
        "请补齐字段；值中的分隔符须加引号", "complete the fields; quote values that hold a delimiter"
    ),
    "too many fields": Label("值中的分隔符须加引号", "quote values that hold a delimiter"),
    "text after a closing quote": Label("值中的引号须写两遍", "write a quote inside a value twice"),
    "same key, different content": Label("请只保留正确的一行", "keep the one row that is right"),
    "same key, but the book": Label(
        "已入账的事实不可更改：请以新流水冲正",
        "a fact in the book doesn't change: deliver a reversal with a key of its own",
    ),
}


def mend(rule: str) -> Label:
    """Return how to mend what breaks ``rule``, given as its English text without the column's name."""
    return next((advice for start, advice in _ADVICE.items() if rule.startswith(start)), _ELSE)
