"""Publish: a plan appended to the log as one revision and read back, and log and archive kept in agreement."""

from gatefleet.publish.agreement import PolicyLog, recover
from gatefleet.publish.ancestry import Ancestry, GitAncestry
from gatefleet.publish.publishing import NothingToDo, Published, publish
from gatefleet.publish.steps import Step, Watch

__all__ = ["Ancestry", "GitAncestry", "NothingToDo", "PolicyLog", "Published", "Step", "Watch", "publish", "recover"]
