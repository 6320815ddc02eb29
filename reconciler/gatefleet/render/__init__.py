"""What a published policy becomes in each team's repository of infrastructure: so far, the floors."""

from gatefleet.render.floors import RenderedFloor, render_floor, render_floors

__all__ = ["RenderedFloor", "render_floor", "render_floors"]
