"""How long a large plate's report takes from stored numbers, how large it is, how fast it sorts.

Run by hand: `python -m tests.benchmarks.report_of_many`. The plate has no pixels: what its images
say of their quality is all that is read. Sorting is timed in headless Chromium, where it is there.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console

from tasks.plan.quality_table import QUALITY_TABLE
from tasks.quality.region_quality import RegionQuality
from tasks.report.gather import gather
from tasks.report.write_report import write_report
from tasks.storage.attributes import OUR_RECORD
from tasks.storage.well_entries import read_wells
from tests.report.regions import AGREED, region

ROWS, COLUMNS, ACQUISITIONS, FIELDS = 16, 24, 5, 4
ARROWS = 56

SORT = """
<script>
const taken = [];
for (const key of ["after", "off", "reason", "well", "verdict"]) {
  const start = performance.now();
  document.querySelector(`#regions [data-key=${key}]`).click();
  document.body.getBoundingClientRect();
  taken.push(`${key} ${Math.round(performance.now() - start)} ms`);
}
document.title = `taken: ${taken.join(", ")}`;
</script>
"""


def write_numbers(plate: Path) -> None:
    """Write what a plate's images say, and nothing else of it."""
    wells = [f"{chr(65 + row)}/{column:02d}" for row in range(ROWS) for column in range(1, 25)]
    names = [{"path": well, "rowIndex": 0, "columnIndex": 0} for well in wells]
    _write_group(plate, {"plate": {"wells": names, "rows": [], "columns": []}})
    random = np.random.default_rng(0)
    verdicts = tuple(AGREED)
    for well in wells:
        images = [{"path": f"{n}", "acquisition": n} for n in range(ACQUISITIONS + 1)]
        _write_group(plate / well, {"well": {"images": images}})
        for acquisition in range(1, ACQUISITIONS + 1):
            regions = [
                _seen(well, verdicts[int(random.integers(4))], f"FOV_{n}", acquisition, random)
                for n in range(1, FIELDS + 1)
            ]
            image = plate / well / f"{acquisition}"
            _write_group(image, {})
            record = [each.model_dump(mode="json") for each in regions]
            _write_group(image / "tables" / QUALITY_TABLE, {OUR_RECORD: record})


def _seen(
    well: str, verdict: str, name: str, acquisition: int, random: np.random.Generator
) -> RegionQuality:
    made = region(well, verdict, name=name, acquisition=acquisition)  # type: ignore[arg-type]
    assert made.motion is not None
    arrows = tuple(tuple(row) for row in random.uniform(0, 2000, (ARROWS, 4)).tolist())
    motion = made.motion.model_copy(update={"arrows": arrows, "median": random.uniform(0, 9)})
    shift = tuple(random.normal(0, 20, 3).tolist())
    return made.model_copy(update={"motion": motion, "shift": shift})


def _write_group(folder: Path, attributes: dict[str, object]) -> None:
    folder.mkdir(parents=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}', encoding="utf-8")
    (folder / ".zattrs").write_text(json.dumps(attributes), encoding="utf-8")


def main() -> None:
    """Print seconds, bytes and what sorting takes."""
    console = Console(width=130, highlight=False)
    with tempfile.TemporaryDirectory(prefix="plate-registration-") as name:
        plate, folder = Path(name) / "many.zarr", Path(name) / "many.registration"
        write_numbers(plate)
        start, cores = time.perf_counter(), time.process_time()
        regions = list(gather(plate))
        gathered = time.perf_counter() - start
        page = write_report(plate.name, read_wells(plate), regions, folder)
        seconds, cores = time.perf_counter() - start, time.process_time() - cores
        size = page.stat().st_size / 1e6
        whole = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
        console.print(
            f"{len(regions)} regions: {seconds:.1f} s, {gathered:.1f} of them reading, "
            f"{cores:.1f} of the cores; page {size:.1f} MB, all files {whole:.1f} MB"
        )
        chromium = shutil.which("chromium")
        if chromium is not None:
            page.write_text(page.read_text(encoding="utf-8") + SORT, encoding="utf-8")
            command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
            shown = subprocess.run(  # noqa: S603 - our own page
                [*command, page.as_uri()], capture_output=True, text=True, check=True, timeout=300
            ).stdout
            told = re.search(r"<title>taken: (.*?)</title>", shown)
            console.print(f"sorted in Chromium: {told[1] if told else 'not told'}")


if __name__ == "__main__":
    main()
