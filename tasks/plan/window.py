"""Boxes of whole pixels, and pairs of them: where pixels are read and where they land."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

LARGEST_FRACTION = 0.5
"""Pixels: more than half a pixel is left by no rounding."""


Interpolation = Literal["none", "linear", "cubic"]
"""How pixels move by fractions of a pixel; `none`: by whole pixels only."""


class Frozen(BaseModel):
    """A model that cannot change once made and accepts no unknown field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(Frozen):
    """A box of whole pixels, one half-open interval per array axis, in the array's axis order.

    Coordinates may lie outside an array (a region over the image's edge) until the window is
    clipped to it.
    """

    start: tuple[int, ...]
    stop: tuple[int, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if len(self.start) != len(self.stop):
            msg = f"a window needs one stop per start, got {self.start} and {self.stop}"
            raise ValueError(msg)
        if any(b < a for a, b in zip(self.start, self.stop, strict=True)):
            raise ValueError(f"a window cannot stop before it starts: {self.start} to {self.stop}")
        return self

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Self:
        """Return the window that covers an array of this shape."""
        return cls(start=(0,) * len(shape), stop=shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""
        return tuple(b - a for a, b in zip(self.start, self.stop, strict=True))

    @property
    def slices(self) -> tuple[slice, ...]:
        """Slices that select this window from an array."""
        return tuple(slice(a, b) for a, b in zip(self.start, self.stop, strict=True))

    @property
    def is_empty(self) -> bool:
        """Whether the window holds no pixel."""
        return 0 in self.shape

    def moved_by(self, offset: tuple[int, ...]) -> Self:
        """Return the window moved by an offset in pixels."""
        return type(self)(
            start=tuple(a + d for a, d in zip(self.start, offset, strict=True)),
            stop=tuple(b + d for b, d in zip(self.stop, offset, strict=True)),
        )

    def clipped_to(self, other: Window) -> Self:
        """Return the part inside another window; empty, at its edge, where they do not meet."""
        start = tuple(
            min(max(a, low), high)
            for a, low, high in zip(self.start, other.start, other.stop, strict=True)
        )
        stop = tuple(
            max(first, min(b, high))
            for b, first, high in zip(self.stop, start, other.stop, strict=True)
        )
        return type(self)(start=start, stop=stop)

    def enclosing(self, other: Window) -> Self:
        """Return the smallest window that holds this one and another."""
        return type(self)(
            start=tuple(min(pair) for pair in zip(self.start, other.start, strict=True)),
            stop=tuple(max(pair) for pair in zip(self.stop, other.stop, strict=True)),
        )


class Shift(Frozen):
    """One region's move: the pixels of `source` are copied to `target`, a window of equal shape."""

    region: str
    source: Window
    target: Window
    fraction: tuple[float, ...] = ()
    """Pixels per axis by which the region moves beyond `offset`: the rest that rounding left, of
    half a pixel at most. Empty where it moves by whole pixels only."""

    @model_validator(mode="after")
    def _same_shape(self) -> Self:
        if self.source.shape != self.target.shape:
            msg = (
                f"region '{self.region}' reads {self.source.shape} pixels "
                f"but writes {self.target.shape}; the two windows must have one shape"
            )
            raise ValueError(msg)
        axes = len(self.source.shape)
        if self.fraction and (
            len(self.fraction) != axes or any(abs(f) > LARGEST_FRACTION for f in self.fraction)
        ):
            msg = (
                f"region '{self.region}' moves by fractions {self.fraction} of a pixel; "
                f"there must be one for each of its {axes} axes, none larger than a half"
            )
            raise ValueError(msg)
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave the fraction out where there is none, as plans did before there were any."""
        dumped: dict[str, Any] = serialize(self)
        if not self.fraction:
            dumped.pop("fraction", None)
        return dumped

    @property
    def offset(self) -> tuple[int, ...]:
        """Whole pixels from where the region is read to where it is written, per axis."""
        return tuple(t - s for s, t in zip(self.source.start, self.target.start, strict=True))

    @property
    def move(self) -> tuple[float, ...]:
        """Pixels by which the region moves, per axis: whole ones and the fraction."""
        if not self.fraction:
            return self.offset
        return tuple(whole + rest for whole, rest in zip(self.offset, self.fraction, strict=True))

    @property
    def is_whole(self) -> bool:
        """Whether the region moves by whole pixels only."""
        return not any(self.fraction)

    @property
    def is_identity(self) -> bool:
        """Whether the region is written where it was read, as it was read."""
        return not any(self.move)

    def clipped_to(self, source_shape: tuple[int, ...], target_shape: tuple[int, ...]) -> Self:
        """Return the part that lies inside both images; both windows are cut together."""
        source = self.source.clipped_to(Window.whole(source_shape))
        landed = source.moved_by(self.offset)
        target = landed.clipped_to(Window.whole(target_shape))
        kept = target.moved_by(tuple(-d for d in self.offset))
        return self.model_copy(update={"source": kept, "target": target})

    def read_within(self, window: Window) -> Self:
        """Return the part that is read inside a window; the target is cut with it."""
        source = self.source.clipped_to(window)
        return self.model_copy(update={"source": source, "target": source.moved_by(self.offset)})
