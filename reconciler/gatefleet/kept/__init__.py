"""What a commit came to, kept so that the next one costs what it changes (docs/adr/0007-kept-results.md).

Only what looks may use this: what is published, rendered or signed is read, checked and flattened whole.
"""

from gatefleet.kept.outcome import Outcome, outcome_of
from gatefleet.kept.results import default_results, load_results, save_results
from gatefleet.kept.update import updated

__all__ = ["Outcome", "default_results", "load_results", "outcome_of", "save_results", "updated"]
