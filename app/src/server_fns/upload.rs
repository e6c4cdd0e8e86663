//! How a form with files arrives: as a stream of fields, never whole in memory.
//!
//! This is Leptos' multipart codec, but a request without a boundary is refused instead of bringing the call down.

use std::fmt;

use leptos::server_fn::codec::{Encoding, FromReq, IntoReq, MultipartData};
use leptos::server_fn::error::{FromServerFnError, IntoAppError, ServerFnErrorErr};
use leptos::server_fn::request::browser::BrowserFormData;
use leptos::server_fn::request::{ClientReq, Req};
use leptos::server_fn::{ContentType, codec};

use super::submit::SubmitForm;

/// The codec. It has the name of Leptos' own, by which the `server` macro knows that the input is no JSON.
#[derive(Debug)]
pub struct MultipartFormData;

/// The fields of a submitted form.
pub struct Upload(MultipartData);

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upload")
    }
}

impl Upload {
    /// From the form on the page.
    #[must_use]
    pub fn from_form(form: web_sys::FormData) -> Self {
        Self(form.into())
    }

    /// The stream of fields, on the server.
    #[cfg(feature = "ssr")]
    pub(crate) fn into_stream(self) -> Option<multer::Multipart<'static>> {
        self.0.into_inner()
    }
}

impl ContentType for MultipartFormData {
    const CONTENT_TYPE: &'static str = codec::MultipartFormData::CONTENT_TYPE;
}

impl Encoding for MultipartFormData {
    const METHOD: axum_http::Method = <codec::MultipartFormData as Encoding>::METHOD;
}
