"""`identity.consent.verified_only`."""

from typing import Final

from shared.domain.severity import Severity
from shared.rules.columns import ColumnError
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet
from shared.rules.packs.identity._consent import CONSENT_PAGE, CONSENT_PATH, consent_policies
from shared.rules.packs.identity._tenant import (
    AUTHORIZATION_POLICY,
    AUTHORIZATION_REFERENCES,
    tenant_metadata,
    tenant_setting,
)

_VERIFIED: Final = "microsoft-user-default-low"
"""Built-in policy: applications of verified publishers or of the directory, permissions classified as low."""
_BUILT_IN: Final = "microsoft-"


def _judge(columns: Columns) -> Verdict:
    wider = [one for one in consent_policies(columns) if one != _VERIFIED]
    known = [one for one in wider if one.startswith(_BUILT_IN)]
    if known:
        return unmet(f"Users may consent by {', '.join(known)}, expected {_VERIFIED} or none")
    if wider:
        raise ColumnError(f"{CONSENT_PATH}: what the custom policy {wider[0]} allows was not read")
    return MET


METADATA = tenant_metadata(
    "identity.consent.verified_only",
    ("Consent limited to verified publishers", "Users can consent to unverified applications"),
    (
        "Ordinary users may grant access to applications whose publisher nobody verified, or permissions "
        "that are not classified as low."
    ),
    Severity.MEDIUM,
    55,
    reads=(AUTHORIZATION_POLICY,),
    references=(*AUTHORIZATION_REFERENCES, CONSENT_PAGE),
    steps=(
        "Entra admin center > Enterprise applications > Consent and permissions: allow user consent for "
        "apps from verified publishers, for selected permissions, or for none",
    ),
)
RULE = tenant_setting(METADATA, Expectation((CONSENT_PATH,), _judge))
