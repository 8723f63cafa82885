"""Read what an image's or a label's metadata says, whatever version of NGFF and writer made it.

ngio reads what follows its own rules. Other writers name axes in capitals, leave out sizes, units
or channels, or follow a newer version: where the meaning is plain it is read, where not it is
refused. Nothing of it is written back.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

from tasks.plan.errors import InvalidInputError
from tasks.plan.window import Frozen
from tasks.storage.attributes import Attributes, ngff_metadata, read_attributes
from tasks.survey.pixel_sizes import Axis, Doubt, pixel_sizes

_AXES = "tczyx"
_NAMES = {"time": "t", "channel": "c"}
"""Axes that have one meaning whatever they are called, by their type."""


class Channel(Frozen):
    """What an image calls one of its channels; empty where it does not."""

    label: str
    wavelength: str
    """Wavelength identifier; the label where there is none, as in ngio."""


class Multiscale(Frozen):
    """The metadata of one multiscale image or label."""

    axes: tuple[str, ...]
    """Of t, c, z, y, x, in the arrays' order."""
    levels: tuple[str, ...]
    """Paths of the arrays below the image or label, finest first."""
    pixel_sizes: tuple[tuple[float, ...], ...]
    """Per level and axis: micrometers, seconds for t, 1 for c."""
    channels: tuple[Channel, ...]
    """Empty where the metadata names none."""
    doubts: tuple[str, ...]
    """What had to be assumed, for a person to know."""
    assumed: bool
    """Whether the size of a pixel along z, y or x is among that."""


def read_multiscale(node: Path) -> Multiscale:
    """Return the metadata of an image or label; no array is opened.

    Args:
        node: Root folder of the image or label.

    Raises:
        InvalidInputError: It has no multiscale image, several ones, axes or transformations whose
            meaning is not plain, or a pixel of no size.
        FileNotFoundError: There is no zarr group in this folder.
    """
    metadata = ngff_metadata(read_attributes(node))
    scales = _only(node, metadata)
    datasets = [each for each in _objects(scales.get("datasets")) if each.get("path")]
    if not datasets:
        raise InvalidInputError(
            f"{node}: its metadata lists no pyramid level; was it written completely? Convert the "
            "image again"
        )
    axes = tuple(_axes(node, scales, datasets[0]))
    doubt = Doubt()
    # From 0.6 on these lead from the image's own coordinates to other ones.
    common = None if "coordinateSystems" in scales else scales.get("coordinateTransformations")
    sizes = tuple(
        pixel_sizes(node, axes, [dataset.get("coordinateTransformations"), common], doubt)
        for dataset in datasets
    )
    return Multiscale(
        axes=tuple(axis.name for axis in axes),
        levels=tuple(str(dataset["path"]).strip("/") for dataset in datasets),
        pixel_sizes=sizes,
        channels=tuple(_channels(metadata)),
        doubts=doubt.told(node),
        assumed=doubt.of_space,
    )


def _only(node: Path, metadata: Attributes) -> Attributes:
    found = list(_objects(metadata.get("multiscales")))
    if not found:
        raise InvalidInputError(
            f"{node}: its metadata describes no multiscale image. Give the path of one image, such "
            "as plate.zarr/B/03/1, or convert it again"
        )
    first, *others = found
    arrays = [{str(d.get("path")) for d in _objects(each.get("datasets"))} for each in found]
    if any(not there <= arrays[0] for there in arrays[1:]):
        names = ", ".join(f"'{each.get('name', n)}'" for n, each in enumerate([first, *others]))
        raise InvalidInputError(
            f"{node}: its metadata describes {len(found)} multiscale images ({names}), and only "
            "one can be moved: the pixels of the others would stay behind. Make each an image of "
            "its own in the well, or take all but one from the list 'multiscales'"
        )
    return first


def _axes(node: Path, scales: Attributes, dataset: Attributes) -> Iterator[Axis]:
    listed = _listed_axes(scales, dataset)
    if listed is None:
        # Up to version 0.2 every image had these five.
        listed = list(_AXES)
    names: set[str] = set()
    for entry in listed:
        described = entry if isinstance(entry, dict) else {"name": entry}
        name, kind = str(described.get("name")), str(described.get("type", "")).lower()
        known = name.lower() if name.lower() in _AXES else _NAMES.get(kind, "")
        if not known or known in names:
            raise InvalidInputError(
                f"{node}: its axis '{name}' is none of t, c, z, y and x, or there twice; correct "
                "the axes in its metadata, or convert the image to these axes"
            )
        names.add(known)
        unit = described.get("unit")
        yield Axis(name=known, unit=unit if isinstance(unit, str) else None)
    if not {"y", "x"} <= names:
        raise InvalidInputError(
            f"{node}: its metadata names the axes {', '.join(sorted(names)) or 'none'}; an image "
            "has at least y and x. Correct the axes in its metadata"
        )


def _listed_axes(scales: Attributes, dataset: Attributes) -> list[JsonValue] | None:
    """Return the axes as they are listed, of version 0.6 those that the levels are placed in."""
    listed = scales.get("axes")
    if isinstance(listed, list):
        return listed
    systems = list(_objects(scales.get("coordinateSystems")))
    leads_to = {
        str(output.get("name") if isinstance(output, dict) else output)
        for transformation in _objects(dataset.get("coordinateTransformations"))
        if (output := transformation.get("output")) is not None
    }
    placed = [system for system in systems if system.get("name") in leads_to] or systems
    found = placed[0].get("axes") if placed else None
    return found if isinstance(found, list) else None


def _channels(metadata: Attributes) -> Iterator[Channel]:
    omero = metadata.get("omero")
    for channel in _objects(omero.get("channels") if isinstance(omero, dict) else None):
        label = str(channel.get("label") or "")
        yield Channel(label=label, wavelength=str(channel.get("wavelength_id") or label))


def _objects(value: JsonValue) -> Iterator[Attributes]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))
