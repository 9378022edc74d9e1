"""Other people's clients sign in at the local warehouse, and so does ours. Arguments: `NAME=INTERPRETER` for each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# The SDK writes other characters than those of ASCII in another encoding than UTF-8.
SECRETS = ("a0b1c2d3e4f5", "with blanks: +%&=", "a:b/c?d#e")
CLIENT = "service-principal"
KEYS = Path(__file__).parent.parent / "keys"
PRIVATE_KEY, PUBLIC_KEY, PASSPHRASE = KEYS / "rsa-pbkdf2.pem", KEYS / "rsa-public.pem", "open-sesame"


def kernel(proof: str) -> object:
    """Asks as a session of databricks_sql_kernel, of whichever release."""
    from databricks_sql_kernel import Session

    by_key: dict[str, Any] = {"auth_type": "oauth-m2m-jwt", "jwt_key_file": proof, "jwt_kid": "kid", "jwt_passphrase": PASSPHRASE}
    by_secret: dict[str, Any] = {"auth_type": "oauth-m2m", "client_secret": proof}
    session = Session(
        host=os.environ["WAREHOUSE_URL"],
        http_path="/sql/1.0/warehouses/local",
        client_id=CLIENT,
        **(by_key if proof == str(PRIVATE_KEY) else by_secret),
    )
    statement = session.statement()
    statement.set_sql("SELECT 42 AS n")
    (answer,) = statement.execute().fetch_all_arrow().column("n").to_pylist()
    session.close()
    return answer


def sdk(secret: str) -> object:
    """Asks as a workspace client of databricks-sdk."""
    from databricks.sdk import WorkspaceClient

    client = WorkspaceClient(host=os.environ["WAREHOUSE_URL"], client_id=CLIENT, client_secret=secret, auth_type="oauth-m2m")
    response = client.statement_execution.execute_statement("SELECT 42 AS n", warehouse_id="local", wait_timeout="30s")
    rows = response.result.data_array if response.result else None
    return int(rows[0][0]) if rows else None


CLIENTS = {"ours": kernel, "published": kernel, "sdk": sdk}


def main(interpreters: list[str]) -> int:
    """Has every client sign in with every secret, and those that can with a key."""
    from databricks_sql_kernel.testing import LocalWarehouse

    failed = 0
    clients = [given.split("=", 1) for given in interpreters]
    by_key = ["--oauth-key", f"{CLIENT}:kid:{PUBLIC_KEY}"]
    ways = [(f"the secret {secret!r}", secret, ["--oauth-client", f"{CLIENT}:{secret}"], clients) for secret in SECRETS]
    ways.append(("an encrypted key", str(PRIVATE_KEY), by_key, [given for given in clients if CLIENTS[given[0]] is kernel]))
    for called, proof, flags, those in ways:
        with LocalWarehouse(scale_factor=0.01, arguments=["--oauth", *flags]) as warehouse:
            for name, interpreter in those:
                warehouse.plan_faults([])
                environment = {**os.environ, "WAREHOUSE_URL": warehouse.url}
                command = [interpreter, __file__, "--as", name, proof]
                ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
                signed_in = warehouse.faults_report()["requests"].get("token", 0)
                is_right = ran.returncode == 0 and ran.stdout.strip() == "42" and signed_in >= 1
                failed += not is_right
                print(f"{name}: signs in with {called}: {'ok' if is_right else 'FAILED'}")
                if not is_right:
                    print(f"  status {ran.returncode}, {signed_in} sign-ins\n{ran.stdout}{ran.stderr}")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "--as":
        print(CLIENTS[sys.argv[2]](sys.argv[3]))
    else:
        sys.exit(main(sys.argv[1:]))
