//! How is a form with fields of a schema read on the server? Texts into a map, files into the store, and their ids into the input.

use std::collections::BTreeMap;
use std::io;

use baton_domain::id::ArtifactId;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, NewArtifact, Services};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::task::MAXIMUM_INPUT_BYTES;
use futures::TryStreamExt as _;
use leptos::server_fn::codec::MultipartData;

/// The most fields of one form.
const MOST_FIELDS: usize = 100;
/// The most files of one form.
const MOST_FILES: usize = 16;

/// What a form says.
#[derive(Default)]
pub(super) struct SentForm {
    /// Its own fields, by their names.
    fields: BTreeMap<String, String>,
    /// What stands in the fields `input[<property>]` and `file[<property>]`.
    pub(super) input: BTreeMap<String, String>,
    stored: Vec<ArtifactId>,
    text_bytes: usize,
}

impl SentForm {
    /// Reads a form whose fields are `known`. What it has stored when it is refused is to be [forgotten](Self::forget).
    pub(super) async fn read(&mut self, services: &Services, caller: &Caller, data: MultipartData, known: &[&str]) -> Answer<()> {
        // Before anything is stored, not only when it is used.
        caller.require(Permission::Work)?;
        let Some(mut fields) = data.into_inner() else { return Err(broken("it did not arrive as a form")) };
        let mut count = 0;
        while let Some(mut field) = fields.next_field().await.map_err(broken)? {
            count += 1;
            if count > MOST_FIELDS {
                return Err(broken(format!("it has more than {MOST_FIELDS} fields")));
            }
            let name = field.name().unwrap_or_default().to_owned();
            if let Some(property) = inside(&name, "file") {
                let file_name = field.file_name().unwrap_or_default().to_owned();
                // A file field that was left empty comes without a name.
                if file_name.is_empty() {
                    continue;
                }
                if self.stored.len() == MOST_FILES {
                    return Err(broken(format!("it has more than {MOST_FILES} files")));
                }
                let media_type = field.content_type().map(ToString::to_string).filter(|kind| kind != "application/octet-stream");
                let artifact = NewArtifact { name: file_name, media_type, sha256: None, task_id: None };
                let bytes = Box::pin(field.map_err(io::Error::other));
                let view = services.artifacts.put(caller, artifact, bytes).await?;
                self.stored.push(view.id);
                self.input.insert(property.to_owned(), view.id.to_string());
                continue;
            }
            let mut text = Vec::new();
            while let Some(chunk) = field.chunk().await.map_err(broken)? {
                self.text_bytes += chunk.len();
                if self.text_bytes > MAXIMUM_INPUT_BYTES {
                    return Err(Problem::new(
                        Code::BodyTooLarge,
                        format!("The text of the form is longer than {MAXIMUM_INPUT_BYTES} bytes. Send it as a file."),
                    ));
                }
                text.extend_from_slice(&chunk);
            }
            let text = String::from_utf8(text).map_err(|_| Problem::invalid_field(name.as_str(), "Is not UTF-8 text."))?;
            self.keep(&name, text, known)?;
        }
        Ok(())
    }

    fn keep(&mut self, name: &str, text: String, known: &[&str]) -> Answer<()> {
        if let Some(property) = inside(name, "input") {
            // A file of the same property wins over a typed identifier, whichever comes first.
            let typed = self.input.entry(property.to_owned()).or_default();
            if typed.is_empty() {
                // Browsers end the lines of a text area with CR LF.
                *typed = text.replace("\r\n", "\n");
            }
        } else if known.contains(&name) {
            self.fields.insert(name.to_owned(), text.trim().to_owned());
        } else {
            return Err(Problem::invalid_field(name, "The form has no such field."));
        }
        Ok(())
    }

    /// What a field holds; nothing if it was not filled in.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The number that a field holds.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Answer<Option<T>> {
        let wrong = |_| Problem::invalid_field(name, "Use a number.");
        self.filled(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// Deletes what it has stored, since it was refused; a failure here only leaves it for the clean-up.
    pub(super) async fn forget(self, services: &Services, caller: &Caller) {
        for id in self.stored {
            let _ = services.artifacts.delete(caller, id).await;
        }
    }
}

/// `text` of `input[text]`.
fn inside<'a>(name: &'a str, group: &str) -> Option<&'a str> {
    name.strip_prefix(group)?.strip_prefix('[')?.strip_suffix(']')
}

fn broken(why: impl ToString) -> Problem {
    Problem::new(Code::InvalidRequest, format!("The form is broken: {}. Reload the page and send it again.", why.to_string()))
}
