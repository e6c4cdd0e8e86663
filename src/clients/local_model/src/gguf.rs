//! Where do a model's figures and tensors lie in a GGUF file? Reads the header, and refuses what does not add up.
//!
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>, versions 2 and 3, little-endian.

use std::collections::HashMap;
use std::ops::Range;

use crate::LocalModelError;

/// Entries of metadata, tensors, and elements of one array at most: a damaged count must not become an allocation.
const MAXIMUM_ENTRIES: u64 = 4096;
const MAXIMUM_ARRAY: u64 = 2_000_000;
/// Bytes of one text.
const MAXIMUM_TEXT: u64 = 1 << 20;
/// How deep arrays may lie within arrays.
const MAXIMUM_NESTING: u8 = 4;
/// Dimensions of a tensor.
const MAXIMUM_DIMENSIONS: u32 = 4;

/// How a tensor's numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Four bytes a number.
    F32,
    /// Two bytes a number.
    F16,
    /// 32 numbers of 4 bits with one scale: 18 bytes.
    Q4_0,
    /// 32 numbers of 4 bits with a scale and a least value: 20 bytes.
    Q4_1,
    /// 32 numbers of 8 bits with one scale: 34 bytes.
    Q8_0,
}

impl Format {
    fn from_code(code: u32) -> Result<Self, LocalModelError> {
        match code {
            0 => Ok(Self::F32),
            1 => Ok(Self::F16),
            2 => Ok(Self::Q4_0),
            3 => Ok(Self::Q4_1),
            8 => Ok(Self::Q8_0),
            other => Err(bad(format!("tensors of type {other} are not supported; take a file in F32, F16, Q4_0, Q4_1 or Q8_0"))),
        }
    }

    /// Numbers in a block.
    pub(crate) const fn block_len(self) -> usize {
        match self {
            Self::F32 | Self::F16 => 1,
            Self::Q4_0 | Self::Q4_1 | Self::Q8_0 => 32,
        }
    }

    /// Bytes of a block.
    pub(crate) const fn block_bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 => 2,
            Self::Q4_0 => 18,
            Self::Q4_1 => 20,
            Self::Q8_0 => 34,
        }
    }
}

/// One tensor: its shape (the fastest dimension first) and its bytes in the file.
#[derive(Debug, Clone)]
pub(crate) struct Tensor {
    pub(crate) format: Format,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Range<usize>,
}

/// A value of the metadata.
#[derive(Debug, Clone)]
pub(crate) enum Meta {
    Whole(i128),
    Real(f64),
    /// True or false; nothing here asks which.
    Flag,
    Text(String),
    List(Vec<Meta>),
}

/// What a file says of itself.
#[derive(Debug)]
pub(crate) struct Gguf {
    pub(crate) meta: HashMap<String, Meta>,
    pub(crate) tensors: HashMap<String, Tensor>,
}

impl Gguf {
    /// Reads the header; the tensors' bytes stay where they are.
    pub(crate) fn read(file: &[u8]) -> Result<Self, LocalModelError> {
        let mut reader = Reader { file, at: 0 };
        if reader.take(4)? != b"GGUF" {
            return Err(bad("it is no GGUF file".into()));
        }
        let version = reader.u32()?;
        if !(2..=3).contains(&version) {
            return Err(bad(format!("version {version} of GGUF is not supported, 2 and 3 are")));
        }
        let tensor_count = reader.count("tensors", MAXIMUM_ENTRIES)?;
        let meta_count = reader.count("entries of metadata", MAXIMUM_ENTRIES)?;
        let mut meta = HashMap::new();
        for _ in 0..meta_count {
            let key = reader.text()?;
            let kind = reader.u32()?;
            let value = reader.value(kind, 0)?;
            meta.insert(key, value);
        }
        let mut found = Vec::new();
        for _ in 0..tensor_count {
            let name = reader.text()?;
            let dimensions = reader.u32()?;
            if dimensions == 0 || dimensions > MAXIMUM_DIMENSIONS {
                return Err(bad(format!("the tensor {name} has {dimensions} dimensions")));
            }
            let mut shape = Vec::new();
            for _ in 0..dimensions {
                shape.push(usize::try_from(reader.u64()?).map_err(|_| bad(format!("the tensor {name} is too large")))?);
            }
            let format = Format::from_code(reader.u32()?)?;
            found.push((name, shape, format, reader.u64()?));
        }
        let alignment = match meta.get("general.alignment") {
            Some(Meta::Whole(n)) if (1..=65_536).contains(n) => *n as usize,
            Some(_) => return Err(bad("general.alignment is out of range".into())),
            None => 32,
        };
        let data = reader.at.next_multiple_of(alignment);
        let mut tensors = HashMap::new();
        for (name, shape, format, offset) in found {
            let bytes = range(&shape, format, data, offset, file.len())
                .ok_or_else(|| bad(format!("the tensor {name} reaches beyond the end of the file, which was cut off or damaged")))?;
            tensors.insert(name, Tensor { format, shape, bytes });
        }
        Ok(Self { meta, tensors })
    }

    /// A count of the metadata, within these bounds.
    pub(crate) fn count(&self, key: &str, least: usize, most: usize) -> Result<usize, LocalModelError> {
        match self.meta.get(key) {
            Some(Meta::Whole(n)) if *n >= least as i128 && *n <= most as i128 => Ok(*n as usize),
            Some(Meta::Whole(n)) => Err(bad(format!("{key} is {n}, expected {least} to {most}"))),
            _ => Err(bad(format!("{key} is missing"))),
        }
    }

    /// A number of the metadata.
    pub(crate) fn real(&self, key: &str) -> Option<f64> {
        match self.meta.get(key) {
            Some(Meta::Real(x)) if x.is_finite() => Some(*x),
            Some(Meta::Whole(n)) => Some(*n as f64),
            _ => None,
        }
    }

    /// A text of the metadata.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match self.meta.get(key) {
            Some(Meta::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A list of the metadata.
    pub(crate) fn list(&self, key: &str) -> Result<&[Meta], LocalModelError> {
        match self.meta.get(key) {
            Some(Meta::List(list)) => Ok(list),
            _ => Err(bad(format!("{key} is missing"))),
        }
    }
}

fn range(shape: &[usize], format: Format, data: usize, offset: u64, end: usize) -> Option<Range<usize>> {
    let numbers = shape.iter().try_fold(1_usize, |all, n| all.checked_mul(*n))?;
    if !shape.first()?.is_multiple_of(format.block_len()) {
        return None;
    }
    let bytes = (numbers / format.block_len()).checked_mul(format.block_bytes())?;
    let start = data.checked_add(usize::try_from(offset).ok()?)?;
    let stop = start.checked_add(bytes)?;
    (stop <= end).then_some(start..stop)
}

struct Reader<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, bytes: usize) -> Result<&'a [u8], LocalModelError> {
        let stop = self.at.checked_add(bytes).filter(|stop| *stop <= self.file.len());
        let stop = stop.ok_or_else(|| bad("the header was cut off".into()))?;
        let taken = &self.file[self.at..stop];
        self.at = stop;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], LocalModelError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, LocalModelError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, LocalModelError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn count(&mut self, what: &str, most: u64) -> Result<u64, LocalModelError> {
        let count = self.u64()?;
        if count > most { Err(bad(format!("it says to have {count} {what}, at most {most} are read"))) } else { Ok(count) }
    }

    fn text(&mut self) -> Result<String, LocalModelError> {
        let bytes = self.count("bytes of text", MAXIMUM_TEXT)?;
        let text = self.take(bytes as usize)?;
        String::from_utf8(text.to_vec()).map_err(|_| bad("a text of the header is no UTF-8".into()))
    }

    fn value(&mut self, kind: u32, nesting: u8) -> Result<Meta, LocalModelError> {
        Ok(match kind {
            0 => Meta::Whole(i128::from(u8::from_le_bytes(self.array()?))),
            1 => Meta::Whole(i128::from(i8::from_le_bytes(self.array()?))),
            2 => Meta::Whole(i128::from(u16::from_le_bytes(self.array()?))),
            3 => Meta::Whole(i128::from(i16::from_le_bytes(self.array()?))),
            4 => Meta::Whole(i128::from(self.u32()?)),
            5 => Meta::Whole(i128::from(i32::from_le_bytes(self.array()?))),
            6 => Meta::Real(f64::from(f32::from_le_bytes(self.array()?))),
            7 => self.take(1).map(|_| Meta::Flag)?,
            8 => Meta::Text(self.text()?),
            9 if nesting < MAXIMUM_NESTING => {
                let kind = self.u32()?;
                let count = self.count("elements of a list", MAXIMUM_ARRAY)?;
                let mut list = Vec::new();
                for _ in 0..count {
                    list.push(self.value(kind, nesting + 1)?);
                }
                Meta::List(list)
            }
            10 => Meta::Whole(i128::from(self.u64()?)),
            11 => Meta::Whole(i128::from(i64::from_le_bytes(self.array()?))),
            12 => Meta::Real(f64::from_le_bytes(self.array()?)),
            other => return Err(bad(format!("a value of kind {other} is not known"))),
        })
    }
}

pub(crate) fn bad(why: String) -> LocalModelError {
    LocalModelError::Weights(why)
}
