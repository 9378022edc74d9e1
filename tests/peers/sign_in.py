"""Other people's clients sign in at the local warehouse, and so does ours. Arguments: `NAME=INTERPRETER` for each."""

from __future__ import annotations

import os
import subprocess
import sys

# The SDK writes other characters than those of ASCII in another encoding than UTF-8.
SECRETS = ("a0b1c2d3e4f5", "with blanks: +%&=", "a:b/c?d#e")
CLIENT = "service-principal"


def kernel(secret: str) -> object:
    """Asks as a session of databricks_sql_kernel, of whichever release."""
    from databricks_sql_kernel import Session

    session = Session(
        host=os.environ["WAREHOUSE_URL"],
        http_path="/sql/1.0/warehouses/local",
        auth_type="oauth-m2m",
        client_id=CLIENT,
        client_secret=secret,
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
    """Has every client sign in with every secret."""
    from databricks_sql_kernel.testing import LocalWarehouse

    failed = 0
    for secret in SECRETS:
        with LocalWarehouse(scale_factor=0.01, arguments=["--oauth", "--oauth-client", f"{CLIENT}:{secret}"]) as warehouse:
            for name, interpreter in (given.split("=", 1) for given in interpreters):
                warehouse.plan_faults([])
                environment = {**os.environ, "WAREHOUSE_URL": warehouse.url}
                command = [interpreter, __file__, "--as", name, secret]
                ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
                signed_in = warehouse.faults_report()["requests"].get("token", 0)
                is_right = ran.returncode == 0 and ran.stdout.strip() == "42" and signed_in >= 1
                failed += not is_right
                print(f"{name}: signs in with the secret {secret!r}: {'ok' if is_right else 'FAILED'}")
                if not is_right:
                    print(f"  status {ran.returncode}, {signed_in} sign-ins\n{ran.stdout}{ran.stderr}")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1] == "--as":
        print(CLIENTS[sys.argv[2]](sys.argv[3]))
    else:
        sys.exit(main(sys.argv[1:]))
