//! The least that a client of these results can do: chunks downloaded over a few connections, their LZ4 blocks decoded straight into one
//! buffer a chunk, which is then let go. No protocol, no order, no check, no retry.
//!
//! `bench-limit ADDRESS SPEC CHUNKS CONNECTIONS` prints one line of JSON: seconds, and memory in bytes over what it began with.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use lz4_flex::block::decompress_into;

/// The header of a frame without content size, and of a block.
const FRAME_HEADER: usize = 7;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, spec, chunks, connections] = &arguments[..] else {
        return Err(io::Error::other("usage: bench-limit ADDRESS SPEC CHUNKS CONNECTIONS"));
    };
    let chunks: usize = chunks.parse().map_err(io::Error::other)?;
    let connections: usize = connections.parse().map_err(io::Error::other)?;
    let base = memory("VmRSS:")?;
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let decoded: usize = thread::scope(|scope| {
        let work = || download(address, spec, chunks, &next);
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| io::Error::other("a thread broke"))?)
            .sum::<io::Result<usize>>()
    })?;
    let seconds = start.elapsed().as_secs_f64();
    let peak = memory("VmHWM:")?.saturating_sub(base);
    writeln!(io::stdout(), "{{\"seconds\": {seconds}, \"peak\": {peak}, \"decoded\": {decoded}}}")
}

/// Fetches chunks over one connection until there are no more; how many bytes they decoded to.
fn download(address: &str, spec: &str, chunks: usize, next: &AtomicUsize) -> io::Result<usize> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut input = BufReader::with_capacity(4096, stream);
    let mut compressed = Vec::new();
    let mut total = 0;
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= chunks {
            return Ok(total);
        }
        write!(input.get_mut(), "GET /store/{spec}/{index} HTTP/1.1\r\nhost: {address}\r\n\r\n")?;
        let (mut length, mut decoded) = (0, 0);
        loop {
            let mut line = String::new();
            input.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                if line.starts_with("HTTP/1.1 200") {
                    continue;
                }
                break;
            };
            match name {
                "content-length" => length = value.parse().map_err(io::Error::other)?,
                "x-decoded-length" => decoded = value.parse().map_err(io::Error::other)?,
                _ => {}
            }
        }
        total += decode(&mut input, length, decoded, &mut compressed)?;
    }
}

/// One chunk. Each block is decoded when it is there; `compressed` holds one at a time.
fn decode(
    input: &mut BufReader<TcpStream>,
    length: usize,
    decoded: usize,
    compressed: &mut Vec<u8>,
) -> io::Result<usize> {
    let mut output = vec![0; decoded];
    let mut filled = 0;
    let mut header = [0; FRAME_HEADER];
    input.read_exact(&mut header)?;
    let mut rest = length - FRAME_HEADER;
    while rest > 0 {
        let mut prefix = [0; 4];
        input.read_exact(&mut prefix)?;
        let block = u32::from_le_bytes(prefix);
        let size = (block & 0x7FFF_FFFF) as usize;
        compressed.resize(size, 0);
        input.read_exact(compressed)?;
        rest -= 4 + size;
        if block & 0x8000_0000 != 0 {
            output[filled..filled + size].copy_from_slice(compressed);
            filled += size;
        } else if size > 0 {
            filled += decompress_into(compressed, &mut output[filled..]).map_err(io::Error::other)?;
        }
    }
    if filled == decoded { Ok(filled) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// A line of this process's status, in bytes.
fn memory(name: &str) -> io::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024).ok_or_else(|| io::Error::other("the system does not tell its memory"))
}
