use std::ffi::c_int;
use std::ptr::NonNull;
use std::sync::mpsc;
use std::thread;

#[repr(C)]
pub struct RawCodec {
    _private: [u8; 0],
}

#[link(name = "acmecodec")]
extern "C" {
    fn codec_new(level: c_int) -> *mut RawCodec;
    fn codec_free(codec: *mut RawCodec);
    fn codec_bound(len: usize) -> usize;
    fn codec_run(codec: *mut RawCodec, src: *const u8, len: usize, dst: *mut u8, cap: usize) -> isize;
}

#[derive(Debug, PartialEq, Eq)]
pub enum CodecError {
    Create,
    TooLong,
    Run(isize),
}

pub struct Codec {
    raw: NonNull<RawCodec>,
}

// SAFETY: the library keeps no thread-local or global state for a codec and the
// pointer is owned by exactly one `Codec`. It is not Sync: all use needs &mut.
unsafe impl Send for Codec {}

impl Codec {
    pub fn new(level: u8) -> Result<Self, CodecError> {
        // SAFETY: no preconditions; null signals failure.
        let raw = unsafe { codec_new(c_int::from(level.min(9))) };
        NonNull::new(raw).map(|raw| Codec { raw }).ok_or(CodecError::Create)
    }

    pub fn compress(&mut self, src: &[u8]) -> Result<Vec<u8>, CodecError> {
        if src.len() > 64 << 20 {
            return Err(CodecError::TooLong);
        }
        // SAFETY: pure function of the length.
        let cap = unsafe { codec_bound(src.len()) };
        let mut dst = vec![0u8; cap];
        // SAFETY: both buffers are valid for the given lengths, the handle is live and unique.
        let n = unsafe { codec_run(self.raw.as_ptr(), src.as_ptr(), src.len(), dst.as_mut_ptr(), dst.len()) };
        match usize::try_from(n) {
            Ok(n) if n <= dst.len() => {
                dst.truncate(n);
                Ok(dst)
            }
            _ => Err(CodecError::Run(n)),
        }
    }
}

impl Drop for Codec {
    fn drop(&mut self) {
        // SAFETY: created by codec_new and freed once.
        unsafe { codec_free(self.raw.as_ptr()) }
    }
}

pub fn spawn_worker(mut codec: Codec, jobs: mpsc::Receiver<Vec<u8>>, results: mpsc::Sender<Vec<u8>>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for job in jobs {
            match codec.compress(&job) {
                Ok(out) => {
                    if results.send(out).is_err() {
                        return;
                    }
                }
                Err(e) => log::error!("compress: {e:?}"),
            }
        }
    })
}
