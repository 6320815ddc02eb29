"""gatefleet: one API gateway per team, one reviewed policy, enforced everywhere within seconds."""

__version__ = "1.0.0"
