"""The Debian archive that this machine's apt uses."""

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
    """The addresses of Debian, of its security updates, and of an HTTP proxy."""

    main: str
    security: str | None
    proxy: str | None

    @classmethod
    def of_machine(cls) -> Archive:
        """Read the addresses from apt. Raise HeirloomError if apt has no Debian archive."""
        sites = _sites()
        if "Debian" not in sites:
            call(["apt-get", "update", "-q"])
            sites = _sites()
        if "Debian" not in sites:
            raise HeirloomError(
                "apt on this machine has no Debian archive: add one to /etc/apt/sources.list "
                "and run apt-get update"
            )
        found = re.search(
            r'^Acquire::http::Proxy "(.+)";$', call(["apt-config", "dump"]), re.MULTILINE
        )
        return cls(sites["Debian"], sites.get("Debian-Security"), found and found[1])

    def sources(self, release: str) -> list[str]:
        """Return the lines of sources.list for a release."""
        signed = f"deb [signed-by={_KEYRING}]"
        lines = [
            f"{signed} {self.main} {release} main",
            f"{signed} {self.main} {release}-updates main",
        ]
        if self.security:
            lines.append(f"{signed} {self.security} {release}-security main")
        return lines

    def download(self, release: str, packages: list[str], directory: Path) -> None:
        """Download packages of a release into a directory and install nothing.

        apt verifies the signatures. The apt configuration of this machine is not changed. Raises
        HeirloomError if a download fails.
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
    """Return the first address of each archive, by label."""
    listed = call(["apt-get", "indextargets", "--format", _FIELDS, "Created-By: Packages"])
    sites: dict[str, str] = {}
    for line in listed.splitlines():
        site, component, origin, label = line.split("|")
        if component == "main" and origin == "Debian":
            sites.setdefault(label, site)
    return sites
