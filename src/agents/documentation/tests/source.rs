//! Does `documentation.api_docs` tell what source code makes public, as each language has it, and what it says of it?
use crate::harness;

use std::io::Write;

use crate::harness::{Ended, perform, perform_on_file};
use baton_agents_documentation::{API_DOCS, Documentation};
use proptest::prelude::*;
use serde_json::{Value, json};

fn of(name: &str, source: &str) -> Ended {
    perform_on_file(Documentation::default(), API_DOCS, json!({}), name, source.as_bytes())
}

fn zip(files: &[(&str, &str)], more: Value) -> Ended {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    perform_on_file(Documentation::default(), API_DOCS, more, "lib.zip", &writer.finish().unwrap().into_inner())
}

fn names(value: &Value) -> Vec<String> {
    value["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

fn item<'a>(value: &'a Value, name: &str) -> &'a Value {
    value["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no {name} in {value:#}"))
}

fn documents(value: &Value, name: &str, signature: &str, summary: &str) {
    let item = item(value, name);
    assert_eq!((item["signature"].as_str().unwrap(), item["summary"].as_str().unwrap()), (signature, summary), "{name}");
}

#[test]
fn rust_is_told() {
    let value = of(
        "stack.rs",
        "//! Keeps values.\n\n/// A stack of `T`.\n#[derive(Debug)]\npub struct Stack<T> {\n    /// How many.\n    pub size: usize,\n    inner: Vec<T>,\n}\n\n\
         struct Hidden;\n\nimpl<T> Stack<T> {\n    /// Puts a value on top.\n    ///\n    /// # Panics\n    /// Never.\n    pub fn push(&mut self, value: T) where T: Clone {\n        todo!()\n    }\n    \
         fn grow(&mut self) {}\n    pub(crate) fn near(&self) {}\n}\n\nimpl<T> Drop for Stack<T> { fn drop(&mut self) {} }\n\npub enum Kind { /// One.\n One, Two(u8) }\n\n\
         pub trait Shape {\n    /// The area.\n    fn area(&self) -> f64;\n}\n\n#[macro_export]\nmacro_rules! stack { () => {} }\n\n#[doc(hidden)]\npub fn secret() {}\n\n\
         #[cfg(test)]\nmod tests { pub fn a() {} }\n\npub mod inner {\n    //! Within.\n    pub const LIMIT: usize = 3;\n}\n",
    )
    .value();
    assert_eq!(
        names(&value),
        ["Stack", "Stack::size", "Stack::push", "Kind", "Kind::One", "Kind::Two", "Shape", "Shape::area", "stack", "LIMIT"]
    );
    documents(&value, "Stack", "pub struct Stack<T>", "A stack of `T`.");
    documents(&value, "Stack::push", "pub fn push(&mut self, value: T) where T: Clone", "Puts a value on top.");
    documents(&value, "Kind::One", "One", "One.");
    documents(&value, "LIMIT", "pub const LIMIT: usize", "");
    assert_eq!(item(&value, "LIMIT")["module"], "crate::stack::inner");
    let text = value["markdown"].as_str().unwrap();
    assert!(text.contains("## crate::stack\n\nKeeps values.") && text.contains("##### Panics"), "{text}");
    assert_eq!((&value["coverage"]["items"], &value["coverage"]["described"]), (&json!(6), &json!(3)));
    assert!(text.contains("## Not described\n\n- `Kind` in crate::stack"), "{text}");
}

#[test]
fn modules_of_rust_that_are_closed_show_only_what_is_passed_on() {
    let value = zip(
        &[
            ("thing-1.0.0/src/lib.rs", "//! A crate.\nmod closed;\npub mod open;\npub use closed::Shown;\n"),
            ("thing-1.0.0/src/closed.rs", "pub struct Shown;\nimpl Shown { pub fn method(&self) {} }\npub struct NotShown;\n"),
            ("thing-1.0.0/src/open/mod.rs", "pub fn open() {}\n"),
            ("thing-1.0.0/tests/all.rs", "pub fn test() {}\n"),
        ],
        json!({}),
    )
    .value();
    assert_eq!(names(&value), ["Shown", "Shown::method", "open"]);
    assert_eq!(item(&value, "open")["module"], "thing::open");
    assert_eq!(value["skipped"][0]["reason"], "it is a test");
}

#[test]
fn python_is_told() {
    let source = "\"\"\"Keeps values.\n\nMore.\n\"\"\"\nfrom x import y\n\nLIMIT = 3\n_hidden = 1\n\nclass Stack(Base):\n    \"\"\"A stack.\"\"\"\n\n    def __init__(self, size: int = 3):\n        pass\n\n    \
                  @property\n    def top(self) -> int:\n        \"\"\"What is on top.\n\n        >>> Stack().top\n        1\n        \"\"\"\n        return 1\n\n    def _grow(self): pass\n\n\
                  async def push(value, *args):\n    '''Puts *value* on top.\n\n    :param value: what to put\n    '''\n\ndef undocumented(): pass\ndef _private(): pass\n";
    let value = of("stack.py", source).value();
    assert_eq!(names(&value), ["LIMIT", "Stack", "Stack.top", "push", "undocumented"]);
    documents(&value, "Stack", "class Stack(Base)  # Stack(size: int = 3)", "A stack.");
    documents(&value, "Stack.top", "@property def top(self) -> int", "What is on top.");
    documents(&value, "push", "async def push(value, *args)", "Puts \\*value\\* on top.");
    let text = value["markdown"].as_str().unwrap();
    assert!(text.contains("```text\n>>> Stack().top\n1\n```") && text.contains("- `value`: what to put"), "{text}");
    assert_eq!((&value["coverage"]["items"], &value["coverage"]["described"]), (&json!(4), &json!(3)));
    // What `__all__` lists counts, and nothing else.
    assert_eq!(names(&of("a.py", "__all__ = ['_odd']\ndef _odd(): pass\ndef even(): pass\n").value()), ["_odd"]);
    let package = zip(
        &[
            ("p-1/src/p/__init__.py", "\"\"\"P.\"\"\"\n"),
            ("p-1/src/p/sub/__init__.py", ""),
            ("p-1/src/p/sub/m.py", "def f(): pass\n"),
            ("p-1/src/p/_own.py", "def g(): pass\n"),
        ],
        json!({}),
    )
    .value();
    assert_eq!((names(&package), &package["items"][0]["module"]), (vec!["f".to_owned()], &json!("p.sub.m")));
}

#[test]
fn javascript_and_typescript_are_told() {
    let value = of(
        "stack.js",
        "/**\n * @file Keeps values.\n */\nimport x from 'x';\n/**\n * Adds.\n * @param {number} a - the first\n * @returns {number} the sum\n */\nexport function add(a, b = 1) { return a + b; }\nfunction own() {}\n\
         /** A stack. */\nexport class Stack extends Base {\n  #inner = 1;\n  /** Puts. */\n  push(value) {}\n  /** @private */\n  grow() {}\n}\nconst listed = (a) => a;\nexport { listed };\nexport default () => 1;\nexport * from './more';\n",
    )
    .value();
    assert_eq!(names(&value), ["add", "Stack", "Stack.push", "listed", "default"]);
    documents(&value, "add", "function add(a, b = 1)", "Adds.");
    documents(&value, "listed", "listed: (a)", "");
    let text = value["markdown"].as_str().unwrap();
    assert!(text.contains("- `a` (number): the first") && text.contains("Also exports what `./more` export."), "{text}");
    let old = of("old.js", "/** Adds. */\nexports.add = function (a, b) { return a + b; };\nfunction own() {}\nfunction Stack() {}\nStack.prototype.push = function (v) {};\nmodule.exports.Stack = Stack;\n").value();
    assert_eq!(names(&old), ["add", "Stack", "Stack.push"]);
    let typed = of(
        "a.ts",
        "/** A point. */\nexport interface Point { /** Across. */ x: number; move(by: number): void }\nexport type Id = string | number;\nexport abstract class A { private a = 1; protected b(): void {} public c(): void {} }\n\
         export declare function f(a: string): void;\nexport namespace N { export const LIMIT = 3; }\nexport enum E { One }\n",
    )
    .value();
    assert_eq!(names(&typed), ["Point", "Point.x", "Point.move", "Id", "A", "A.b", "A.c", "f", "E", "LIMIT"]);
    documents(&typed, "Point", "interface Point", "A point.");
    documents(&typed, "Point.x", "x: number", "Across.");
}

#[test]
fn go_is_told() {
    let value = zip(
        &[
            ("stack/a.go", "// Package stack keeps values.\npackage stack\n\n// Limit is how many.\nconst Limit = 3\n\n// Stack is a stack.\ntype Stack[T any] struct {\n\t// Size is how many.\n\tSize int\n\tinner []T\n}\n\n// Push puts.\nfunc (s *Stack[T]) Push(v T) error { return nil }\n\n// not adjacent\n\nfunc Pop() int { return 0 }\nfunc own() {}\n"),
            ("stack/b.go", "package stack\n\n// Shape has an area.\ntype Shape interface {\n\t// Area is it.\n\tArea() float64\n}\n"),
            ("stack/a_test.go", "package stack\nfunc TestA() {}\n"),
            ("internal/x/x.go", "package x\nfunc Hidden() {}\n"),
        ],
        json!({}),
    )
    .value();
    assert_eq!(names(&value), ["Limit", "Stack", "Stack.Size", "Stack.Push", "Pop", "Shape", "Shape.Area"]);
    documents(&value, "Stack.Push", "func (s *Stack[T]) Push(v T) error", "Push puts.");
    documents(&value, "Pop", "func Pop() int", "");
    documents(&value, "Shape.Area", "Area() float64", "Area is it.");
    assert!(value["markdown"].as_str().unwrap().contains("## stack\n\nPackage stack keeps values."));
}

#[test]
fn java_is_told() {
    let value = of(
        "Stack.java",
        "package org.example;\n\n/**\n * A {@code Stack} of <b>values</b>.\n * @param <T> what\n */\n@Deprecated\npublic final class Stack<T> extends Base {\n  /** How many. */\n  public static final int LIMIT = 3;\n  private int size;\n  \
         /** Makes it. */\n  public Stack(int size) { }\n  /** Puts.\n   * @return the old one\n   */\n  protected T push(T value) throws Full { return value; }\n  void near() {}\n  @Override public String toString() { return \"\"; }\n  \
         public interface Shape { double area(); }\n  public enum Kind { /** One. */ ONE, TWO; public void run() {} }\n}\nclass Own { public void a() {} }\n",
    )
    .value();
    assert_eq!(
        names(&value),
        [
            "Stack",
            "Stack.LIMIT",
            "Stack.Stack",
            "Stack.push",
            "Stack.toString",
            "Stack.Shape",
            "Stack.Shape.area",
            "Stack.Kind",
            "Stack.Kind.ONE",
            "Stack.Kind.TWO",
            "Stack.Kind.run"
        ]
    );
    documents(&value, "Stack", "public final class Stack<T> extends Base", "A `Stack` of **values**.");
    documents(&value, "Stack.push", "protected T push(T value) throws Full", "Puts.");
    assert_eq!(item(&value, "Stack")["module"], "org.example");
    assert!(value["markdown"].as_str().unwrap().contains("**Returns**\n\n- the old one"));
}

#[test]
fn what_is_not_public_is_told_when_it_is_asked_for_and_nothing_is_refused() {
    assert_eq!(of("a.py", "def _a(): pass\n").code(), "DOC-007");
    let all = perform_on_file(Documentation::default(), API_DOCS, json!({"private": true}), "a.py", b"def _a(): pass\n").value();
    assert_eq!(names(&all), ["_a"]);
    assert_eq!(
        perform(Documentation::default(), API_DOCS, json!({"source": "def a(): pass", "document": "openapi: 3"})).code(),
        "TASK-003"
    );
    assert_eq!(zip(&[("../a.py", "def a(): pass")], json!({})).code(), "CODE-005");
    assert!(of("a.py", "\u{0}(((").result.is_err());
}

#[test]
fn the_files_hold_everything_and_no_markup() {
    let ended = of("a.py", &format!("{}\ndef f():\n    '''<script>alert(1)</script>'''\n", "def g(): pass\n".repeat(700)));
    let value = ended.result.as_ref().unwrap().clone();
    assert_eq!(value["items"].as_array().unwrap().len(), 500);
    let file = |end: &str| ended.stored.iter().find(|(name, _, _)| name.ends_with(end)).unwrap().2.clone();
    let records: Vec<Value> = serde_json::from_slice(&file(".json")).unwrap();
    assert_eq!(records.len(), 701);
    assert!(!String::from_utf8(file(".html")).unwrap().contains("<script>alert"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn cut_sources_end_in_a_reference_or_a_code(from in 0usize..4_000, length in 0usize..3_000, source in 0usize..6, file in 0usize..7) {
        let name = ["inventory.py", "dates.js", "cart.ts", "Scheduler.java", "expression.rs", "router.go"][source];
        let text = std::fs::read_to_string(harness::shipped(&format!("examples/sources/{name}"))).unwrap();
        let piece: String = text.chars().skip(from).take(length).collect();
        let ended = of(["a.rs", "a.py", "a.js", "a.ts", "a.tsx", "a.go", "a.java"][file], &piece);
        if let Err(failure) = ended.result {
            prop_assert!(["CODE-001", "DOC-007"].contains(&failure.code.as_str()), "{}: {}", failure.code, failure.message);
        }
    }
}
