"""Which API a Cosmos DB account serves.

Each API but that of NoSQL is a capability of the account, and a MongoDB account is a kind of its own.
Built-in policy 5450f5bd-9c72-4390-a9c4-a7aba4edfdd2 asks only accounts of the NoSQL API to do without keys:
https://github.com/Azure/azure-policy/blob/master/built-in-policies/policyDefinitions/Cosmos%20DB/Cosmos_DisableLocalAuth_AuditDeny.json
"""

from __future__ import annotations

from typing import Final

from shared.rules.expectations import all_of, every_entry, is_none_of

is_nosql: Final = all_of(
    is_none_of("kind", "MongoDB", absent="GlobalDocumentDB"),
    every_entry(
        "properties.capabilities",
        is_none_of(
            "name", "EnableMongo", "EnableCassandra", "EnableTable", "EnableGremlin", absent="unnamed"
        ),
    ),
)
"""It serves the NoSQL API."""
