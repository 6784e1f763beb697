"""The configuration of the app: read once from the environment, validated at start, frozen afterwards.

`VARIABLES` lists every variable with its meaning and default; `local.settings.sample.json` holds the same
set. An empty value counts as unset. Reading collects every problem before it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shared.settings_events import EVENT_VARIABLES, EventSettings, read_events
from shared.settings_identity import IDENTITY_VARIABLES, IdentitySettings, read_identity, read_pepper
from shared.settings_reader import SettingsError, SettingsReader, Variable

__all__ = ["VARIABLES", "CredentialKind", "KeyCommandSettings", "Settings", "SettingsError"]

MIN_CURSOR_SECRET: Final = 32
MAX_ENVIRONMENTS: Final = 100
MAX_SUBSCRIPTIONS: Final = 10_000

VARIABLES: Final[tuple[Variable, ...]] = (
    Variable("FUNCTIONS_WORKER_RUNTIME", "read by the Functions host", default="python"),
    Variable("AzureWebJobsStorage", "storage connection string of the Functions host; the app's too when no "
             "Storage__ variable is set", secret=True),
    Variable("Storage__connectionString", "storage connection string of the app", secret=True),
    Variable("Storage__tableServiceUri", "table endpoint, with the identity instead of a connection string"),
    Variable("Storage__blobServiceUri", "blob endpoint, with the identity instead of a connection string"),
    Variable("ServiceBus", "Service Bus connection string", secret=True),
    Variable("ServiceBus__fullyQualifiedNamespace", "Service Bus namespace host, with the identity"),
    Variable("EventGrid__topicEndpoint", "Event Grid topic; events are not published when unset"),
    Variable("EventGrid__topicKey", "key of the topic; the identity is used when unset", secret=True),
    *IDENTITY_VARIABLES,
    *EVENT_VARIABLES,
    Variable("SECURITY_COPILOT_CURSOR_SECRET", "signs paging cursors; at least 32 characters", secret=True),
    Variable("SECURITY_COPILOT_PUBLIC_URL", "absolute base URL of links, such as https://scan.example.com"),
    Variable("SECURITY_COPILOT_SECURITY_CONTACT", "URI in security.txt for reports of weaknesses (RFC 9116)",
             default="mailto:api-support@security-copilot.com"),
    Variable("ENVIRONMENTS", "JSON object: environment name -> list of subscription ids"),
    Variable("STRICT_SUBSCRIPTION_IDS", "whether subscription_id must be a GUID", default="false"),
    Variable("SECURITY_COPILOT_CREDENTIAL",
             "identity that reads Azure: managed_identity, service_principal, developer or default",
             default="default"),
    Variable("SECURITY_COPILOT_IDENTITY_CLIENT_ID", "client id of a user-assigned managed identity"),
    Variable("SECURITY_COPILOT_ARM_URL", "Azure Resource Manager", default="https://management.azure.com"),
    Variable("SECURITY_COPILOT_ARM_AUDIENCE", "token audience of Resource Manager",
             default="https://management.azure.com"),
    Variable("SECURITY_COPILOT_GRAPH_URL", "Microsoft Graph", default="https://graph.microsoft.com"),
    Variable("SECURITY_COPILOT_GRAPH_AUDIENCE", "token audience of Microsoft Graph",
             default="https://graph.microsoft.com"),
    Variable("SECURITY_COPILOT_VAULT_URL", "where Key Vaults answer, instead of their own addresses"),
    Variable("SECURITY_COPILOT_BLOB_CONTAINER", "container of scan pages", default="security-copilot"),
    Variable("SECURITY_COPILOT_SCAN_STALL_SECONDS", "a scan without progress for so long is sent on again",
             default="120"),
    Variable("SECURITY_COPILOT_CHECK_MIN_SECONDS", "shortest pause between two checks of a scan",
             default="0.1"),
    Variable("SECURITY_COPILOT_CHECK_MAX_SECONDS", "longest pause between two checks of a scan",
             default="30"),
    Variable("SECURITY_COPILOT_PAGE_SIZE", "rows of one inventory page, 1 to 1000", default="1000"),
    Variable("SECURITY_COPILOT_READ_APP_SETTINGS",
             "true: read names of App Service settings too, which takes an action beyond Reader",
             default="false"),
    Variable("SECURITY_COPILOT_EXPIRING_DAYS", "credentials that end within so many days are reported",
             default="30"),
    Variable("SECURITY_COPILOT_CONFIRM_EXPOSURES",
             "whether Azure is asked to confirm critical exposures, which takes two more permissions",
             default="false"),
    Variable("SECURITY_COPILOT_CONFIRM_PACKETS", "packets of one scan about which Azure is asked, 1 to 1000",
             default="20"),
    Variable("SECURITY_COPILOT_CONFIRM_SECONDS", "time for that in each subscription, at most half of "
             "SECURITY_COPILOT_SCAN_STALL_SECONDS", default="60"),
)  # fmt: skip


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class CredentialKind(StrEnum):
    """Which Azure identity reads the estate."""

    MANAGED_IDENTITY = "managed_identity"
    SERVICE_PRINCIPAL = "service_principal"
    DEVELOPER = "developer"
    DEFAULT = "default"


class StorageSettings(_Frozen):
    """Either a connection string, or both endpoints and the app's identity."""

    connection_string: SecretStr | None
    table_service_uri: str | None
    blob_service_uri: str | None
    blob_container: str


class ServiceBusSettings(_Frozen):
    """Either a connection string, or a namespace and the app's identity."""

    connection_string: SecretStr | None
    fully_qualified_namespace: str | None


class EventGridSettings(_Frozen):
    """A custom topic; `topic_key` None means the app's identity."""

    topic_endpoint: str
    topic_key: SecretStr | None


class ApiSettings(_Frozen):
    """The HTTP surface. `public_url` has no trailing slash."""

    cursor_secret: SecretStr
    public_url: str
    security_contact: str


class AzureSettings(_Frozen):
    """How Azure is read. Tokens are asked for with the scope `{arm_audience}/.default`."""

    credential: CredentialKind
    identity_client_id: str | None
    arm_url: str
    arm_audience: str
    graph_url: str
    graph_audience: str
    vault_url: str | None = Field(description="instead of the vaults' own addresses")


class ConfirmSettings(_Frozen):
    """How much Azure is asked to confirm: packets of a scan, seconds for those of one subscription."""

    packets: int
    seconds: float


class ScanSettings(_Frozen):
    """What scans cover and how the engine paces itself (seconds, rows)."""

    environments: dict[str, tuple[str, ...]] = Field(
        description="name -> subscription ids; empty: `production` is every subscription the identity reads"
    )
    strict_subscription_ids: bool
    stall_seconds: float
    check_min_seconds: float
    check_max_seconds: float
    page_size: int
    read_app_settings: bool
    expiring_days: int
    confirm: ConfirmSettings | None = Field(description="None: Azure is not asked to confirm exposures")


class Settings(_Frozen):
    """Everything the app is told from outside."""

    storage: StorageSettings
    service_bus: ServiceBusSettings
    event_grid: EventGridSettings | None
    api: ApiSettings
    identity: IdentitySettings
    azure: AzureSettings
    scan: ScanSettings
    events: EventSettings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read and validate.

        Raises:
            SettingsError: names every variable that is missing, malformed or still a placeholder.
        """
        reader = SettingsReader(environment, VARIABLES)
        public_url = reader.url("SECURITY_COPILOT_PUBLIC_URL")
        reader.local = public_url is not None and reader.is_loopback(public_url)
        storage = _storage(reader)
        service_bus = _service_bus(reader)
        event_grid = _event_grid(reader)
        identity = read_identity(reader)
        cursor_secret = reader.secret("SECURITY_COPILOT_CURSOR_SECRET", minimum=MIN_CURSOR_SECRET)
        contact = reader.pattern(
            "SECURITY_COPILOT_SECURITY_CONTACT",
            r"(mailto:|https://|tel:)[!-~]{3,300}",
            "must be a mailto:, https: or tel: URI",
        )
        azure = _azure(reader)
        scan = _scan(reader)
        events = read_events(reader)
        reader.raise_problems()
        if public_url is None or cursor_secret is None or azure is None or identity is None or events is None:
            raise SettingsError(["settings are incomplete"])  # not reached: raise_problems has raised
        return cls(
            storage=storage,
            service_bus=service_bus,
            event_grid=event_grid,
            api=ApiSettings(
                cursor_secret=cursor_secret,
                public_url=public_url,
                security_contact=contact,
            ),
            identity=identity,
            azure=azure,
            scan=scan,
            events=events,
        )


class KeyCommandSettings(_Frozen):
    """The little that making a key by command needs: where keys are, as whom to go there, and the pepper."""

    storage: StorageSettings
    azure: AzureSettings
    pepper: SecretStr

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> KeyCommandSettings:
        """Read and validate.

        Raises:
            SettingsError: names every variable that is missing, malformed or still a placeholder.
        """
        reader = SettingsReader(environment, VARIABLES)
        public_url = reader.url("SECURITY_COPILOT_PUBLIC_URL", required=False)
        reader.local = public_url is not None and reader.is_loopback(public_url)
        storage = _storage(reader)
        azure = _azure(reader)
        pepper = read_pepper(reader)
        reader.raise_problems()
        if azure is None or pepper is None:
            raise SettingsError(["settings are incomplete"])  # not reached: raise_problems has raised
        return cls(storage=storage, azure=azure, pepper=pepper)


def _storage(reader: SettingsReader) -> StorageSettings:
    connection = reader.connection_string("Storage__connectionString")
    table = reader.url("Storage__tableServiceUri", required=False)
    blob = reader.url("Storage__blobServiceUri", required=False)
    if connection is not None and (table or blob):
        reader.problem("Storage__connectionString", "excludes Storage__tableServiceUri and __blobServiceUri")
    if (table is None) != (blob is None):
        missing = "Storage__blobServiceUri" if table else "Storage__tableServiceUri"
        reader.problem(missing, "is required beside the other endpoint")
    if connection is None and table is None and blob is None:
        connection = reader.connection_string("AzureWebJobsStorage")
        if connection is None:
            reader.problem(
                "AzureWebJobsStorage",
                "is required, or Storage__connectionString, or both Storage__tableServiceUri and "
                "Storage__blobServiceUri",
            )
    container = reader.pattern(
        "SECURITY_COPILOT_BLOB_CONTAINER",
        r"[a-z0-9](-?[a-z0-9]){2,62}",
        "must be 3 to 63 lower-case letters, digits and single hyphens",
    )
    return StorageSettings(
        connection_string=connection, table_service_uri=table, blob_service_uri=blob, blob_container=container
    )


def _service_bus(reader: SettingsReader) -> ServiceBusSettings:
    connection = reader.connection_string("ServiceBus")
    namespace = reader.text("ServiceBus__fullyQualifiedNamespace")
    if connection is None and namespace is None:
        reader.problem("ServiceBus", "is required, or ServiceBus__fullyQualifiedNamespace")
    if connection is not None and namespace is not None:
        reader.problem("ServiceBus", "excludes ServiceBus__fullyQualifiedNamespace")
    return ServiceBusSettings(connection_string=connection, fully_qualified_namespace=namespace)


def _event_grid(reader: SettingsReader) -> EventGridSettings | None:
    endpoint = reader.url("EventGrid__topicEndpoint", required=False)
    key = reader.secret("EventGrid__topicKey", required=False)
    if endpoint is None:
        if key is not None:
            reader.problem("EventGrid__topicEndpoint", "is required beside EventGrid__topicKey")
        return None
    return EventGridSettings(topic_endpoint=endpoint, topic_key=key)


def _azure(reader: SettingsReader) -> AzureSettings | None:
    credential = reader.choice("SECURITY_COPILOT_CREDENTIAL", CredentialKind)
    arm_url = reader.url("SECURITY_COPILOT_ARM_URL")
    audience = reader.url("SECURITY_COPILOT_ARM_AUDIENCE")
    client_id = reader.text("SECURITY_COPILOT_IDENTITY_CLIENT_ID")
    graph_url = reader.url("SECURITY_COPILOT_GRAPH_URL")
    graph_audience = reader.url("SECURITY_COPILOT_GRAPH_AUDIENCE")
    vault_url = reader.url("SECURITY_COPILOT_VAULT_URL", required=False)
    if credential is None or not (arm_url and audience and graph_url and graph_audience):
        return None
    return AzureSettings(
        credential=credential,
        identity_client_id=client_id,
        arm_url=arm_url,
        arm_audience=audience,
        graph_url=graph_url,
        graph_audience=graph_audience,
        vault_url=vault_url,
    )


def _scan(reader: SettingsReader) -> ScanSettings:
    shortest = reader.number("SECURITY_COPILOT_CHECK_MIN_SECONDS", 0.01, 3600)
    longest = reader.number("SECURITY_COPILOT_CHECK_MAX_SECONDS", 0.01, 3600)
    stall = reader.number("SECURITY_COPILOT_SCAN_STALL_SECONDS", 1, 86_400)
    if shortest > longest:
        reader.problem(
            "SECURITY_COPILOT_CHECK_MIN_SECONDS", "must not exceed SECURITY_COPILOT_CHECK_MAX_SECONDS"
        )
    return ScanSettings(
        environments=reader.json_lists_by_name("ENVIRONMENTS", MAX_ENVIRONMENTS, MAX_SUBSCRIPTIONS),
        strict_subscription_ids=reader.boolean("STRICT_SUBSCRIPTION_IDS"),
        stall_seconds=stall,
        check_min_seconds=shortest,
        check_max_seconds=longest,
        page_size=int(reader.number("SECURITY_COPILOT_PAGE_SIZE", 1, 1000, whole=True)),
        read_app_settings=reader.boolean("SECURITY_COPILOT_READ_APP_SETTINGS"),
        expiring_days=int(reader.number("SECURITY_COPILOT_EXPIRING_DAYS", 1, 365, whole=True)),
        confirm=_confirm(reader, stall),
    )


def _confirm(reader: SettingsReader, stall_seconds: float) -> ConfirmSettings | None:
    wanted = reader.boolean("SECURITY_COPILOT_CONFIRM_EXPOSURES")
    packets = int(reader.number("SECURITY_COPILOT_CONFIRM_PACKETS", 1, 1000, whole=True))
    seconds = reader.number("SECURITY_COPILOT_CONFIRM_SECONDS", 0.1, 3600)
    if wanted and seconds > stall_seconds / 2:
        # A shard that takes as long as the stall is sent again, and Azure would be asked twice.
        reader.problem(
            "SECURITY_COPILOT_CONFIRM_SECONDS", "must be at most half of SECURITY_COPILOT_SCAN_STALL_SECONDS"
        )
    return ConfirmSettings(packets=packets, seconds=seconds) if wanted else None
