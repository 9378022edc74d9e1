use std::collections::HashMap;

use rstest::rstest;

use super::auth_type::AUTH_TYPES;
use super::field::FIELDS;
use super::sign_in::IdToken;
use super::*;
use crate::error::Code;

/// A machine as a test describes it.
#[derive(Default)]
struct Machine {
    variables: HashMap<String, String>,
    files: HashMap<PathBuf, Vec<u8>>,
}

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn home(&self) -> Option<PathBuf> {
        Some(PathBuf::from("/home/me"))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn file_size(&self, path: &Path) -> Option<u64> {
        let is_there = path.starts_with("/bin");
        is_there.then(|| if path.ends_with("databricks") { 20 << 20 } else { 100 })
    }
}

impl Machine {
    /// `text` is `NAME=VALUE` in lines; a line `~` begins the file in the home folder.
    fn new(text: &str) -> Self {
        let (variables, file) = text.split_once("~\n").map_or((text, None), |(before, file)| (before, Some(file)));
        let mut machine = Self { variables: pairs(variables).collect(), ..Self::default() };
        if let Some(file) = file {
            machine.files.insert("/home/me/.databrickscfg".into(), file.as_bytes().to_vec());
        }
        machine
    }

    fn profile(&self, arguments: &str) -> Result<Profile> {
        let arguments = pairs(arguments).map(|(name, value)| (name, Zeroizing::new(value)));
        Profile::resolve(arguments.collect(), self)
    }
}

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split(['\n', ' ']).filter_map(|pair| pair.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned()))
}

fn refusal(machine: &str, arguments: &str) -> String {
    let error = Machine::new(machine).profile(arguments).expect_err("it is refused");
    assert_eq!(error.code, Code::InvalidArgument);
    error.details
}

const FILE: &str =
    "~\n[DEFAULT]\nhost = default.example\ntoken = t0\n[dev]\nhost = dev.example\ntoken = t1\nwarehouse_id = w1\n";

#[rstest]
#[case::default_section(FILE, "", "default.example", "[DEFAULT] in ~/.databrickscfg")]
#[case::named(FILE, "profile=dev", "dev.example", "[dev] in ~/.databrickscfg")]
#[case::default_by_name(FILE, "profile=DEFAULT", "default.example", "[DEFAULT] in ~/.databrickscfg")]
#[case::named_by_variable(
    &format!("DATABRICKS_CONFIG_PROFILE=dev\n{FILE}"), "", "dev.example", "[dev] in ~/.databrickscfg"
)]
#[case::named_by_settings(
    &format!("{FILE}[__settings__]\ndefault_profile = dev\n"), "", "dev.example", "[dev] in ~/.databrickscfg"
)]
#[case::variable_before_file(
    &format!("DATABRICKS_HOST=env.example\nDATABRICKS_CONFIG_PROFILE=dev\n{FILE}"), "", "env.example", "the variable DATABRICKS_HOST"
)]
#[case::argument_before_variable(
    "DATABRICKS_HOST=env.example\nDATABRICKS_TOKEN=t",
    "host=arg.example",
    "arg.example",
    "the argument host"
)]
#[case::empty_variable_is_none(
    &format!("DATABRICKS_HOST=\n{FILE}"), "", "default.example", "[DEFAULT] in ~/.databrickscfg"
)]
fn the_host_is_of_the_first_source_that_has_it(
    #[case] machine: &str,
    #[case] arguments: &str,
    #[case] host: &str,
    #[case] source: &str,
) {
    let profile = Machine::new(machine).profile(arguments).unwrap();
    assert_eq!(profile.host(), format!("https://{host}"));
    let value = profile.values().into_iter().find(|value| value.name == "host").unwrap();
    assert_eq!((value.value.as_str(), value.source.as_str()), (host, source));
}

#[rstest]
#[case::nothing(
    "",
    "",
    "nothing says the host of the workspace: give host, or set DATABRICKS_HOST; there is no file ~/.databrickscfg"
)]
#[case::no_default(
    "~\n[dev]\nhost=h\n",
    "",
    "nothing says the host of the workspace: give host, or set DATABRICKS_HOST; ~/.databrickscfg has no [DEFAULT]: name a profile"
)]
#[case::file_not_read(
    &format!("DATABRICKS_HOST=h\n{FILE}"), "",
    "nothing says a way to sign in: give token, or client_id and client_secret, or auth_type; \
     no file was read, because the variable DATABRICKS_HOST is set: name a profile to have it read all the same"
)]
#[case::not_in_profile(
    "~\n[dev]\ntoken=t\n",
    "profile=dev",
    "nothing says the host of the workspace: give host, or set DATABRICKS_HOST; [dev] in ~/.databrickscfg does not say it either"
)]
#[case::unknown_profile(
    FILE,
    "profile=prod",
    "there is no profile [prod], which the argument profile names, in ~/.databrickscfg; the profiles there: DEFAULT, dev"
)]
#[case::unknown_default_profile(
    "~\n[__settings__]\ndefault_profile=prod",
    "",
    "there is no profile [prod], which [__settings__] in ~/.databrickscfg names, in ~/.databrickscfg; the profiles there: none"
)]
#[case::settings_are_no_profile(
    FILE,
    "profile=__settings__",
    "the profile of the argument profile is [__settings__], which is none"
)]
#[case::syntax("~\n[dev]\ns3cret", "profile=dev", "line 2 of ~/.databrickscfg cannot be read: there is no = in it")]
#[case::unknown_field("", "tokn=t", "\"tokn\" is no field of a profile")]
#[case::number(
    "DATABRICKS_RATE_LIMIT=many",
    "",
    "rate_limit of the variable DATABRICKS_RATE_LIMIT is not a whole number"
)]
#[case::switch("ARM_USE_MSI=yes", "", "azure_use_msi of the variable ARM_USE_MSI is not true or false")]
#[case::two_ways(
    "DATABRICKS_TOKEN=s3cret\nDATABRICKS_CLIENT_SECRET=s3cret",
    "host=h",
    "more than one way to sign in is set: token (the variable DATABRICKS_TOKEN), client_secret (the variable DATABRICKS_CLIENT_SECRET); \
     leave all but one out, or choose by auth_type"
)]
#[case::unknown_home(
    "",
    "config_file=~you/cfg",
    "config_file \"~you/cfg\" leads to an unknown home folder: write its path out"
)]
#[case::group(
    "DATABRICKS_GROUP_ID=7",
    "host=h token=t",
    "group_id of the variable DATABRICKS_GROUP_ID: the kernel signs in as whoever the credentials are for, not as a group: leave it out"
)]
#[case::asked_for_in_vain(
    "",
    "host=h auth_type=oauth-m2m client_id=c",
    "the auth_type oauth-m2m of the argument auth_type needs client_secret (variable DATABRICKS_CLIENT_SECRET)"
)]
#[case::line_that_is_indented(
    "~\n[dev]\nhost=h\n token=s3cret",
    "profile=dev client_id=c",
    "the host of [dev] in ~/.databrickscfg goes on in the next line, which is indented: \
     give a host name such as my-workspace.cloud.databricks.com"
)]
#[case::browser_with_an_app_of_azures(
    "",
    "host=h auth_type=external-browser azure_client_id=c",
    "the auth_type external-browser of the argument auth_type needs an app of Databricks's, client_id, in the place of azure_client_id"
)]
#[case::azures_principal_elsewhere(
    "PATH=/bin",
    "host=h azure_client_id=c azure_client_secret=s",
    "the auth type azure-client-secret needs a workspace of Azure's as host"
)]
fn what_is_wrong_is_named_with_its_place(#[case] machine: &str, #[case] arguments: &str, #[case] details: &str) {
    assert_eq!(refusal(machine, arguments), details);
}

const GITHUB: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN=t\nACTIONS_ID_TOKEN_REQUEST_URL=https://h?a=b";
const DEVOPS: &str = "SYSTEM_ACCESSTOKEN=s3cret\nSYSTEM_TEAMFOUNDATIONCOLLECTIONURI=u\nSYSTEM_TEAMPROJECTID=p\nSYSTEM_PLANID=p\n\
                      SYSTEM_JOBID=j\nSYSTEM_HOSTTYPE=h";
const AZURE: &str = "host=adb-1.2.azuredatabricks.net";

#[rstest]
#[case::pat("", "host=h token=t", "pat")]
#[case::m2m("", "host=h client_id=c client_secret=s", "oauth-m2m")]
#[case::chosen("", "host=h token=t client_id=c client_secret=s auth_type=oauth-m2m", "oauth-m2m")]
#[case::env_oidc("DATABRICKS_OIDC_TOKEN=t", "host=h client_id=c", "env-oidc")]
#[case::env_oidc_of_an_account("DATABRICKS_OIDC_TOKEN=t", "host=h", "env-oidc")]
#[case::secret_before_env_oidc("DATABRICKS_OIDC_TOKEN=t", "host=h client_id=c client_secret=s", "oauth-m2m")]
#[case::github(GITHUB, "host=h client_id=c", "github-oidc")]
#[case::azure_secret("", &format!("{AZURE} azure_client_id=c azure_client_secret=s"), "azure-client-secret")]
#[case::azure_secret_at_a_double(
    "",
    "host=http://127.0.0.1:8080 azure_client_id=c azure_client_secret=s",
    "azure-client-secret"
)]
#[case::msi("ARM_USE_MSI=true", AZURE, "azure-msi")]
#[case::msi_before_the_cli("ARM_USE_MSI=true\nPATH=/bin", AZURE, "azure-msi")]
#[case::secret_before_msi("ARM_USE_MSI=true", &format!("{AZURE} azure_client_id=c azure_client_secret=s"), "azure-client-secret")]
#[case::no_msi("ARM_USE_MSI=false\nPATH=/bin", AZURE, "azure-cli")]
#[case::azure_cli("PATH=/bin", AZURE, "azure-cli")]
#[case::browser("", "host=h auth_type=external-browser", "external-browser")]
#[case::databricks_cli("PATH=/bin", "host=h", "databricks-cli")]
#[case::databricks_cli_by_path("", "host=h databricks_cli_path=/opt/databricks", "databricks-cli")]
#[case::old_databricks_cli("PATH=/bin", "host=h databricks_cli_path=old auth_type=databricks-cli", "")]
fn the_sdks_order_chooses(#[case] machine: &str, #[case] arguments: &str, #[case] chosen: &str) {
    let profile = Machine::new(machine).profile(arguments);
    assert_eq!(profile.map(|profile| profile.auth_type()).unwrap_or_default(), chosen);
}

#[rstest]
#[case("basic", "", "host=h username=u password=s3cret")]
#[case("metadata-service", "", "host=h metadata_service_url=http://s3cret")]
#[case("github-oidc-azure", GITHUB, "host=h azure_client_id=c")]
#[case("azure-devops-oidc", DEVOPS, "host=h client_id=c")]
#[case("runtime-oauth", "DATABRICKS_RUNTIME_VERSION=16.4", "host=h scopes=sql")]
#[case("runtime", "DATABRICKS_RUNTIME_VERSION=16.4", "host=h")]
#[case("google-credentials", "", "host=h google_credentials=s3cret")]
#[case("google-id", "", "host=h google_service_account=a")]
#[case("model-serving", "IS_IN_DATABRICKS_MODEL_SERVING_ENV=true", "host=h")]
fn what_is_not_done_is_refused_by_name(#[case] name: &str, #[case] machine: &str, #[case] arguments: &str) {
    let row = AUTH_TYPES.iter().find(|row| row.name == name).unwrap();
    let expected = format!("the kernel does not sign in by {name}: {}", row.refusal().unwrap());
    assert_eq!(refusal(machine, arguments), expected);
}

#[test]
fn the_azure_cli_may_find_nobody_and_the_databricks_cli_is_next() {
    let profile = Machine::new("PATH=/bin").profile(AZURE).unwrap();
    assert_eq!(profile.sign_ins.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["azure-cli", "databricks-cli"]);
    let asked = Machine::new("PATH=/bin").profile(&format!("{AZURE} auth_type=azure-cli")).unwrap();
    assert_eq!(asked.sign_ins().count(), 1);
}

#[rstest]
#[case::default("host=h client_id=c client_secret=s", "all-apis")]
#[case::own("host=h client_id=c client_secret=s scopes=sql,,files,sql", "files sql")]
#[case::browser("host=h auth_type=external-browser scopes=sql", "sql offline_access")]
#[case::browser_without_refreshes("host=h auth_type=external-browser disable_oauth_refresh_token=true", "all-apis")]
fn scopes_are_sorted_and_have_a_default(#[case] arguments: &str, #[case] scopes: &str) {
    let profile = Machine::new("").profile(arguments).unwrap();
    let (SignIn::ClientSecret { oauth, .. } | SignIn::Browser { oauth, .. }) = &profile.sign_ins[0].1 else {
        panic!("it signs in by OAuth")
    };
    assert_eq!(oauth.scopes.join(" "), scopes);
}

#[rstest]
#[case::full("/token", Some("t\n"), true)]
#[case::empty("/token", Some(" \n"), false)]
#[case::absent("/token", None, false)]
fn the_file_of_a_workload_has_a_token(#[case] path: &str, #[case] token: Option<&str>, #[case] is_chosen: bool) {
    let mut machine = Machine::default();
    machine.files.extend(token.map(|token| (path.into(), token.as_bytes().to_vec())));
    let profile = machine.profile(&format!("host=h oidc_token_filepath={path}"));
    let token = profile.ok().map(|profile| match &profile.sign_ins[0].1 {
        SignIn::Workload { token, .. } => token.clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!(token, is_chosen.then(|| IdToken::File(path.to_owned())));
}

#[rstest]
#[case::warehouse("warehouse_id=w", "", Some("/sql/1.0/warehouses/w"))]
#[case::path("http_path=/p", "", Some("/p"))]
#[case::path_of_the_same_place("http_path=/p warehouse_id=w", "", Some("/p"))]
#[case::argument_before_variable("warehouse_id=w", "DATABRICKS_HTTP_PATH=/p", Some("/sql/1.0/warehouses/w"))]
#[case::variable("", "DATABRICKS_HTTP_PATH=/p", Some("/p"))]
#[case::other_variable("", "DATABRICKS_SQL_HTTP_PATH=/p", Some("/p"))]
#[case::variable_of_the_warehouse("", "DATABRICKS_WAREHOUSE_ID=w", Some("/sql/1.0/warehouses/w"))]
#[case::workspace("warehouse_id=w workspace_id=7", "", Some("/sql/1.0/warehouses/w?o=7"))]
#[case::path_with_its_workspace("http_path=/p?o=8 workspace_id=7", "", Some("/p?o=8"))]
#[case::nothing("cluster_id=c", "", None)]
fn the_warehouse_is_named_by_path_or_id(#[case] arguments: &str, #[case] variables: &str, #[case] path: Option<&str>) {
    let profile = Machine::new(variables).profile(&format!("host=h token=t {arguments}")).unwrap();
    let found = profile.http_path();
    assert_eq!(found.as_deref().ok(), path);
    if let Err(KernelError::InvalidArgument { details, .. }) = found {
        assert!(details.ends_with("; the cluster of the argument cluster_id is no SQL warehouse"), "{details}");
    }
}

#[rstest]
#[case::name("h.example", "https://h.example", None)]
#[case::slash("https://h.example/", "https://h.example", None)]
#[case::default_port("h.example:443", "https://h.example", None)]
#[case::port("h.example:8443", "https://h.example:8443", None)]
#[case::plain("http://127.0.0.1:80/", "http://127.0.0.1", None)]
#[case::page("https://h.example/sql/editor?o=7#x", "https://h.example", Some("7"))]
#[case::no_workspace("https://h.example/?o=", "https://h.example", None)]
fn a_host_is_as_people_copy_it(#[case] text: &str, #[case] address: &str, #[case] workspace_id: Option<&str>) {
    let profile = Machine::new("").profile(&format!("token=t host={text}")).unwrap();
    assert_eq!((profile.host().as_str(), profile.workspace_id.as_deref()), (address, workspace_id));
}

#[rstest]
#[case::user("https://me:s3cret@h")]
#[case::scheme("ftp://h")]
#[case::port("h:port")]
#[case::odd("h{st")]
fn an_unusable_host_is_refused(#[case] host: &str) {
    let details = refusal("", &format!("token=t host={host}"));
    assert!(details.starts_with("the host of the argument host ") && !details.contains("s3cret"), "{details}");
}

#[test]
fn secrets_are_never_shown() {
    let machine = Machine::new("DATABRICKS_CLIENT_SECRET=s3cret\n~\n[dev]\ntoken = s3cret\npassword = s3cret\n");
    let profile = machine.profile("profile=dev host=h auth_type=pat").unwrap();
    let shown = format!("{profile:?} {:?} {:?}", profile.values(), profile.sign_ins);
    assert!(
        !shown.contains("s3cret") && shown.contains("client_secret=*** from the variable DATABRICKS_CLIENT_SECRET"),
        "{shown}"
    );
}

#[test]
fn every_name_of_the_tables_is_there_once() {
    let mut names: Vec<_> =
        FIELDS.iter().flat_map(|field| field.variables.iter().copied().chain([field.name])).collect();
    names.extend(AUTH_TYPES.iter().map(|row| row.name));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(AUTH_TYPES.iter().flat_map(|row| row.needs).all(|need| field::Field::named(need).is_some()));
}

/// The page has the tables of the code, row by row.
#[test]
fn the_page_has_both_tables() {
    let page = include_str!("../../docs/profiles.md");
    let code = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let fields = FIELDS.iter().map(|field| {
        format!("| `{}` | {} | {} |\n", field.name, code(field.variables), field.family.unwrap_or_default())
    });
    let ways = AUTH_TYPES.iter().map(|row| {
        let here = row.refusal().map_or_else(|| "done".to_owned(), |instead| format!("refused: {instead}"));
        format!("| `{}` | {} | {here} |\n", row.name, code(row.needs))
    });
    for table in [fields.collect::<String>(), ways.collect()] {
        assert!(page.contains(&format!("|---|---|---|\n{table}\n")), "docs/profiles.md lacks\n{table}");
    }
}
