//! A server for benchmarks: the SQL Statement Execution protocol over results that were made beforehand.
//!
//! `bench-server` prints the address that it listens on, on loopback, and serves until it is ended. One thread a connection; bodies go
//! from the page cache to the socket without passing through the program, so that it takes little of the machine.

mod data;
mod http;
mod line;
mod sea;
mod spec;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use data::Library;
use http::{Connection, Reply};

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    announce(&format!("listening on http://{address}"))?;
    let library = Arc::new(Library::new()?);
    for stream in listener.incoming() {
        let (stream, library) = (stream?, Arc::clone(&library));
        thread::spawn(move || serve(stream, &address.to_string(), &library));
    }
    Ok(())
}

fn announce(line: &str) -> io::Result<()> {
    use io::Write as _;
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

/// Answers one connection's requests until the client ends it, or goes away in the middle of a body.
fn serve(stream: TcpStream, address: &str, library: &Library) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut connection = Connection::new(stream);
    while let Some(request) = connection.request()? {
        match sea::answer(&request, address, library)? {
            Reply::Json(status, body) => connection.send_json(status, &body)?,
            Reply::Part(part) => connection.send_part(&part)?,
        }
    }
    Ok(())
}
