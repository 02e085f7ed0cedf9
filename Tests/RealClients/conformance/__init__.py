"""The server scenarios of the official conformance suite, ported by their ids; see `kit`."""

from . import headers, offers, stateless, utilities
from .kit import LEGACY, MODERN, REQUIRED, SCENARIOS, perform

__all__ = ["LEGACY", "MODERN", "REQUIRED", "SCENARIOS", "headers", "offers", "perform", "stateless", "utilities"]
