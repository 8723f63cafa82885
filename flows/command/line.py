"""The command `plate-registration`: run a flow without a server, print what came of it."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from pydantic import ValidationError
from rich.console import Console

from flows.command.options import HeldPlace, Verbose, reasons_of, with_options_of
from flows.command.server import prefect_ready_for
from flows.command.start import check_can_estimate, check_can_report, check_location
from flows.command.stop import stopped_within_seconds
from flows.parameters.of_flows import (
    ImageParameters,
    PlateParameters,
    RegisterPlateParameters,
    ReportParameters,
    WellParameters,
)
from flows.parameters.places import PlatePlace
from flows.results.left_out import only_left_out
from flows.results.result import RegistrationResult
from flows.results.terminal import (
    print_findings,
    print_left_out,
    print_movement,
    print_quality,
    print_reports,
    print_result,
    print_shifts,
)
from tasks.doctor.plate import examine_plate, repair_plate
from tasks.plan.errors import InvalidInputError, RegistrationError
from tasks.storage.paths import local_path
from tasks.storage.permission import permission_told

BAD_INPUT = 2
"""Exit code where what was asked cannot be done; nothing was written."""
FAILED = 1
"""Exit code where the run began and did not succeed."""
LEFT_OUT = 3
"""Exit code where all went well that was done, and something that was asked for was left out."""


app = App(
    name="plate-registration",
    help="Register the acquisitions of a multiplexed OME-Zarr plate to one of them.",
    suppress_keyboard_interrupt=False,
)


@app.command
def demo(
    folder: Annotated[
        Path,
        Parameter(help="Where the plate goes; a folder that the demo did not make is refused."),
    ] = Path("registration-demo"),
    *,
    verbose: Verbose = False,
) -> None:
    """Write a small raw plate, register it, and show its shifts beside the true ones."""
    check_can_estimate()
    with prefect_ready_for("flows.command.demo", verbose=verbose):
        from flows.command.demo import run_demo  # noqa: PLC0415 - Prefect reads the environment on import

        report = run_demo(folder)
    Console().print(str(report), soft_wrap=True, markup=False, highlight=False)


@app.command
@with_options_of(ImageParameters)
def image(parameters: ImageParameters, *, verbose: Verbose = False) -> int:
    """Register one image to the reference of its well."""
    check_location(parameters.zarr_url, "image")
    with prefect_ready_for("flows.image", verbose=verbose):
        from flows.image import (  # noqa: PLC0415 - Prefect reads the environment on import
            apply_registration_to_image,
        )

        result = apply_registration_to_image.of(parameters)
    print_result(Console(), result)
    return _ended(result)


@app.command
@with_options_of(WellParameters)
def well(parameters: WellParameters, *, verbose: Verbose = False) -> int:
    """Register the images of a well, the reference last."""
    check_location(parameters.well_url, "well")
    with prefect_ready_for("flows.well", verbose=verbose):
        from flows.well import (  # noqa: PLC0415 - Prefect reads the environment on import
            apply_registration_to_well,
        )

        result = apply_registration_to_well.of(parameters)
    print_result(Console(), result)
    return _ended(result)


@app.command
@with_options_of(PlateParameters)
def plate(parameters: PlateParameters, *, verbose: Verbose = False) -> int:
    """Register the wells of a plate. Run again, it continues where it stopped."""
    check_location(parameters.plate_url, "plate")
    with prefect_ready_for("flows.plate", verbose=verbose):
        from flows.plate import (  # noqa: PLC0415 - Prefect reads the environment on import
            apply_registration_to_plate,
        )

        result = apply_registration_to_plate.of(parameters)
    print_result(Console(), result)
    return _ended(result)


@app.command
@with_options_of(RegisterPlateParameters)
def register(parameters: RegisterPlateParameters, *, verbose: Verbose = False) -> int:
    """Estimate the shifts of a raw plate, find their consensus, and apply it."""
    check_location(parameters.plate_url, "plate")
    check_can_estimate()
    with prefect_ready_for("flows.register", verbose=verbose):
        from flows.register import (  # noqa: PLC0415 - Prefect reads the environment on import
            register_plate,
        )

        result = register_plate.of(parameters)
    stopped_after = parameters.stop_after
    print_shifts(Console(), result.shifts, doubtful=stopped_after is None)
    if stopped_after is None or parameters.dry_run:
        print_result(Console(), result)
    else:
        print_left_out(Console(), result.reports)
        print_movement(Console(), result.movement)
        Console().print(f"Stopped after {stopped_after}: no pixel was moved", highlight=False)
    return _ended(result)


@app.command
@with_options_of(PlatePlace)
def doctor(
    parameters: PlatePlace,
    *,
    repair: Annotated[
        bool,
        Parameter(help="Put right what needs no person's decision; else only look.", negative=()),
    ] = False,
) -> int:
    """Say what interrupted runs left in a plate, and what does not fit together in it.

    Ends with 0 where all is well, with 1 where something is wrong and was not repaired.
    """
    path = local_path(parameters.plate_url)
    done = repair_plate(path) if repair else ()
    found = examine_plate(path)
    print_findings(Console(), done, found)
    return FAILED if any(finding.is_wrong for finding in found) else 0


@app.command
@with_options_of(ReportParameters)
def report(
    parameters: ReportParameters,
    *,
    open_it: Annotated[
        bool, Parameter(name="--open", help="Open the report in the browser.", negative=())
    ] = False,
) -> None:
    """Write the report of a plate from what its images say; what they do not say is measured.

    Nothing is registered, and nothing in the plate is changed. Of a raw plate it says how far its
    acquisitions are apart.
    """
    check_location(parameters.plate_url, "plate")
    check_can_report()
    from flows.command.report import make_report  # noqa: PLC0415 - loads what help does not need

    quality = make_report(parameters)
    print_quality(Console(), quality)
    if open_it and quality.page is not None:
        webbrowser.open(Path(quality.page).as_uri())


@app.command
def accept(place: HeldPlace) -> None:
    """Put results that were held back in the place of their originals."""
    from flows.command.held import accept_all  # noqa: PLC0415 - loads what help does not need

    for message in accept_all(place):
        Console().print(message, soft_wrap=True, markup=False, highlight=False)


@app.command
def discard(place: HeldPlace) -> None:
    """Remove results that were held back; the originals stay."""
    from flows.command.held import discard_all  # noqa: PLC0415 - loads what help does not need

    for message in discard_all(place):
        Console().print(message, soft_wrap=True, markup=False, highlight=False)


@app.command
def config() -> None:
    """Print the defaults and settings in force here, and where each comes from."""
    from flows.command.config import lines_of_config  # noqa: PLC0415 - loads what help does not need

    for line in lines_of_config():
        Console().print(line, soft_wrap=True, markup=False, highlight=False)


@app.command(name="deploy")
def deploy_flows(
    *,
    prefect_file: Annotated[
        Path, Parameter(help="The file that describes the deployments.")
    ] = Path("prefect.yaml"),
    as_shipped: Annotated[
        bool, Parameter(help="Set back what was set on the server.", negative=())
    ] = False,
    watch: Annotated[
        tuple[str, ...],
        Parameter(
            help="Folder in which plates arrive: register them by themselves from now on.",
            negative_iterable=(),
        ),
    ] = (),
    wavelength_id: Annotated[
        str | None, Parameter(help="The stain to compare new plates by, such as A01_C01.")
    ] = None,
    notify: Annotated[
        str | None,
        Parameter(
            help="Block that word of failed runs and failed quality is sent by, such as "
            "slack-webhook/operators."
        ),
    ] = None,
) -> None:
    """Tell a server of all flows; parameters, limits and schedules that were set there stay."""
    from flows.command.deploy import deploy_all  # noqa: PLC0415 - loads what help does not need

    for message in deploy_all(
        prefect_file,
        as_shipped=as_shipped,
        watch=watch,
        wavelength_id=wavelength_id,
        notify=notify,
    ):
        Console().print(message, soft_wrap=True, markup=False, highlight=False)


def main() -> None:
    """Run the command line; one line on stderr and a non-zero exit code where something is wrong.

    What is wrong with the input or the disk is told in one line. Anything else is a defect of ours
    and keeps its traceback.
    """
    with stopped_within_seconds():
        sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command with its arguments and return its exit code; print why it failed."""
    try:
        code = app(
            list(arguments), exit_on_error=False, print_error=False, result_action="return_value"
        )
    except (InvalidInputError, CycloptsError) as error:
        return _refuse(str(error), BAD_INPUT)
    except ValidationError as error:
        return _refuse(reasons_of(error), BAD_INPUT)
    except PermissionError as error:
        return _refuse(permission_told(error), FAILED)
    except (RegistrationError, OSError) as error:
        print_reports(Console(), getattr(error, "reports", ()))
        return _refuse(str(error), FAILED)
    return code if isinstance(code, int) else 0


def _ended(result: RegistrationResult) -> int:
    return LEFT_OUT if only_left_out(result.reports) else 0


def _refuse(reason: str, code: int) -> int:
    sys.stderr.write(f"plate-registration: {' '.join(reason.split())}\n")
    return code
