//! The pages as Markdown, for the terminal and for `docs/rules.md` alike.

use std::fmt::Write as _;

use super::{Files, Kind, Object, Page, all};

/// What stands at the top of `docs/rules.md`.
const PREFACE: &str = "\
# The rules

Every finding of `iamatrix check` and `iamatrix audit` bears the code of a rule. This page is written by the program:
`iamatrix check --explain all`, and `iamatrix check --explain RULE` for one of them.

- **Shape** and **structure**: an error keeps the configuration from being used.
- **Lints**: an error keeps `mode: enforce` from being used, unless it is mended or [waived](matrix.md#waivers).
- **Live** rules look at the account; `check` never reports them.

Warnings and infos keep nothing from being used; infos are only worth knowing, and `--infos` shows them in text.
";

/// The whole book: the preface, a table of all rules, a page each.
#[must_use]
pub fn book() -> String {
    let mut out = PREFACE.to_owned();
    for kind in [Kind::Shape, Kind::Structure, Kind::Lint, Kind::Live] {
        let of_kind = || all().filter(|page| page.kind == kind);
        if of_kind().next().is_none() {
            continue;
        }
        let _ = write!(out, "\n## {}\n\n| rule | severity | |\n|---|---|---|\n", heading(kind));
        for page in of_kind() {
            let _ = writeln!(
                out,
                "| [`{}`](#{}){} | {} | {} |",
                page.code,
                anchor(page),
                also(page),
                page.severity.as_str(),
                page.title
            );
        }
        for page in of_kind() {
            let _ = write!(out, "\n{}", self::page(page));
        }
    }
    out
}

/// One page.
#[must_use]
pub fn page(page: &Page) -> String {
    let mut out = format!("### {}\n\n**{}**{}: {}.\n", page.code, page.title, also(page), standing(page));
    for (label, text) in [("Finds", page.finds), ("Why", page.why), ("Mend", page.mend)] {
        if !text.is_empty() {
            let _ = write!(out, "\n*{label}.* {text}\n");
        }
    }
    if let Some(example) = page.example {
        files(&mut out, "Fails", example.fails);
        files(&mut out, "Passes", example.passes);
    }
    if !page.source.is_empty() {
        let _ = write!(out, "\n*Source.* {}\n", page.source);
    }
    out
}

fn files(out: &mut String, label: &str, files: Files) {
    for (name, text) in files {
        let language = name.rsplit('.').next().unwrap_or_default();
        let _ = write!(out, "\n{label} (`{name}`):\n\n```{language}\n{}\n```\n", text.trim());
    }
}

fn heading(kind: Kind) -> &'static str {
    match kind {
        Kind::Shape => "Shape",
        Kind::Structure => "Structure",
        Kind::Lint => "Lints",
        Kind::Live => "Live",
    }
}

/// A heading's anchor, as the common renderers of Markdown make it.
fn anchor(page: &Page) -> String {
    page.code.to_ascii_lowercase()
}

fn also(page: &Page) -> String {
    if page.aliases.is_empty() { String::new() } else { format!(" ({})", page.aliases.join(", ")) }
}

fn standing(page: &Page) -> String {
    let severity = page.severity.as_str();
    match page.object {
        Some(object) => format!("{severity}; a waiver names the {}", Object::as_str(object)),
        None => format!("{severity}; cannot be waived"),
    }
}
