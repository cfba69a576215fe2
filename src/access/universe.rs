//! Every action that AWS documents, in one sorted list: what patterns of actions are expanded over.
//!
//! Owns: [`Universe`] and what makes an action a sensitive one. Must not: know policies.

use std::sync::Arc as Shared;

use serde::Serialize;

use crate::catalog::actions::{self, Level};
use crate::policy::evaluate::ALWAYS_ALLOWED;
use crate::policy::pattern;

/// All actions, sorted by their names in lower case.
#[derive(Debug)]
pub struct Universe {
    actions: Vec<Known>,
}

/// The names of all actions, one behind the other: two texts for all take far less memory than two for each.
#[derive(Debug, Default)]
struct Names {
    spelled: String,
    folded: String,
}

/// An action that AWS documents.
#[derive(Debug)]
pub struct Known {
    name: ActionName,
    /// Why a reviewer looks at it first, if so.
    pub sensitive: Option<Sensitive>,
}

impl Known {
    /// Its name in lower case, as canonical documents write it.
    #[must_use]
    pub fn folded(&self) -> &str {
        self.name.within(&self.name.names.folded)
    }

    /// Its name in AWS's spelling.
    #[must_use]
    pub fn name(&self) -> &ActionName {
        &self.name
    }

    /// Whether no policy decides about it.
    #[must_use]
    pub fn is_always_allowed(&self) -> bool {
        ALWAYS_ALLOWED.contains(&self.folded())
    }

    /// The service prefix, `ec2`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.name.as_str().split(':').next().unwrap_or_default()
    }
}

/// An action's name in AWS's spelling.
#[derive(Debug, Clone)]
pub struct ActionName {
    names: Shared<Names>,
    start: u32,
    end: u32,
}

impl ActionName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.within(&self.names.spelled)
    }

    fn within<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl PartialEq for ActionName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for ActionName {}

impl PartialOrd for ActionName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ActionName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl std::hash::Hash for ActionName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl utoipa::PartialSchema for ActionName {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

impl utoipa::ToSchema for ActionName {}

impl Serialize for ActionName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why a reviewer looks at an action first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sensitive {
    /// Hands a role to a service: whoever may do it may become that role.
    PassRole,
    /// Changes who may do what.
    Permissions,
    /// Reads what is stored, not only that it is there.
    Data,
    /// Destroys something.
    Delete,
}

impl Sensitive {
    /// The kind in a word or two.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Sensitive::PassRole => "pass roles",
            Sensitive::Permissions => "change permissions",
            Sensitive::Data => "read data",
            Sensitive::Delete => "delete",
        }
    }

    fn of(folded: &str, level: Level) -> Option<Self> {
        let (service, action) = folded.split_once(':')?;
        if folded == "iam:passrole" {
            return Some(Sensitive::PassRole);
        }
        let changes = matches!(level, Level::Write | Level::Tagging | Level::Permissions);
        if super::mfa::is_harmless(folded) {
            return None;
        }
        if level == Level::Permissions || (service == "iam" && changes) || folded == "sts:assumerole" {
            return Some(Sensitive::Permissions);
        }
        if DATA.contains(&folded) {
            return Some(Sensitive::Data);
        }
        let destroys = ["delete", "terminate", "purge", "destroy", "deprovision"];
        (changes && destroys.iter().any(|verb| action.starts_with(verb))).then_some(Sensitive::Delete)
    }
}

/// Actions that read the contents of what people store, by the descriptions of the Service Authorization Reference.
/// In lower case, sorted.
const DATA: [&str; 34] = [
    "athena:getqueryresults",
    "codecommit:getblob",
    "codecommit:getfile",
    "codecommit:gitpull",
    "dynamodb:batchgetitem",
    "dynamodb:exporttabletopointintime",
    "dynamodb:getitem",
    "dynamodb:getrecords",
    "dynamodb:partiqlselect",
    "dynamodb:query",
    "dynamodb:scan",
    "ebs:getsnapshotblock",
    "ec2:getpassworddata",
    "ecr:batchgetimage",
    "ecr:getdownloadurlforlayer",
    "glacier:getjoboutput",
    "kinesis:getrecords",
    "kms:decrypt",
    "lambda:getfunction",
    "logs:filterlogevents",
    "logs:getlogevents",
    "logs:getqueryresults",
    "logs:startquery",
    "rds-data:executestatement",
    "rds:downloadcompletedblogfile",
    "rds:downloaddblogfileportion",
    "redshift-data:getstatementresult",
    "s3:getobject",
    "s3:getobjectversion",
    "secretsmanager:batchgetsecretvalue",
    "secretsmanager:getsecretvalue",
    "sqs:receivemessage",
    "ssm:getparameter",
    "ssm:getparameters",
];

/// So many actions there are, or a few less: room for them at once, because a list that grows needs twice the memory.
const ABOUT: usize = 23_000;
/// The same for the letters of their names.
const LETTERS: usize = 720_000;

impl Default for Universe {
    fn default() -> Self {
        Self::load()
    }
}

impl Universe {
    /// Unpacks all actions that ship with the program.
    #[must_use]
    pub fn load() -> Self {
        let mut names = Names { spelled: String::with_capacity(LETTERS), folded: String::new() };
        let mut places = Vec::with_capacity(ABOUT);
        // One service at a time, for what is not kept of it is much more than what is.
        for action in actions::prefixes().filter_map(actions::service).flat_map(|service| service.actions) {
            let start = names.spelled.len();
            names.spelled.push_str(&action.name);
            let sensitive = Sensitive::of(&action.name.to_ascii_lowercase(), action.level);
            places.push((start, names.spelled.len(), sensitive));
        }
        names.folded = names.spelled.to_ascii_lowercase();
        let names = Shared::new(names);
        let known = |(start, end, sensitive)| {
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Known { name: ActionName { names: Shared::clone(&names), start: place(start), end: place(end) }, sensitive }
        };
        let mut actions: Vec<Known> = places.into_iter().map(known).collect();
        actions.sort_unstable_by(|a, b| a.folded().cmp(b.folded()));
        Universe { actions }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The action at a position.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<&Known> {
        self.actions.get(position)
    }

    /// The action of that name, in lower case.
    #[must_use]
    pub fn find(&self, folded: &str) -> Option<&Known> {
        let position = self.actions.binary_search_by(|known| known.folded().cmp(folded)).ok()?;
        self.actions.get(position)
    }

    /// The actions that a pattern in lower case covers, with their positions.
    pub fn matching<'u>(&'u self, wanted: &'u str) -> impl Iterator<Item = (usize, &'u Known)> {
        let fixed = wanted.find(['*', '?']).and_then(|end| wanted.get(..end)).unwrap_or(wanted);
        let begin = self.actions.partition_point(|known| known.folded() < fixed);
        self.actions
            .iter()
            .enumerate()
            .skip(begin)
            .take_while(move |(_, known)| known.folded().starts_with(fixed))
            .filter(move |(_, known)| pattern::matches(wanted, known.folded()))
    }
}
