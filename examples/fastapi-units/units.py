"""Converts lengths and temperatures, one by one and whole series of them."""

from enum import Enum
from io import StringIO
from typing import Annotated

import numpy as np
import pandas as pd
from fastapi import FastAPI, HTTPException
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

app = FastAPI(title="Units")

METRES = {"metre": 1.0, "foot": 0.3048, "mile": 1609.344, "inch": 0.0254}


class Scale(str, Enum):
    """A temperature scale."""

    celsius = "celsius"
    fahrenheit = "fahrenheit"
    kelvin = "kelvin"


class Temperature(BaseModel):
    """A temperature and the scale it is wanted in."""

    degrees: float
    scale: Scale
    wanted: Scale


class Series(BaseModel):
    """Lengths that were measured, and their unit."""

    unit: str = "metre"
    values: Annotated[list[float], Field(min_length=1, max_length=1000)]


class Summary(BaseModel):
    """What can be said of a series, in metres."""

    count: int
    mean: float
    deviation: float
    quartiles: list[float]


class Answer(BaseModel):
    """A number in another unit."""

    value: float
    unit: str


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/length/{unit}/{wanted}")
def length(unit: str, wanted: str, value: float = 1.0) -> Answer:
    if unit not in METRES or wanted not in METRES:
        raise HTTPException(404, f"units: {', '.join(METRES)}")
    return Answer(value=round(value * METRES[unit] / METRES[wanted], 6), unit=wanted)


@app.post("/temperature")
def temperature(asked: Temperature) -> Answer:
    celsius = {
        Scale.celsius: asked.degrees,
        Scale.fahrenheit: (asked.degrees - 32) / 1.8,
        Scale.kelvin: asked.degrees - 273.15,
    }[asked.scale]
    value = {
        Scale.celsius: celsius,
        Scale.fahrenheit: celsius * 1.8 + 32,
        Scale.kelvin: celsius + 273.15,
    }[asked.wanted]
    return Answer(value=round(value, 6), unit=asked.wanted.value)


@app.get("/table.csv", response_class=PlainTextResponse)
def table(steps: Annotated[int, Field(ge=2, le=50)] = 5) -> str:
    metres = np.linspace(0.0, 100.0, steps)
    frame = pd.DataFrame({unit: metres / factor for unit, factor in METRES.items()})
    text = StringIO()
    frame.round(4).to_csv(text, index=False)
    return text.getvalue()


@app.post("/summary")
def summary(measured: Series) -> Summary:
    if measured.unit not in METRES:
        raise HTTPException(404, f"units: {', '.join(METRES)}")
    with np.errstate(all="ignore"):
        metres = pd.Series(measured.values).clip(-1e9, 1e9) * METRES[measured.unit]
        found = metres.describe().fillna(0.0).round(6)
    quartiles = [float(found[name]) for name in ("25%", "50%", "75%")]
    return Summary(
        count=int(found["count"]),
        mean=float(found["mean"]),
        deviation=float(found["std"]),
        quartiles=quartiles,
    )
