"""`identity.consent.blocked`."""

from shared.domain.severity import Severity
from shared.rules.expectations import MET, Columns, Expectation, Verdict, unmet
from shared.rules.packs.identity._consent import CONSENT_PAGE, CONSENT_PATH, consent_policies
from shared.rules.packs.identity._tenant import (
    AUTHORIZATION_POLICY,
    AUTHORIZATION_REFERENCES,
    tenant_metadata,
    tenant_setting,
)


def _judge(columns: Columns) -> Verdict:
    found = consent_policies(columns)
    return unmet(f"Users may consent by {', '.join(found)}") if found else MET


METADATA = tenant_metadata(
    "identity.consent.blocked",
    ("Users cannot consent to applications", "Users can consent to applications"),
    (
        "Ordinary users may grant applications access to the organisation's data on their own behalf: a "
        "deceptive application needs only one of them to agree."
    ),
    Severity.HIGH,
    70,
    reads=(AUTHORIZATION_POLICY,),
    references=(*AUTHORIZATION_REFERENCES, CONSENT_PAGE),
    steps=(
        "Entra admin center > Enterprise applications > Consent and permissions: do not allow user consent",
        "Turn on the admin consent workflow, so that users can ask",
    ),
)
RULE = tenant_setting(METADATA, Expectation((CONSENT_PATH,), _judge))
