//! What the document says of every operation alike: who may call it, and how it fails.

use std::collections::BTreeMap;

use baton_domain::problem::Code;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr, ResponseBuilder};

use super::operations::{ERRORS, permission};
use crate::problem_response::PROBLEM_JSON;

const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";

pub(super) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An access token or an API key")).build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    let cookie = ApiKeyValue::with_description("baton_access", "A browser's session; `__Host-baton_access` over https");
    components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    for (path, item) in &mut document.paths.paths {
        let PathItem { get, post, patch, put, delete, .. } = item;
        for (changes, operation) in [(false, get), (true, post), (true, patch), (true, put), (true, delete)] {
            if let Some(operation) = operation {
                complete_operation(path, operation, changes);
            }
        }
    }
}

fn complete_operation(path: &str, operation: &mut Operation, changes: bool) {
    let no_scopes: [&str; 0] = [];
    operation.security = Some(match permission(operation) {
        Some(_) => vec![SecurityRequirement::new(BEARER, no_scopes), SecurityRequirement::new(COOKIE, no_scopes)],
        None => vec![SecurityRequirement::default()],
    });
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes(path, operation, changes) {
        let codes = by_status.entry(code.status()).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    for (status, codes) in by_status {
        // A status that the operation describes itself, as that of a failed health check, stays as it is.
        operation.responses.responses.entry(status.to_string()).or_insert_with(|| RefOr::T(problem_response(&codes)));
    }
}

/// The codes that an operation states, and those that follow from its shape.
fn codes(path: &str, operation: &Operation, changes: bool) -> Vec<Code> {
    let own = operation.extensions.as_ref().and_then(|extensions| extensions.get(ERRORS)).and_then(|errors| errors.as_array());
    let named = own.into_iter().flatten().filter_map(|name| name.as_str());
    let mut codes: Vec<Code> = named.filter_map(|name| Code::ALL.iter().copied().find(|code| code.as_str() == name)).collect();
    codes.extend([Code::TooManyRequests, Code::Internal, Code::StorageUnavailable, Code::RequestTimeout]);
    if let Some(needed) = permission(operation) {
        codes.extend([Code::NotSignedIn, Code::TokenExpired, Code::TokenInvalid, Code::SessionEnded]);
        if needed != baton_domain::user::Permission::Read {
            codes.push(Code::Forbidden);
        }
    }
    if changes {
        codes.push(Code::CrossOrigin);
    }
    if operation.request_body.is_some() && !path.ends_with("/artifacts") {
        codes.extend([Code::MalformedJson, Code::InvalidRequest, Code::BodyTooLarge, Code::UnsupportedMediaType]);
    }
    let parameters = operation.parameters.iter().flatten();
    for parameter in parameters.filter_map(|parameter| if let RefOr::T(parameter) = parameter { Some(parameter) } else { None }) {
        match parameter {
            Parameter { parameter_in: ParameterIn::Query, .. } => codes.push(Code::InvalidQuery),
            Parameter { parameter_in: ParameterIn::Header, .. } => codes.push(Code::InvalidRequest),
            _ => {}
        }
    }
    codes
}

fn problem_response(codes: &[Code]) -> Response {
    let lines: Vec<String> = codes.iter().map(|code| format!("`{}` {}", code.as_str(), code.title())).collect();
    ResponseBuilder::new()
        .description(lines.join("; "))
        .content(PROBLEM_JSON, Content::builder().schema(Some(Ref::from_schema_name("Problem"))).build())
        .build()
}
