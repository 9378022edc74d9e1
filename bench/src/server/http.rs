//! As much of HTTP/1.1 as clients of this protocol use.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::net::TcpStream;
use std::ops::Range;

use super::line::Line;

/// A request: what the server reads of it.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) range: Option<String>,
    pub(crate) body: Vec<u8>,
}

pub(crate) enum Reply {
    Json(u16, String),
    Part(Part),
}

/// A stored body, or a range of it.
pub(crate) struct Part {
    pub(crate) file: File,
    pub(crate) whole: u64,
    pub(crate) range: Range<u64>,
    pub(crate) is_range: bool,
    /// What the whole body decodes to, for the limit program.
    pub(crate) decoded: usize,
    pub(crate) line: Line,
}

pub(crate) struct Connection {
    input: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { input: BufReader::new(stream) }
    }

    /// The next request; none when the client has ended the connection.
    pub(crate) fn request(&mut self) -> io::Result<Option<Request>> {
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let mut request = Request { method: word(), path: word(), ..Request::default() };
        let mut length = 0;
        loop {
            let mut header = String::new();
            self.input.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().map_err(io::Error::other)?,
                "range" => request.range = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        request.body.resize(length, 0);
        self.input.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    pub(crate) fn send_json(&mut self, status: u16, body: &str) -> io::Result<()> {
        let length = body.len();
        let reply = format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.input.get_mut().write_all(reply.as_bytes())
    }

    /// Sends a body as its line lets it through.
    pub(crate) fn send_part(&mut self, part: &Part) -> io::Result<()> {
        part.line.wait_for_the_first_byte();
        let Range { start, end } = part.range;
        let mut head = format!(
            "HTTP/1.1 {}\r\ncontent-type: binary/octet-stream\r\naccept-ranges: bytes\r\ncontent-length: {}\r\nx-decoded-length: {}\r\n",
            if part.is_range { "206 Partial Content" } else { "200 OK" },
            end - start,
            part.decoded
        );
        if part.is_range {
            head.push_str(&format!("content-range: bytes {start}-{}/{}\r\n", end - 1, part.whole));
        }
        head.push_str("\r\n");
        let stream = self.input.get_mut();
        stream.write_all(head.as_bytes())?;
        let mut file = &part.file;
        file.seek(SeekFrom::Start(start))?;
        part.line.send(end - start, |length| {
            // The standard library's copy of a file to a socket is `sendfile`.
            let sent = io::copy(&mut file.take(length), stream)?;
            if sent == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
        })
    }
}
