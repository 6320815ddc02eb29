"""gatefleet: one API gateway per team, one reviewed policy, enforced everywhere within seconds."""

__version__ = "0.1.0"
