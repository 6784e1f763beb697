"""What hangs on a web app, a cluster or a registry: configurations, settings."""

from random import Random
from typing import Any

from samples import assessments
from samples.arm import Resource, guid
from samples.controls import ABSENT, Furnishing, Setting, child, own_draws, vary

CONFIG = "Microsoft.Web/sites/config"
PUBLISHING = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"

SITE = (Setting("appservice.https_only", "properties.httpsOnly", True, False, 0.12),)
WEB = (
    Setting("appservice.ftp_state", "properties.ftpsState", "FtpsOnly", "AllAllowed", 0.2),
    Setting("appservice.min_tls", "properties.minTlsVersion", "1.2", "1.0", 0.1),
    Setting("appservice.http20", "properties.http20Enabled", True, False, 0.4),
    Setting("appservice.remote_debugging", "properties.remoteDebuggingEnabled", False, True, 0.05),
    Setting("appservice.cors_star", "properties.cors", {"allowedOrigins": ["https://shop.example"]},
            {"allowedOrigins": ["*"]}, 0.15),
)  # fmt: skip
CLUSTER = (
    Setting("aks.rbac", "properties.enableRBAC", True, False, 0.05),
    Setting("aks.local_accounts", "properties.disableLocalAccounts", True, False, 0.6),
    Setting("aks.auto_upgrade", "properties.autoUpgradeProfile", {"upgradeChannel": "stable"}, ABSENT, 0.5),
    Setting("aks.azure_policy", "properties.addonProfiles.azurepolicy.enabled", True, False, 0.5),
    Setting("aks.monitoring", "properties.addonProfiles.omsagent.enabled", True, False, 0.4),
    Setting(
        "aks.defender", "properties.securityProfile.defender.securityMonitoring.enabled", True, False, 0.6
    ),
)
REGISTRY = (
    Setting("acr.admin_user", "properties.adminUserEnabled", False, True, 0.25),
    Setting("acr.anonymous_pull", "properties.anonymousPullEnabled", False, True, 0.1),
)


def furnish_site(site: Resource, rng: Random) -> Furnishing:
    """An app's settings varied, its identity, web configuration, authentication and application settings."""
    done = Furnishing.empty()
    done.expectations += vary(site, SITE, rng)
    has_identity = rng.random() < 0.6
    if has_identity:
        site["identity"] = {"type": "SystemAssigned", "principalId": guid(rng), "tenantId": guid(rng)}
    done.expect("appservice.managed_identity", site, has_identity)
    web = child(site, CONFIG, "web", {"linuxFxVersion": "NODE|22-lts", "alwaysOn": True, "scmType": "None"})
    web["location"] = site["location"]
    done.add(web, WEB, rng, owner=site)
    guarded = rng.random() < 0.4
    auth: dict[str, Any] = {"platform": {"enabled": guarded, "runtimeVersion": "~1"}}
    auth["globalValidation"] = {"requireAuthentication": guarded}
    done.add(child(site, CONFIG, "authsettingsV2", auth))
    done.expect("appservice.auth", site, guarded)
    settings = {"WEBSITE_RUN_FROM_PACKAGE": "1"}
    done.add(child(site, CONFIG, "appsettings", settings))
    _publishing(done, site)
    return done


def _publishing(done: Furnishing, site: Resource) -> None:
    """Every app has both policies; each method is open in some."""
    rng = own_draws(site, "publishing")
    allowed = {"ftp": rng.random() < 0.3, "scm": rng.random() < 0.4}
    for method, open_ in allowed.items():
        done.add(child(site, PUBLISHING, method, {"allow": open_}))
    done.expect("appservice.basic_auth", site, not any(allowed.values()))


def furnish_cluster(cluster: Resource, rng: Random) -> Furnishing:
    """A cluster's settings varied."""
    return Furnishing([], vary(cluster, CLUSTER, rng))


def furnish_registry(registry: Resource, rng: Random) -> Furnishing:
    """A registry's settings varied, and what Defender for Containers says of its images."""
    done = Furnishing([], vary(registry, REGISTRY, rng))
    done.take(assessments.of_registry(registry))
    return done
