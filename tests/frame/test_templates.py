"""What holds for every template and every asset in the tree."""

import importlib.util
import re
from pathlib import Path

import pytest
from django.template.loader import get_template

from drportal import icons

TEMPLATES = Path("templates")
ALL = sorted(TEMPLATES.rglob("*.html"))
NAMES = [str(path.relative_to(TEMPLATES)) for path in ALL]


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(name):
    get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_carries_script_or_style_of_its_own(name):
    source = (TEMPLATES / name).read_text()
    scripts = re.findall(r"<script\b([^>]*)>", source)
    assert [attrs for attrs in scripts if "src=" not in attrs and "application/json" not in attrs] == []
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|\bhx-on\b", source)


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_that_a_template_names_exists(name):
    named = set(re.findall(r"""\{%\s*icon\s+["']([^"']+)["']""", (TEMPLATES / name).read_text()))
    assert named <= set(icons.DRAWINGS)


def test_our_own_styles_fetch_nothing_from_elsewhere():
    for sheet in Path("static").rglob("*.css"):
        found = re.findall(r"url\(\s*['\"]?([^)'\"]+)|@import\s+([^;]+)", sheet.read_text())
        outside = [url for url, other in found if other or not url.startswith(("data:", "#", "../vendor/"))]
        assert outside == [], sheet


@pytest.fixture(scope="module")
def vendor():
    """scripts/ is no package: its files are run, not imported."""
    spec = importlib.util.spec_from_file_location("vendor_script", "scripts/vendor.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_vendored_files_are_the_ones_that_were_verified(vendor):
    vendor.check()


def test_a_vendored_file_that_was_changed_is_noticed(vendor, tmp_path, monkeypatch):
    (tmp_path / "README.md").write_text("| a | 1 | MIT | a/a.js | " + "0" * 64 + " |\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "a.js").write_text("changed")
    (tmp_path / "a" / "b.js").write_text("sneaked in")
    monkeypatch.setattr(vendor, "TARGET", tmp_path)
    with pytest.raises(SystemExit) as refusal:
        vendor.check()
    assert "a/a.js is missing or differs" in str(refusal.value)
    assert "a/b.js is not on the list" in str(refusal.value)
