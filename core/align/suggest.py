"""What may help, as new values of parameters that a button can set."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot, isfinite

from core.align.match import twin_reach
from core.align.results import ImageResult, Suggestion
from core.align.settings import FindParams, FitParams, MatchParams

LEAST_MATCHES = 6  # fewer than this are never suggested to be enough
FINER = {"shift": "rscale", "rscale": "general"}


@dataclass(frozen=True)
class Advisor:
    """Knows the parameters of a run; `scale` of the frame in arcsec a pixel."""

    find: FindParams
    matching: MatchParams
    fitting: FitParams
    scale: float

    def suggestions(self, kinds: tuple[str, ...], image: ImageResult) -> tuple[Suggestion, ...]:
        """What may help against these kinds of reasons (`Verdict.kind`), each change once."""
        found: list[Suggestion] = []
        for kind in kinds:
            for one in self._against(kind, image):
                if one is not None and one.changes not in [other.changes for other in found]:
                    found.append(one)
        return tuple(found)

    def _against(self, kind: str, image: ImageResult) -> list[Suggestion | None]:
        n_matches = 0 if image.matches is None else len(image.matches)
        n_sources = 0 if image.sources is None else len(image.sources)
        against: dict[str, list[Suggestion | None]] = {
            "sources": [self.deeper(), self.fewer(n_sources)],
            "no pairs": [self.wider(2.0)],
            "no peak": [self.wider(2.0), self.deeper()],
            "edge": [self.wider(1.5)],
            "beyond": [self.reaching(image)],
            "ambiguous": [self.narrower(image)],
            "matches": [self.tolerant(2.0), self.deeper(), self.fewer(n_matches)],
            "chance": [self.tolerant(0.5), self.shallower(), self.histogram()],
            "geometry": [self.geometry("shift")],
            "implausible": [self.geometry("shift"), self.tolerant(0.5)],
            "few": [self.deeper(), self.tolerant(1.5)],
            "twice": [self.once()],
            "stuck": [self.unflagged(), self.shallower()],
            "scatter": [self.tolerant(0.5), self.unsaturated(image)],
            "clipped": [self.unsaturated(image), self.shallower()],
            "peak": [self.deeper(), self.narrower(image)],
            "trend": [self.geometry(FINER.get(self.fitting.fitgeometry, ""))],
            "uncertain": [self.deeper(), self.geometry("shift")],
        }
        return against.get(kind, [])

    def wider(self, factor: float) -> Suggestion | None:
        return self._radius(self.matching.searchrad * factor, "Search wider")

    def reaching(self, image: ImageResult) -> Suggestion | None:
        """A search radius that holds the offset that the pattern of the stars gave."""
        if image.offset is None:
            return None
        pixels = 1.2 * hypot(image.offset.x, image.offset.y) + 2.0
        in_arcsec = self.matching.searchunits == "arcseconds"
        return self._radius(pixels * self.scale if in_arcsec else pixels, "Search as far as the stars say")

    def narrower(self, image: ImageResult) -> Suggestion | None:
        """A radius between the peak and its rival, if the peak is the nearer one."""
        offset = image.offset
        if offset is None or not self.matching.use2dhist or offset.rival <= 0:
            return None
        near, far = sorted((hypot(offset.x, offset.y), hypot(offset.rival_x, offset.rival_y)))
        if far - near < 8.0:
            return None
        pixels = 0.5 * (near + far)
        in_arcsec = self.matching.searchunits == "arcseconds"
        return self._radius(pixels * self.scale if in_arcsec else pixels, "Search only the nearer peak")

    def _radius(self, value: float, what: str) -> Suggestion | None:
        if not self.matching.use2dhist:
            return None
        unit = "arcsec" if self.matching.searchunits == "arcseconds" else "pixels"
        value = ceil(value * 100.0 - 1e-6) / 100.0
        return Suggestion(f"{what}: searchrad = {value:g} {unit}", "tweakreg", {"searchrad": value})

    def deeper(self) -> Suggestion | None:
        return self._threshold(0.5, "Find fainter stars")

    def shallower(self) -> Suggestion | None:
        return self._threshold(2.0, "Find only brighter stars")

    def _threshold(self, factor: float, what: str) -> Suggestion | None:
        if self.find.threshold is None or (factor < 1 and self.find.threshold * factor < 1.0):
            return None
        value = float(f"{self.find.threshold * factor:.3g}")
        return Suggestion(f"{what}: threshold = {value:g} sigma", "imagefindpars", {"threshold": value})

    def fewer(self, n: int) -> Suggestion | None:
        """A smaller minobj, if what there is could be enough."""
        if not LEAST_MATCHES <= n < self.matching.minobj:
            return None
        return Suggestion(f"Be content with {n} stars: minobj = {n}", "tweakreg", {"minobj": n})

    def tolerant(self, factor: float) -> Suggestion:
        value = float(f"{self.matching.tolerance * factor:.3g}")
        what = "Match more loosely" if factor > 1 else "Match more closely"
        return Suggestion(f"{what}: tolerance = {value:g} pixels", "tweakreg", {"tolerance": value})

    def once(self) -> Suggestion | None:
        """A separation that leaves one of the entries of each star."""
        value = twin_reach(self.matching.tolerance)
        if self.matching.separation >= value:
            return None
        return Suggestion(
            f"Take each reference star once: separation = {value:g} pixels", "tweakreg", {"separation": value}
        )

    def unflagged(self) -> Suggestion | None:
        """No sources on flagged pixels, unless the person chose flags already."""
        if self.find.dqbits.strip():
            return None
        return Suggestion("Leave out flagged pixels: dqbits = 0", "imagefindpars", {"dqbits": "0"})

    def histogram(self) -> Suggestion | None:
        if self.matching.use2dhist:
            return None
        return Suggestion("Look for the offset: use2dhist = yes", "tweakreg", {"use2dhist": True})

    def geometry(self, name: str) -> Suggestion | None:
        if not name or name == self.fitting.fitgeometry:
            return None
        return Suggestion(f"Fit another geometry: fitgeometry = {name}", "tweakreg", {"fitgeometry": name})

    def unsaturated(self, image: ImageResult) -> Suggestion | None:
        """A limit on the peak that leaves out the brightest twentieth, where saturation spoils positions."""
        peaks = sorted(float(p) for catalog in image.catalogs for p in catalog.peak if isfinite(p))
        if self.find.peakmax is not None or len(peaks) < 40:
            return None
        value = float(f"{peaks[int(0.95 * len(peaks))]:.3g}")
        return Suggestion(
            f"Leave out saturated stars: peakmax = {value:g}", "imagefindpars", {"peakmax": value}
        )
