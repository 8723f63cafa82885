"""Images as other programs describe them: the pixels of one plate under other metadata."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Metadata = dict[str, Any]


def read_metadata(node: Path) -> Metadata:
    """Return the NGFF metadata of a group, of either zarr format."""
    file = _file(node)
    content: Metadata = json.loads(file.read_text())
    return content if file.name == ".zattrs" else content["attributes"]["ome"]


def change_metadata(node: Path, change: Callable[[Metadata], None]) -> None:
    """Change the NGFF metadata of a group where it lies."""
    file = _file(node)
    content: Metadata = json.loads(file.read_text())
    change(content if file.name == ".zattrs" else content["attributes"]["ome"])
    file.write_text(json.dumps(content, indent=2))


def scaled_by(factor: float) -> Callable[[Metadata], None]:
    """Return a change that multiplies all sizes in space."""

    def change(metadata: Metadata) -> None:
        scales = metadata["multiscales"][0]
        space = [axis["type"] == "space" for axis in scales["axes"]]
        for dataset in scales["datasets"]:
            for transformation in dataset["coordinateTransformations"]:
                if transformation["type"] == "scale":
                    transformation["scale"] = [
                        size * factor if is_space else size
                        for size, is_space in zip(transformation["scale"], space, strict=True)
                    ]

    return change


def in_unit(unit: str | None, factor: float = 1.0) -> Callable[[Metadata], None]:
    """Return a change to another unit of length, in which all sizes are larger by a factor."""

    def change(metadata: Metadata) -> None:
        scaled_by(factor)(metadata)
        for axis in metadata["multiscales"][0]["axes"]:
            axis.pop("unit", None)
            if axis["type"] == "space" and unit is not None:
                axis["unit"] = unit

    return change


def upper_case(metadata: Metadata) -> None:
    """Name the axes in capitals, as iohub does."""
    for axis in metadata["multiscales"][0]["axes"]:
        axis["name"] = axis["name"].upper()


def by_words(metadata: Metadata) -> None:
    """Give channels and times other names; their type says what they are."""
    for axis in metadata["multiscales"][0]["axes"]:
        axis["name"] = {"c": "Channel", "t": "time"}.get(axis["name"], axis["name"])


def size_for_all_levels(metadata: Metadata) -> None:
    """Put the size of the finest pixel into the transformation that all levels share."""
    scales = metadata["multiscales"][0]
    finest = scales["datasets"][0]["coordinateTransformations"][0]["scale"]
    for dataset in scales["datasets"]:
        (transformation, *_) = dataset["coordinateTransformations"]
        dataset["coordinateTransformations"] = [
            {
                "type": "scale",
                "scale": [a / b for a, b in zip(transformation["scale"], finest, strict=True)],
            }
        ]
    scales["datasets"][0]["coordinateTransformations"] = [{"type": "identity"}]
    scales["coordinateTransformations"] = [{"type": "scale", "scale": finest}]


def version_06(metadata: Metadata) -> None:
    """Describe the same as version 0.6 does, with another coordinate system beside its own."""
    metadata["version"] = "0.6"
    for scales in metadata["multiscales"]:
        scales.pop("version", None)
        axes = scales.pop("axes")
        ones = [1.0] * len(axes)
        scales["coordinateSystems"] = [
            {"name": "stage", "axes": [{**a, "unit": "meter"} for a in axes]},
            {"name": "intrinsic", "axes": axes},
        ]
        for dataset in scales["datasets"]:
            (scale, *_) = dataset["coordinateTransformations"]
            dataset["coordinateTransformations"] = [
                {
                    "type": "sequence",
                    "input": {"path": dataset["path"]},
                    "output": {"name": "intrinsic"},
                    "transformations": [scale, {"type": "translation", "translation": ones}],
                }
            ]
        scales["coordinateTransformations"] = [
            {
                "type": "scale",
                "scale": [10.0] * len(axes),
                "input": {"name": "intrinsic"},
                "output": {"name": "stage"},
            }
        ]


def listed_twice(metadata: Metadata) -> None:
    """List the same arrays as a second multiscale image, without the finest."""
    (first,) = metadata["multiscales"]
    metadata["multiscales"].append(
        {**first, "name": "thumbnail", "datasets": first["datasets"][1:]}
    )


def placed(
    source: npt.NDArray[Any],
    taken: tuple[slice, ...],
    put: tuple[slice, ...],
) -> npt.NDArray[Any]:
    """Return zeros with a part of the source put somewhere: what a registration should give."""
    expected = np.zeros_like(source)
    expected[(..., *put)] = source[(..., *taken)]
    return expected


def _file(node: Path) -> Path:
    file = node / ".zattrs"
    return file if file.is_file() else node / "zarr.json"
