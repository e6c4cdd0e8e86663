//! How is a form with fields of a schema read on the server? Texts into a map, files into the store, and their ids into the input.

use std::collections::BTreeMap;
use std::io;

use baton_domain::id::ArtifactId;
use baton_domain::problem::{Code, FieldError, Problem};
use baton_domain::schema::{MOST_FILES, place_on_form};
use baton_domain::services::{Answer, NewArtifact, Services};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::task::MAXIMUM_INPUT_BYTES;
use futures::TryStreamExt as _;
use leptos::server_fn::codec::MultipartData;
use serde_json::Value;

/// The most fields of one form: lists of objects have a field for each property of each of their rows.
const MOST_FIELDS: usize = 1_000;
/// The most bytes of all files of one form; how long each may be, the store says.
const MOST_FILE_BYTES: u64 = 8 << 30;

/// What a form says.
#[derive(Default)]
pub(super) struct SentForm {
    /// Its own fields, by their names.
    fields: BTreeMap<String, String>,
    /// What stands in the fields `input[<property>]`, `file[<property>]` and `files[<property>]`.
    pub(super) input: BTreeMap<String, String>,
    /// The files of the fields for one, and of those for several.
    file: BTreeMap<String, ArtifactId>,
    files: BTreeMap<String, Vec<ArtifactId>>,
    stored: Vec<ArtifactId>,
    file_bytes: u64,
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
            if let Some((property, several)) = for_files(&name) {
                let file_name = field.file_name().unwrap_or_default().to_owned();
                // A file field that was left empty comes without a name.
                if file_name.is_empty() {
                    continue;
                }
                self.has_room(property)?;
                let media_type = field.content_type().map(ToString::to_string).filter(|kind| kind != "application/octet-stream");
                let artifact = NewArtifact { name: file_name, media_type, sha256: None, task_id: None };
                let bytes = Box::pin(field.map_err(io::Error::other));
                let view = services.artifacts.put(caller, artifact, bytes).await.map_err(|problem| at_field(problem, property))?;
                self.stored.push(view.id);
                self.file_bytes = self.file_bytes.saturating_add(view.size);
                self.keep_file(property, several, view.id)?;
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
        self.join();
        Ok(())
    }

    /// Whether one more file may be stored.
    fn has_room(&self, property: &str) -> Answer<()> {
        if self.stored.len() >= MOST_FILES {
            let message = format!("A form sends at most {MOST_FILES} files. Store further ones before, and name them by their ids.");
            return Err(Problem::invalid_field(place(property), message));
        }
        if self.file_bytes >= MOST_FILE_BYTES {
            let message = format!(
                "The files of a form have at most {MOST_FILE_BYTES} bytes together. Store some before, and name them by their ids."
            );
            return Err(Problem::new(Code::BodyTooLarge, "Send fewer files at once.").with_field(place(property), message));
        }
        Ok(())
    }

    /// Keeps the id of a stored file for its property.
    fn keep_file(&mut self, property: &str, several: bool, id: ArtifactId) -> Answer<()> {
        if several {
            self.files.entry(property.to_owned()).or_default().push(id);
        } else if self.file.insert(property.to_owned(), id).is_some() {
            return Err(Problem::invalid_field(place(property), "Choose one file."));
        }
        Ok(())
    }

    /// Puts the ids of files into the input, whichever came first: that of a field for one wins over an id that was typed there, and those of a field for
    /// several follow what was typed.
    fn join(&mut self) {
        for (property, files) in std::mem::take(&mut self.files) {
            let text = self.input.entry(property).or_default();
            for id in files {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&id.to_string());
            }
        }
        for (property, id) in std::mem::take(&mut self.file) {
            self.input.insert(property, id.to_string());
        }
    }

    /// A problem with the input, whose places are those of the form.
    pub(super) fn placed(&self, schema: &Value, mut problem: Problem) -> Problem {
        for error in &mut problem.errors {
            error.field = place_on_form(schema, &self.input, &error.field);
        }
        problem
    }

    fn keep(&mut self, name: &str, text: String, known: &[&str]) -> Answer<()> {
        if let Some(property) = inside(name, "input") {
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

/// The property of `file[table]`, or of `files[tables]`, which takes several.
fn for_files(name: &str) -> Option<(&str, bool)> {
    inside(name, "file").map(|property| (property, false)).or_else(|| inside(name, "files").map(|property| (property, true)))
}

/// Where a property, or one in a row as `tables/0/artifact`, stands in the request.
fn place(property: &str) -> String {
    format!("/input/{property}")
}

/// What is wrong with a file, said at the field that it was chosen in. What is not the file's fault is left as it is.
fn at_field(mut problem: Problem, property: &str) -> Problem {
    if (400..500).contains(&problem.status) && !matches!(problem.status, 401 | 403 | 429) {
        let message = problem.errors.first().map_or_else(|| problem.detail.clone(), |error| error.message.clone());
        problem.errors = vec![FieldError { field: place(property), message }];
    }
    problem
}

fn broken(why: impl ToString) -> Problem {
    Problem::new(Code::InvalidRequest, format!("The form is broken: {}. Reload the page and send it again.", why.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    const FIRST: &str = "0197c5b1-8f4e-7a31-9c0a-5d2f6b7e8a90";
    const SECOND: &str = "0197c5b1-8f4e-7a31-9c0a-5d2f6b7e8a91";

    fn id(text: &str) -> ArtifactId {
        text.parse().unwrap()
    }

    /// The places that a refusal names.
    fn places<T>(answer: Answer<T>) -> Vec<String> {
        answer.err().map(|problem| problem.errors).unwrap_or_default().into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn files_of_a_list_follow_the_ids_that_were_typed_whichever_comes_first() {
        for typed_first in [true, false] {
            let mut form = SentForm::default();
            if typed_first {
                form.keep("input[files]", SECOND.to_owned(), &[]).unwrap();
            }
            form.keep_file("files", true, id(FIRST)).unwrap();
            form.keep_file("files", true, id(SECOND)).unwrap();
            if !typed_first {
                form.keep("input[files]", SECOND.to_owned(), &[]).unwrap();
            }
            form.join();
            assert_eq!(form.input["files"], format!("{SECOND}\n{FIRST}\n{SECOND}"));
        }
    }

    #[test]
    fn a_file_wins_over_a_typed_id_and_there_is_one() {
        let mut form = SentForm::default();
        form.keep_file("tables/0/artifact", false, id(FIRST)).unwrap();
        form.keep("input[tables/0/artifact]", SECOND.to_owned(), &[]).unwrap();
        assert_eq!(places(form.keep_file("tables/0/artifact", false, id(SECOND))), ["/input/tables/0/artifact"]);
        let mut form = SentForm::default();
        form.keep("input[tables/0/artifact]", SECOND.to_owned(), &[]).unwrap();
        form.keep_file("tables/0/artifact", false, id(FIRST)).unwrap();
        form.join();
        assert_eq!(form.input["tables/0/artifact"], FIRST);
    }

    #[test]
    fn the_files_of_a_form_have_bounds_that_name_the_field() {
        let mut form = SentForm { stored: vec![id(FIRST); MOST_FILES - 1], file_bytes: MOST_FILE_BYTES - 1, ..SentForm::default() };
        assert_eq!(places(form.has_room("files")), Vec::<String>::new());
        form.stored.push(id(SECOND));
        assert_eq!(places(form.has_room("tables/0/artifact")), ["/input/tables/0/artifact"]);
        form.stored.clear();
        form.file_bytes = MOST_FILE_BYTES;
        let problem = form.has_room("files").unwrap_err();
        assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), (Code::BodyTooLarge.as_str(), "/input/files"));
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_at_its_field() {
        let unnamed = at_field(Problem::invalid_field("name", "give the file a name"), "files");
        assert_eq!((unnamed.errors.len(), unnamed.errors[0].field.as_str()), (1, "/input/files"));
        let large = at_field(Problem::new(Code::ArtifactTooLarge, "An artifact may have at most 5 bytes."), "tables/1/artifact");
        assert_eq!((large.errors[0].field.as_str(), large.errors[0].message.as_str()), ("/input/tables/1/artifact", large.detail.as_str()));
        assert!(at_field(Problem::new(Code::StorageUnavailable, "Later."), "files").errors.is_empty());
    }

    #[test]
    fn the_names_of_fields_for_files_are_told_apart() {
        assert_eq!(for_files("file[tables/0/artifact]"), Some(("tables/0/artifact", false)));
        assert_eq!(for_files("files[advisories]"), Some(("advisories", true)));
        assert_eq!((for_files("input[files]"), for_files("filesx[a]")), (None, None));
    }

    #[test]
    fn a_problem_is_placed_where_the_row_stands_on_the_form() {
        let schema =
            json!({"properties": {"tables": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}}});
        let mut form = SentForm::default();
        form.keep("input[tables/2/name]", "birds".to_owned(), &[]).unwrap();
        let placed = form.placed(&schema, Problem::invalid_field("/input/tables/0/name", "Too long."));
        assert_eq!(placed.errors[0].field, "/input/tables/2/name");
    }
}
