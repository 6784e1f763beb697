"""Server parameters of MySQL flexible servers.

https://learn.microsoft.com/rest/api/mysql/flexibleserver/configurations/list-by-server
"""

from __future__ import annotations

from typing import Final

from shared.rules.base import RuleMetadata
from shared.rules.child_rule import ChildRule, some_child
from shared.rules.expectations import Expectation, is_one_of

is_on: Final = is_one_of("properties.value", "on", absent=None)
"""A flag that is on."""


def parameter(metadata: RuleMetadata, name: str, expected: Expectation, lacking: str) -> ChildRule:
    """The parameter called `name` meets `expected`, else "<server> <lacking>"."""
    return some_child(metadata, expected, lacking, named=name)
