"""What the separate and the final drizzle have in common, declared once: kernels, weights, flags, frames."""

from core.params.model import Kind, Param
from core.params.when import Condition

BITS_HELP = (
    "Write a sum (96), a list (64,32), 0 to trust no flagged pixel, or None to ignore the DQ array; ~ in "
    "front lists the bad flags instead."
)

KERNELS = {
    "square": "The pixel as the square that it is, with its true shape on the sky: exact, conserves flux.",
    "turbo": "The same with its edges kept parallel to the output: quicker, nearly as good at small distortion.",
    "point": "The whole value goes into one output pixel: the sharpest, but it leaves holes.",
    "gaussian": "A round Gaussian spot: smooth, but it does not conserve flux exactly.",
    "tophat": "A round disc of even weight; drizzlepac takes it from a file only.",
    "lanczos3": "An interpolation over three pixels: fine for well sampled images at pixfrac 1; it rings around "
    "bad pixels and does not conserve flux exactly.",
}


def kernel(name: str, default: str, order: tuple[str, ...], text: str) -> Param:
    return Param(
        name,
        Kind.CHOICE,
        default,
        "Kernel",
        text,
        choices={choice: KERNELS[choice] for choice in order},
        level="basic",
    )


def weight_scale(name: str, text: str, when: tuple[Condition, ...] = ()) -> Param:
    return Param(
        name,
        Kind.STR,
        "exptime",
        "Scale of the weights",
        "exptime leaves the weights as they are, expsq multiplies them by the exposure time, a number by "
        "itself. " + text,
        semantic="weight-scale",
        smaller="A smaller number lessens all weights alike; against each other they stay.",
        larger="A larger number raises all weights alike; against each other they stay.",
        when=when,
    )


def pixfrac(name: str, text: str, smaller: str, level: str) -> Param:
    return Param(
        name,
        Kind.FLOAT,
        1.0,
        "Drop size (pixfrac)",
        text,
        unit="input pixels",
        smaller=smaller,
        larger="Stars are a little wider, and the noise of neighbouring pixels goes together.",
        lo=0,
        hi=1,
        level=level,
    )


def bits(name: str, label: str, text: str, default: str = "0") -> Param:
    return Param(
        name,
        Kind.STR,
        default,
        label,
        f"{text} {BITS_HELP}",
        unit="DQ bits",
        semantic="dq-bits",
        smaller="With too few good flags, depth is lost and holes may stay where all exposures are flagged.",
        larger="With too many good flags, artefacts come into the image.",
        level="basic",
    )


def frame(prefix: str, image: str) -> tuple[Param, ...]:
    """The nine parameters of a frame given by hand; `prefix` "driz_sep" or "final", `image` what is laid on it."""
    return (*_frame_scale(prefix, image), *_frame_place(prefix))


def _frame_scale(prefix: str, image: str) -> tuple[Param, ...]:
    return (
        Param(
            f"{prefix}_refimage",
            Kind.STR,
            "",
            "Frame of this image",
            f"An image, with [extension] if needed, whose frame and size are taken for {image}. What else is given "
            "in this section then changes that frame. The way to lay several products on the same pixels.",
            semantic="filename",
            level="basic",
        ),
        Param(
            f"{prefix}_rot",
            Kind.FLOAT_OR_NONE,
            None,
            "Orientation",
            "Position angle of the y axis, from north through east. 0 puts north up; None keeps the "
            "orientation of the detector, which gives the smallest image.",
            unit="degrees",
            smaller="North lies further to the left than wanted.",
            larger="North lies further to the right than wanted.",
            level="basic",
        ),
        Param(
            f"{prefix}_scale",
            Kind.FLOAT_OR_NONE,
            None,
            "Pixel scale",
            "Size of an output pixel. The smaller, the better stars are sampled and the less data each "
            "pixel gets: halve it only with well dithered exposures. None takes the scale of the first "
            "exposure.",
            unit="arcsec/pixel",
            smaller="Pixels without data appear, and the image and its files grow with the square.",
            larger="Stars fall into few pixels, and their shape is lost.",
            lo=0,
            above=True,
            level="basic",
        ),
        Param(
            f"{prefix}_outnx",
            Kind.INT_OR_NONE,
            None,
            "Width",
            f"Number of columns of the image. Only together with {prefix}_outny. None takes what the exposures need.",
            unit="pixels",
            smaller="Data at the rim is cut off.",
            larger="The image gets an empty rim.",
            lo=1,
        ),
        Param(
            f"{prefix}_outny",
            Kind.INT_OR_NONE,
            None,
            "Height",
            f"Number of rows of the image. Only together with {prefix}_outnx. None takes what the exposures need.",
            unit="pixels",
            smaller="Data at the rim is cut off.",
            larger="The image gets an empty rim.",
            lo=1,
        ),
    )


def _frame_place(prefix: str) -> tuple[Param, ...]:
    return (
        Param(
            f"{prefix}_ra",
            Kind.FLOAT_OR_NONE,
            None,
            "Right ascension",
            f"Right ascension of the reference pixel. Only together with {prefix}_dec. It moves the frame with its "
            "size, so give the size as well, or data may fall outside.",
            unit="degrees",
            smaller="The frame lies too far west, and data falls outside.",
            larger="The frame lies too far east, and data falls outside.",
            lo=0,
            hi=360,
        ),
        Param(
            f"{prefix}_dec",
            Kind.FLOAT_OR_NONE,
            None,
            "Declination",
            f"Declination of the reference pixel. Only together with {prefix}_ra. It moves the frame with its size, "
            "so give the size as well, or data may fall outside.",
            unit="degrees",
            smaller="The frame lies too far south, and data falls outside.",
            larger="The frame lies too far north, and data falls outside.",
            lo=-90,
            hi=90,
        ),
        Param(
            f"{prefix}_crpix1",
            Kind.FLOAT_OR_NONE,
            None,
            "Reference pixel in x",
            f"Column of the pixel that lies at {prefix}_ra and {prefix}_dec, counted from 1. Only together with "
            f"{prefix}_crpix2. None takes the middle of the image when its size is given.",
            unit="pixels",
            smaller="The sky lies too far left on the image, and data falls outside.",
            larger="The sky lies too far right on the image, and data falls outside.",
        ),
        Param(
            f"{prefix}_crpix2",
            Kind.FLOAT_OR_NONE,
            None,
            "Reference pixel in y",
            f"Row of the pixel that lies at {prefix}_ra and {prefix}_dec, counted from 1. Only together with "
            f"{prefix}_crpix1. None takes the middle of the image when its size is given.",
            unit="pixels",
            smaller="The sky lies too low on the image, and data falls outside.",
            larger="The sky lies too high on the image, and data falls outside.",
        ),
    )
