"""The ways to sign in that a case names, as arguments of a session."""

from __future__ import annotations

import urllib.request
from typing import Any

# The session's argument for each member of a way, where it has another name.
NAMES: dict[str, dict[str, str]] = {
    "oauth_m2m": {
        "key_file": "jwt_key_file",
        "kid": "jwt_kid",
        "algorithm": "jwt_algorithm",
        "passphrase": "jwt_passphrase",
        "scopes": "oauth_scopes",
    },
    "workload": {"file": "oidc_token_filepath", "scopes": "oauth_scopes"},
    "azure_principal": {
        "client_id": "azure_client_id",
        "client_secret": "azure_client_secret",
        "tenant_id": "azure_tenant_id",
        "workspace_resource_id": "azure_workspace_resource_id",
    },
    "azure_identity": {"client_id": "azure_client_id", "workspace_resource_id": "azure_workspace_resource_id"},
}
WAYS = {*NAMES, "oauth_u2m", "federation"}


def sign_in(options: dict[str, Any]) -> dict[str, Any]:
    """The arguments of what the options of a case name."""
    arguments: dict[str, Any] = {}
    for way, names in NAMES.items():
        if way in options:
            arguments = {"access_token": None, **{names.get(key, key): value for key, value in options[way].items()}}
    if "azure_identity" in options:
        arguments["auth_type"] = "azure-msi"
    if (person := options.get("oauth_u2m")) is not None:
        arguments = {"access_token": None, "auth_type": "oauth-u2m", "redirect_ports": [0], **browser(person)}
    if "federation" in options:
        arguments["identity_federation_client_id"] = options["federation"]
    return arguments


def browser(person: dict[str, Any]) -> dict[str, Any]:
    """How somebody signs in."""
    return {
        "client_id": person.get("client_id"),
        "oauth_scopes": person.get("scopes"),
        "oauth_callback_timeout_secs": person["timeout_ms"] / 1000 if "timeout_ms" in person else None,
        "on_authorization_url": (lambda _: False) if person.get("browser") == "none" else visit,
    }


def visit(url: str) -> None:
    """A person's browser: it goes to the page, and wherever that leads."""
    with urllib.request.urlopen(url):  # noqa: S310
        pass
