//! By what is a command known, so that doing it twice does it once?

use std::fmt;

/// What a key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyKind {
    /// A task, a run of another workflow, or a decision.
    Work,
    /// An approval.
    Approval,
    /// The timer that ends an approval.
    Expiry,
    /// The timer of a step's timeout, or of a signal that does not come.
    Timeout,
    /// The timer of a step that waits for a while.
    Delay,
    /// The timer of the run's duration.
    Duration,
    /// The end of the run.
    Finish,
}

impl KeyKind {
    const ALL: [(&'static str, Self); 7] = [
        ("work", Self::Work),
        ("approval", Self::Approval),
        ("expiry", Self::Expiry),
        ("timeout", Self::Timeout),
        ("delay", Self::Delay),
        ("duration", Self::Duration),
        ("finish", Self::Finish),
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Approval => "approval",
            Self::Expiry => "expiry",
            Self::Timeout => "timeout",
            Self::Delay => "delay",
            Self::Duration => "duration",
            Self::Finish => "finish",
        }
    }
}

/// The identity of a command: the run, what it is, the step, its generation (how often it was begun anew) and the item. The same state always gives
/// the same keys. Written as `RUN/work/STEP/GENERATION/ITEM`, and of the run itself as `RUN/duration/GENERATION`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The run's id.
    pub run: String,
    /// What it is of.
    pub kind: KeyKind,
    /// The step; none for the run itself.
    pub step: Option<String>,
    /// The generation of the step, or of the run.
    pub generation: u32,
    /// The item, counted from 0.
    pub index: Option<u32>,
}

impl Key {
    pub(super) fn of_run(run: &str, kind: KeyKind, generation: u32) -> Self {
        Self { run: run.to_owned(), kind, step: None, generation, index: None }
    }

    pub(super) fn of_step(run: &str, kind: KeyKind, step: &str, generation: u32) -> Self {
        Self { run: run.to_owned(), kind, step: Some(step.to_owned()), generation, index: None }
    }

    /// Reads a key.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let run = parts.next()?.to_owned();
        let kind = parts.next()?;
        let (_, kind) = KeyKind::ALL.into_iter().find(|(name, _)| *name == kind)?;
        let of_run = matches!(kind, KeyKind::Duration | KeyKind::Finish);
        let step = if of_run { None } else { Some(parts.next()?.to_owned()) };
        let generation = parts.next()?.parse().ok()?;
        let index = match parts.next() {
            Some(index) => Some(index.parse().ok()?),
            None => None,
        };
        parts.next().is_none().then_some(Self { run, kind, step, generation, index })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.run, self.kind.as_str())?;
        if let Some(step) = &self.step {
            write!(f, "/{step}")?;
        }
        write!(f, "/{}", self.generation)?;
        match self.index {
            Some(index) => write!(f, "/{index}"),
            None => Ok(()),
        }
    }
}

impl serde::Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not the key of a run's command"))
    }
}
