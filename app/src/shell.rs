//! What document every page is drawn into, and which policy the browser holds it to.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::MetaTags;

use crate::App;
use crate::session;

/// The document around the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let nonce = use_nonce();
    if let (Some(nonce), Some(response)) = (nonce.as_ref(), use_context::<ResponseOptions>())
        && let Ok(policy) = HeaderValue::from_str(&policy(nonce))
    {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
        // Pages show what their reader may see, as it is at this moment.
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let assets = Assets::of(&options);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=session::theme().as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                <link rel="preload" r#as="font" type="font/woff2" href="/vendor/inter.woff2" crossorigin=""/>
                <link id="leptos" rel="stylesheet" href=assets.css.clone()/>
                <link rel="modulepreload" nonce=nonce.clone() href=assets.js.clone()/>
                <link rel="preload" r#as="fetch" type="application/wasm" crossorigin="" href=assets.wasm.clone()/>
                <script type="module" nonce=nonce inner_html=starter(assets)></script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Only what this server sends runs; styles in attributes are allowed because charts place their tooltips by them.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; \
         frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"
    )
}

/// Loads and starts the app. Leptos' own tags put the nonce into `crossorigin`, on which Firefox may drop the fetch.
fn starter(assets: &Assets) -> String {
    let Assets { js, wasm, .. } = assets;
    format!("import({js:?}).then(app => app.default({{module_or_path: {wasm:?}}}).then(() => app.hydrate()));")
}

/// The addresses of the built files, and which of them each part of the pages is.
struct Assets {
    folder: String,
    js: String,
    wasm: String,
    css: String,
    parts: HashMap<String, Vec<String>>,
}

/// Read once: they change only with the server that reads them.
static ASSETS: OnceLock<Assets> = OnceLock::new();

impl Assets {
    fn of(options: &LeptosOptions) -> &'static Self {
        ASSETS.get_or_init(|| Self::read(options))
    }

    fn read(options: &LeptosOptions) -> Self {
        let hashes = options.hash_files.then(|| hash_file(options)).flatten().unwrap_or_default();
        let hash = |kind: &str| {
            let found = hashes.lines().filter_map(|line| line.trim().split_once(':')).find(|(name, _)| name.trim() == kind);
            found.map_or_else(String::new, |(_, hash)| format!(".{}", hash.trim()))
        };
        let name = &options.output_name;
        let plain_wasm = if option_env!("LEPTOS_OUTPUT_NAME").is_none() && !options.hash_files { "_bg" } else { "" };
        // The files of a build name each other, and cargo-leptos hashes some before it writes the others' names into them: a file
        // may change and keep its name. So each build has a folder of its own, and what is kept for ever is never mixed.
        let build = format!("{}{}", hash("wasm"), hash("split"));
        let folder = format!("/{}{}{}", options.site_pkg_dir, if build.is_empty() { "" } else { "/" }, build.trim_start_matches('.'));
        let manifest = Path::new(options.site_root.as_ref())
            .join(options.site_pkg_dir.as_ref())
            .join(format!("__wasm_split_manifest{}.json", hash("manifest")));
        let parts = fs::read(manifest).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self {
            js: format!("{folder}/{name}{}.js", hash("js")),
            wasm: format!("{folder}/{name}{plain_wasm}{}.wasm", hash("wasm")),
            css: format!("{folder}/{name}{}.css", hash("css")),
            folder,
            parts,
        }
    }
}

/// The address under which the built files are served, as `/pkg/BUILD`: it changes with every build of the pages.
#[must_use]
pub fn pkg_path(options: &LeptosOptions) -> &'static str {
    &Assets::of(options).folder
}

/// The addresses of the files that a part of the pages is made of; none before the first document was drawn.
pub(crate) fn files_of(part: &str) -> Vec<String> {
    let Some(assets) = ASSETS.get() else { return Vec::new() };
    let files = assets.parts.get(part).map_or(&[][..], Vec::as_slice);
    files.iter().map(|file| format!("{}/{file}.wasm", assets.folder)).collect()
}

/// cargo-leptos writes the hashes beside the server's binary.
fn hash_file(options: &LeptosOptions) -> Option<String> {
    let beside = std::env::current_exe().ok()?.parent()?.join(options.hash_file.as_ref());
    fs::read_to_string(beside).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_runs_no_script_without_the_nonce() {
        let policy = policy("abc");
        let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap_or_default();
        assert!(scripts.contains("'nonce-abc'") && !scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'"), "{scripts}");
    }
}
