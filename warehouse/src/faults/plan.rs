//! The plan's format.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

/// Reads a plan. Errors: it does not parse, or a rule could never do what it says.
pub(crate) fn parse(text: &[u8]) -> Result<Vec<Rule>, serde_json::Error> {
    let rules: Vec<Rule> = serde_json::from_slice(text)?;
    for (index, rule) in rules.iter().enumerate() {
        rule.check().map_err(|reason| serde_json::Error::custom(format!("rule {}: {reason}", index + 1)))?;
    }
    Ok(rules)
}

/// One fault: where, how often, what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) on: On,
    /// How many requests pass first.
    #[serde(default)]
    pub(crate) skip: u32,
    /// How many requests it hits then.
    #[serde(default = "once")]
    pub(crate) times: u32,
    /// The chunk that it is for; every one when absent. For `chunk` and `link`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chunk: Option<usize>,
    #[serde(rename = "do")]
    pub(crate) action: Action,
}

fn once() -> u32 {
    1
}

impl Rule {
    fn check(&self) -> Result<(), &'static str> {
        match (&self.action, self.on) {
            (Action::Result(_), On::Result) => {}
            (Action::Result(_), _) => return Err("a fault of results goes with \"on\": \"result\""),
            (Action::Query(_), On::Authorize | On::AzureLogin) => {}
            (Action::Query(_), _) => return Err("\"query\" goes with \"on\": \"authorize\" or \"azure_login\""),
            (_, On::Result) => return Err("only a fault of results goes with \"on\": \"result\""),
            _ => {}
        }
        match self.action {
            Action::Status { code, .. } if !(200..600).contains(&code) => Err("a status is from 200 to 599"),
            _ if self.chunk.is_some() && !matches!(self.on, On::Chunk | On::Link) => {
                Err("\"chunk\" goes with \"on\": \"chunk\" or \"link\"")
            }
            _ => Ok(()),
        }
    }

    /// Whether it hits this request; counts it.
    pub(super) fn applies(&mut self, chunk: Option<usize>) -> bool {
        if self.times == 0 || (self.chunk.is_some() && self.chunk != chunk) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times -= 1;
        true
    }
}

/// The kinds of requests, and the making of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    OpenSession,
    CloseSession,
    Execute,
    Poll,
    Chunk,
    Cancel,
    Close,
    Link,
    /// A call for a link to write, read or remove a file of a volume.
    UploadUrl,
    DownloadUrl,
    DeleteUrl,
    ListFolder,
    /// A request to such a link.
    Upload,
    Download,
    Remove,
    /// A document that says where to sign in.
    Discovery,
    /// A browser that is to be led back to its app.
    Authorize,
    /// A request of a token.
    Token,
    /// The question for the tenant of a workspace at Azure, and for a token there or of the machine.
    AzureLogin,
    AzureToken,
    ManagedIdentity,
    Result,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// The answer comes later.
    Delay { milliseconds: u64 },
    /// The answer never comes.
    Hang,
    /// Another answer, with `Retry-After` as seconds or HTTP date.
    Status {
        code: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    /// The connection breaks before the request is served.
    CutBefore,
    /// The request is served, and the connection breaks before the answer.
    CutAfter,
    /// An HTML page with status 200.
    LoginPage,
    /// The connection breaks after so many bytes of the body.
    Truncate { at: usize },
    /// The body is shorter, and says so: the transport sees nothing.
    Shorten { at: usize },
    /// After so many bytes nothing comes any more.
    Stall { at: usize },
    /// All bits of one byte are flipped.
    Corrupt { at: usize },
    /// Members of the JSON are others, or missing where they are null here.
    Json(serde_json::Map<String, serde_json::Value>),
    /// Parameters of the address that the answer leads to are others, or missing where they are null here.
    Query(BTreeMap<String, Option<String>>),
    /// The result itself is made wrong, or in one of the service's rarer shapes.
    Result(ResultFault),
}

/// How a result differs from what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResultFault {
    /// The first so many links have ended when they are given.
    ExpiredLinks { count: usize },
    /// No link is given for this chunk, though the manifest names it.
    MissingChunk { chunk: usize },
    /// The manifest's total differs by so many rows.
    TotalRows { add: i64 },
    /// The declared rows of one chunk differ by so many, in the manifest and with its data.
    ChunkRows { chunk: usize, add: i64 },
    /// Links want these headers, and say so; the store refuses requests without them.
    RequiredHeaders(BTreeMap<String, String>),
    /// Each chunk has so many rows more than it declares.
    SurplusRows { rows: usize },
    /// The columns in the payload have other names.
    RenamedColumns,
    /// The payload is of another query: one column of another type.
    ForeignSchema,
    /// The wish for compression is ignored, and the manifest does not speak of it.
    NotCompressed,
    /// LZ4 blocks refer to the blocks before them.
    LinkedBlocks,
    /// One LZ4 frame for each Arrow message, also in large chunks.
    FramePerMessage,
    /// Rows of text, though Arrow was asked for.
    JsonRows,
    /// The state is CLOSED, with the result in the same reply.
    Closed,
    /// The statement runs so much longer, and takes no processor for it.
    Slow { milliseconds: u64 },
}
