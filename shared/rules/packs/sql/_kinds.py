"""SQL servers that stand behind a Synapse workspace.

Their kind has the word `analytics`, and the workspace has settings of its own: built-in policies over
auditing, threat detection and vulnerability assessment leave them out, such as
abfb4388-5bf4-4ad7-ba82-2cd2f41ceae9.
"""

from __future__ import annotations

from typing import Final

from shared.rules.expectations import contains_word, negated

is_of_sql: Final = negated(contains_word("kind", "analytics"), "the server belongs to a Synapse workspace")
"""A server of Azure SQL Database."""
