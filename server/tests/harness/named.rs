//! Which server functions do the pages name? Read from their source, as a compiler would follow the paths.

use std::collections::BTreeSet;
use std::path::Path;

use super::repository;

/// A server function as its source declares it.
#[derive(Debug)]
pub struct Declared {
    /// Its path below `/sfn/`.
    pub path: String,
    /// What a page may call it by: the function, or the type of its arguments, as `tasks::cancel` and `tasks::Cancel`.
    pub names: [String; 2],
}

/// All server functions, in the order of their files.
pub fn declared() -> Vec<Declared> {
    let mut all = Vec::new();
    for (file, text) in sources(&repository().join("app/src/server_fns")) {
        let module = Path::new(&file).file_stem().unwrap().to_str().unwrap().to_owned();
        // Arguments that may be left out carry the same attribute.
        for declaration in text.split("#[server(").skip(1).filter(|declaration| !declaration.starts_with("default)]")) {
            let (attribute, rest) = declaration.split_once(")]").unwrap();
            let value = |key: &str| attribute.split_once(key).map(|(_, rest)| rest);
            let path = value("endpoint = ").unwrap().split('"').nth(1).unwrap().trim_start_matches('/').to_owned();
            let function = rest.split_once("pub async fn ").unwrap().1.split('(').next().unwrap();
            let camel = || function.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect::<String>();
            let arguments = value("name = ").map_or_else(camel, |name| name.split(',').next().unwrap().to_owned());
            all.push(Declared { path, names: [format!("{module}::{function}"), format!("{module}::{arguments}")] });
        }
    }
    all
}

/// What the pages and what they are made of name of `server_fns`, as `tasks::cancel`.
pub fn named() -> BTreeSet<String> {
    let folder = repository().join("app/src");
    let pages = sources(&folder).into_iter().filter(|(file, _)| !file.contains("/server_fns/"));
    pages.flat_map(|(_, text)| named_in(&text)).collect()
}

/// What one source names.
pub fn named_in(text: &str) -> BTreeSet<String> {
    let tokens = tokens(text);
    let after = |name: &str| {
        let pair = [name.to_owned(), "::".to_owned()];
        tokens.windows(2).enumerate().filter(move |(_, window)| **window == pair).map(|(at, _)| at + 2).collect::<Vec<_>>()
    };
    let mut paths = Vec::new();
    for at in after("server_fns") {
        follow(&tokens, at, &[], &mut paths);
    }
    let mut names = BTreeSet::new();
    for path in paths {
        match path.as_slice() {
            [module] => {
                let used = after(module).into_iter().filter_map(|at| tokens.get(at)).filter(|name| is_word(name));
                names.extend(used.map(|name| format!("{module}::{name}")));
            }
            [module, name, ..] => {
                names.insert(format!("{module}::{name}"));
            }
            [] => {}
        }
    }
    names
}

/// Follows a path, or a group of them in braces, to its ends; gives the place behind it.
fn follow(tokens: &[String], mut at: usize, before: &[String], ends: &mut Vec<Vec<String>>) -> usize {
    match tokens.get(at).map(String::as_str) {
        Some("{") => {
            at += 1;
            while at < tokens.len() && tokens[at] != "}" {
                at = follow(tokens, at, before, ends);
            }
            at + 1
        }
        Some(word) if is_word(word) => {
            let path = if word == "self" { before.to_vec() } else { [before, &[word.to_owned()]].concat() };
            if tokens.get(at + 1).is_some_and(|next| next == "::") {
                follow(tokens, at + 2, &path, ends)
            } else {
                ends.push(path);
                at + 1
            }
        }
        _ => at + 1,
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// Words, `::`, and every other sign by itself; comments are left out.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut rest = line.split("//").next().unwrap_or_default().trim_start();
        while let Some(first) = rest.chars().next() {
            let letters = |letter: char| letter.is_alphanumeric() || letter == '_';
            let length = if letters(first) {
                rest.find(|letter: char| !letters(letter)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push(rest[..length].to_owned());
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

/// The sources below a folder, with their paths.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((path.to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}
