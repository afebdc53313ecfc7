"""The Debian archive, as this machine's apt is set up to reach it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from testbed.machine import call

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_FIELDS = "$(SITE)|$(COMPONENT)|$(ORIGIN)|$(LABEL)"


@dataclass(frozen=True, slots=True)
class Archive:
    """Where packages come from: the addresses of Debian and of its security updates."""

    main: str
    security: str | None
    proxy: str | None

    @classmethod
    def of_machine(cls) -> Archive:
        """The addresses that this machine's apt uses. Raises HeirloomError where it has none."""
        sites = _sites()
        if "Debian" not in sites:
            call(["apt-get", "update", "-q"])
            sites = _sites()
        if "Debian" not in sites:
            raise HeirloomError(
                "this machine's apt knows no Debian archive: name one in /etc/apt/sources.list "
                "and run apt-get update"
            )
        found = re.search(
            r'^Acquire::http::Proxy "(.+)";$', call(["apt-config", "dump"]), re.MULTILINE
        )
        return cls(sites["Debian"], sites.get("Debian-Security"), found and found[1])

    def sources(self, release: str) -> list[str]:
        """The lines of a sources.list for a release."""
        signed = f"deb [signed-by={_KEYRING}]"
        lines = [
            f"{signed} {self.main} {release} main",
            f"{signed} {self.main} {release}-updates main",
        ]
        if self.security:
            lines.append(f"{signed} {self.security} {release}-security main")
        return lines

    def download(self, release: str, packages: list[str], directory: Path) -> None:
        """Fetch packages of a release, checked by apt, into a directory; installs nothing.

        This machine's own apt is left as it is. Raises HeirloomError.
        """
        state = directory / "apt"
        for part in ("lists/partial", "cache/archives/partial"):
            (state / part).mkdir(parents=True)
        sources = state / "sources.list"
        sources.write_text(f"deb [signed-by={_KEYRING}] {self.main} {release} main\n")
        settings = {
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": state / "lists",
            "Dir::State::status": "/dev/null",
            "Dir::Cache": state / "cache",
            "Acquire::Languages": "none",
            "APT::Update::Post-Invoke-Success": "",
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
        }
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        call(["apt-get", *options, "update"])
        call(["apt-get", *options, "download", *packages], cwd=directory)


def _sites() -> dict[str, str]:
    """The first address of each archive, by the archive's label."""
    listed = call(["apt-get", "indextargets", "--format", _FIELDS, "Created-By: Packages"])
    sites: dict[str, str] = {}
    for line in listed.splitlines():
        site, component, origin, label = line.split("|")
        if component == "main" and origin == "Debian":
            sites.setdefault(label, site)
    return sites
