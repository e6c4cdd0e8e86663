pub struct Arena {
    chunk: Vec<u8>,
}

#[derive(Clone, Copy)]
pub struct Symbol<'a> {
    pub text: &'a str,
}

impl Arena {
    pub fn new() -> Self {
        Self { chunk: Vec::with_capacity(64) }
    }

    pub fn intern<'a>(&mut self, text: &str) -> Symbol<'a> {
        let start = self.chunk.len();
        self.chunk.extend_from_slice(text.as_bytes());
        unsafe {
            let bytes = std::slice::from_raw_parts(self.chunk.as_ptr().add(start), text.len());
            Symbol {
                text: std::str::from_utf8_unchecked(bytes),
            }
        }
    }

    pub fn clear(&mut self) {
        self.chunk = Vec::new();
    }
}

pub fn tokenize<'a>(arena: &mut Arena, source: &str) -> Vec<Symbol<'a>> {
    source
        .split_whitespace()
        .map(|w| arena.intern(w))
        .collect()
}
