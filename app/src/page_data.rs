//! How does a page come by its data? The server reads it before it draws; the browser finds it in the page, and reads anew when the
//! page asks for other data.
//!
//! Leptos' own resource is made anew for each type of data, with all that it stands on, which was seven per cent of what a page loads.
//! Here there is one, and what was read is kept behind one type until somebody wants it.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use codee::{Decoder, Encoder};
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;
use crate::server_fns::{ApiError, Called};
use baton_domain::problem::{Code, Problem};

/// What data may be: it goes from the server to the browser as text.
pub trait Data: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Data for T {}

/// The data of a page or of a part of one.
pub struct PageData<T> {
    kept: Resource<Kept, Text>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for PageData<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for PageData<T> {}

impl<T> fmt::Debug for PageData<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageData")
    }
}

impl<T: Data> PageData<T> {
    /// Data without which the page is not sent. `fetch` reads it, anew whenever what `asked` says becomes another.
    pub fn new<S, F>(asked: impl Fn() -> S + Send + Sync + 'static, fetch: impl Fn(S) -> F + Send + Sync + 'static) -> Self
    where
        S: Clone + PartialEq + Send + Sync + 'static,
        F: Future<Output = Called<T>> + Send + 'static,
    {
        Self::made(asked, fetch, true)
    }

    /// Data for which the page does not wait.
    pub fn later<S, F>(asked: impl Fn() -> S + Send + Sync + 'static, fetch: impl Fn(S) -> F + Send + Sync + 'static) -> Self
    where
        S: Clone + PartialEq + Send + Sync + 'static,
        F: Future<Output = Called<T>> + Send + 'static,
    {
        Self::made(asked, fetch, false)
    }

    fn made<S, F>(asked: impl Fn() -> S + Send + Sync + 'static, fetch: impl Fn(S) -> F + Send + Sync + 'static, blocking: bool) -> Self
    where
        S: Clone + PartialEq + Send + Sync + 'static,
        F: Future<Output = Called<T>> + Send + 'static,
    {
        let asked = Box::new(move || Asked(Arc::new(asked())));
        let fetch = Box::new(move |asked: Asked| -> Reading {
            match asked.0.value().downcast_ref::<S>() {
                Some(asked) => {
                    let reading = fetch(asked.clone());
                    Box::pin(async move { Kept::Here(Arc::new(reading.await)) })
                }
                None => Box::pin(std::future::ready(Kept::Text(Arc::from("")))),
            }
        });
        Self { kept: resource(asked, fetch, blocking), of: PhantomData }
    }

    /// What was read, once it is there.
    #[must_use]
    pub fn get(self) -> Option<Called<T>> {
        self.kept.get().map(|kept| kept.read())
    }

    /// Reads anew. What is drawn stays until then.
    pub fn refetch(self) {
        self.kept.refetch();
    }

    /// What was read, as it is kept.
    pub(crate) const fn kept(self) -> Resource<Kept, Text> {
        self.kept
    }
}

type Reading = Pin<Box<dyn Future<Output = Kept> + Send>>;

fn resource(
    asked: Box<dyn Fn() -> Asked + Send + Sync>,
    fetch: Box<dyn Fn(Asked) -> Reading + Send + Sync>,
    blocking: bool,
) -> Resource<Kept, Text> {
    Resource::new_with_options(asked, fetch, blocking)
}

/// What is asked for, of whatever type.
#[derive(Clone)]
struct Asked(Arc<dyn Question>);

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(other.0.value())
    }
}

trait Question: Send + Sync {
    fn value(&self) -> &dyn Any;
    fn same(&self, other: &dyn Any) -> bool;
}

impl<S: PartialEq + Send + Sync + 'static> Question for S {
    fn value(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<S>() == Some(self)
    }
}

/// What was read, of whatever type: as it is where it was read, as text where it came with the page.
#[derive(Clone)]
pub(crate) enum Kept {
    Here(Arc<dyn Answer>),
    Text(Arc<str>),
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl Kept {
    /// What was read, as what it is.
    pub(crate) fn read<T: Data>(&self) -> Called<T> {
        match self {
            Self::Here(answer) => answer.value().downcast_ref::<Called<T>>().cloned().unwrap_or_else(|| Err(unreadable("another type"))),
            Self::Text(text) => json::read::<Called<T>>(text).unwrap_or_else(|error| Err(unreadable(&error))),
        }
    }
}

fn unreadable(error: &str) -> ApiError {
    ApiError(Problem::new(Code::MalformedJson, error.to_owned()))
}

/// An answer, with the way to write it where a server does that.
pub(crate) trait Answer: Send + Sync {
    fn value(&self) -> &dyn Any;
    #[cfg(feature = "ssr")]
    fn written(&self) -> serde_json::Result<String>;
}

impl<T: Data> Answer for Called<T> {
    fn value(&self) -> &dyn Any {
        self
    }

    #[cfg(feature = "ssr")]
    fn written(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// How data goes with a page.
#[derive(Debug)]
pub(crate) struct Text;

impl Encoder<Kept> for Text {
    type Error = serde_json::Error;
    type Encoded = String;

    /// Only a server writes; a browser has no way to, for which it would have to load one for each type.
    fn encode(kept: &Kept) -> Result<String, serde_json::Error> {
        match kept {
            #[cfg(feature = "ssr")]
            Kept::Here(answer) => answer.written(),
            #[cfg(not(feature = "ssr"))]
            Kept::Here(_) => Ok(String::new()),
            Kept::Text(text) => Ok(text.to_string()),
        }
    }
}

impl Decoder<Kept> for Text {
    type Error = std::convert::Infallible;
    type Encoded = str;

    fn decode(text: &str) -> Result<Kept, std::convert::Infallible> {
        Ok(Kept::Text(Arc::from(text)))
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_the_server_wrote_is_what_the_browser_reads() {
        for answer in [Ok((3_u32, "three".to_owned())), Err(ApiError(Problem::new(Code::MalformedJson, "No such thing.")))] {
            let here = Kept::Here(Arc::new(answer.clone()));
            let there = Text::decode(&Text::encode(&here).unwrap()).unwrap();
            assert_eq!(here.read::<(u32, String)>(), answer);
            assert_eq!(there.read::<(u32, String)>(), answer);
            assert_eq!(Text::encode(&there).unwrap(), Text::encode(&here).unwrap());
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_and_no_panic() {
        let here = Kept::Here(Arc::new(Called::Ok(3_u32)));
        assert_eq!(here.read::<String>().unwrap_err().0.code, Code::MalformedJson.as_str());
        assert_eq!(Kept::Text(Arc::from("{")).read::<String>().unwrap_err().0.code, Code::MalformedJson.as_str());
    }

    #[test]
    fn questions_are_the_same_if_type_and_value_are() {
        let asked = |value: Arc<dyn Question>| Asked(value);
        assert!(asked(Arc::new(3_u32)) == asked(Arc::new(3_u32)));
        assert!(asked(Arc::new(3_u32)) != asked(Arc::new(4_u32)));
        assert!(asked(Arc::new(3_u32)) != asked(Arc::new(3_u64)));
    }
}
