//! Does each capability have its service method, its operation, its server function and its place on a page?

use crate::harness;

use std::collections::BTreeSet;

use crate::harness::doors::{ASKED_BY_NO_PAGE, CAPABILITIES};
use crate::harness::named::{declared, named, named_in};

/// The methods of the service traits, as `tasks::submit`, read from their source.
fn methods() -> BTreeSet<String> {
    let folder = harness::repository().join("src/domain/src/services");
    let mut methods = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let resource = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            if let Some(rest) = line.trim().strip_prefix("async fn ") {
                methods.insert(format!("{resource}::{}", rest.split('(').next().unwrap()));
            }
        }
    }
    methods
}

#[test]
fn every_service_method_has_its_row() {
    let rows: BTreeSet<String> = CAPABILITIES.iter().map(|row| row.method.to_owned()).collect();
    assert_eq!(rows, methods());
}

#[test]
fn every_operation_belongs_to_a_capability_and_exists() {
    let known: BTreeSet<String> = baton_api::operations().into_iter().map(|operation| operation.operation_id).collect();
    let named: BTreeSet<String> = CAPABILITIES.iter().filter_map(|row| row.operation).map(str::to_owned).collect();
    let missing: Vec<_> = named.difference(&known).collect();
    assert!(missing.is_empty(), "no such operation: {missing:?}");
    // The plain-HTTP form of the same stream.
    let homeless: Vec<_> = known.difference(&named).filter(|operation| *operation != "follow_by_stream").collect();
    assert!(homeless.is_empty(), "operations without a service method: {homeless:?}");
    assert!(known.len() >= 25, "{}", known.len());
}

#[test]
fn every_server_function_belongs_to_a_capability_and_exists() {
    let known: BTreeSet<String> = functions();
    let named: BTreeSet<String> = CAPABILITIES.iter().filter_map(|row| row.function).map(str::to_owned).collect();
    assert_eq!(named, known);
}

/// The server functions of the dashboard, below `/sfn/`.
fn functions() -> BTreeSet<String> {
    // The crate registers its functions where it is linked.
    let _ = baton_app::App;
    server_fn::axum::server_fn_paths().map(|(path, _)| path.trim_start_matches("/sfn/").to_owned()).collect()
}

#[test]
fn every_capability_for_people_has_a_page_that_exists() {
    let source = std::fs::read_to_string(harness::repository().join("app/src/app.rs")).unwrap();
    for row in CAPABILITIES {
        match row.page {
            Some(page) => assert!(source.contains(&format!("path!(\"{page}\")")), "{}: no page {page}", row.method),
            None => assert!(row.operation.is_none() && row.function.is_none(), "{} has no page", row.method),
        }
    }
}

#[test]
fn every_server_function_is_asked_by_a_page() {
    let (declared, named) = (declared(), named());
    assert_eq!(declared.iter().map(|function| function.path.clone()).collect::<BTreeSet<_>>(), functions());
    let asked: BTreeSet<&str> = declared
        .iter()
        .filter(|function| function.names.iter().any(|name| named.contains(name)))
        .map(|function| function.path.as_str())
        .collect();
    // What a form of its own asks of the same method, the page has too.
    let methods: BTreeSet<&str> =
        CAPABILITIES.iter().filter(|row| row.function.is_some_and(|function| asked.contains(function))).map(|row| row.method).collect();
    let not_asked: BTreeSet<&str> =
        CAPABILITIES.iter().filter(|row| !methods.contains(row.method)).filter_map(|row| row.function).collect();
    let known: BTreeSet<&str> = ASKED_BY_NO_PAGE.iter().map(|(function, _)| *function).collect();
    assert_eq!(not_asked, known, "left: no page asks these; right: those of which that is known");
}

#[test]
fn what_a_page_names_is_found_however_it_is_written() {
    let text = "use crate::server_fns::{Called, tasks::{self, Cancel}, topics::Publish};\n\
        // server_fns::plans::accept is only spoken of.\n\
        fn page() { tasks::list(1); crate::server_fns::agents::drain(2); other::rerun(); }\n\
        use crate::server_fns::{\n    limits,\n};\nfn more() { limits::set; }";
    let found: BTreeSet<String> = named_in(text);
    let expected = ["agents::drain", "limits::set", "tasks::Cancel", "tasks::list", "topics::Publish"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
