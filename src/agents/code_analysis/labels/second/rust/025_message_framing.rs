use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub const MAX_MESSAGE: usize = 1024 * 1024;
const MAX_FIELDS: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("io: {0}")]
    Io(#[from] std::io::Error),
    #[error("message of {0} bytes exceeds the limit")]
    TooLong(usize),
    #[error("message is malformed")]
    Malformed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub fields: Vec<Bytes>,
}

pub async fn read<R: AsyncRead + Unpin>(r: &mut R) -> Result<Message, FrameError> {
    let len = r.read_u32().await? as usize;
    if len > MAX_MESSAGE {
        return Err(FrameError::TooLong(len));
    }
    let mut buf = BytesMut::zeroed(len);
    r.read_exact(&mut buf).await?;
    decode(buf.freeze())
}

fn take(buf: &mut Bytes, n: usize) -> Result<Bytes, FrameError> {
    if buf.len() < n {
        return Err(FrameError::Malformed);
    }
    Ok(buf.split_to(n))
}

fn decode(mut buf: Bytes) -> Result<Message, FrameError> {
    let count = usize::from(take(&mut buf, 1)?[0]);
    if count > MAX_FIELDS {
        return Err(FrameError::Malformed);
    }
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        let head = take(&mut buf, 2)?;
        let n = usize::from(u16::from_be_bytes([head[0], head[1]]));
        fields.push(take(&mut buf, n)?);
    }
    if !buf.is_empty() {
        return Err(FrameError::Malformed);
    }
    Ok(Message { fields })
}

pub async fn write<W: AsyncWrite + Unpin>(w: &mut W, m: &Message) -> Result<(), FrameError> {
    let mut body = Vec::new();
    body.push(u8::try_from(m.fields.len()).map_err(|_| FrameError::Malformed)?);
    for f in &m.fields {
        let n = u16::try_from(f.len()).map_err(|_| FrameError::TooLong(f.len()))?;
        body.extend_from_slice(&n.to_be_bytes());
        body.extend_from_slice(f);
    }
    if body.len() > MAX_MESSAGE {
        return Err(FrameError::TooLong(body.len()));
    }
    w.write_u32(body.len() as u32).await?;
    w.write_all(&body).await?;
    Ok(())
}
