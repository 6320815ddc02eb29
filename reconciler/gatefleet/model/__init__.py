"""The reviewed sources as frozen types: documents parsed once, at the edge."""

from gatefleet.model.parse import parse_model
from gatefleet.model.types import Environment, Model

__all__ = ["Environment", "Model", "parse_model"]
