"""Read a sheet of an Excel workbook: its values as text, and every cell that can't be believed."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from postloan.model.contract import Kind
from postloan.model.label import Label
from postloan.model.tables import DELIVERED
from postloan.sources.mapping import FileMapping
from postloan.sources.masks import control_characters
from postloan.sources.reading.refusal import WITH_RECORDS, refusal
from postloan.sources.reading.tape import Tape
from postloan.sources.reading.total_lines import says_total
from postloan.sources.reading.unpack import listed, opened_zip, shown_name
from postloan.sources.xlsx.body import Body, Used, read_body
from postloan.sources.xlsx.book import Sheet, Workbook, read_workbook
from postloan.sources.xlsx.cells import n_typed
from postloan.sources.xlsx.grid import Row, declared_cells, open_grid, rows
from postloan.sources.xlsx.markup import Package
from postloan.sources.xlsx.scan import MOST_ROWS, Scan, scan_sheet
from postloan.sources.xlsx.table import (
    header,
    hidden_names,
    is_blank,
    records,
    refuse_merged,
    refuse_other_values,
    refuse_strays,
)

# The reader of values makes room for the whole rectangle between the first and the last cell.
_MOST_ROOM = 50_000_000

_SAY_WHICH = Label("请在映射中用 `sheet` 指明读取哪个工作表", "say which to read with `sheet` in the mapping")
_CORRECT_SHEET = Label("请更正映射中的 `sheet`", "correct `sheet` in the mapping")
_OTHER_SHEET = Label("请重新报送，或更正 `sheet`", "deliver it again, or correct `sheet`")
_SEVERAL = Label(
    "请改用CSV或Parquet报送，或分成多个工作簿", "deliver it as CSV or Parquet, or in several workbooks"
)
_CLEAR = Label(
    "请清除远离表格的单元格，或改用CSV或Parquet报送",
    "clear the cell that lies far off, or deliver it as CSV or Parquet",
)


def read_xlsx(path: Path, name: str, sha256: str, spec: FileMapping) -> Tape:
    """Return the records of a sheet, every cell as text: dates as 2026-01-31, numbers as Excel shows them in full.

    Hidden rows and columns are read like others. Blank rows are counted.

    Args:
        path: The workbook, unpacked if it was packed.
        name: For messages and the ledger.
        sha256: Of the bytes as delivered.
        spec: Which sheet, which row names the columns, which cells are declared.

    Raises:
        Fault: 3 for a sheet that isn't there or isn't chosen, a header that is blank or gives a name
            twice, a second table, a value in a column without a name, merged cells in the table, a sheet
            full to its last row, one without records, or rows that a second count doesn't confirm.
    """
    with opened_zip(path, name) as archive:
        package = Package(path, name, archive)
        book = read_workbook(package)
        sheet = _chosen(book, spec.sheet, name)
        scan = scan_sheet(package, sheet.part, sheet.name, book.percent_styles)
    where = f"{name}: {shown_name(sheet.name)}"
    _refuse_extent(scan, where)
    grid = open_grid(path, sheet.name, where)
    lines = rows(grid, scan)
    above = list(islice(lines, spec.header - 1))
    top = next(lines, (spec.header, []))
    names = header(top[1], spec.header, where)
    body = read_body(records(lines, scan, where), names, scan, _used(spec))
    if len(body.rows) == 0 and not spec.allow_empty:
        raise refusal(where, "工作表没有记录", "the sheet holds no records", WITH_RECORDS)
    refuse_merged(scan, spec.header, names, _totals(body), where)
    refuse_strays(body.strays, names, spec.header, where)
    found = [*_filled([*above, top]), *body.rows.tolist()]
    refuse_other_values(found, body.n_typed + sum(n_typed(cells) for _, cells in [*above, top]), scan, where)
    columns = pa.table({names[column]: text for column, text in body.columns.items()})
    return Tape(
        name=f"{name}[{shown_name(sheet.name)}]",
        sha256=sha256,
        encoding="",
        columns=columns,
        rows=body.rows,
        broken=(),
        n_blank=max(0, int(scan.valued[-1]) - spec.header) - len(body.rows),
        unclean=_unclean(columns),
        flaws=body.flaws,
        notes=_notes(book, sheet, scan, names, _filled(above)),
        cells=declared_cells(grid, scan, spec, where),
    )


def _chosen(book: Workbook, wanted: str | None, name: str) -> Sheet:
    """Return the sheet the mapping names, or the only one there is."""
    if wanted is None and len(book.sheets) == 1:
        return book.sheets[0]
    there = _sheets(book)
    if wanted is None:
        zh, en = f"工作簿有{len(book.sheets)}个工作表", f"the workbook has {len(book.sheets)} sheets"
        raise refusal(name, f"{zh}：{there.zh}", f"{en}: {there.en}", _SAY_WHICH)
    found = next((sheet for sheet in book.sheets if sheet.name == wanted), None)
    if found is None:
        zh, en = f"没有工作表“{wanted}”；工作簿中有", f"no sheet {wanted}; the workbook has"
        raise refusal(name, f"{zh}{there.zh}", f"{en} {there.en}", _CORRECT_SHEET)
    return found


def _sheets(book: Workbook) -> Label:
    zh = [f"{s.name}（隐藏）" if s.is_hidden else s.name for s in book.sheets]
    en = [f"{s.name} (hidden)" if s.is_hidden else s.name for s in book.sheets]
    return Label(listed(zh).zh, listed(en).en)


def _refuse_extent(scan: Scan, where: str) -> None:
    """Refuse an empty sheet, one that is full, and one cell so far off that the space between fills the memory."""
    if len(scan.valued) == 0:
        raise refusal(where, "工作表为空", "the sheet is empty", _OTHER_SHEET)
    last = int(scan.valued[-1])
    if last == MOST_ROWS:
        zh = f"工作表已写满到最后一行（第{last}行），其后的记录很可能已被截去"
        en = f"the sheet is full to its last row, {last}; records beyond it were probably cut off"
        raise refusal(where, zh, en, _SEVERAL)
    if last * scan.width > _MOST_ROOM:
        zh = f"工作表的范围达{last}行、{scan.width}列"
        en = f"the sheet reaches over {last} rows and {scan.width} columns"
        raise refusal(where, zh, en, _CLEAR)


def _used(spec: FileMapping) -> Used:
    """Return the kinds of the contract columns that are read from each column of the sheet."""
    used: defaultdict[str, set[Kind]] = defaultdict(set)
    for name, table in spec.tables.items():
        for column, origin in table.columns.items():
            for source in (*origin.column, *origin.coalesce):
                used[source].add(DELIVERED[name].column(column).kind)
    return {source: frozenset(kinds) for source, kinds in used.items()}


def _filled(above: list[Row]) -> list[int]:
    """Return the rows above the header that hold something."""
    return [number for number, cells in above if not is_blank(cells)]


def _totals(body: Body) -> frozenset[int]:
    """Return the rows that are totals by a word in one of their cells."""
    is_total = np.zeros(len(body.rows), dtype=np.bool_)
    for text in body.columns.values():
        is_total = is_total | says_total(text)
    return frozenset(body.rows[is_total].tolist())


def _unclean(columns: pa.Table) -> NDArray[np.bool_]:
    unclean = np.zeros(columns.num_rows, dtype=np.bool_)
    for text in columns.columns:
        unclean = unclean | control_characters(text)
    return unclean


def _notes(
    book: Workbook, sheet: Sheet, scan: Scan, names: dict[int, str], titles: list[int]
) -> tuple[Label, ...]:
    """Return what the reader of an account should know of how the sheet was read."""
    n_hidden, hidden = len(scan.hidden_rows), hidden_names(scan, names)
    found = {
        Label("工作表是隐藏的", "the sheet is hidden"): sheet.is_hidden,
        Label(
            f"表头以上有{len(titles)}行不是记录", f"rows above the header that are no records: {len(titles)}"
        ): titles,
        Label(f"{n_hidden}个隐藏行也已读入", f"hidden rows, read like others: {n_hidden}"): n_hidden,
        Label(
            f"隐藏列也已读入：{'、'.join(hidden)}", f"hidden columns, read like others: {', '.join(hidden)}"
        ): hidden,
        Label("日期自1904年起算，已换算", "days count from 1904 in the workbook; its dates are converted"): (
            book.counts_from_1904
        ),
    }
    return tuple(label for label, holds in found.items() if holds)
