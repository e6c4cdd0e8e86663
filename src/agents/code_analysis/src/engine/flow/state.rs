//! What may be known of a value, and when is it dangerous?

use super::*;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub(super) bits: u8,
    pub(super) clean: u16,
    /// The line of the source, from 1; 0 if there is none.
    pub(crate) line: u32,
}

impl State {
    pub(super) const UNKNOWN: Self = Self { bits: UNKNOWN, clean: 0, line: 0 };
    pub(super) const CLEAN: Self = Self { bits: UNKNOWN, clean: u16::MAX, line: 0 };

    pub(super) fn join(self, other: Self) -> Self {
        let clean = match (self.bits, other.bits) {
            (0, _) => other.clean,
            (_, 0) => self.clean,
            // What is of the program itself does not lose what makes the other safe.
            _ => match (self.foreign(), other.foreign()) {
                (true, false) => self.clean,
                (false, true) => other.clean,
                _ => self.clean & other.clean,
            },
        };
        Self { bits: self.bits | other.bits, clean, line: if self.line > 0 { self.line } else { other.line } }
    }

    fn foreign(self) -> bool {
        self.bits & (SOURCE | PARAMETER) != 0
    }

    pub(super) fn with(self, bit: u8) -> Self {
        if self.bits == 0 { self } else { Self { bits: self.bits | bit, ..self } }
    }

    pub(super) fn safe(self, class: u16) -> bool {
        let class = if class == 0 { ALL } else { class };
        self.clean & class == class
    }

    pub(crate) fn tainted(self, class: u16) -> bool {
        self.bits & SOURCE != 0 && !self.safe(class)
    }

    pub(crate) fn untrusted(self, class: u16) -> bool {
        self.bits & (SOURCE | PARAMETER) != 0 && !self.safe(class)
    }

    pub(crate) fn built(self, class: u16) -> bool {
        self.bits & (BUILT | SOURCE) != 0 && !self.safe(class)
    }

    pub(crate) fn composed(self, class: u16) -> bool {
        let put_together = self.bits & BUILT != 0 && self.bits & PARAMETER != 0;
        (put_together || self.bits & SOURCE != 0) && !self.safe(class)
    }

    pub(crate) fn dynamic(self, class: u16) -> bool {
        self.bits != 0 && (class == 0 || !self.safe(class))
    }

    pub(crate) fn constant(self) -> bool {
        self.bits == 0
    }
}
