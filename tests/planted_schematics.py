"""Writes the schematics that the canary runs: `python -m tests.planted_schematics`, after the generator has changed.

They are a file since to draw them takes a generator of random numbers, and 4 MB of the service's memory for it.
"""

from pathlib import Path

import msgspec
import numpy as np

from tidemark.live import structure_canary
from tidemark.live.structure_canary import Planted, PlantedEvent
from tidemark.sim.schematics.example import example
from tidemark.sim.schematics.label import END, NAMES, PHASE

# An accumulation with a spring, and a distribution with an upthrust: the first in which every profile finds all.
SEEDS = {"accumulation": 29, "distribution": 25}
FILE = Path(structure_canary.__file__).with_name("planted.json")


def planted() -> dict[str, Planted]:
    """What the file has to hold."""
    return {name: _of(seed) for name, seed in SEEDS.items()}


def _of(seed: int) -> Planted:
    made = example(seed)
    columns = {
        name: [float(f"{value:.7g}") for value in getattr(made.bars, name)]
        for name in ("open", "high", "low", "close", "volume")
    }
    events = [
        PlantedEvent(name=NAMES[label.event][0 if label.direction > 0 else 1], direction=label.direction, at=label.at)
        for label in made.labels
        if label.event not in (PHASE, END)
    ]
    steps = np.diff(made.bars.time)
    return Planted(begin=int(made.bars.time[0]), step=int(steps[0]), events=events, **columns)


if __name__ == "__main__":
    FILE.write_bytes(msgspec.json.encode(planted()) + b"\n")
