"""Other people's clients, each of which signs in in one way and answers 42.

Arguments: `CLIENT FLOW`; where and with what comes from the environment.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

#: As `flows.py` describes it.
GIVEN: dict[str, str] = json.loads(os.environ.get("SIGN_IN", "{}"))
QUERY = "SELECT 42 AS n"
PRINCIPAL = {"client_id": GIVEN.get("id"), "client_secret": GIVEN.get("secret")}
AZURE = {"azure_client_id": GIVEN.get("azure_id"), "azure_client_secret": GIVEN.get("azure_secret")}
TENANT = {"azure_tenant_id": GIVEN.get("tenant")}
RESOURCE = {"azure_workspace_resource_id": GIVEN.get("resource_id")}


def ours(flow: str) -> object:
    """`databricks_sql_kernel.Session` of this kernel."""
    principal = {"client_id": GIVEN["id"]}
    return kernel(
        flow,
        {
            "foreign token in a file": {"oidc_token_filepath": GIVEN["foreign_token_file"], **principal},
            "foreign token of GitHub": {"auth_type": "github-oidc", **principal},
            "Azure machine": {"auth_type": "azure-msi"},
            "Azure browser": {"auth_type": "azure-oauth", "use_entra_app": True},
        },
    )


def published(flow: str) -> object:
    """The same of the published wheel."""
    # What it does not have it is asked for all the same: it says so.
    return kernel(flow, {}, {"auth_type": flow})


def kernel(flow: str, further: dict[str, dict[str, Any]], otherwise: dict[str, Any] | None = None) -> object:
    """A session of a kernel's, by what both have or in a way of its own."""
    from databricks_sql_kernel import Session

    browser = {"auth_type": "oauth-u2m", "client_id": "databricks-sql-python", "redirect_ports": [8020, 8021, 8022, 8023, 8024]}
    foreign = {"auth_type": "pat", "access_token": GIVEN["foreign_token"]}
    ways: dict[str, dict[str, Any]] = {
        "secret": {"auth_type": "oauth-m2m", **PRINCIPAL},
        "key": {
            "auth_type": "oauth-m2m-jwt",
            "client_id": GIVEN["id"],
            "jwt_key_file": GIVEN["key_file"],
            "jwt_kid": "kid",
        },
        "browser": {**browser, "oauth_scopes": ["sql", "offline_access"], "token_cache_enabled": False},
        "foreign token": foreign,
        "foreign token for a principal": {**foreign, "identity_federation_client_id": GIVEN["id"]},
        "Azure principal": {"auth_type": "azure-sp-m2m", **AZURE, **TENANT},
        "Azure principal, its tenant found": {"auth_type": "azure-sp-m2m", **AZURE},
        "Azure principal that manages": {"auth_type": "azure-sp-m2m", **AZURE, **TENANT, **RESOURCE},
        "Azure principal of the US government": {"auth_type": "azure-sp-m2m", **AZURE, **TENANT, **RESOURCE},
        **further,
    }
    session = Session(
        host=f"https://{GIVEN['host']}",
        http_path="/sql/1.0/warehouses/local",
        tls_ca_cert=Path(GIVEN["ca_file"]).read_bytes(),
        telemetry_enabled=False,
        **ways.get(flow, otherwise or {}),
    )
    statement = session.statement()
    statement.set_sql(QUERY)
    (answer,) = statement.execute().fetch_all_arrow().column("n").to_pylist()
    session.close()
    return answer


def sdk(flow: str) -> object:
    """A workspace client of databricks-sdk."""
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

    principal = {"client_id": GIVEN["id"]}
    ways: dict[str, dict[str, Any]] = {
        "secret": {"auth_type": "oauth-m2m", **PRINCIPAL},
        "key": {"auth_type": "oauth-m2m-jwt", **principal},
        "browser": {"auth_type": "external-browser"},
        "foreign token": {"auth_type": "env-oidc"},
        "foreign token for a principal": {"auth_type": "env-oidc", **principal},
        "foreign token in a file": {"auth_type": "file-oidc", "oidc_token_filepath": GIVEN["foreign_token_file"], **principal},
        "foreign token of GitHub": {"auth_type": "github-oidc", **principal},
        "Azure principal": {"auth_type": "azure-client-secret", **AZURE, **TENANT},
        "Azure principal, its tenant found": {"auth_type": "azure-client-secret", **AZURE},
        "Azure principal that manages": {"auth_type": "azure-client-secret", **AZURE, **TENANT, **RESOURCE},
        "Azure principal of the US government": {"auth_type": "azure-client-secret", **AZURE, **TENANT, **RESOURCE},
        "Azure machine": {"auth_type": "azure-msi"},
        "Azure browser": {"auth_type": "external-browser", "azure_client_id": GIVEN["azure_app"]},
    }
    os.environ["DATABRICKS_OIDC_TOKEN"] = GIVEN["foreign_token"]
    scopes = ["2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/user_impersonation"] if flow == "Azure browser" else None
    client = WorkspaceClient(config=Config(host=f"https://{GIVEN['host']}", scopes=scopes, **ways[flow]))
    response = client.statement_execution.execute_statement(QUERY, warehouse_id="local", wait_timeout="30s")
    rows = response.result.data_array if response.result else None
    return int(rows[0][0]) if rows else None


def connector(flow: str) -> object:
    """databricks-sql-connector with its own backend and its own sign-in."""
    from databricks import sql
    from databricks.sql.auth.common import AuthType

    foreign = {"access_token": GIVEN["foreign_token"]}
    ways: dict[str, dict[str, Any]] = {
        "browser": {"auth_type": "databricks-oauth"},
        "foreign token": foreign,
        "foreign token for a principal": {**foreign, "identity_federation_client_id": GIVEN["id"]},
        "Azure principal": {"auth_type": "azure-sp-m2m", **AZURE, **TENANT},
        "Azure principal, its tenant found": {"auth_type": "azure-sp-m2m", **AZURE},
        "Azure principal that manages": {"auth_type": "azure-sp-m2m", **AZURE, **TENANT, **RESOURCE},
        "Azure principal of the US government": {"auth_type": "azure-sp-m2m", **AZURE, **TENANT, **RESOURCE},
        "Azure browser": {"auth_type": "azure-oauth"},
    }
    if flow not in ways:
        # It would leave out what it does not know, and open a browser.
        sys.exit(f"auth_type: {', '.join(known.value for known in AuthType)}")
    with (
        sql.connect(
            server_hostname=GIVEN["host"],
            http_path="/sql/1.0/warehouses/local",
            _tls_trusted_ca_file=GIVEN["ca_file"],
            use_sea=True,
            enable_telemetry=False,
            **ways[flow],
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(QUERY)
        return cursor.fetchall()[0][0]


CLIENTS: dict[str, Callable[[str], object]] = {"ours": ours, "published": published, "sdk": sdk, "connector": connector}

if __name__ == "__main__":
    print(CLIENTS[sys.argv[1]](sys.argv[2]))
