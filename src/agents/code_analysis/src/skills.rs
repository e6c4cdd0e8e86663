//! What the code analysis agent can do, as contracts.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::model::ModelNeed;
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::engine::rule::{MAXIMUM_RULE_BYTES, MAXIMUM_RULE_FILES};
use crate::explain::{LEAST, MAXIMUM_EXPLAINED};
use crate::files::{MAXIMUM_ARTIFACTS, MAXIMUM_PATH};
use crate::languages::ALL;
use crate::report::LEAST_TOKENS;

/// The skill that measures a source file.
pub const METRICS: &str = "code_analysis.metrics";

/// The skill that looks for weaknesses.
pub const SECURITY_AUDIT: &str = "code_analysis.security_audit";
/// The skill that looks for what is slow.
pub const PERFORMANCE_REVIEW: &str = "code_analysis.performance_review";
/// The skill that looks for what is not done well.
pub const BEST_PRACTICES: &str = "code_analysis.best_practices";
/// The skill that looks for secrets.
pub const SECRETS: &str = "code_analysis.secrets";

/// The skill that holds lock files against advisories.
pub const DEPENDENCIES: &str = "code_analysis.dependencies";
/// The skill that has a model explain a source.
pub const EXPLAIN: &str = "code_analysis.explain";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![metrics(), security_audit(), performance_review(), best_practices(), secrets(), dependencies(), explain()]
}

fn metrics() -> Skill {
    Skill {
        name: METRICS.to_owned(),
        title: "Measure code".to_owned(),
        description:
            "Parses sources in Rust, Python, JavaScript, TypeScript, Go or Java and reports their functions with cyclomatic and cognitive \
                      complexity, their lines, what should be looked at, and which stretches of code stand in several places. A source, a file, \
                      several files or a zip file. The code is never run."
                .to_owned(),
        family: Family::CodeAnalysis,
        input_schema: metrics_input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/sources/inventory.py"}),
            json!({
                "source": "function grade(points) {\n  if (points == null) return \"none\";\n  return points >= 50 ? \"passed\" : \"failed\";\n}\n",
                "language": "javascript"
            }),
            json!({"artifact": "examples/sources/router.go"}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { cpu_seconds: 600, memory_bytes: 2 << 30, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 512, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn review(name: &str, title: &str, description: &str, input_schema: Value, examples: Vec<Value>) -> Skill {
    Skill {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        input_schema,
        output_schema: findings_output(title),
        examples,
        result_kind: "structured".to_owned(),
        limits: Limits { cpu_seconds: 600, ..Limits::default() },
        needs: Needs { cpu_millicores: 1_000, memory_mib: 512, model: None },
        ..metrics()
    }
}

fn security_audit() -> Skill {
    review(
        SECURITY_AUDIT,
        "Audit security",
        "Looks for weaknesses in sources in Rust, Python, JavaScript, TypeScript, Go and Java: injections, paths and addresses from outside, \
         unsafe deserialization, weak cryptography, certificates that are not checked and more, each with its CWE, how sure that is and what \
         to do. Follows values through the functions of a file. The code is never run. The findings are also stored as SARIF 2.1.0; a comment \
         `baton:ignore RULE` on a line, or alone before it, suppresses a rule there.",
        findings_input("Audit security"),
        vec![
            json!({
                "source": "import os\nfrom flask import request\n\ndef ping():\n    host = request.args.get(\"host\")\n    os.system(\"ping -c 1 \" + host)\n",
                "language": "python"
            }),
            json!({"artifact": "examples/sources/inventory.py", "least_severity": "warning"}),
            json!({
                "source": "import legacy\n\nlegacy.connect(\"db\")\n",
                "language": "python",
                "rules": "[[rule]]\nid = \"no-legacy-connect\"\ntitle = \"Old connection\"\nlanguages = [\"python\"]\ncwe = [477]\nseverity = \"warning\"\nconfidence = \"high\"\nmessage = \"legacy.connect is no longer allowed.\"\nadvice = \"Use the pool.\"\ncall = [{ name = [\"legacy.connect\"] }]\n"
            }),
        ],
    )
}

fn performance_review() -> Skill {
    review(
        PERFORMANCE_REVIEW,
        "Review performance",
        "Looks for what makes code slow: work repeated in loops, waiting that blocks others, copies that nobody needs, queries one by one. \
         The code is never run. The findings are also stored as SARIF 2.1.0.",
        findings_input("Review performance"),
        vec![json!({
            "source": "import time\n\nasync def poll():\n    while True:\n        time.sleep(1)\n",
            "language": "python"
        })],
    )
}

fn best_practices() -> Skill {
    review(
        BEST_PRACTICES,
        "Check good practice",
        "Looks for what experienced developers avoid: errors passed over, shared defaults, comparisons that convert, checks switched off. \
         The code is never run. The findings are also stored as SARIF 2.1.0.",
        findings_input("Check good practice"),
        vec![json!({"source": "def add(item, items=[]):\n    items.append(item)\n    return items\n", "language": "python"})],
    )
}

fn secrets() -> Skill {
    let mut input = findings_input("Find secrets");
    if let Some(properties) = input["properties"].as_object_mut() {
        let read = ["source", "artifact", "artifacts", "paths", "rules", "rule_files"];
        properties.retain(|name, _| read.contains(&name.as_str()));
    }
    for (name, title, description) in [
        (
            "rules",
            "Own formats",
            "Formats of secrets of your own in TOML (`[[secret]]`), in the form of the shipped ones, used besides them.",
        ),
        ("rule_files", "Files with own formats", "The same as files; besides those that the installation keeps for every search."),
    ] {
        input["properties"][name]["title"] = json!(title);
        input["properties"][name]["description"] = json!(description);
    }
    review(
        SECRETS,
        "Find secrets",
        "Looks for keys, tokens and passwords in text files of any kind: known formats with their checksums, and assignments of texts that are \
         as random as secrets are. Placeholders are left out, and no secret is repeated in the result.",
        input,
        vec![
            json!({"source": "db:\n  url: postgres://app:Vq7tZk2x@db.internal/app\n"}),
            json!({
                "source": "deploy:\n  run: release --as acme_q7zk2vx9lm4tp8rw\n",
                "rules": "[[secret]]\nid = \"acme-token\"\ntitle = \"Token of Acme\"\nexpression = '\\b(acme_[a-z0-9]{16})\\b'\nconfidence = \"high\"\nafter = 5\nentropy = 2.5\n"
            }),
        ],
    )
}

fn dependencies() -> Skill {
    let files = |title: &str, order: u32, description: &str| {
        json!({
            "type": "array", "items": {"type": "string", "format": "artifact"}, "minItems": 1, "maxItems": MAXIMUM_ARTIFACTS, "uniqueItems": true,
            "title": title, "x-order": order, "description": description
        })
    };
    let input = json!({
        "$schema": DIALECT,
        "title": "Check dependencies",
        "type": "object",
        "properties": {
            "artifact": {
                "type": "string", "format": "artifact", "title": "Lock file", "x-order": 1,
                "description": "A lock file or a zip file with some: Cargo.lock, package-lock.json, yarn.lock, pnpm-lock.yaml, poetry.lock, uv.lock, \
                                requirements.txt, go.sum, go.mod, pom.xml, gradle.lockfile."
            },
            "artifacts": files("More lock files", 2, "Further lock files or zip files."),
            "paths": paths(4),
            "advisories": files("Advisories", 3, "Advisories in the JSON form of OSV or the TOML form of RustSec, or zip files of them (20,000 files each); besides those that the installation keeps.")
        },
        "anyOf": [{"required": ["artifact"]}, {"required": ["artifacts"]}],
        "additionalProperties": false
    });
    let mut skill = review(
        DEPENDENCIES,
        "Check dependencies",
        "Reads the packages that lock files name and holds their versions against advisories, by the rules of each ecosystem: crates.io, npm, \
         PyPI, Go and Maven. Says for each weakness the version without it. The findings are also stored as SARIF 2.1.0.",
        input,
        vec![json!({"artifact": "examples/locks/package-lock.json", "advisories": ["examples/locks/advisories.json"]})],
    );
    if let Some(properties) = skill.output_schema["properties"].as_object_mut() {
        properties.remove("languages");
        let packages = json!({"type": "array", "title": "Packages", "x-order": 2, "x-render": "table", "items": {
            "type": "object",
            "properties": {
                "ecosystem": {"type": "string", "title": "Ecosystem"}, "packages": {"type": "integer", "minimum": 1, "title": "Packages"}
            },
            "required": ["ecosystem", "packages"],
            "additionalProperties": false
        }});
        properties.insert("packages".to_owned(), packages);
        properties.insert("advisories".to_owned(), json!({"type": "integer", "minimum": 1, "title": "Advisories read", "x-order": 7}));
    }
    skill.output_schema["required"] = json!(["summary", "packages", "advisories", "findings", "rules", "skipped", "notes", "sarif"]);
    skill
}

fn explain() -> Skill {
    let mut input = findings_input("Explain code");
    if let Some(properties) = input["properties"].as_object_mut() {
        properties.retain(|name, _| matches!(name.as_str(), "source" | "artifact" | "artifacts" | "paths" | "language"));
    }
    input["properties"]["source"]["maxLength"] = json!(MAXIMUM_EXPLAINED);
    input["properties"]["artifact"]["description"] =
        json!("A source file in UTF-8, or a zip file of some, of up to 48 KiB together. Give either this or a source.");
    input["properties"]["question"] = json!({
        "type": "string", "minLength": 1, "maxLength": 1_000, "title": "Question", "x-order": 5, "description": "What you want to know about it."
    });
    let texts = |title: &str, order: u32, render: &str| json!({"type": "array", "items": {"type": "string"}, "title": title, "x-order": order, "x-render": render});
    let output = json!({
        "$schema": DIALECT,
        "title": "Explanation of a source",
        "type": "object",
        "properties": {
            "summary": {"type": "string", "title": "Summary", "x-order": 1, "x-render": "markdown"},
            "answer": {"type": "string", "title": "Answer", "x-order": 2, "x-render": "markdown"},
            "functions": {"type": "array", "title": "Functions", "x-order": 3, "x-render": "table", "items": {
                "type": "object",
                "properties": {"name": {"type": "string", "title": "Name"}, "purpose": {"type": "string", "title": "Purpose"}},
                "required": ["name", "purpose"],
                "additionalProperties": false
            }},
            "notes": texts("Notes", 4, "tags"),
            "unknown_names": texts("Names that the source does not have", 5, "tags"),
            "language": {"type": "string", "title": "Language", "x-order": 6},
            "model": {"type": "string", "title": "Model", "x-order": 7}
        },
        "required": ["summary", "functions", "notes", "unknown_names", "language", "model"],
        "additionalProperties": false
    });
    Skill {
        name: EXPLAIN.to_owned(),
        title: "Explain code".to_owned(),
        description:
            "Has a language model say what a source does, what its functions are for and what to be careful about. The source is given as \
                      data; functions that it does not have are taken out of the answer, and other unknown names are listed."
                .to_owned(),
        input_schema: input,
        output_schema: output,
        examples: vec![json!({"artifact": "examples/sources/router.go", "question": "How are routes matched?"})],
        result_kind: "structured".to_owned(),
        // The parsers are not of this language's safe part, and the source may be anybody's.
        isolation: Isolation::Process,
        // It reads one source, and mostly waits for the model.
        needs: Needs::with_language_model(250, 128),
        model: Some(ModelNeed { least: LEAST, optional: false }),
        ..metrics()
    }
}

fn metrics_input() -> Value {
    let mut schema = findings_input("Measure code");
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| matches!(name.as_str(), "source" | "artifact" | "artifacts" | "paths" | "language"));
        let own = json!({
            "least_tokens": {
                "type": "integer", "minimum": 10, "maximum": 1_000, "default": LEAST_TOKENS, "title": "Least tokens of a copy", "x-order": 5,
                "description": "Stretches of at least so many tokens that stand in several places are copies."
            },
            "same_shape": {
                "type": "boolean", "default": false, "title": "Copies with other names", "x-order": 6,
                "description": "Also finds copies in which names, texts and numbers were changed."
            }
        });
        if let Value::Object(own) = own {
            properties.extend(own);
        }
    }
    schema
}

/// Where the files of `artifacts` stand in their tree: an artifact has a name and no folders.
fn paths(order: u32) -> Value {
    json!({
        "type": "array", "items": {"type": "string", "maxLength": MAXIMUM_PATH}, "maxItems": MAXIMUM_ARTIFACTS, "title": "Places of these files",
        "x-order": order, "description": "One for each of the files, in their order, as src/a/mod.rs; src/a/ is the folder of a file or of what is in a zip file."
    })
}

/// The input of a skill that reads one source, a file, a zip file or several of them.
fn findings_input(title: &str) -> Value {
    let mut schema = input();
    schema["title"] = json!(title);
    schema["properties"]["artifact"]["x-accept"] = Value::Null;
    if let Some(artifact) = schema["properties"]["artifact"].as_object_mut() {
        artifact.remove("x-accept");
        artifact.insert("description".to_owned(), json!("A source file in UTF-8 of up to 2 MB, or a zip file of them (256 MB unpacked)."));
    }
    let own = json!({
        "artifacts": {
            "type": "array", "items": {"type": "string", "format": "artifact"}, "maxItems": MAXIMUM_ARTIFACTS, "uniqueItems": true, "title": "More files",
            "x-order": 4, "description": "Further source or zip files."
        },
        "paths": paths(10),
        "rules": {
            "type": "string", "maxLength": MAXIMUM_RULE_BYTES, "x-multiline": true, "x-order": 5, "title": "Own rules",
            "description": "Rules of your own in TOML, in the form of the shipped ones, used besides them."
        },
        "rule_files": {
            "type": "array", "items": {"type": "string", "format": "artifact", "x-accept": ".toml"}, "maxItems": MAXIMUM_RULE_FILES, "uniqueItems": true,
            "title": "Files with own rules", "x-order": 9, "description": "The same as files; besides those that the installation keeps for every review."
        },
        "exclude": {
            "type": "array", "items": {"type": "string", "maxLength": 80}, "maxItems": 200, "title": "Rules to leave out", "x-order": 6,
            "description": "Names of rules whose findings are left out."
        },
        "least_severity": {
            "type": "string", "enum": ["info", "warning", "error"], "title": "Least severity", "x-order": 7,
            "description": "Findings that matter less are left out."
        },
        "least_confidence": {
            "type": "string", "enum": ["low", "medium", "high"], "title": "Least confidence", "x-order": 8,
            "description": "Findings that are less sure are left out."
        }
    });
    if let (Some(properties), Value::Object(own)) = (schema["properties"].as_object_mut(), own) {
        properties.extend(own);
    }
    schema["oneOf"] = json!([
        {"required": ["source"]},
        {"required": ["artifact"]},
        {"required": ["artifacts"], "not": {"required": ["artifact"]}}
    ]);
    schema
}

fn findings_output(title: &str) -> Value {
    let text = json!({"type": "string"});
    let place = json!({"type": "integer", "minimum": 1});
    let count = |title: &str, order: u32| json!({"type": "integer", "minimum": 0, "title": title, "x-order": order});
    let severity = json!({"enum": ["info", "warning", "error"]});
    let confidence = json!({"enum": ["low", "medium", "high"]});
    json!({
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "properties": {
            "summary": {
                "type": "object", "title": "Summary", "x-order": 1,
                "properties": {
                    "files": count("Files read", 1), "findings": count("Findings", 2), "errors": count("Errors", 3),
                    "warnings": count("Warnings", 4), "infos": count("Remarks", 5), "suppressed": count("Suppressed", 6),
                    "skipped": count("Files left out", 7)
                },
                "required": ["files", "findings", "errors", "warnings", "infos", "suppressed", "skipped"],
                "additionalProperties": false
            },
            "languages": {
                "type": "object", "title": "Files by language", "x-order": 2, "additionalProperties": {"type": "integer", "minimum": 1}
            },
            "findings": {"type": "array", "title": "Findings", "x-order": 3, "x-render": "findings", "items": {
                "type": "object",
                "properties": {
                    "rule": text, "title": text, "severity": severity, "confidence": confidence, "cwe": {"type": "array", "items": text},
                    "message": text, "advice": text, "file": text, "line": place, "column": place, "end_line": place, "end_column": place,
                    "snippet": text, "source_line": place, "fingerprint": text
                },
                "required": ["rule", "title", "severity", "confidence", "cwe", "message", "advice", "file", "line", "column", "end_line",
                    "end_column", "snippet", "fingerprint"],
                "additionalProperties": false
            }},
            "rules": {"type": "array", "title": "By rule", "x-order": 4, "x-render": "table", "items": {
                "type": "object",
                "properties": {
                    "rule": {"type": "string", "title": "Rule"}, "title": {"type": "string", "title": "Weakness"},
                    "severity": {"enum": ["info", "warning", "error"], "title": "Severity"}, "cwe": {"type": "string", "title": "CWE"},
                    "count": {"type": "integer", "minimum": 1, "title": "Findings"}
                },
                "required": ["rule", "title", "severity", "cwe", "count"],
                "additionalProperties": false
            }},
            "skipped": {"type": "array", "title": "Files left out", "x-order": 5, "x-render": "table", "items": {
                "type": "object",
                "properties": {"file": {"type": "string", "title": "File"}, "reason": {"type": "string", "title": "Reason"}},
                "required": ["file", "reason"],
                "additionalProperties": false
            }},
            "sarif": {"type": "string", "title": "SARIF file", "x-order": 6, "x-render": "artifact"},
            "notes": {"type": "array", "items": text, "title": "Notes", "x-order": 8}
        },
        "required": ["summary", "languages", "findings", "rules", "skipped", "notes", "sarif"],
        "additionalProperties": false
    })
}

fn input() -> Value {
    let extensions: Vec<String> = ALL.into_iter().flat_map(|facts| facts.extensions).map(|extension| format!(".{extension}")).collect();
    let names: Vec<&str> = ALL.into_iter().map(|facts| facts.name).collect();
    let labels: Vec<&str> = ALL.into_iter().map(|facts| facts.label).collect();
    json!({
        "$schema": DIALECT,
        "title": "Measure code",
        "type": "object",
        "properties": {
            "source": {
                "type": "string", "title": "Source", "maxLength": 200_000, "x-multiline": true, "x-order": 1,
                "description": "The source itself. Give either this or a file."
            },
            "artifact": {
                "type": "string", "format": "artifact", "x-accept": extensions.join(","), "title": "File", "x-order": 2,
                "description": "A source file in UTF-8 of up to 2 MB. Give either this or a source."
            },
            "language": {
                "type": "string", "enum": names, "x-labels": labels, "title": "Language", "x-order": 3,
                "description": "Taken from the file's name, or found out, when absent."
            }
        },
        "oneOf": [{"required": ["source"]}, {"required": ["artifact"]}],
        "additionalProperties": false
    })
}

fn output() -> Value {
    let count = |title: &str| json!({"type": "integer", "minimum": 0, "title": title});
    let place = |title: &str| json!({"type": "integer", "minimum": 1, "title": title});
    let text = |title: &str| json!({"type": "string", "title": title});
    let names: Vec<&str> = ALL.into_iter().map(|facts| facts.name).collect();
    let table = |title: &str, order: u32, properties: Value, optional: &[&str]| {
        let required: Vec<&String> =
            properties.as_object().into_iter().flat_map(|all| all.keys()).filter(|name| !optional.contains(&name.as_str())).collect();
        json!({
            "type": "array", "title": title, "x-order": order, "x-render": "table",
            "items": {"type": "object", "properties": properties, "required": required, "additionalProperties": false}
        })
    };
    let functions = json!({
        "name": text("Function"), "file": text("File"), "line": place("Line"), "end_line": place("To line"), "lines": place("Lines"),
        "parameters": count("Parameters"), "cyclomatic": place("Cyclomatic"), "cognitive": count("Cognitive"), "nesting": count("Nesting")
    });
    let files = json!({
        "file": text("File"), "language": {"enum": names, "title": "Language"}, "lines": count("Lines"), "code": count("Code"),
        "comment": count("Comments"), "functions": count("Functions"), "max_cyclomatic": count("Highest cyclomatic"),
        "max_cognitive": count("Highest cognitive"), "duplicated_lines": count("Duplicated lines")
    });
    let copies = json!({
        "group": place("Copy"), "file": text("File"), "line": place("Line"), "end_line": place("To line"), "lines": place("Lines"),
        "tokens": place("Tokens")
    });
    let mut findings = table(
        "Findings",
        3,
        json!({
            "rule": text("Rule"), "severity": {"enum": ["info", "warning", "error"], "title": "Severity"}, "file": text("File"),
            "line": place("Line"), "column": place("Column"), "message": text("Message"), "advice": text("Advice")
        }),
        &["file"],
    );
    findings["x-render"] = json!("findings");
    json!({
        "$schema": DIALECT,
        "title": "Report on sources",
        "type": "object",
        "properties": {
            "language": {"enum": names, "title": "Language", "x-order": 1},
            "lines": {
                "type": "object", "title": "Lines", "x-order": 2,
                "properties": {"total": count("All"), "code": count("Code"), "comment": count("Comments"), "blank": count("Blank")},
                "required": ["total", "code", "comment", "blank"],
                "additionalProperties": false
            },
            "totals": {
                "type": "object", "title": "Functions in all", "x-order": 2,
                "properties": {
                    "functions": count("Functions"), "mean_cyclomatic": {"type": "number", "minimum": 0, "title": "Mean cyclomatic"},
                    "max_cyclomatic": count("Highest cyclomatic")
                },
                "required": ["functions", "mean_cyclomatic", "max_cyclomatic"],
                "additionalProperties": false
            },
            "findings": findings,
            "functions": table("Functions", 4, functions, &["file"]),
            "duplication": {
                "type": "object", "title": "Duplication", "x-order": 5,
                "properties": {
                    "share": {"type": "number", "minimum": 0, "maximum": 1, "title": "Share of lines that stand in a copy", "x-order": 1, "x-render": "share"},
                    "lines": {"type": "integer", "minimum": 0, "title": "Lines in copies", "x-order": 2},
                    "groups": {"type": "integer", "minimum": 0, "title": "Copies", "x-order": 3},
                    "tokens": {"type": "integer", "minimum": 0, "title": "Tokens compared", "x-order": 4},
                    "copies": table("Where copies stand", 5, copies, &[])
                },
                "required": ["share", "lines", "groups", "tokens", "copies"],
                "additionalProperties": false
            },
            "files": table("Files", 6, files, &[]),
            "skipped": table("Files left out", 7, json!({"file": text("File"), "reason": text("Reason")}), &[]),
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 8},
            "artifact": {"type": "string", "title": "All of it", "x-order": 9, "x-render": "artifact"}
        },
        "required": ["language", "lines", "functions", "totals", "findings", "files", "duplication", "notes", "skipped"],
        "additionalProperties": false
    })
}
