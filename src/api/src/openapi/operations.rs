//! Which operations there are and what each needs, as a table for tests and for whoever lists capabilities.

use baton_domain::user::Permission;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use super::openapi;

/// The extension that names the permission which an operation needs.
pub(super) const PERMISSION: &str = "x-permission";
/// The extension that names the codes with which an operation may fail beside those that all share.
pub(super) const ERRORS: &str = "x-errors";

/// One operation of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationInfo {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path with its placeholders, as `/api/v1/tasks/{id}`.
    pub path: String,
    /// The stable name.
    pub operation_id: String,
    /// What the caller's role must include; nothing for what anybody may call.
    pub permission: Option<Permission>,
}

/// Every operation, by path.
#[must_use]
pub fn operations() -> Vec<OperationInfo> {
    of(&openapi())
}

fn of(document: &OpenApi) -> Vec<OperationInfo> {
    let mut table = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in methods(item) {
            table.push(OperationInfo {
                method,
                path: path.clone(),
                operation_id: operation.operation_id.clone().unwrap_or_default(),
                permission: permission(operation),
            });
        }
    }
    table
}

fn methods(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    [("GET", &item.get), ("POST", &item.post), ("PATCH", &item.patch), ("PUT", &item.put), ("DELETE", &item.delete)]
        .into_iter()
        .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
}

/// What an operation needs.
pub(super) fn permission(operation: &Operation) -> Option<Permission> {
    match operation.extensions.as_ref()?.get(PERMISSION)?.as_str()? {
        "read" => Some(Permission::Read),
        "work" => Some(Permission::Work),
        "operate" => Some(Permission::Operate),
        // An unknown word must not open anything.
        _ => Some(Permission::Administer),
    }
}
