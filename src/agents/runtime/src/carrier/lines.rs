//! How messages stand in a stream: one line of JSON each, with a longest length.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::protocol::MAXIMUM_LINE_BYTES;

/// Reads the next message; `None` at the end of the stream.
///
/// # Errors
/// A line that is too long or not a message, or what the stream says.
pub(super) async fn read<T: DeserializeOwned>(stream: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> io::Result<Option<T>> {
    line.clear();
    let read = stream.take(MAXIMUM_LINE_BYTES as u64 + 1).read_until(b'\n', line).await?;
    if read == 0 {
        return Ok(None);
    }
    if line.len() > MAXIMUM_LINE_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
    }
    serde_json::from_slice(line).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes one message.
///
/// # Errors
/// What the stream says.
pub(super) async fn write(stream: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}
