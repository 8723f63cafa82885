"""Turn what a person typed into an absolute local path, and keep names inside their folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tasks.plan.errors import InvalidInputError, UnsupportedStoreError

# One slash is enough: `Path` makes `s3:/bucket` of `s3://bucket`.
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.:-]+?):/")
_THIS_HOST = ("", "localhost")


def local_path(url: str | Path) -> Path:
    """Return the absolute path of a plain path or `file://` URL; symbolic links are kept.

    A relative path starts at the current folder, `~` is the home folder, a trailing slash is
    ignored, and a `file://` URL is percent-decoded. Nothing needs to exist there. Spaces and line
    ends around it came with it from where it was copied, unless a folder is called so.

    Raises:
        InvalidInputError: If the text is empty or holds a NUL character.
        UnsupportedStoreError: If the URL's scheme is not `file`, or names another host.
    """
    text = str(url)
    if not text.strip() or "\0" in text:
        raise InvalidInputError(
            f"{text!r} is not a path; give the folder of an image, a well or a plate"
        )
    if text != text.strip() and not os.path.lexists(text):
        text = text.strip()
    found = _SCHEME.match(text)
    path = Path(text) if found is None else _path_of_url(text, found["scheme"].lower())
    try:
        path = path.expanduser().absolute()
    except RuntimeError as error:
        raise InvalidInputError(f"{text}: {error}; write the folder in full") from error
    # Only the file system knows where `link/..` leads.
    return path.resolve() if ".." in path.parts else path


def safe_name(name: str, what: str) -> str:
    """Return the name unchanged if it names something directly inside its folder.

    Args:
        name: Name from metadata or from a person, such as `0`, `nuclei` or `FOV_ROI_table`.
        what: What it names, for the message: `image`, `label`, `table`.

    Raises:
        InvalidInputError: If the name is empty, absolute, leads to another folder (`..`, `/`,
            a backslash, which zarr reads as `/`), begins with a dot as hidden folders do, or
            holds a control character.
    """
    if (
        not name
        or name.startswith(".")
        or any(c in "/\\" or not c.isprintable() for c in name)
        or len(name.encode()) > 200  # noqa: PLR2004 - leaves room for our suffixes in 255 bytes
    ):
        raise InvalidInputError(
            f"{what} name {name!r} is not allowed: it must name something directly inside its "
            "folder, without '/', '\\', control characters or a leading dot, in at most 200 "
            f"bytes. Correct the metadata that lists this {what}"
        )
    return name


def is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path lies below a folder once all symbolic links are followed."""
    below = path.parts[len(folder.parts) :]
    if path.is_relative_to(folder) and ".." not in below:
        # Only a link leads out of there; to ask each part costs a fifth of following all.
        at = os.fspath(folder)
        for part in below:
            at = os.path.join(at, part)  # noqa: PTH118 - a `Path` for each costs more than asking
            if os.path.islink(at):  # noqa: PTH114
                break
        else:
            return True
    return path.resolve().is_relative_to(folder.resolve())


def require_inside(path: Path, folder: Path) -> None:
    """Check that no symbolic link leads from a path below a folder out of that folder.

    Raises:
        InvalidInputError: If one does: what is there is not this plate's.
    """
    if not is_inside(path, folder):
        raise InvalidInputError(
            f"{path} is, or lies below, a symbolic link to {path.resolve()}, which is outside "
            f"{folder}; put the folder itself in the link's place and run again"
        )


def require_level_inside(image: Path, level: str) -> None:
    """Check that a pyramid level, as metadata names it, is an image's own.

    Raises:
        InvalidInputError: If its name or a symbolic link leads out of the image.
    """
    if ".." in Path(level).parts:
        raise InvalidInputError(
            f"{image}: its metadata names the pyramid level '{level}', which lies outside the "
            "image; correct the metadata"
        )
    require_inside(image / level, image)


def _path_of_url(text: str, scheme: str) -> Path:
    if scheme != "file":
        raise UnsupportedStoreError(
            f"{text} is on a '{scheme}' store; remote stores are not supported yet. Supported are "
            "file systems: a plain path or a file:// URL. Copy the plate to a disk, or mount it"
        )
    parts = urlsplit(text)
    if parts.netloc not in _THIS_HOST:
        raise UnsupportedStoreError(
            f"{text} names the host '{parts.netloc}'; only this machine's files can be opened. "
            "Write file:///path with three slashes, or mount the other host's disk"
        )
    # A '?' or '#' that somebody did not encode is part of a file's name, not a query.
    rest = text.split(":", 1)[1].removeprefix("//").removeprefix(parts.netloc)
    return Path(unquote(rest))
