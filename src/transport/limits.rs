//! The time limits and connection counts of HTTP.

use std::time::Duration;

use super::config::HttpConfig;
use crate::error::{Error, Result};

/// The checked limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) stall_timeout: Duration,
    pub(crate) max_connections: usize,
}

impl Limits {
    /// Checks the settings and fills in the defaults.
    pub(crate) fn new(config: &HttpConfig) -> Result<Self> {
        let seconds = |setting: &str, value: Option<Duration>, default| match value {
            Some(Duration::ZERO) => {
                Err(Error::invalid_argument(format!("the HTTP setting {setting} must be longer than 0")))
            }
            value => Ok(value.unwrap_or(Duration::from_secs(default))),
        };
        Ok(Self {
            connect_timeout: seconds("connect_timeout", config.connect_timeout, 30)?,
            request_timeout: seconds("request_timeout", config.request_timeout, 120)?,
            stall_timeout: seconds("stall_timeout", config.stall_timeout, 30)?,
            max_connections: usize::try_from(config.max_connections.unwrap_or(32))
                .ok()
                .filter(|count| *count > 0)
                .ok_or_else(|| Error::invalid_argument("the HTTP setting max_connections must be at least 1"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::error::Code;

    #[test]
    fn limits_have_the_documented_defaults() {
        let limits = Limits::new(&HttpConfig::default()).unwrap();
        assert_eq!(limits.connect_timeout, Duration::from_secs(30));
        assert_eq!(limits.request_timeout, Duration::from_secs(120));
        assert_eq!(limits.stall_timeout, Duration::from_secs(30));
        assert_eq!(limits.max_connections, 32);
    }

    #[rstest]
    #[case::connect(HttpConfig { connect_timeout: Some(Duration::ZERO), ..HttpConfig::default() }, "connect_timeout")]
    #[case::request(HttpConfig { request_timeout: Some(Duration::ZERO), ..HttpConfig::default() }, "request_timeout")]
    #[case::stall(HttpConfig { stall_timeout: Some(Duration::ZERO), ..HttpConfig::default() }, "stall_timeout")]
    #[case::no_connection(HttpConfig { max_connections: Some(0), ..HttpConfig::default() }, "max_connections")]
    #[case::negative(HttpConfig { max_connections: Some(-1), ..HttpConfig::default() }, "max_connections")]
    fn an_unusable_limit_is_refused_by_name(#[case] config: HttpConfig, #[case] setting: &str) {
        let error = Limits::new(&config).unwrap_err();
        assert_eq!(error.code, Code::InvalidArgument);
        assert!(error.details.contains(setting), "{}", error.details);
    }
}
