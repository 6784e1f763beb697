"""The estate the demo scans: a small company, shaped by hand; `python -m samples.showcase` writes its files.

One subscription holds production, staging and shared services, a second one a sandbox. Every weakness and
trap in it is one that a person could have left behind, and is declared beside the lines that make it.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path
from random import Random

import orjson

from samples import full, network, showcase_paths, workloads
from samples.arm import Resource, Scope
from samples.control_truth import control_records
from samples.controls import Expectation
from samples.estate import SHAPES
from samples.network import Address, RuleSpec
from samples.records import Plant, truth_records
from samples.shapes import Group

ESTATE_FILE = Path(__file__).with_name("estate.jsonl")
TRUTH_FILE = Path(__file__).with_name("estate.truth.jsonl")

COMPANY = "e17f4f74-0d91-4313-9716-0a2edcceefb7"
SANDBOX = "5d0c6b52-7f0e-4c39-a9a4-3f1f6a1f0b7e"

_SHAPES = {shape.name: shape for shape in SHAPES}


def _scope(subscription: str, group: str, location: str, **tags: str) -> Scope:
    return Scope(subscription, group, location, tags)


HONEYPOT = _scope(COMPANY, "Honeypot_group", "eastus", env="research", owner="security")
WEB = _scope(COMPANY, "rg-prod-web", "westeurope", env="prod", owner="storefront")
DATA = _scope(COMPANY, "rg-prod-data", "westeurope", env="prod", owner="data-platform")
STAGING = _scope(COMPANY, "rg-staging", "westeurope", env="staging", owner="storefront")
SHARED = _scope(COMPANY, "rg-shared", "northeurope", env="shared", owner="platform")
PLAY = _scope(SANDBOX, "rg-sandbox", "germanywestcentral", owner="everyone")

HTTPS = RuleSpec("AllowHttps", 200, ports=("80", "443"), sources="Internet")
VNET_HTTPS = RuleSpec("AllowVnetHttps", 300, ports="443", sources="VirtualNetwork")
PROBE = RuleSpec("AllowProbe", 310, ports="*", sources="AzureLoadBalancer", protocol="*")


@dataclass
class Company:
    """The estate under construction, with the plants declared so far."""

    rng: Random = field(default_factory=lambda: Random("showcase"))
    resources: list[Resource] = field(default_factory=list)
    plants: list[Plant] = field(default_factory=list)
    expectations: list[Expectation] = field(default_factory=list)

    def add(self, *resources: Resource) -> None:
        """Put finished resources into the estate."""
        self.resources.extend(resources)

    def vnet(self, scope: Scope, name: str, prefix: str) -> Resource:
        """A virtual network without subnets."""
        made = network.virtual_network(scope, name, IPv4Network(prefix), self.rng)
        self.add(made)
        return made

    def subnet(self, vnet: Resource, name: str, prefix: str, nsg: Resource | None = None) -> Resource:
        """A subnet of `vnet`, guarded by `nsg` where given."""
        return network.add_subnet(vnet, name, IPv4Network(prefix), nsg=nsg)

    def nsg(self, scope: Scope, name: str, *rules: RuleSpec) -> Resource:
        """An NSG with these rules."""
        made = network.network_security_group(scope, name, rules, self.rng)
        self.add(made)
        return made

    def address(self, scope: Scope, name: str, address: str, sku: str = "Standard") -> Resource:
        """A public IP address."""
        made = network.public_ip(scope, name, address, self.rng, sku=sku)
        self.add(made)
        return made

    def vm(
        self,
        scope: Scope,
        name: str,
        subnet: Resource,
        private: str,
        *,
        public: Resource | None = None,
        nsg: Resource | None = None,
    ) -> Resource:
        """A VM, its NIC and its disk; returns the NIC."""
        nic = network.network_interface(
            scope, f"{name}-nic", subnet, (Address(private, public),), self.rng, nsg=nsg
        )
        self.add(nic, *workloads.virtual_machine(scope, name, nic, self.rng))
        return nic

    def declare(
        self,
        shape: str,
        group: Group,
        nsg: Resource | None,
        nic: Resource | None,
        public: Resource | None,
        subjects: Sequence[str] = (),
    ) -> None:
        """Tell the truth what was just built; the evaluator will check it."""
        self.plants.append(
            Plant(
                _SHAPES[shape],
                group,
                nsg["id"] if nsg else None,
                nic["id"] if nic else None,
                public["id"] if public else None,
                tuple(subjects),
            )
        )


def _honeypot(company: Company) -> None:
    """SSH open to everyone, on purpose: the finding every demo starts with."""
    nsg = company.nsg(HONEYPOT, "Honeypot-nsg", RuleSpec("SSH", 100, ports="22", sources="0.0.0.0/0"))
    vnet = company.vnet(HONEYPOT, "Honeypot-vnet", "10.66.0.0/24")
    subnet = company.subnet(vnet, "default", "10.66.0.0/24")
    public = company.address(HONEYPOT, "Honeypot-ip", "203.0.113.66")
    nic = company.vm(HONEYPOT, "Honeypot", subnet, "10.66.0.4", public=public, nsg=nsg)
    company.declare("zero_prefix", "ssh", nsg, nic, public, ["SSH"])
    company.add(workloads.storage_account(HONEYPOT, "sthoneypotlogs", company.rng))


def _storefront(company: Company) -> None:
    """Production web: HTTPS as it should be, and a jump host whose RDP rule was written in capitals."""
    vnet = company.vnet(WEB, "vnet-prod", "10.10.0.0/16")
    web = company.subnet(vnet, "snet-web", "10.10.1.0/24", company.nsg(WEB, "nsg-web", HTTPS, PROBE))
    app = company.subnet(vnet, "snet-app", "10.10.2.0/24", company.nsg(WEB, "nsg-app", VNET_HTTPS, PROBE))
    for number in range(1, 5):
        public = company.address(WEB, f"pip-web-{number}", f"203.0.113.{10 + number}") if number < 3 else None
        company.vm(WEB, f"vm-web-{number}", web, f"10.10.1.{3 + number}", public=public)
        company.vm(WEB, f"vm-app-{number}", app, f"10.10.2.{3 + number}")
    rdp = RuleSpec("RDP-support", 110, ports=("443", "3389"), sources="INTERNET", protocol="TCP")
    nsg = company.nsg(WEB, "nsg-jump", rdp)
    jump = company.subnet(vnet, "snet-jump", "10.10.9.0/28")
    public = company.address(WEB, "pip-jump", "203.0.113.20")
    nic = company.vm(WEB, "vm-jump", jump, "10.10.9.4", public=public, nsg=nsg)
    company.declare("odd_case", "rdp", nsg, nic, public, ["RDP-support"])


def _databases(company: Company) -> None:
    """Production data: a reporting rule opens PostgreSQL to two ranges that together are everybody."""
    vnet = company.vnet(DATA, "vnet-data", "10.20.0.0/16")
    reporting = RuleSpec(
        "reporting", 150, ports=("5432-5434", "8443"), sources=("0.0.0.0/1", "128.0.0.0/1", "198.51.100.0/24")
    )
    partner = RuleSpec("partner-etl", 160, ports="3306", sources="198.51.100.0/24")
    on_postgres = company.nsg(DATA, "nsg-postgres", reporting, PROBE)
    on_mysql = company.nsg(DATA, "nsg-mysql", partner, VNET_HTTPS)
    postgres = company.subnet(vnet, "snet-postgres", "10.20.1.0/24", on_postgres)
    mysql = company.subnet(vnet, "snet-mysql", "10.20.2.0/24", on_mysql)
    public = company.address(DATA, "pip-postgres", "203.0.113.30")
    nic = company.vm(DATA, "vm-postgres-1", postgres, "10.20.1.4", public=public)
    company.declare("split_prefixes", "database", on_postgres, nic, public, ["reporting"])
    company.vm(DATA, "vm-postgres-2", postgres, "10.20.1.5")
    public = company.address(DATA, "pip-mysql", "203.0.113.31")
    nic = company.vm(DATA, "vm-mysql-1", mysql, "10.20.2.4", public=public)
    company.declare("limited_prefix", "database", on_mysql, nic, public, ["partner-etl"])
    company.add(*workloads.sql_server(DATA, "sql-prod-orders", company.rng))


def _staging(company: Company) -> None:
    """Staging: four rules that look open; two admit strangers who then get nowhere, two admit nobody."""
    vnet = company.vnet(STAGING, "vnet-staging", "10.30.0.0/16")
    ssh = RuleSpec("allow-ssh", 200, ports="22", sources="Internet")
    blocked = company.nsg(
        STAGING, "nsg-shadowed", RuleSpec("DenyInternet", 100, "Deny", sources="Internet"), ssh
    )
    inner = company.nsg(STAGING, "nsg-inner", ssh)
    outer = company.nsg(STAGING, "nsg-outer", HTTPS)
    private = company.nsg(STAGING, "nsg-private", RuleSpec("mongo", 120, ports="27017-27019"))
    udp = company.nsg(STAGING, "nsg-udp", RuleSpec("rdp-udp", 130, ports="3389", protocol="Udp"))
    places: tuple[tuple[str, Group, str, Resource, str | None, tuple[str, ...]], ...] = (
        ("shadowed_by_internet_deny", "ssh", "shadowed", blocked, "203.0.113.40", ()),
        ("stopped_by_subnet", "ssh", "inner", inner, "203.0.113.41", ("allow-ssh",)),
        ("latent_no_public_ip", "database", "mongo", private, None, ("mongo",)),
        ("udp_only", "rdp", "udp", udp, "203.0.113.42", ()),
    )
    for number, (shape, group, name, nsg, address, blamed) in enumerate(places, start=1):
        guard = outer if nsg is inner else None
        subnet = company.subnet(vnet, f"snet-{name}", f"10.30.{number}.0/24", guard)
        public = company.address(STAGING, f"pip-{name}", address) if address else None
        nic = company.vm(STAGING, f"vm-stg-{name}", subnet, f"10.30.{number}.4", public=public, nsg=nsg)
        company.declare(shape, group, nsg, nic, public, blamed)


def _shared_services(company: Company) -> None:
    """Shared services: leftovers, an office's access, a build farm open to the whole cloud, an old fax."""
    vnet = company.vnet(SHARED, "vnet-shared", "10.40.0.0/16")
    orphan = company.nsg(SHARED, "nsg-old-vpn", RuleSpec("SSH", 100, ports="22"))
    company.declare("unattached_nsg", "ssh", orphan, None, None, ["SSH"])
    spare = company.address(SHARED, "pip-spare", "203.0.113.50")
    company.declare("unattached_public_ip", "ssh", None, None, spare)
    office = RuleSpec("office-ssh", 100, ports="22", sources=("198.51.100.0/24",))
    on_bastion = company.nsg(SHARED, "nsg-admin", office, VNET_HTTPS)
    cloud = RuleSpec("agents-rdp", 100, ports="3389", sources="AzureCloud")
    on_build = company.nsg(SHARED, "nsg-build", cloud)
    admin = company.subnet(vnet, "snet-admin", "10.40.1.0/24", on_bastion)
    build = company.subnet(vnet, "snet-build", "10.40.2.0/24", on_build)
    legacy = company.subnet(vnet, "snet-legacy", "10.40.3.0/24")
    public = company.address(SHARED, "pip-admin", "203.0.113.51")
    nic = company.vm(SHARED, "vm-admin", admin, "10.40.1.4", public=public)
    company.declare("limited_prefix", "ssh", on_bastion, nic, public, ["office-ssh"])
    public = company.address(SHARED, "pip-build", "203.0.113.52")
    nic = company.vm(SHARED, "vm-build-1", build, "10.40.2.4", public=public)
    company.declare("azure_cloud", "rdp", on_build, nic, public, ["agents-rdp"])
    company.vm(SHARED, "vm-build-2", build, "10.40.2.5")
    public = company.address(SHARED, "pip-fax", "203.0.113.53", sku="Basic")
    nic = company.vm(SHARED, "vm-fax", legacy, "10.40.3.4", public=public)
    company.declare("basic_no_nsg", "ssh", None, nic, public)
    public = company.address(SHARED, "pip-scanner", "203.0.113.54")
    nic = company.vm(SHARED, "vm-scanner", legacy, "10.40.3.5", public=public)
    company.declare("standard_no_nsg", "ssh", None, nic, public)
    company.add(workloads.kubernetes_cluster(SHARED, "aks-shared", company.rng))
    company.add(workloads.container_registry(SHARED, "crshared7f2a", company.rng))


def _sandbox(company: Company) -> None:
    """The sandbox subscription: one rule opens everything to everyone."""
    vnet = company.vnet(PLAY, "vnet-sandbox", "10.50.0.0/24")
    everything = RuleSpec("temp-allow-all", 100, sources="*", protocol="*")
    nsg = company.nsg(PLAY, "nsg-sandbox", everything)
    subnet = company.subnet(vnet, "default", "10.50.0.0/25", nsg)
    public = company.address(PLAY, "pip-play", "203.0.113.70")
    nic = company.vm(PLAY, "vm-play", subnet, "10.50.0.4", public=public)
    company.declare("all_ports", "ssh", nsg, nic, public, ["temp-allow-all"])
    company.vm(PLAY, "vm-try", subnet, "10.50.0.5")


def _platform_services(company: Company) -> None:
    """What stands beside the network in every resource group."""
    rng = company.rng
    for scope, stem, accounts, sites in (
        (WEB, "prodweb", 3, 5),
        (DATA, "proddata", 4, 1),
        (STAGING, "staging", 2, 3),
        (SHARED, "shared", 2, 2),
        (PLAY, "sandbox", 1, 1),
    ):
        for number in range(1, accounts + 1):
            company.add(workloads.storage_account(scope, f"st{stem}{number:02d}", rng))
        for number in range(1, sites + 1):
            company.add(workloads.web_app(scope, f"app-{stem}-{number}", rng))
        company.add(workloads.key_vault(scope, f"kv-{stem}", rng))
        for role in ("Owner", "Contributor", "Reader"):
            company.add(workloads.role_assignment(scope, rng, role=role))


def _beside_the_network(company: Company) -> None:
    """The directory, what is set on both subscriptions, and what hangs on the platform services."""
    rng = Random("showcase beside the network")
    tenant, directory = full.tenant(7, 1000, [COMPANY, SANDBOX], full.NOW)
    furnished = [tenant]
    for scope in (HONEYPOT, WEB, DATA, STAGING, SHARED, PLAY):
        own = [one for one in company.resources if one["id"].startswith(scope.group_id + "/")]
        label = scope.group.removeprefix("rg-").lower().replace("_", "-")
        furnished.append(full.furnish(own, scope, label, directory, rng, full.NOW))
    for part in furnished:
        company.add(*part.resources)
        company.expectations += part.expectations


def _attack_paths(company: Company) -> None:
    """Identities and roles that lead from what is exposed to what is worth having."""
    scopes = {
        "web": WEB,
        "data": DATA,
        "staging": STAGING,
        "shared": SHARED,
        "play": PLAY,
        "honeypot": HONEYPOT,
    }
    company.add(*showcase_paths.plant(company.resources, scopes))


def build(*, attack_paths: bool = True) -> Company:
    """The whole company, in the order the file lists it; what attack paths need stands last, unfurnished."""
    company = Company()
    for district in (
        _honeypot,
        _storefront,
        _databases,
        _staging,
        _shared_services,
        _sandbox,
        _platform_services,
        _beside_the_network,
        *((_attack_paths,) if attack_paths else ()),
    ):
        district(company)
    return company


def estate_bytes(company: Company) -> bytes:
    """The estate file."""
    return b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in company.resources)


def truth_bytes(company: Company) -> bytes:
    """The truth file.

    Raises:
        PlantingError: the evaluator disagrees with what is declared above.
    """
    records = [
        *truth_records(company.resources, company.plants),
        *control_records(company.resources, company.expectations),
    ]
    return b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in records)


def main() -> int:
    """Write `estate.jsonl` and `estate.truth.jsonl` beside this file."""
    company = build()
    truth = truth_bytes(company)
    ESTATE_FILE.write_bytes(estate_bytes(company))
    TRUTH_FILE.write_bytes(truth)
    return 0


if __name__ == "__main__":
    sys.exit(main())
