//! How much longer may a user's own formats be looked for in one file?

use baton_agents_runtime::SkillError;

use super::formats::Format;

/// As much of the most work of one expression, which takes a second or so, is done between two questions whether to go on.
const UNASKED: f64 = 1.0 / 256.0;

/// Whether a search goes on at all, which is asked again and again, and whether a user's own formats still have time.
pub(super) type Ask<'a> = dyn FnMut() -> Result<bool, SkillError> + 'a;

/// A user's own formats while one file is searched.
pub(super) struct Turn<'f> {
    pub(super) formats: &'f [Format],
    /// How many bytes each may still be held against; none once that was too little.
    left: Vec<Option<usize>>,
    /// Work since the last question, as a share of the most of one expression.
    unasked: f64,
    /// Whether their time is over.
    pub(super) late: bool,
}

impl<'f> Turn<'f> {
    pub(super) fn new(formats: &'f [Format]) -> Self {
        Self { formats, left: formats.iter().map(|format| Some(format.longest.unwrap_or(usize::MAX))).collect(), unasked: 0.0, late: false }
    }

    /// Whether the format at a place may be held against so many more bytes.
    pub(super) fn may(&mut self, place: usize, bytes: usize, ask: &mut Ask<'_>) -> Result<bool, SkillError> {
        let Some(left) = self.left.get_mut(place).filter(|_| !self.late) else { return Ok(false) };
        let Some(had) = *left else { return Ok(false) };
        *left = had.checked_sub(bytes);
        if left.is_none() {
            return Ok(false);
        }
        let whole = self.formats.get(place).and_then(|format| format.longest).unwrap_or(usize::MAX);
        self.unasked += bytes as f64 / whole as f64;
        if self.unasked >= UNASKED {
            self.unasked = 0.0;
            self.late = !ask()?;
        }
        Ok(!self.late)
    }

    /// The places of those that were held against the beginning of the file only.
    pub(super) fn cut(&self) -> impl Iterator<Item = usize> + '_ {
        self.left.iter().enumerate().filter(|(_, left)| left.is_none()).map(|(place, _)| place)
    }
}
