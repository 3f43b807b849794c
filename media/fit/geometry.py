"""Where a picture lands on its canvas: never larger than it was, sides even as 4:2:0 colour needs them."""

from __future__ import annotations

from dataclasses import dataclass

from media.fit.profile import Aspect, FitProfile

Size = tuple[int, int]
"""Width and height in pixels."""
SHAPE_TOLERANCE = 4
"""How many pixels of one side a picture of the wanted shape may be off."""


@dataclass(frozen=True, slots=True)
class Placement:
    """From the upright picture: make its pixels square, cut the middle out, scale that, and centre it on the canvas."""

    squared: Size
    cropped: Size
    scaled: Size
    canvas: Size

    @property
    def is_cropped(self) -> bool:
        """More is cut off than the odd row or column."""
        return self.squared[0] - self.cropped[0] > 1 or self.squared[1] - self.cropped[1] > 1

    @property
    def is_scaled(self) -> bool:
        """Pixels are merged."""
        return self.scaled != self.cropped

    @property
    def is_padded(self) -> bool:
        """The canvas shows more than the picture."""
        return self.canvas != self.scaled


def place(shown: Size, pixel_aspect: float, profile: FitProfile, aspect: Aspect) -> Placement:
    """The placement of a picture of `shown` pixels (after rotation) whose pixels are `pixel_aspect` wide."""
    squared = square(shown, pixel_aspect)
    fits_shape = aspect is Aspect.KEEP or has_shape(squared, profile.wanted_aspect)
    if fits_shape:
        cropped = even(squared)
        scaled = shrink(cropped, bounds(cropped, profile))
        return Placement(squared, cropped, scaled, scaled)
    if aspect is Aspect.CROP:
        cropped = window(squared, profile.wanted_aspect)
        scaled = shrink(cropped, bounds(cropped, profile))
        return Placement(squared, cropped, scaled, scaled)
    cropped = even(squared)
    scaled = shrink(cropped, frame(profile))
    return Placement(squared, cropped, scaled, canvas(scaled, profile.wanted_aspect, frame(profile)))


def square(shown: Size, pixel_aspect: float) -> Size:
    """The size with square pixels: one side shrinks, none grows."""
    width, height = shown
    if pixel_aspect >= 1:
        return width, max(1, round(height / pixel_aspect))
    return max(1, round(width * pixel_aspect)), height


def has_shape(size: Size, shape: Size) -> bool:
    """Whether the size has the shape, but for the few pixels that cutting, scaling and even sides may take."""
    (width, height), (across, down) = size, shape
    return (
        abs(width - height * across / down) < SHAPE_TOLERANCE or abs(height - width * down / across) < SHAPE_TOLERANCE
    )


def even(size: Size) -> Size:
    """Both sides even, at least 2, and no longer than they were."""
    return max(2, size[0] // 2 * 2), max(2, size[1] // 2 * 2)


def bounds(size: Size, profile: FitProfile) -> Size:
    """The longest sides that this picture may have, lying or standing."""
    long, short = profile.max_long_side, profile.max_short_side
    return (long, short) if size[0] > size[1] else (short, long)


def frame(profile: FitProfile) -> Size:
    """The largest canvas of the wanted shape."""
    limit = bounds(profile.wanted_aspect, profile)
    return window(limit, profile.wanted_aspect)


def window(size: Size, shape: Size) -> Size:
    """The largest window of the shape within the size."""
    (width, height), (across, down) = size, shape
    if width * down > height * across:
        width = round(height * across / down)
    else:
        height = round(width * down / across)
    return even((min(width, size[0]), min(height, size[1])))


def shrink(size: Size, limit: Size) -> Size:
    """The size scaled down into the limit, its shape kept; unchanged where it fits."""
    share = min(1.0, limit[0] / size[0], limit[1] / size[1])
    if share == 1.0:
        return size
    return even((min(round(size[0] * share), limit[0]), min(round(size[1] * share), limit[1])))


def canvas(picture: Size, shape: Size, limit: Size) -> Size:
    """The smallest canvas of the shape that holds the picture, within the limit."""
    (width, height), (across, down) = picture, shape
    if width * down > height * across:
        height = round_up_to_even(width * down / across)
    else:
        width = round_up_to_even(height * across / down)
    return min(width, limit[0]), min(height, limit[1])


def round_up_to_even(value: float) -> int:
    """The nearest even number that is not smaller, but for a hair."""
    return -int(-(value - 1e-6) // 2) * 2
