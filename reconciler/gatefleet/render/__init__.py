"""What a published policy becomes in each team's account: Terraform roots with their floors, on the branch `fleet`."""

from gatefleet.render.fleet_branch import FleetBranch
from gatefleet.render.floors import RenderedFloor, render_floor, render_floors
from gatefleet.render.plan_check import check_plan
from gatefleet.render.tree import ROOTS, Change, FileChange, changes, emptied, render_files, root_folder

__all__ = [
    "ROOTS",
    "Change",
    "FileChange",
    "FleetBranch",
    "RenderedFloor",
    "changes",
    "check_plan",
    "emptied",
    "render_files",
    "render_floor",
    "render_floors",
    "root_folder",
]
