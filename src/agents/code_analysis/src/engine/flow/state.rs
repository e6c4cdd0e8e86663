//! What may be known of a value, and when is it dangerous?

use super::*;

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub(super) bits: u8,
    /// What the parts from outside are safe for, and what all parts are.
    pub(super) clean: u16,
    pub(super) rest: u16,
    /// The line of the source, from 1; 0 if there is none.
    pub(crate) line: u32,
}

impl State {
    /// What comes from outside at a line and is harmless for some classes.
    pub(super) const fn source(line: u32, harmless: u16) -> Self {
        Self { bits: SOURCE, clean: harmless, rest: harmless, line }
    }

    pub(super) const UNKNOWN: Self = Self { bits: UNKNOWN, clean: 0, rest: 0, line: 0 };
    pub(super) const CLEAN: Self = Self { bits: UNKNOWN, clean: u16::MAX, rest: u16::MAX, line: 0 };

    pub(crate) fn join(self, other: Self) -> Self {
        let rest = match (self.bits, other.bits) {
            (0, _) => other.rest,
            (_, 0) => self.rest,
            // What cannot do harm does not lose what makes the other safe.
            _ => self.rest & other.rest,
        };
        let clean = match (self.is_outside(), other.is_outside()) {
            (true, true) => self.clean & other.clean,
            (true, false) => self.clean,
            (false, true) => other.clean,
            (false, false) => rest,
        };
        Self { bits: self.bits | other.bits, clean, rest, line: if self.line > 0 { self.line } else { other.line } }
    }

    /// Whether it is a constant or the outcome of a comparison.
    pub(super) fn is_decision(self) -> bool {
        !self.is_outside() && (self.bits == 0 || self.rest == u16::MAX)
    }

    /// Whether some of it comes from outside, whatever it was made safe for.
    pub(super) fn is_foreign(self) -> bool {
        self.bits & (SOURCE | HANDED) != 0
    }

    /// Whether it comes from outside and can do any harm.
    pub(super) fn is_harmful(self) -> bool {
        self.is_foreign() && self.clean != u16::MAX
    }

    /// The same, safe for what another was made safe for that it was made into; what is constant needs nothing.
    pub(super) fn safer_as(self, made: Self) -> Self {
        if made.bits == 0 { self.safer(u16::MAX) } else { Self { clean: self.clean | made.clean, rest: self.rest | made.rest, ..self } }
    }

    /// Whether it is safe for all but how large it is.
    pub(super) fn is_number(self) -> bool {
        self.rest & NUMBER == NUMBER
    }

    fn is_outside(self) -> bool {
        self.bits & (SOURCE | HANDED | PARAMETER) != 0
    }

    /// The same, safe for more classes.
    pub(super) fn safer(self, classes: u16) -> Self {
        Self { clean: self.clean | classes, rest: self.rest | classes, ..self }
    }

    pub(super) fn with(self, bit: u8) -> Self {
        if self.bits == 0 { self } else { Self { bits: self.bits | bit, ..self } }
    }

    fn safe(self, class: u16) -> bool {
        is_safe(self.clean, class)
    }

    pub(crate) fn tainted(self, class: u16) -> bool {
        self.bits & (SOURCE | HANDED) != 0 && !self.safe(class)
    }

    pub(crate) fn untrusted(self, class: u16) -> bool {
        self.bits & (SOURCE | HANDED | PARAMETER) != 0 && !self.safe(class)
    }

    pub(crate) fn built(self, class: u16) -> bool {
        self.bits & (BUILT | SOURCE | HANDED) != 0 && !is_safe(self.rest, class)
    }

    pub(crate) fn composed(self, class: u16) -> bool {
        let put_together = self.bits & BUILT != 0 && self.bits & PARAMETER != 0;
        (put_together || self.is_foreign()) && !self.safe(class)
    }

    pub(crate) fn dynamic(self, class: u16) -> bool {
        self.bits != 0 && if class == 0 { self.rest != u16::MAX } else { !is_safe(self.rest, class) }
    }

    pub(crate) fn constant(self) -> bool {
        self.bits == 0
    }
}

fn is_safe(clean: u16, class: u16) -> bool {
    let class = if class == 0 { NUMBER } else { class };
    clean & class == class
}
