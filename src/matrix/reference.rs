//! The reference of the configuration files, as Markdown, from their JSON Schemas.
//!
//! Must not: know a key; the schemas do.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema::{Which, schema};

/// A table of every key of a file: where it stands, what may be written there, whether it must be, and what it means.
#[must_use]
pub fn markdown(which: Which) -> String {
    let schema = schema(which);
    let file = match which {
        Which::Matrix => "matrix.yaml",
        Which::Operator => "operator.yaml",
    };
    let mut out = format!("## {file}\n\n{}\n\n| key | value | |\n|---|---|---|\n", one_line(&schema));
    let book = Book { defs: schema.get("$defs") };
    book.keys(&schema, "", &mut out);
    out
}

/// The schema's definitions, to which its keys refer.
struct Book<'s> {
    defs: Option<&'s Value>,
}

impl Book<'_> {
    fn keys(&self, of: &Value, at: &str, out: &mut String) {
        let required: Vec<&str> = texts(of.get("required"));
        for (key, value) in of.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let place = format!("{at}{key}");
            let needed = if required.contains(&key.as_str()) { "**required** " } else { "" };
            let value = self.meant(value);
            let _ = writeln!(out, "| `{place}` | {needed}{} | {} |", self.kind(&value), one_line(&value));
            self.below(&value, &place, out);
        }
    }

    /// The keys below a key: of a map with keys of its own, of one with names, of the items of a list.
    fn below(&self, value: &Value, place: &str, out: &mut String) {
        if value.get("properties").is_some() {
            self.keys(value, &format!("{place}."), out);
        } else if let Some(inner) = value.get("additionalProperties").filter(|inner| inner.is_object()) {
            self.below(&self.meant(inner), &format!("{place}.NAME"), out);
        } else if let Some(inner) = value.get("items").filter(|inner| inner.is_object()) {
            self.below(&self.meant(inner), &format!("{place}[]"), out);
        }
    }

    /// The schema itself instead of a reference to it, and without the `null` of what may be left out. What is said
    /// beside a reference wins.
    fn meant(&self, value: &Value) -> Value {
        let options = value.get("anyOf").and_then(Value::as_array);
        let chosen = options.and_then(|all| all.iter().find(|one| one.get("type") != Some(&"null".into())));
        let target = chosen.unwrap_or(value);
        let name = target.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
        let Some(found) = name.and_then(|name| self.defs?.get(name)) else { return target.clone() };
        let mut merged: Map<String, Value> = found.as_object().cloned().unwrap_or_default();
        merged.extend(value.get("description").map(|said| ("description".to_owned(), said.clone())));
        Value::Object(merged)
    }

    /// What may be written, in a few words.
    fn kind(&self, value: &Value) -> String {
        let choices: Vec<String> = words(value).into_iter().map(|choice| format!("`{choice}`")).collect();
        if !choices.is_empty() {
            return choices.join(", ");
        }
        let of = |inner: Option<&Value>| inner.map(|inner| self.kind(&self.meant(inner))).unwrap_or_default();
        match type_of(value) {
            "object" => match value.get("additionalProperties").filter(|inner| inner.is_object()) {
                Some(inner) => format!("map: name → {}", of(Some(inner))),
                None => "map".to_owned(),
            },
            "array" => format!("list of {}", of(value.get("items"))),
            "integer" => range(value),
            "boolean" => "`true`, `false`".to_owned(),
            _ => {
                value.get("pattern").and_then(Value::as_str).map_or("text".to_owned(), |it| format!("text like `{it}`"))
            }
        }
    }
}

/// The words that may be written, where they are given, be each explained or not.
fn words(value: &Value) -> Vec<&str> {
    let explained = value.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let explained =
        explained.flat_map(|one| one.get("const").and_then(Value::as_str).into_iter().chain(texts(one.get("enum"))));
    texts(value.get("enum")).into_iter().chain(explained).collect()
}

fn type_of(value: &Value) -> &str {
    match value.get("type") {
        Some(Value::String(one)) => one,
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).find(|it| *it != "null").unwrap_or(""),
        _ => "",
    }
}

fn range(value: &Value) -> String {
    let bound = |key: &str| value.get(key).and_then(Value::as_u64);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) if least == most => format!("`{least}`"),
        (Some(least), Some(most)) => format!("whole number, {least} to {most}"),
        _ => "whole number".to_owned(),
    }
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn one_line(value: &Value) -> String {
    let said = value.get("description").and_then(Value::as_str).unwrap_or_default();
    said.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
