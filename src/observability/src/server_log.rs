//! How is the server's own log written? To the standard error stream, for people or as JSON lines, filtered by target and level.
//!
//! Secrets do not get here: they are of the type [`Secret`](baton_domain::wire::auth::Secret), which prints as
//! `[redacted]`, and neither bodies, nor headers, nor the inputs and results of tasks are logged.

use std::io;
use std::sync::Arc;

use baton_domain::ports::Clock;
use baton_domain::problem::Code;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line, for collectors.
    Json,
}

/// What the log says, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// How a line looks.
    pub format: LogFormat,
    /// What is written, as `info` or `warn,baton_orchestration=debug`.
    pub filter: String,
    /// Whether people's lines are coloured; say so only for a terminal.
    pub colour: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { format: LogFormat::Human, filter: "info".to_owned(), colour: false }
    }
}

/// Why the log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter is none.
    #[error("the log filter {filter:?} is wrong ({detail}): use a level, or pairs as warn,baton_orchestration=debug")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The process has a log already.
    #[error("the log is set up already")]
    Installed,
}

impl Error {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Filter { .. } => Code::ConfigurationInvalid,
            Self::Installed => Code::Internal,
        }
    }
}

/// Writes the log of this process from now on. Call it once, before anything is worth logging.
///
/// # Errors
/// For a wrong filter, and the second time.
pub fn install(options: &LogOptions, clock: Arc<dyn Clock>) -> Result<(), Error> {
    let subscriber = subscriber(options, clock, io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| Error::Installed)
}

/// What writes the log, to a writer of choice.
///
/// # Errors
/// For a wrong filter.
pub fn subscriber<W>(options: &LogOptions, clock: Arc<dyn Clock>, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, Error>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder()
        .parse(&options.filter)
        .map_err(|error| Error::Filter { filter: options.filter.clone(), detail: error.to_string() })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_timer(Timer(clock));
    Ok(match options.format {
        LogFormat::Human => Box::new(lines.with_ansi(options.colour).finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).with_span_list(false).finish()),
    })
}

/// Stamps lines with the injected clock.
struct Timer(Arc<dyn Clock>);

impl FormatTime for Timer {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", self.0.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baton_domain::time::Timestamp;
    use baton_domain::wire::auth::Secret;
    use parking_lot::Mutex;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(1_795_348_800_000)
        }
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(options: &LogOptions, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(options, Arc::new(Noon), move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, log);
        let bytes = lines.0.lock().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_for_people_has_instant_level_message_and_fields() {
        let text = logged(&LogOptions::default(), || tracing::info!(tasks = 3, "recovered"));
        assert_eq!(text, "2026-11-22T12:00:00Z  INFO baton_observability::server_log::tests: recovered tasks=3\n");
    }

    #[test]
    fn a_json_line_parses_and_carries_the_fields_at_the_top() {
        let options = LogOptions { format: LogFormat::Json, ..LogOptions::default() };
        let text = logged(&options, || tracing::warn!(tasks = 3, "recovered"));
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["level"], &line["tasks"], &line["message"]), (&"WARN".into(), &3.into(), &"recovered".into()));
        assert_eq!(line["timestamp"], "2026-11-22T12:00:00Z");
    }

    #[test]
    fn what_the_filter_leaves_out_is_not_written() {
        let options = LogOptions { filter: "warn".to_owned(), ..LogOptions::default() };
        assert_eq!(logged(&options, || tracing::info!("quiet")), "");
    }

    #[test]
    fn a_wrong_filter_is_refused_with_its_code() {
        let options = LogOptions { filter: "baton=loud".to_owned(), ..LogOptions::default() };
        let Err(error) = subscriber(&options, Arc::new(Noon), io::sink) else { panic!("accepted") };
        assert_eq!(error.code().as_str(), "SERVER-006");
        assert!(error.to_string().contains("baton=loud"), "{error}");
    }

    #[test]
    fn a_secret_in_a_field_is_redacted() {
        let secret: Secret = serde_json::from_value("hunter2".into()).unwrap();
        let text = logged(&LogOptions::default(), || tracing::info!(token = ?secret, "signed in"));
        assert!(text.contains("[redacted]") && !text.contains("hunter2"), "{text}");
    }
}
