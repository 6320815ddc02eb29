"""The reference authorizer: docs/reference/decision.md as plain code, with the same step names and numbers.

`Holdings` keeps what one gateway needs of the log, `View` is the policy made of it, `decide` answers, `respond` says it
the way API Gateway wants to hear it, and `log_line` is all that is ever written down about it. A `Pulse` counts, and
says now and then which policy is in effect (docs/reference/heartbeat.md).
"""

from gatefleet.decide.decide import decide
from gatefleet.decide.heartbeat import Heartbeat, Identity, Pulse, Standing
from gatefleet.decide.logline import log_line
from gatefleet.decide.outcome import Allow, Decision, Deny, Freshness, FreshnessState, Step
from gatefleet.decide.respond import UNAUTHORIZED, Unauthorized, respond
from gatefleet.decide.view import Holdings, NeedsSnapshot, View

__all__ = [
    "UNAUTHORIZED",
    "Allow",
    "Decision",
    "Deny",
    "Freshness",
    "FreshnessState",
    "Heartbeat",
    "Holdings",
    "Identity",
    "NeedsSnapshot",
    "Pulse",
    "Standing",
    "Step",
    "Unauthorized",
    "View",
    "decide",
    "log_line",
    "respond",
]
