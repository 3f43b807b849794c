"""A plan's picture as ffmpeg's filter graph."""

from __future__ import annotations

from collections.abc import Iterator

from media.fit.plan import PicturePlan
from media.fit.profile import Aspect

BLUR_SHRINK = 8
"""The background is blurred at an eighth of its size: 64 times less work, and nobody sees the difference."""
_TO_SDR = (
    "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,"
    "zscale=t=bt709:m=bt709:r=limited"
)


def picture_graph(picture: PicturePlan) -> str:
    """The graph from [0:V:0], which ffmpeg has turned upright, to [v]: constant rate, placed, in 8-bit BT.709."""
    return f"[0:V:0]{','.join(_upright_chain(picture))}{_on_canvas(picture)},setsar=1[v]"


def _upright_chain(picture: PicturePlan) -> Iterator[str]:
    place = picture.placement
    if picture.deinterlace:
        yield "bwdif=mode=send_frame"
    # start_time=0 fills a picture that starts late, so that the sound stays where it was.
    yield f"fps=fps={picture.fps}:start_time=0"
    if place.is_cropped:
        yield f"scale={place.squared[0]}:{place.squared[1]},setsar=1"
        yield f"crop={place.cropped[0]}:{place.cropped[1]}"
    colours = "" if picture.tonemap else f":in_color_matrix={picture.matrix}:out_color_matrix=bt709:out_range=tv"
    yield f"scale={place.scaled[0]}:{place.scaled[1]}:flags=lanczos{colours},setsar=1"
    if picture.tonemap:
        yield _TO_SDR
    yield "format=yuv420p,setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"


def _on_canvas(picture: PicturePlan) -> str:
    place = picture.placement
    if not place.is_padded:
        return ""
    width, height = place.canvas
    # Even corners: 4:2:0 colour knows no odd ones.
    across, down = (width - place.scaled[0]) // 4 * 2, (height - place.scaled[1]) // 4 * 2
    if picture.background is not Aspect.PAD_BLUR:
        return f",pad={width}:{height}:{across}:{down}:color=black"
    small = f"{max(2, width // BLUR_SHRINK)}:{max(2, height // BLUR_SHRINK)}"
    blurred = f"scale={small}:force_original_aspect_ratio=increase,crop={small},gblur=sigma=3"
    back = f"[behind]{blurred},scale={width}:{height}:flags=bicubic,setsar=1[back]"
    return f",split[front][behind];{back};[back][front]overlay={across}:{down}"
