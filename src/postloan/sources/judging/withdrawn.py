"""Instalments that a delivery of whole plans no longer holds: kept, and marked as withdrawn.

Core systems overwrite a plan that has changed, after an early repayment or an agreement, and their next
extract simply lacks what is no longer owed. Where the mapping says that the files hold whole plans
(``whole: true``), an instalment is withdrawn if the delivery names its loan and plan but not it. Loans that
the delivery doesn't name keep theirs: an extract often leaves settled loans out.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from postloan.model.delivered import INSTALMENT
from postloan.model.label import Label
from postloan.sources.judging.desk import Desk

_WITHDRAWN = Label(
    "账簿中的期次，本次报送的完整还款计划中没有：按作废处理",
    "instalments of the book that the whole plans delivered no longer hold: withdrawn",
)
# A row whose number can't be read may be any instalment of its plan, one whose loan can't be, of any loan.
_ABSENT = """
    SELECT b.* REPLACE (true AS is_withdrawn) FROM held.instalment b
        SEMI JOIN present USING (loan_id, schedule_no)
        ANTI JOIN present USING (loan_id, schedule_no, instalment_no)
    WHERE b.is_withdrawn IS NOT TRUE
        AND NOT EXISTS (SELECT 1 FROM present p WHERE p.loan_id IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM present p WHERE p.loan_id = b.loan_id
            AND (p.schedule_no IS NULL OR p.instalment_no IS NULL)
            AND coalesce(p.schedule_no = b.schedule_no AND p.instalment_no = b.instalment_no, true)
        )
    ORDER BY b.loan_id, b.schedule_no, b.instalment_no
"""


def withdraw(desk: Desk) -> None:
    """Put the withdrawn instalments on the pile of accepted rows, known with this delivery, and tell of them.

    Nothing is withdrawn where a record of the delivery could not be taken apart: it may be any instalment.
    """
    name = INSTALMENT.name
    if name not in desk.present or name not in desk.accepted:
        return
    absent = desk.held.ask(_ABSENT, INSTALMENT.schema(), {"present": desk.present[name]})
    if absent.num_rows == 0:
        return
    desk.accepted[name] = pa.concat_tables([desk.accepted[name], absent])
    desk.stated[name] = np.append(desk.stated[name], np.zeros(absent.num_rows, dtype=np.bool_))
    desk.mention(name, _WITHDRAWN, absent["loan_id"].to_pylist())
