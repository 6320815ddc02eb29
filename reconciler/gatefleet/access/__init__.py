"""Access: who can do what, and what a change gains or loses."""

from gatefleet.access.effect import NO_EFFECT, Effect, effect

__all__ = ["NO_EFFECT", "Effect", "effect"]
