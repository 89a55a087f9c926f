"""Converts lengths and temperatures."""

from enum import Enum

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

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
