"""The combinations of file, variables and arguments that profiles are read from: by rule, and the same every time."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

AWS, AZURE, GCP = "dbc-1.cloud.databricks.com", "adb-1.2.azuredatabricks.net", "1.2.gcp.databricks.com"
#: A discovery document that is not there, where a browser would be opened otherwise.
NO_DISCOVERY = "http://discovery.example/none"
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "gh", "ACTIONS_ID_TOKEN_REQUEST_URL": "http://actions.example/token?a=b"}
DEVOPS = {
    "SYSTEM_ACCESSTOKEN": "ado",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "http://devops.example/",
    "SYSTEM_TEAMPROJECTID": "p",
    "SYSTEM_PLANID": "p",
    "SYSTEM_JOBID": "j",
    "SYSTEM_HOSTTYPE": "h",
}

#: `~/.databrickscfg`; nothing is no file.
FILES: dict[str, str | None] = {
    "no file": None,
    "empty file": "",
    "default": f"[DEFAULT]\nhost = {AWS}\ntoken = s3cret\nwarehouse_id = w0\n",
    "default and dev": f"[DEFAULT]\nhost = {AWS}\ntoken = s3cret\n[dev]\nHOST: https://{AZURE}/\ntoken: s3cret\nwarehouse_id: w1\n",
    "dev alone": f"; mine\n[dev]\nhost = https://{GCP}/\nclient_id = c\nclient_secret = s3cret%b#c ; d\nwarehouse_id = w2\n",
    "dev without host": "[dev]\ntoken = s3cret\n",
    "dev by settings": f"[__settings__]\ndefault_profile = dev\n[DEFAULT]\nhost = {GCP}\n[dev]\nhost = {AWS}\ntoken = s3cret\n",
    "settings name nobody": f"[__settings__]\ndefault_profile = prod\n[dev]\nhost = {AWS}\ntoken = s3cret\n",
    "settings name themselves": "[__settings__]\ndefault_profile = __settings__\n",
    "empty settings": f"[__settings__]\ndefault_profile =\n[DEFAULT]\nhost = {AWS}\ntoken = s3cret\n",
    "azure": f"[dev]\nhost = {AZURE}\nazure_client_id = ac\nazure_client_secret = s3cret\nazure_tenant_id = at\nscopes = b, a a\n",
    "azure by resource": f"[dev]\nhost = {AZURE}\nazure_workspace_resource_id = /subscriptions/1/x\n",
    "cli": f"[dev]\nhost = {AWS}\nauth_type = databricks-cli\naccount_id = 7\nworkspace_id = 8\n",
    "browser": f"[dev]\nhost = {AWS}\nauth_type = external-browser\ndiscovery_url = {NO_DISCOVERY}\nscopes = sql\n",
    "two ways": f"[dev]\nhost = {AWS}\ntoken = s3cret\nclient_id = c\nclient_secret = s3cret\n",
    "an empty second way": f"[dev]\nhost = {AWS}\ntoken = s3cret\nusername =\n",
    "two ways and a choice": f"[dev]\nhost = {AWS}\ntoken = s3cret\nclient_id = c\nclient_secret = s3cret\nauth_type = oauth-m2m\n",
    "unknown fields": f"[dev]\nhost = {AWS}\ntoken = s3cret\njobs-api-version = 2.1\nhttp_path = /sql/1.0/warehouses/w3\n",
    "numbers": f"[dev]\nhost = {AWS}\ntoken = s3cret\nrate_limit = 1_0\nhttp_timeout_seconds = 2.5\ncloud = aws\n",
    "no number": f"[dev]\nhost = {AWS}\ntoken = s3cret\nrate_limit = many\n",
    "continued": f"[dev]\nhost = {AWS}\ntoken = s3cret\n  warehouse_id = w\n",
    "indented": f"[dev]\r\n  host = {AWS}\r\n  token = t\r\n  warehouse_id = w4\r\n",
    "a profile inside": f"[dev]\nhost = {AWS}\ntoken = s3cret\nprofile = other\n",
    "a profile inside the default": f"[DEFAULT]\nprofile = another\nhost = {AWS}\ntoken = s3cret\n",
    "section twice": f"[dev]\nhost = {AWS}\n[dev]\ntoken = s3cret\n",
    "field twice": f"[dev]\nhost = {AWS}\ntoken = s3cret\nToken = t\n",
    "default twice": f"[DEFAULT]\nhost = {AWS}\n[dev]\nhost = {GCP}\ntoken = s3cret\n[DEFAULT]\ntoken = s3cret\n",
    "no section": f"host = {AWS}\ntoken = s3cret\n",
    "no delimiter": f"[dev]\nhost = {AWS}\ntoken\n",
    "cluster": f"[dev]\nhost = {AWS}\ntoken = s3cret\ncluster_id = c\nserverless_compute_id = auto\n",
    "basic": f"[dev]\nhost = {AWS}\nusername = u\npassword = s3cret\n",
    "group": f"[dev]\nhost = {AWS}\ntoken = s3cret\ngroup_id = 9\n",
    "byte order mark": f"\ufeff[DEFAULT]\nhost = {AWS}\ntoken = s3cret\n",
}
#: Lines that files are made of at random, to be read as Python reads them.
LINES = (
    "[dev]",
    "  [dev] ; mine",
    "[DEFAULT]",
    "[x]y]",
    "",
    "   ",
    "# token = t",
    "  ; token = t",
    "warehouse_id = a = b : c",
    "WAREHOUSE_ID:w",
    "warehouse_id =",
    "  account_id = 7",
    "\taccount_id: 8",
    " cluster_id = c \x1f",
    "cluster_id\u00a0= d",
    "workspace_id = [dev]",
    "      goes on",
    "scopes = b,a c",
    "\rcluster_id = e",
    "= nothing",
    "[dev",
)
#: Variables; `DATABRICKS_` is left out of their names, as `~` says.
VARIABLES: dict[str, dict[str, str]] = {
    "none": {},
    "profile": {"~CONFIG_PROFILE": "dev"},
    "unknown profile": {"~CONFIG_PROFILE": "prod"},
    "default profile": {"~CONFIG_PROFILE": "DEFAULT"},
    "reserved profile": {"~CONFIG_PROFILE": "__settings__"},
    "empty ones": {"~HOST": "", "~TOKEN": "", "~CONFIG_PROFILE": ""},
    "host": {"~HOST": AWS},
    "host and token": {"~HOST": f"https://{AZURE}", "~TOKEN": "s3cret", "~WAREHOUSE_ID": "w5"},
    "token": {"~TOKEN": "s3cret"},
    "token and profile": {"~TOKEN": "s3cret", "~CONFIG_PROFILE": "dev"},
    "m2m": {"~HOST": AWS, "~CLIENT_ID": "c", "~CLIENT_SECRET": "s3cret"},
    "m2m and token": {"~HOST": AWS, "~CLIENT_ID": "c", "~CLIENT_SECRET": "s3cret", "~TOKEN": "s3cret"},
    "choice": {"~HOST": AWS, "~CLIENT_ID": "c", "~CLIENT_SECRET": "s3cret", "~TOKEN": "s3cret", "~AUTH_TYPE": "pat"},
    "unknown choice": {"~HOST": AWS, "~TOKEN": "s3cret", "~AUTH_TYPE": "kerberos"},
    "choice in vain": {"~HOST": AWS, "~TOKEN": "s3cret", "~AUTH_TYPE": "oauth-m2m"},
    "choice and profile": {"~CONFIG_PROFILE": "dev", "~AUTH_TYPE": "azure-client-secret"},
    "basic": {"~HOST": AWS, "~USERNAME": "u", "~PASSWORD": "s3cret"},
    "metadata service": {"~HOST": AWS, "~METADATA_SERVICE_URL": "http://metadata.example/none"},
    "env oidc": {"~HOST": AWS, "~OIDC_TOKEN": "t"},
    "env oidc by name": {"~HOST": AWS, "~OIDC_TOKEN_ENV": "MINE", "MINE": "t"},
    "env oidc of a principal": {"~HOST": AWS, "~OIDC_TOKEN": "t", "~CLIENT_ID": "c"},
    "env oidc and oauth": {"~HOST": AWS, "~OIDC_TOKEN_ENV": "MINE", "MINE": "t", "~CLIENT_ID": "c"},
    "file oidc": {"~HOST": AWS, "~OIDC_TOKEN_FILEPATH": "{home}/id-token"},
    "file oidc by alias": {"~HOST": AWS, "~OIDC_TOKEN_FILE": "{home}/id-token"},
    "file oidc without file": {"~HOST": AWS, "~OIDC_TOKEN_FILEPATH": "{home}/none"},
    "github": {"~HOST": AWS, "~CLIENT_ID": "c", **GITHUB},
    "github on azure": {"~HOST": AZURE, "ARM_CLIENT_ID": "ac", **GITHUB},
    "devops": {"~HOST": AWS, "~CLIENT_ID": "c", **DEVOPS},
    "azure": {"~HOST": AZURE, "ARM_CLIENT_ID": "ac", "ARM_CLIENT_SECRET": "s3cret", "ARM_TENANT_ID": "at"},
    "azure without tenant": {"~HOST": AZURE, "ARM_CLIENT_ID": "ac", "ARM_CLIENT_SECRET": "s3cret"},
    "azure elsewhere": {"~HOST": AWS, "ARM_CLIENT_ID": "ac", "ARM_CLIENT_SECRET": "s3cret", "ARM_TENANT_ID": "at"},
    "azure in china": {"~HOST": "https://adb-1.2.databricks.azure.cn/", "ARM_CLIENT_ID": "ac", "ARM_CLIENT_SECRET": "s3cret"},
    "azure alone": {"~HOST": AZURE},
    "azure by resource": {"~AZURE_RESOURCE_ID": "/subscriptions/1/x", "~HOST": AZURE, "~CONFIG_PROFILE": "dev"},
    "managed identity": {"~HOST": AZURE, "ARM_USE_MSI": "true", "ARM_CLIENT_ID": "ac"},
    "browser": {"~HOST": AWS, "~AUTH_TYPE": "external-browser", "~DISCOVERY_URL": NO_DISCOVERY},
    "cli by path": {"~HOST": AWS, "~CLI_PATH": "{bin}/databricks"},
    "cli by name": {"~HOST": AWS, "~CLI_PATH": "databricks", "~AUTH_TYPE": "databricks-cli"},
    "google": {"~HOST": GCP, "GOOGLE_CREDENTIALS": "{}"},
    "google id": {"~HOST": GCP, "~GOOGLE_SERVICE_ACCOUNT": "a@example"},
    "runtime": {"~RUNTIME_VERSION": "16.4", "~HOST": AWS},
    "file elsewhere": {"~CONFIG_FILE": "{home}/.databrickscfg", "~CONFIG_PROFILE": "dev"},
    "file in the home folder": {"~CONFIG_FILE": "~/.databrickscfg"},
    "file nowhere": {"~CONFIG_FILE": "~/none", "~CONFIG_PROFILE": "dev"},
    "numbers": {"~HOST": AWS, "~TOKEN": "s3cret", "~RATE_LIMIT": " 7 ", "~DEBUG_TRUNCATE_BYTES": "12", "~DEBUG_HEADERS": "no"},
    "no number": {"~HOST": AWS, "~TOKEN": "s3cret", "~DEBUG_TRUNCATE_BYTES": "1.5"},
    "cloud and audience": {"~HOST": AWS, "~TOKEN": "s3cret", "~CLOUD": "GCP", "~TOKEN_AUDIENCE": "a", "~ACCOUNT_ID": "7"},
}
ARGUMENTS: dict[str, dict[str, str]] = {
    "none": {},
    "profile": {"profile": "dev"},
    "unknown profile": {"profile": "prod"},
    "default profile": {"profile": "DEFAULT"},
    "host": {"host": f"https://{GCP}:443/"},
    "plain host": {"host": f"http://{AWS}:8080"},
    "token": {"token": "s3cret"},
    "host and token": {"host": AWS, "token": "s3cret", "warehouse_id": "w6"},
    "token for a profile": {"profile": "dev", "token": "s3cret"},
    "m2m": {"client_id": "c", "client_secret": "s3cret"},
    "choice": {"auth_type": "pat"},
    "profile and choice": {"profile": "dev", "auth_type": "pat"},
    "empty token": {"token": ""},
    "warehouse": {"warehouse_id": "w7", "scopes": "sql, files"},
    "file": {"config_file": "~/.databrickscfg", "profile": "dev"},
}
#: The programs that are there; `az` may be signed in or not.
PROGRAMS = ("nothing", "databricks", "az", "az signed out", "az signed out, databricks")


@dataclass(frozen=True)
class Case:
    """One combination."""

    name: str
    file: str | None
    variables: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    programs: str = "nothing"


def cases(count: int) -> list[Case]:
    """Each file, set of variables and set of arguments, `count` of all combinations, and `count` files of lines at random."""
    each = [
        *((file, "profile", "none", "nothing") for file in FILES),
        *((file, "none", "none", "nothing") for file in FILES),
        *(("default and dev", variables, "none", programs) for variables in VARIABLES for programs in PROGRAMS),
        *((file, "none", arguments, "databricks") for file in ("dev alone", "default") for arguments in ARGUMENTS),
        *(("no file", "azure alone", "none", programs) for programs in PROGRAMS),
    ]
    source = random.Random(20261129)  # noqa: S311  # the same ones every time
    rest = sorted(set(itertools.product(FILES, VARIABLES, ARGUMENTS, PROGRAMS)) - set(each))
    named = [case(*names) for names in dict.fromkeys(each + source.sample(rest, count))]
    made_up = ["[dev]\n" + "\n".join(source.sample(LINES, 4)) for _ in range(count)]
    given = {"profile": "dev", "host": AWS, "token": "s3cret"}
    return named + [Case(f"file: {text!r}", text, {}, given) for text in made_up]


def case(file: str, variables: str, arguments: str, programs: str) -> Case:
    """The combination of these parts."""
    named = {name.replace("~", "DATABRICKS_"): value for name, value in VARIABLES[variables].items()}
    name = f"file: {file} | variables: {variables} | arguments: {arguments} | programs: {programs}"
    return Case(name, FILES[file], named, ARGUMENTS[arguments], programs)
