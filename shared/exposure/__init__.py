"""Who can reach what from the internet: set arithmetic over the whole network path, with no I/O."""

from shared.exposure.admin_rules import project_admin_rules
from shared.exposure.network import SubscriptionNetwork
from shared.exposure.projection import NETWORK_TYPES, UNEVALUATED_ENTRY_TYPES, project
from shared.exposure.sql_firewall import project_sql_firewall
from shared.exposure.web_app import project_web_app_configuration
from shared.exposure.words import path_in_words

__all__ = [
    "NETWORK_TYPES",
    "UNEVALUATED_ENTRY_TYPES",
    "SubscriptionNetwork",
    "path_in_words",
    "project",
    "project_admin_rules",
    "project_sql_firewall",
    "project_web_app_configuration",
]
