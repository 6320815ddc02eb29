"""Plan: desired against head, as data, and how it reads."""

from gatefleet.plan.changes import Add, Change, Remove, Replace, changes
from gatefleet.plan.differences import Difference
from gatefleet.plan.plan import Blast, Desired, Head, Plan, plan_changes
from gatefleet.plan.render import Line, plan_json, plan_lines, summary

__all__ = [
    "Add",
    "Blast",
    "Change",
    "Desired",
    "Difference",
    "Head",
    "Line",
    "Plan",
    "Remove",
    "Replace",
    "changes",
    "plan_changes",
    "plan_json",
    "plan_lines",
    "summary",
]
