"""The report by command: what a plate's images say, and what has to be measured for it."""

from __future__ import annotations

from flows.parameters.of_flows import ReportParameters
from flows.results.result import QualityReport
from tasks.plan.errors import InvalidInputError
from tasks.report.assess import no_pictures_told
from tasks.report.folder import report_folder
from tasks.report.measure_plate import Question, measure_plate
from tasks.report.summary import MOST_TOLD, summary_of, worst_of
from tasks.report.write_report import write_report
from tasks.storage.paths import local_path
from tasks.storage.well_entries import read_wells


def make_report(parameters: ReportParameters) -> QualityReport:
    """Write a plate's report, and return what it says in short.

    Raises:
        InvalidInputError: The path is no plate, or the folder of the report cannot be made.
        OSError: The report cannot be written.
    """
    plate = local_path(parameters.plate_url)
    folder = report_folder(plate, parameters.report_path)
    wells = read_wells(plate)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInputError(f"{plate}: {no_pictures_told(folder, error)}") from error
    question = Question(
        reference_acquisition=parameters.reference_acquisition,
        registered_roi_table=parameters.registered_roi_table,
        input_roi_table=parameters.input_roi_table,
    )
    regions = list(measure_plate(plate, question, parameters, folder))
    page = write_report(plate.name, wells, regions, folder)
    return QualityReport(
        summary=summary_of(regions),
        worst=tuple(worst_of(regions, MOST_TOLD)),
        page=str(page),
    )
