"""What a command prints fits where it is read."""

from __future__ import annotations

import io

from rich.console import Console

from flows.results.result import ImageReport, PlateResult
from flows.results.terminal import print_reports, print_result


def test_a_terminal_of_80_columns_shows_every_value_whole() -> None:
    report = ImageReport(
        well="B/03",
        image="1_illum_corr",
        outcome="registered",
        regions=16,
        smallest_shift="z -0.54, y -15.21, x -14.99 px (6.09 µm)",
        largest_shift="y +290, x -700 px (758 µm)",
        seconds=1234.5,
        bytes_written=123_456_789,
    )
    printed = io.StringIO()
    print_reports(Console(file=printed, width=80), [report])
    words = printed.getvalue().split()
    shifts = [*report.smallest_shift.split(), *report.largest_shift.split()]
    for word in ["B/03", "1_illum_corr", "registered", "16", "1234.5", "123", "MB", *shifts]:
        assert word in words


def test_how_the_plate_moved_is_told_line_by_line() -> None:
    told = ("acquisition 1: y 8.6, x -5.8 micrometers", "acquisition 1 is turned by 0.300")
    printed = io.StringIO()
    print_result(Console(file=printed, width=80), PlateResult(image_list_updates=[], movement=told))
    for line in told:
        assert f"Plate: {line}" in printed.getvalue()
