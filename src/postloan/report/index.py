"""The page that lists all packs: newest first, made again from the manifests after every publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from postloan.atomic import write_text
from postloan.model.scope import ALL, MISSING, product_of
from postloan.report.fonts import covered, font_face
from postloan.report.manifest import read_manifest
from postloan.report.publish import CURRENT
from postloan.report.reports import REPORTS
from postloan.report.style import ALARM, GREY, INK, LIGHT, MAIN, THIRD

INDEX = "index.html"

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
_CSS = f"""
body{{font:10.5pt/1.6 "Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:{INK};margin:3rem auto;max-width:72rem;padding:0 1.5rem}}
h1{{font-size:16pt;font-weight:400;margin:0 0 .3rem}} p{{color:{GREY};margin:0 0 2rem}}
table{{border-collapse:collapse;width:100%;font-size:9.5pt}} th{{text-align:left;font-weight:400;color:{GREY}}}
th,td{{padding:.45rem .8rem .45rem 0;border-bottom:1px solid {LIGHT};vertical-align:top}}
td.number{{text-align:right;font-variant-numeric:tabular-nums}} a{{color:{MAIN}}}
td:first-child,td:last-child,td:nth-last-child(2){{white-space:nowrap}}
.final{{color:{THIRD}}} .draft{{color:{ALARM}}} .older td{{color:{GREY}}}
@media print{{body{{margin:0}} a{{color:inherit}}}}
"""
_HEADS = (
    "日期 As of",
    "报告 Report",
    "机构 Lender",
    "范围 Scope",
    "语言 Language",
    "版本 Version",
    "状态 Status",
    "文件 Files",
)
_TITLE = "贷后管理报告 Post-loan reports"
_LEAD = "最新在前；灰色为已被替代的版本。Newest first; grey versions have been superseded."
_TITLES = {name: f"{report.label.zh} {report.label.en}" for name, report in REPORTS.items()}
_SCOPES = {ALL: "全部 All", MISSING: "未填机构 Branch not given"}
_LANGUAGES = {"zh": "中文", "en": "English"}
_SHOWN = {"as_of", "report", "lender", "scope", "lang", "version", "is_final", "is_synthetic", "files"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One published version as the index shows it."""

    folder: str  # relative to the index
    manifest: Mapping[str, object]
    is_current: bool


def write_index(out: Path) -> Path:
    """Write ``out/index.html`` from the manifests of all packs under ``out``; replaces it whole."""
    path = out / INDEX
    write_text(path, page(entries(out)))
    return path


def is_listed(out: Path, folder: Path) -> bool:
    """Say whether the index shows the version in ``folder``; a run that was killed may have left it out."""
    path = out / INDEX
    return path.is_file() and f'href="{quote(folder.relative_to(out).as_posix())}/' in path.read_text(
        encoding="utf-8"
    )


def entries(out: Path) -> list[Entry]:
    """Return every published version under ``out``, newest as-of date and highest version first."""
    found = []
    for shelf in sorted({path.parent for path in out.glob("*/*/*/v*")}):
        pointer = shelf / CURRENT
        current = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""
        for version in shelf.glob("v*"):
            manifest = read_manifest(version) if version.is_dir() else None
            if manifest is not None and manifest.keys() >= _SHOWN:
                folder = version.relative_to(out).as_posix()
                found.append(Entry(folder, manifest, version.name == current))
    found.sort(key=lambda entry: entry.folder)
    return sorted(found, key=_recency, reverse=True)


def _recency(entry: Entry) -> tuple[str, int]:
    return str(entry.manifest["as_of"]), int(str(entry.manifest["version"])[1:])


def page(packs: Iterable[Entry]) -> str:
    """Return the page: one file, no script, nothing fetched from anywhere."""
    rows = "\n".join(_row(entry) for entry in packs)
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    # The page must read on a machine without a Chinese font.
    embedded = font_face(" ".join((rows, heads, _TITLE, _LEAD)))
    return f"""<!DOCTYPE html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_TITLE}</title>
<style>{embedded}
{_CSS}</style>
</head>
<body>
<h1>{_TITLE}</h1>
<p>{_LEAD}</p>
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
"""


def _row(entry: Entry) -> str:
    content = entry.manifest
    report, scope, lang = (str(content[name]) for name in ("report", "scope", "lang"))
    known = f" · 截至 {content['known_at']} 所知 as known then" if content.get("known_at") else ""
    cells = (
        f"{content['as_of']}{known}",
        _TITLES.get(report, report),
        str(content["lender"]) + (" · 合成数据 Synthetic" if content["is_synthetic"] else ""),
        _SCOPES.get(scope) or product_of(scope) or scope,
        _LANGUAGES[lang],
        str(content["version"]),
    )
    shown = "".join(f"<td>{escape(covered(cell)[0])}</td>" for cell in cells)
    older = "" if entry.is_current else ' class="older"'
    return f"<tr{older}>{shown}<td>{_badge(content)}</td><td>{_links(entry)}</td></tr>"


def _badge(content: Mapping[str, object]) -> str:
    if content["is_final"]:
        return '<span class="final">● 正式 Final</span>'
    return '<span class="draft">○ 草稿 Draft</span>'


def _links(entry: Entry) -> str:
    files = entry.manifest["files"]
    shown = []
    for name in sorted(files) if isinstance(files, dict) else ():
        kind = name.rpartition(".")[2]
        if kind in ("html", "pdf", "xlsx"):
            shown.append(f'<a href="{quote(entry.folder)}/{quote(name)}">{kind.upper()}</a>')
    return " · ".join(shown)
