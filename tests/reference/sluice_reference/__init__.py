"""The reference model of Sluice: slow, obvious, exact.

It keeps whole histories and derives every answer from them, one sentence of the documentation at a time. It shares no code and
no data structure with the engine, so that the two can be compared on random policies and traffic. Integers and fractions only.
"""

from .decision import Decision, Detail, Event
from .errors import KeyReused, PolicyError, RequestError, UnsetAmount
from .model import Model

__all__ = ["Decision", "Detail", "Event", "KeyReused", "Model", "PolicyError", "RequestError", "UnsetAmount"]
