"""Who can reach what from the internet: set arithmetic over the whole network path, with no I/O."""

from shared.exposure.admin_rules import project_admin_rules
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.projection import NETWORK_TYPES, UNEVALUATED_ENTRY_TYPES, project
from shared.exposure.words import path_in_words

__all__ = [
    "NETWORK_TYPES",
    "UNEVALUATED_ENTRY_TYPES",
    "SubscriptionNetwork",
    "path_in_words",
    "project",
    "project_admin_rules",
]
