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
            // What cannot do harm does not lose what makes the other safe.
            _ => self.clean & other.clean,
        };
        Self { bits: self.bits | other.bits, clean, line: if self.line > 0 { self.line } else { other.line } }
    }

    pub(super) fn with(self, bit: u8) -> Self {
        if self.bits == 0 { self } else { Self { bits: self.bits | bit, ..self } }
    }

    pub(super) fn safe(self, class: u16) -> bool {
        class != 0 && self.clean & class == class
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

    pub(crate) fn dynamic(self, class: u16) -> bool {
        self.bits != 0 && !self.safe(class)
    }

    pub(crate) fn constant(self) -> bool {
        self.bits == 0
    }
}
