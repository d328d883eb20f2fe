"""Parameters are checked before any kernel starts, and a wrong one is told with the nearest right one."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from postloan.model.fault import Fault
from postloan.report.packs import PackFile, check_targets, load_pack

PROJECT = Path(__file__).parents[2]
PACK = PROJECT / "params" / "packs" / "monthly_review.yaml"


def test_the_projects_pack_file_is_valid() -> None:
    file = load_pack(PACK, {})
    assert file.notebook == PROJECT / "notebooks" / "monthly_review.ipynb"
    assert file.parameters.formats == ("html", "pdf", "xlsx")
    assert file.parameters.masked
    assert file.targets()["npl_ratio"].at_most == 0.05


def test_the_command_line_goes_before_the_file_and_the_file_before_the_default() -> None:
    given = {"lang": "en", "as_of": "2026-10-31", "masked": "false", "formats": "pdf,html", "scope": "0101"}
    parameters = load_pack(PACK, given).parameters
    assert parameters.lang == "en"
    assert parameters.as_of == date(2026, 10, 31)
    assert parameters.masked is False
    assert parameters.formats == ("pdf", "html")
    assert parameters.scope == "0101"
    assert parameters.audience == "internal"


@pytest.mark.parametrize(
    ("overrides", "what", "mend"),
    [
        ({"as_off": "2026-10-31"}, "'as_off'", "as_of"),
        ({"lang": "zn"}, "lang", "did you mean zh?"),
        ({"as_of": "2026-02-30"}, "as_of", "valid value"),
        ({"as_of": "yesterday"}, "as_of", "valid value"),
        ({"masked": "maybe"}, "masked", "valid value"),
        ({"formats": "pdf,docx"}, "docx", "html"),
        ({"formats": "pdf,pdf"}, "twice", "change"),
        ({"policy": "cn_regulaton"}, "cn_regulaton", "cn_regulation"),
        ({"net_capital_minor": "1.5"}, "net_capital_minor", "valid value"),
        ({"net_capital_minor": "-1"}, "net_capital_minor", "valid value"),
        ({"targets": "{}"}, "targets", "pack file"),
        ({"audience": "external", "masked": "false"}, "masked", "change"),
        ({"scope": ""}, "scope", "valid value"),
    ],
)
def test_a_wrong_parameter_is_refused(overrides: dict[str, str], what: str, mend: str) -> None:
    with pytest.raises(Fault) as caught:
        load_pack(PACK, overrides)
    assert caught.value.exit_code == 2
    assert what in caught.value.what
    assert mend in caught.value.mend


def changed(folder: Path, old: str, new: str) -> Path:
    (folder / "params" / "packs").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    shutil.copy(PROJECT / "notebooks" / "monthly_review.ipynb", folder / "notebooks")
    path = folder / "params" / "packs" / "monthly_review.yaml"
    text = PACK.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "what", "mend"),
    [
        ("masked: true", "maskd: true", "maskd", "masked"),
        ("masked: true", "masked: yes", "masked", "line"),
        ("lang: zh", "lang: zn", "lang", "zh"),
        ("  npl_ratio:", "  npl_ration:", "npl_ration", "npl_ratio"),
        ("at_most: 0.03", "at_most: 0.03, at_least: 0.01", "exactly one", "line"),
        ("at_most: 0.03, ", "", "exactly one", "line"),
        ("masked: true", "masked: true\nmasked: false", "masked", ""),
        ("report: monthly_review", "report: monthly_revue", "report", "monthly_review"),
        ("targets:", "target:", "target", "targets"),
    ],
)
def test_a_wrong_pack_file_is_refused(tmp_path: Path, old: str, new: str, what: str, mend: str) -> None:
    with pytest.raises(Fault) as caught:
        check_targets(load_pack(changed(tmp_path, old, new), {}))
    assert caught.value.exit_code == 2
    assert what in caught.value.what
    assert mend in caught.value.mend


def test_a_project_without_the_notebook_is_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, "lang: zh", "lang: en")
    (tmp_path / "notebooks" / "monthly_review.ipynb").unlink()
    with pytest.raises(Fault, match="no notebook"):
        load_pack(path, {})


def test_a_pack_file_is_the_same_wherever_it_is_read_from(tmp_path: Path) -> None:
    file: PackFile = load_pack(changed(tmp_path, "lang: zh", "lang: en"), {})
    assert file.parameters.lang == "en"
    assert file.policy.sha256 == load_pack(PACK, {}).policy.sha256
