"""What is said of a file that can't be read, in both languages: its data owner is told."""

from __future__ import annotations

from postloan.model.fault import REFUSED, Fault
from postloan.model.label import Label

CORRECT_HEADER = Label("请更正映射中的 `header`", "correct `header` in the mapping")
DELIVER_AGAIN = Label("请重新报送", "deliver it again")
IN_PARTS = Label("请拆分后报送", "deliver it in parts")
NAME_ONCE = Label("请为每一列取不同的列名", "name every column once")
SAVE_AGAIN = Label("请用Excel打开并重新保存后再报送", "open it in Excel, save it again and resend")
SAVE_AS_UTF8 = Label("请另存为UTF-8", "save it as UTF-8")
WITH_RECORDS = Label(
    "请报送含有记录的文件；如确无记录，请在映射中设置 `allow_empty: true`",
    "deliver the file with its records, or set `allow_empty: true` in the mapping",
)


def refusal(where: str, zh: str, en: str, mend: Label) -> Fault:
    """Return the refusal of a file.

    Args:
        where: File, and where there is one the sheet and the cell.
        zh: What is wrong there, in Chinese.
        en: The same in English.
        mend: How to mend it.
    """
    return Fault(Label(f"{where}：{zh}", f"{where}: {en}"), mend, REFUSED)
