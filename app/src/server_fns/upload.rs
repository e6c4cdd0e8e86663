//! How a form with files arrives: as a stream of fields, never whole in memory.
//!
//! This is Leptos' multipart codec, but a request without a boundary is refused instead of bringing the call down.

use std::fmt;

use leptos::server_fn::ContentType;
use leptos::server_fn::codec::{self, Encoding, FromReq, IntoReq, MultipartData};
use leptos::server_fn::error::{FromServerFnError, IntoAppError, ServerFnErrorErr};
use leptos::server_fn::request::browser::BrowserFormData;
use leptos::server_fn::request::{ClientReq, Req};

use super::deal::CallForm;
use super::goal::ProposeForm;
use super::settle::ResolveForm;
use super::start::StartForm;
use super::store::PutForm;
use super::submit::SubmitForm;

/// The codec. It has the name of Leptos' own, by which the `server` macro knows that the input is no JSON.
#[derive(Debug)]
pub struct MultipartFormData;

/// The fields of a submitted form.
pub struct Upload(pub(super) MultipartData);

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upload")
    }
}

impl From<web_sys::FormData> for Upload {
    fn from(form: web_sys::FormData) -> Self {
        Self(form.into())
    }
}

impl ContentType for MultipartFormData {
    const CONTENT_TYPE: &'static str = codec::MultipartFormData::CONTENT_TYPE;
}

impl Encoding for MultipartFormData {
    const METHOD: http::Method = http::Method::POST;
}

/// Lets a function whose only argument is `form: Upload` travel with this codec.
macro_rules! sent_as_multipart {
    ($function:ty) => {
        impl<E, Request> IntoReq<MultipartFormData, Request, E> for $function
        where
            E: FromServerFnError,
            Request: ClientReq<E, FormData = BrowserFormData>,
        {
            fn into_req(self, path: &str, accepts: &str) -> Result<Request, E> {
                let Some(form) = self.form.0.into_client_data() else {
                    return Err(ServerFnErrorErr::Serialization("the form is not the browser's".to_owned()).into_app_error());
                };
                Request::try_new_post_multipart(path, accepts, form)
            }
        }

        impl<E, Request> FromReq<MultipartFormData, Request, E> for $function
        where
            E: FromServerFnError + Send + Sync,
            Request: Req<E> + Send + 'static,
        {
            async fn from_req(request: Request) -> Result<Self, E> {
                Ok(Self { form: arrived(request).await? })
            }
        }
    };
}

sent_as_multipart!(SubmitForm);
sent_as_multipart!(CallForm);
sent_as_multipart!(ProposeForm);
sent_as_multipart!(StartForm);
sent_as_multipart!(ResolveForm);
sent_as_multipart!(PutForm);

const FORM: &str = codec::MultipartFormData::CONTENT_TYPE;

async fn arrived<E, Request>(request: Request) -> Result<Upload, E>
where
    E: FromServerFnError + Send + Sync,
    Request: Req<E> + Send + 'static,
{
    let content_type = request.to_content_type().unwrap_or_default();
    let has_boundary = content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.trim().split_once('='))
        .any(|(name, value)| name.eq_ignore_ascii_case("boundary") && !value.trim_matches('"').is_empty());
    if !content_type.starts_with(FORM) || !has_boundary {
        return Err(ServerFnErrorErr::Request(super::answer::NOT_A_FORM.to_owned()).into_app_error());
    }
    let data: FormInput = <FormInput as FromReq<codec::MultipartFormData, Request, E>>::from_req(request).await?;
    Ok(Upload(data.0))
}

/// Lets Leptos' codec do the reading.
struct FormInput(MultipartData);

impl From<MultipartData> for FormInput {
    fn from(data: MultipartData) -> Self {
        Self(data)
    }
}
