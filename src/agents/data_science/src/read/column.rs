//! Which type a column has, and what is kept of its cells.

use super::cell::{self, Number};
use super::date::{self, Forms};
use super::distinct::Distinct;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Number,
    Boolean,
    /// Read in this order of day, month and year.
    Date(Forms),
    Text,
    Empty,
}

impl Kind {
    /// As results name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date(_) => "date",
            Self::Text => "text",
            Self::Empty => "empty",
        }
    }

    /// Whether it can be calculated with.
    pub(crate) fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// What the cells seen so far could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guess {
    integer: bool,
    number: bool,
    boolean: bool,
    /// Whether truth values are written otherwise than as true and false.
    worded: bool,
    dates: Forms,
    /// Whole numbers with more digits than a number keeps.
    long: bool,
    present: u64,
    /// Whether the file itself says that these are texts: then digits are no numbers and words no truth values. Dates they may be.
    pub(crate) declared_text: bool,
}

impl Default for Guess {
    fn default() -> Self {
        Self { integer: true, number: true, boolean: true, worded: false, dates: date::ANY, long: false, present: 0, declared_text: false }
    }
}

impl Guess {
    /// Takes one more trimmed cell into account.
    pub(crate) fn see(&mut self, cell: &[u8]) {
        if cell::is_missing(cell) {
            return;
        }
        self.present += 1;
        if self.number {
            match cell::number(cell) {
                Some(Number::Integer(_)) => {}
                Some(Number::Long(_)) => self.long = true,
                Some(Number::Real(_)) => self.integer = false,
                None => (self.integer, self.number) = (false, false),
            }
        }
        if self.boolean {
            self.boolean = cell::boolean(cell).is_some();
            self.worded |= ![&b"true"[..], b"false"].iter().any(|word| cell.eq_ignore_ascii_case(word));
        }
        if self.dates != 0 {
            self.dates = std::str::from_utf8(cell).map_or(0, |text| date::forms_of(text, self.dates));
        }
    }

    /// The type that fits all cells.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self { present: 0, .. } => Kind::Empty,
            Self { declared_text: true, dates, .. } => date::preferred(*dates).map_or(Kind::Text, Kind::Date),
            Self { boolean: true, .. } => Kind::Boolean,
            // As numbers they would lose digits, and what is that long is a name for something.
            Self { integer: true, long: true, .. } => Kind::Text,
            Self { integer: true, .. } => Kind::Integer,
            Self { number: true, .. } => Kind::Number,
            Self { dates, .. } => date::preferred(*dates).map_or(Kind::Text, Kind::Date),
        }
    }

    /// Whether truth values are written as yes and no, or as letters.
    pub(crate) fn is_worded(&self) -> bool {
        self.kind() == Kind::Boolean && self.worded
    }

    /// Whether whole numbers are kept as text because they are too long.
    pub(crate) fn is_long(&self) -> bool {
        self.integer && self.long && self.present > 0 && !self.declared_text
    }
}

/// What is kept of a column's cells.
pub(crate) enum Values {
    /// One for each row, NaN where there is none; and how many cells were infinite, which count as none.
    Numbers { values: Vec<f64>, infinite: u64 },
    /// How many are false and how many are true.
    Booleans([u64; 2]),
    /// The instants, and whether any has a time of day.
    Dates { instants: Vec<i64>, timed: bool },
    /// The different texts.
    Texts(Distinct),
    /// Nothing.
    Nothing,
}

impl Values {
    pub(crate) fn of(kind: Kind, rows: usize) -> Self {
        match kind {
            Kind::Integer | Kind::Number => Self::Numbers { values: Vec::with_capacity(rows), infinite: 0 },
            Kind::Boolean => Self::Booleans([0; 2]),
            Kind::Date(_) => Self::Dates { instants: Vec::with_capacity(rows), timed: false },
            Kind::Text => Self::Texts(Distinct::new()),
            Kind::Empty => Self::Nothing,
        }
    }

    /// Keeps one more trimmed cell. Gives whether it is missing, and how many bytes of text were added.
    pub(crate) fn add(&mut self, kind: Kind, cell: &[u8]) -> (bool, usize) {
        let missing = cell::is_missing(cell);
        match self {
            Self::Numbers { values, infinite } => {
                let value = if missing { f64::NAN } else { cell::number(cell).map_or(f64::NAN, Number::value) };
                if value.is_infinite() {
                    *infinite += 1;
                    values.push(f64::NAN);
                } else {
                    values.push(value);
                }
            }
            Self::Booleans(counts) if !missing => {
                if let Some(value) = cell::boolean(cell) {
                    counts[usize::from(value)] += 1;
                }
            }
            Self::Dates { instants, timed } if !missing => {
                let Kind::Date(form) = kind else { return (missing, 0) };
                if let Some(instant) = std::str::from_utf8(cell).ok().and_then(|text| date::parse(text, form)) {
                    instants.push(instant.milliseconds);
                    *timed |= instant.timed;
                }
            }
            Self::Texts(distinct) if !missing => return (false, distinct.add(cell)),
            _ => {}
        }
        (missing, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(cells: &[&str]) -> Kind {
        let mut guess = Guess::default();
        for cell in cells {
            guess.see(cell.as_bytes());
        }
        guess.kind()
    }

    #[test]
    fn a_column_has_the_narrowest_type_that_fits_all_of_it() {
        assert_eq!(kind_of(&["1", "", "-3", "NA"]), Kind::Integer);
        assert_eq!(kind_of(&["1", "2.5", "inf"]), Kind::Number);
        assert_eq!(kind_of(&["yes", "No", ""]), Kind::Boolean);
        assert_eq!(kind_of(&["0", "1"]), Kind::Integer);
        assert_eq!(kind_of(&["", "NA", "null"]), Kind::Empty);
        assert_eq!(kind_of(&[]), Kind::Empty);
        assert_eq!(kind_of(&["1", "two"]), Kind::Text);
        assert_eq!(kind_of(&["007", "008"]), Kind::Text);
        assert_eq!(kind_of(&["12345678901234567890", "1"]), Kind::Text);
        assert_eq!(kind_of(&["true", "1"]), Kind::Text);
    }

    #[test]
    fn one_cell_decides_between_day_first_and_month_first() {
        assert_eq!(kind_of(&["03/04/2024", "13/04/2024"]), Kind::Date(date::DAY_FIRST));
        assert_eq!(kind_of(&["03/04/2024", "04/13/2024"]), Kind::Date(date::MONTH_FIRST));
        assert_eq!(kind_of(&["03/04/2024"]), Kind::Date(date::DAY_FIRST));
        assert_eq!(kind_of(&["13/04/2024", "04/13/2024"]), Kind::Text);
    }
}
