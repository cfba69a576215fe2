//! A request with the policies that decide on it, for both evaluators.

use iamatrix::policy::Document;
use iamatrix::policy::context::{Context, Fact};
use iamatrix::policy::evaluate::{Decision, Request, evaluate_within};
use serde_json::{Map, Value, json};

#[derive(Debug, Clone)]
pub struct Case {
    pub policies: Vec<String>,
    pub boundary: Option<String>,
    pub action: String,
    pub resource: String,
    pub context: Context,
}

impl Case {
    /// For the oracle: it takes texts and lists of texts.
    pub fn to_json(&self) -> Value {
        let parsed = |text: &String| serde_json::from_str::<Value>(text).unwrap();
        let context: Map<String, Value> =
            self.context.facts().map(|(key, fact)| (key.to_owned(), as_json(fact))).collect();
        json!({
            "policies": self.policies.iter().map(parsed).collect::<Vec<_>>(),
            "boundary": self.boundary.as_ref().map(parsed),
            "action": self.action,
            "resource": self.resource,
            "context": context,
        })
    }

    pub fn ours(&self) -> &'static str {
        self.ours_as(&|text| text.to_owned())
    }

    /// Our answer to other texts of the policies.
    pub fn ours_as(&self, change: &dyn Fn(&str) -> String) -> &'static str {
        let read = |text: &String| Document::parse(&change(text)).unwrap();
        let documents: Vec<Document> = self.policies.iter().map(read).collect();
        let boundary = self.boundary.as_ref().map(read);
        let request = Request { action: &self.action, resource: &self.resource, context: &self.context };
        match evaluate_within(&documents, boundary.as_ref(), &request).decision {
            Decision::Allowed => "Allowed",
            Decision::ExplicitlyDenied => "ExplicitlyDenied",
            Decision::ImplicitlyDenied => "ImplicitlyDenied",
        }
    }
}

fn as_json(fact: &Fact) -> Value {
    match fact {
        Fact::List(items) => Value::Array(items.iter().map(as_json).collect()),
        single => Value::String(single.as_text().unwrap().into_owned()),
    }
}
