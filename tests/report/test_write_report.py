from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tasks.quality.measure import Pictures
from tasks.quality.view import Channel
from tasks.report import write_report as module
from tasks.report.folder import PAGE
from tasks.report.gather import worst
from tasks.report.pictures import write_pictures
from tasks.report.summary import summary_of, worst_of
from tasks.report.write_report import write_report
from tests.report.regions import REGIONS, WELLS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    picture = np.random.default_rng(0).integers(0, 1000, (1, 100, 200))
    shown = Pictures(
        channel=Channel(number=0, wavelength="", label="DAPI"),
        reference=picture,
        before=np.roll(picture, 9, axis=2),
        after=picture,
        spacing=(1.0, 1.0),
        pixel_size=(0.5, 0.5),
    )
    write_pictures(folder, shown, well="A/02", image="1", region="FOV_1")
    write_report("my <plate>", WELLS, REGIONS, folder)
    return folder


def test_the_summary_is_worst_first() -> None:
    assert summary_of(REGIONS) == "1 fail, 1 check, 1 nothing to judge, 3 pass"
    assert summary_of(()) == "nothing was measured"
    assert list(worst_of(REGIONS, 1)) == ["fail: B/02 2 FOV_1: because fail", "and 1 more"]
    assert worst(["pass", "nothing to judge"]) == "nothing to judge"
    assert worst([]) is None


def test_numbers_are_there_for_programs(folder: Path) -> None:
    table = pl.read_parquet(folder / "qc.parquet")
    assert table["verdict"].to_list() == [region.verdict for region in REGIONS]
    assert pl.read_csv(folder / "qc.csv").height == len(REGIONS)


def test_nothing_in_a_name_ends_the_script(folder: Path) -> None:
    page = (folder / PAGE).read_text(encoding="utf-8")
    data = re.search(r"window\.REPORT = (.*?);</script>", page)
    assert data is not None
    fields, rows = (json.loads(data[1])[key] for key in ("fields", "rows"))
    assert "</script><b>" in [row[fields.index("region")] for row in rows]
    assert "my &lt;plate&gt;" in page


def test_the_page_asks_for_nothing_from_elsewhere(folder: Path) -> None:
    page = (folder / PAGE).read_text(encoding="utf-8")
    # matplotlib names vocabularies and namespaces, which no browser loads.
    loaded = re.findall(r"(?:src|href)=[\"']?(https?:[^\"' >]*)|url\((https?:[^)]*)\)", page)
    assert not loaded
    assert "@import" not in page


def test_a_plate_without_numbers_has_a_page(tmp_path: Path) -> None:
    assert "nothing was measured" in write_report("p", WELLS, (), tmp_path).read_text()


def test_a_plate_with_nothing_to_judge_has_a_page(tmp_path: Path) -> None:
    page = write_report("p", WELLS, REGIONS[3:4], tmp_path)
    assert "1 nothing to judge" in page.read_text(encoding="utf-8")


def test_a_failure_leaves_the_old_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = write_report("p", WELLS, REGIONS, tmp_path)
    old = page.read_bytes()

    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_page", fail)
    with pytest.raises(OSError, match="No space"):
        write_report("p", WELLS, REGIONS[:1], tmp_path)
    assert page.read_bytes() == old


TRY = """
<script>
const told = [];
const say = (name, value) => told.push(`${name}=${value}`);
const rows = () => [...document.querySelectorAll("#regions tbody tr")];
const verdicts = () => rows().map((r) => r.children[1].textContent.slice(2)).join(",");
window.addEventListener("error", (event) => say("error", event.message ?? event.target.src), true);
say("first", verdicts());
say("top", rows()[0].children[2].textContent);
document.querySelector("[data-key=after]").click();
say("by-after", rows().map((r) => r.querySelector("[data-name=after]").textContent).join(","));
document.querySelector("[data-key=after]").click();
say("by-after-down", rows().map((r) => r.querySelector("[data-name=after]").textContent).join(","));
document.querySelector("[data-well='B/02']").click();
say("well", rows().length);
document.querySelector("#filters").reset();
document.querySelector("[name=verdict][value=pass]").click();
say("without-pass", rows().length);
document.querySelector("[name=text]").value = "a/02";
document.querySelector("[name=text]").dispatchEvent(new Event("input", { bubbles: true }));
say("text", verdicts());
rows()[0].click();
say("open", document.querySelector("#detail").open);
say("reason", document.querySelector("#detail-reason").textContent);
const after = document.querySelector("#after");
const pictures = new Set();
document.querySelector("#blink").click();
const watch = setInterval(() => pictures.add(after.src.split("/").pop()), 100);
setTimeout(() => {
  clearInterval(watch);
  say("blinks", [...pictures].sort().join(","));
  document.querySelector("#blink-sides").click();
}, 2000);
setTimeout(() => {
  say("sides", after.className);
  const asked = performance.getEntriesByType("resource").map((each) => each.name);
  say("elsewhere", asked.filter((name) => !name.startsWith("file:")).join(","));
  say("arrows", document.querySelectorAll("#motion path").length);
  const result = document.createElement("pre");
  result.id = "told";
  result.textContent = told.join("\\n");
  document.body.append(result);
}, 2800);
</script>
"""


CHROMIUM = shutil.which("chromium")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to open the page with")
def test_in_a_browser_it_sorts_filters_opens_and_blinks(folder: Path) -> None:
    page = folder / "try.html"
    page.write_text((folder / PAGE).read_text(encoding="utf-8") + TRY, encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own page
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            # What the page writes to its console goes to the terminal, marked as such.
            "--enable-logging=stderr",
            "--virtual-time-budget=8000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert "CONSOLE" not in done.stderr
    told = re.search(r'<pre id="told">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    assert told is not None
    assert dict(line.split("=", 1) for line in told[1].splitlines()) == {
        "top": "B/02 · 2 · FOV_1",
        "first": "fail,check,nothing to judge,pass,pass,pass",
        "by-after": "0.10,0.80,0.95,0.95,0.95,",
        "by-after-down": "0.95,0.95,0.95,0.80,0.10,",
        "well": "2",
        "without-pass": "3",
        "text": "check",
        "open": "true",
        "reason": "check: because check",
        "blinks": "FOV_1-after.jpg,FOV_1-before.jpg",
        "sides": "reference-only",
        "elsewhere": "",
        "arrows": "1",
    }
