"""Whatever is done to a file, every row and every amount is accepted, quarantined or ignored, or it is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from damage import DAMAGES, counted, damaged, good
from lender_delivery import LOANS, MAPPING
from ruamel.yaml import YAML

from postloan.book.store import Book
from postloan.book.version import Version
from postloan.model.fault import REFUSED, Fault
from postloan.model.tables import DELIVERED
from postloan.sources.files import Delivered
from postloan.sources.intake import Intake, judge
from postloan.sources.judging.accounts import Account
from postloan.sources.judging.desk import Held
from postloan.sources.mapping import Mapping
from postloan.sources.reading.csv_file import read_csv

PER_DAMAGE = 70
RULES = Mapping.model_validate(
    YAML(typ="safe", pure=True).load(
        MAPPING.replace("path: payments.csv", "path: payments*.csv").replace(
            "amount_minor: 金额", "amount_minor: 金额, channel: 渠道"
        )
    )
)


def test_there_are_enough_kinds_and_files() -> None:
    assert len(DAMAGES) >= 20
    assert len(DAMAGES) * PER_DAMAGE >= 2_000


@pytest.mark.parametrize("name", DAMAGES)
def test_rows_and_money_of_damaged_files_tie_out(name: str, tmp_path: Path) -> None:
    contents = {f"payments{seed}.csv": damaged(name, seed) for seed in range(PER_DAMAGE)}
    intake, refused = taken_in(contents, tmp_path)
    accounts = {account.file: account for account in intake.accounts if account.table == "payment"}
    refused |= {refusal.file: refusal.what.en for refusal in intake.refusals}
    for file, data in contents.items():
        if file in refused:
            assert refused[file].startswith(file)
        else:
            assert_ties(accounts[file], intake, data)
    rows = intake.accepted.get("payment", nothing("payment"))
    accepted = sum(account.money["amount_minor"].accepted for account in accounts.values())
    assert (pc.sum(rows["amount_minor"]).as_py() or 0) == accepted


def test_undamaged_files_are_accepted_whole(tmp_path: Path) -> None:
    contents = {f"payments{seed}.csv": good(seed).encode() for seed in range(PER_DAMAGE)}
    intake, refused = taken_in(contents, tmp_path)
    assert (refused, intake.refusals, intake.quarantine.num_rows) == ({}, (), 0)
    for account in intake.accounts[1:]:
        assert_ties(account, intake, contents[account.file])


def assert_ties(account: Account, intake: Intake, data: bytes) -> None:
    """Compare a file's account with the standard library's count of it and with what was kept."""
    found = counted(data)
    assert account.rows_read == found.records
    assert account.rows_read == account.rows_accepted + account.rows_quarantined + account.rows_ignored
    kept = pc.sum(pc.equal(intake.quarantine["file"], account.file)).as_py()
    assert account.rows_quarantined == (kept or 0)
    money = account.money["amount_minor"]
    assert money.read == money.accepted + money.quarantined + money.ignored
    if found.amount_minor is not None:
        assert money.read == found.amount_minor


def taken_in(contents: dict[str, bytes], folder: Path) -> tuple[Intake, dict[str, str]]:
    """Judge files with these contents beside a good file of loans; return also those that can't be read."""
    files, refused = [], {}
    for number, (name, data) in enumerate([("loans.csv", LOANS.encode()), *contents.items()]):
        room = folder / str(number)
        room.mkdir()
        (room / name).write_bytes(data)
        spec, sha256 = RULES.files[min(number, 1)], hashlib.sha256(data).hexdigest()
        try:
            tape = read_csv(room / name, name, sha256, spec)
        except Fault as fault:
            refused[name] = fault.what if fault.exit_code == REFUSED else f"crashed: {fault.what}"
        else:
            files.append(Delivered(name, None, 0, sha256, spec, tape))
    return judge(RULES, files, "load", Held(Book(folder, Version()).ask)), refused


def nothing(table: str) -> pa.Table:
    return DELIVERED[table].schema().empty_table()
