use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use reqwest::{Method, Request};
use rstest::rstest;
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use tokio::io::AsyncWriteExt;
use url::Url;

use super::*;
use crate::error::Code;
use crate::secret::Secret;
use crate::transport::config::HttpConfig;
use crate::transport::http::HttpClient;
use crate::transport::limits::Limits;
use crate::transport::request_kind::RequestKind;
use crate::transport::retry::{Cause, Failure};
use crate::transport::test_server::{Answer, TestServer};

/// A certificate authority of a test's own.
pub(in crate::transport) struct Authority {
    pub(in crate::transport) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

struct Identity {
    pem: String,
    key: KeyPair,
}

impl Authority {
    pub(in crate::transport) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        // A name of its own, so that no other authority is taken for this one.
        params.distinguished_name.push(DnType::CommonName, format!("{:02x?}", key.public_key_raw()));
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn identity(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        Identity { pem: params.signed_by(&key, &self.issuer).unwrap().pem(), key }
    }

    /// A server that calls itself `name`; with `clients`, it serves only whom that authority has certified.
    pub(in crate::transport) fn server(&self, name: &str, clients: Option<&Authority>) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let Identity { pem, key } = self.identity(name);
        let chain = vec![CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()];
        builder.with_single_cert(chain, key.serialize_der().try_into().unwrap()).unwrap()
    }
}

fn trusting(authority: &Authority) -> TlsConfig {
    TlsConfig { ca_certificates: Some(authority.pem.clone().into_bytes()), ..TlsConfig::default() }
}

fn identified(config: TlsConfig, authority: &Authority) -> TlsConfig {
    let identity = authority.identity("client");
    TlsConfig {
        client_certificate: Some(identity.pem.into_bytes()),
        client_key: Some(Secret::new(identity.key.serialize_pem())),
        ..config
    }
}

async fn get(config: &TlsConfig, server: &TestServer) -> Result<(), Failure> {
    send(&TlsClients::new(Some(config)).unwrap().server, server).await
}

async fn send(tls: &ClientConfig, server: &TestServer) -> Result<(), Failure> {
    let limits = Limits::new(&HttpConfig::default()).unwrap();
    let client = HttpClient::new(tls, None, &limits).unwrap();
    client
        .exchange(RequestKind::Execute, 1, Request::new(Method::GET, Url::parse(&server.url()).unwrap()))
        .await
        .map(drop)
}

fn refused(outcome: Result<(), Failure>) -> String {
    let failure = outcome.unwrap_err();
    assert_eq!(failure.cause, Cause::Final);
    assert_eq!((failure.error.code, failure.error.retryable), (Code::NetworkError, false));
    failure.error.details
}

#[tokio::test]
async fn an_authority_of_the_configuration_is_trusted() {
    let authority = Authority::new();
    let server = TestServer::start_tls(authority.server("127.0.0.1", None), [Answer::json(200, "{}")]).await;
    get(&trusting(&authority), &server).await.unwrap();
    assert_eq!(server.lines(), ["GET /"]);
}

#[tokio::test]
async fn an_unknown_authority_is_refused_for_good() {
    let server = TestServer::start_tls(Authority::new().server("127.0.0.1", None), []).await;
    for config in [TlsConfig::default(), trusting(&Authority::new())] {
        let details = refused(get(&config, &server).await);
        assert_eq!(
            details,
            "no TLS connection to 127.0.0.1: invalid peer certificate: UnknownIssuer: the authority that issued its certificate \
             is not trusted here; where that is right, pass the authority's certificate in PEM as the TLS setting \
             ca_certificates (tls_ca_cert in Python)"
        );
    }
}

#[rstest]
#[case::verified(TlsConfig::default(), false)]
#[case::any_name(TlsConfig { skip_hostname_verification: true, ..TlsConfig::default() }, true)]
#[case::anything(TlsConfig { skip_verification: true, ..TlsConfig::default() }, true)]
#[tokio::test]
async fn a_certificate_of_another_host_is_refused_unless_names_are_skipped(
    #[case] config: TlsConfig,
    #[case] accepted: bool,
) {
    let authority = Authority::new();
    let server = TestServer::start_tls(authority.server("other.example", None), [Answer::json(200, "{}")]).await;
    let config = TlsConfig { ca_certificates: trusting(&authority).ca_certificates, ..config };
    let outcome = get(&config, &server).await;
    if accepted {
        outcome.unwrap();
    } else {
        let details = refused(outcome);
        assert!(details.starts_with("no TLS connection to 127.0.0.1: invalid peer certificate: certificate not valid"));
    }
}

#[rstest]
#[case::any_name(TlsConfig { skip_hostname_verification: true, ..TlsConfig::default() }, false)]
#[case::anything(TlsConfig { skip_verification: true, ..TlsConfig::default() }, true)]
#[tokio::test]
async fn skipping_names_still_checks_the_authority(#[case] config: TlsConfig, #[case] accepted: bool) {
    let tls = Authority::new().server("other.example", None);
    let server = TestServer::start_tls(tls, [Answer::json(200, "{}")]).await;
    assert_eq!(get(&config, &server).await.is_ok(), accepted);
}

#[tokio::test]
async fn a_server_that_asks_gets_the_clients_certificate() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let tls = authority.server("127.0.0.1", Some(&clients));
    let server = TestServer::start_tls(tls, [Answer::json(200, "{}")]).await;
    get(&identified(trusting(&authority), &clients), &server).await.unwrap();
    assert_eq!(server.lines(), ["GET /"]);
}

#[tokio::test]
async fn a_missing_client_certificate_is_refused_for_good() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = TestServer::start_tls(authority.server("127.0.0.1", Some(&clients)), []).await;
    let details = refused(get(&trusting(&authority), &server).await);
    assert_eq!(details, "no TLS connection to 127.0.0.1: received fatal alert: CertificateRequired");
}

#[tokio::test]
async fn the_store_never_gets_the_clients_certificate() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = TestServer::start_tls(authority.server("127.0.0.1", Some(&clients)), []).await;
    let tls = TlsClients::new(Some(&identified(trusting(&authority), &clients))).unwrap();
    refused(send(&tls.store, &server).await);
}

#[tokio::test]
async fn a_port_without_tls_is_refused_for_good() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
    let limits = Limits::new(&HttpConfig::default()).unwrap();
    let client = HttpClient::new(&TlsClients::new(None).unwrap().server, None, &limits).unwrap();
    let answer_in_plain_text = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        stream
    };
    let exchange = client.exchange(RequestKind::Execute, 1, Request::new(Method::GET, url));
    let (outcome, _stream) = tokio::join!(exchange, answer_in_plain_text);
    let details = refused(outcome.map(drop));
    assert_eq!(
        details,
        "no TLS connection to 127.0.0.1: received corrupt message of type InvalidContentType: it does not speak TLS; http://… \
         as the host is for a local warehouse only, and a proxy may be in the way"
    );
}

const NO_PEM: &[u8] = b"this is not PEM";

#[rstest]
#[case::authority_no_pem(
    TlsConfig { ca_certificates: Some(NO_PEM.to_vec()), ..TlsConfig::default() },
    "the TLS setting ca_certificates has no certificate in PEM"
)]
#[case::authority_cut(
    TlsConfig { ca_certificates: Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n".to_vec()), ..TlsConfig::default() },
    "the TLS setting ca_certificates has a certificate that is not PEM"
)]
#[case::authority_garbage(
    TlsConfig { ca_certificates: Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()), ..TlsConfig::default() },
    "the TLS setting ca_certificates has a certificate that is not usable"
)]
#[case::certificate_alone(
    TlsConfig { client_certificate: Some(NO_PEM.to_vec()), ..TlsConfig::default() },
    "the TLS settings client_certificate and client_key need each other: pass both"
)]
#[case::key_alone(
    TlsConfig { client_key: Some(Secret::new("k".to_owned())), ..TlsConfig::default() },
    "the TLS settings client_certificate and client_key need each other: pass both"
)]
#[case::certificate_no_pem(
    TlsConfig { client_certificate: Some(NO_PEM.to_vec()), client_key: Some(Secret::new("k".to_owned())), ..TlsConfig::default() },
    "the TLS setting client_certificate has no certificate in PEM"
)]
fn an_unusable_setting_is_refused_by_name(#[case] config: TlsConfig, #[case] details: &str) {
    let error = TlsClients::new(Some(&config)).err().unwrap();
    assert_eq!((error.code, error.details.as_str()), (Code::InvalidArgument, details));
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused_without_being_shown() {
    let authority = Authority::new();
    let other = authority.identity("other").key.serialize_pem();
    let config = identified(TlsConfig::default(), &authority);
    let with_key = |key: String| TlsConfig { client_key: Some(Secret::new(key)), ..config.clone() };
    let error = TlsClients::new(Some(&with_key(other))).err().unwrap();
    assert_eq!(error.details, "the TLS settings client_certificate and client_key cannot be used together");
    let error = TlsClients::new(Some(&with_key("s3cret".to_owned()))).err().unwrap();
    let expected = "the TLS setting client_key has no private key in PEM; decrypt an encrypted key first";
    assert_eq!(error.details, expected);
}
