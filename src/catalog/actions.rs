//! What AWS says that there is to allow: services, their actions, resource types and condition keys, from the Service
//! Authorization Reference. Embedded compressed; a service is unpacked when it is asked for.
//!
//! Owns: [`Service`], [`Action`], [`ResourceType`], [`Key`]. Must not: judge a policy.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use super::packed::Packed;
use crate::policy::pattern::matches;

static PACKED: LazyLock<Packed> = LazyLock::new(|| Packed::open(include_bytes!("actions.zip")));

/// What may be done in a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What its actions begin with, in lower case: `ec2`.
    pub prefix: String,
    /// Its actions, sorted by name.
    pub actions: Vec<Action>,
    /// What its actions act on, sorted by name.
    pub resources: Vec<ResourceType>,
    /// The condition keys that its actions know, sorted by name.
    pub keys: Vec<Key>,
}

/// An action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its name in AWS's spelling, with the service: `ec2:TerminateInstances`.
    pub name: String,
    /// What it does.
    pub level: Level,
    /// The names of the resource types that a policy can name for it. Without any it is judged on `*` alone.
    pub resources: Vec<String>,
    /// The condition keys that a request can carry, beside the global ones; `${…}` stands for any text.
    pub keys: Vec<String>,
}

/// What an action does, as AWS sorts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Tells what there is.
    List,
    /// Reads, data included.
    Read,
    /// Makes, changes or deletes.
    Write,
    /// Changes tags only.
    Tagging,
    /// Changes what somebody may do.
    Permissions,
}

/// A type of resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Its name: `instance`.
    pub name: String,
    /// The pattern of its ARNs: `arn:*:ec2:*:*:instance/*`.
    pub arn: String,
    /// The same with the names of what varies: `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`.
    pub format: String,
}

/// A condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name in AWS's spelling; `${…}` stands for any text, as do `<…>`, `tag-key` and nothing behind a slash.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Whether it carries a list, so that conditions need `ForAllValues` or `ForAnyValue`.
    pub many: bool,
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Any text.
    Text,
    /// An ARN.
    Arn,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A moment.
    Time,
    /// An IP address.
    Address,
}

/// The service of that prefix, in any case. It is unpacked at each call; see [`Catalogue`].
#[must_use]
pub fn service(prefix: &str) -> Option<Service> {
    let prefix = prefix.to_ascii_lowercase();
    let table = PACKED.entry(&format!("services/{prefix}.tsv"))?.text;
    let mut service = Service { prefix, actions: Vec::new(), resources: Vec::new(), keys: Vec::new() };
    for row in table.lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        match cells.as_slice() {
            ["key", name, kind] => service.keys.extend(Key::read(name, kind)),
            ["type", name, format] => service.resources.push(ResourceType::read(name, format)),
            ["action", name, level, resources, keys] => {
                let name = format!("{}:{name}", service.prefix);
                let (resources, keys) = (several(resources), several(keys));
                service.actions.extend(Level::read(level).map(|level| Action { name, level, resources, keys }));
            }
            _ => {}
        }
    }
    Some(service)
}

/// The prefixes of all services, sorted.
pub fn prefixes() -> impl Iterator<Item = &'static str> {
    PACKED.names().filter_map(|name| name.strip_prefix("services/")?.strip_suffix(".tsv"))
}

/// The actions that a pattern such as `ec2:Start*` or `*` names, in any case. Only the services it can mean are
/// unpacked, at each call; see [`Catalogue`].
#[must_use]
pub fn matching(pattern: &str) -> Vec<Action> {
    let pattern = Pattern::new(pattern);
    let services = pattern.services().into_iter().filter_map(service);
    services.flat_map(|service| service.actions).filter(|action| pattern.names(action)).collect()
}

/// The condition keys that no service of their prefix has in its own table: the global ones (`aws:…`), those of
/// identity providers, and those that other services know.
#[must_use]
pub fn other_keys() -> Vec<Key> {
    let table = PACKED.entry("keys.tsv").map(|entry| entry.text).unwrap_or_default();
    let rows = table.lines().filter_map(|row| row.strip_prefix("key\t")?.split_once('\t'));
    rows.filter_map(|(name, kind)| Key::read(name, kind)).collect()
}

/// Source, date and licence of the data.
#[must_use]
pub fn about() -> String {
    PACKED.about()
}

/// The same data for who asks often: what was unpacked is kept as long as this is.
#[derive(Debug)]
pub struct Catalogue {
    services: BTreeMap<&'static str, OnceLock<Option<Service>>>,
    other_keys: OnceLock<Vec<Key>>,
}

impl Default for Catalogue {
    fn default() -> Self {
        let services = prefixes().map(|prefix| (prefix, OnceLock::new())).collect();
        Catalogue { services, other_keys: OnceLock::new() }
    }
}

impl Catalogue {
    /// The service of that prefix, in any case.
    #[must_use]
    pub fn service(&self, prefix: &str) -> Option<&Service> {
        let (prefix, kept) = self.services.get_key_value(prefix.to_ascii_lowercase().as_str())?;
        kept.get_or_init(|| service(prefix)).as_ref()
    }

    /// The actions that a pattern such as `ec2:Start*` or `*` names, in any case, sorted by service and name.
    pub fn matching(&self, pattern: &str) -> impl Iterator<Item = &Action> {
        let pattern = Pattern::new(pattern);
        let services = pattern.services().into_iter().filter_map(|prefix| self.service(prefix));
        services.flat_map(|service| &service.actions).filter(move |action| pattern.names(action))
    }

    /// The action of that name, in any case.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&Action> {
        let (prefix, _) = name.split_once(':')?;
        self.service(prefix)?.actions.iter().find(|action| action.name.eq_ignore_ascii_case(name))
    }

    /// The condition key of that name, in any case: `aws:username`, `aws:RequestTag/team`, `rds:DatabaseClass`.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&Key> {
        let of_service = name.split_once(':').and_then(|(prefix, _)| self.service(prefix));
        let of_service = of_service.map(|service| service.keys.as_slice()).unwrap_or_default();
        of_service.iter().chain(self.other_keys.get_or_init(other_keys)).find(|key| key.covers(name))
    }
}

impl ResourceType {
    fn read(name: &str, format: &str) -> Self {
        ResourceType { name: name.to_owned(), arn: varying(format), format: format.to_owned() }
    }
}

/// A text with `${…}` as a pattern: `*` for each.
fn varying(format: &str) -> String {
    let (mut pattern, mut rest) = (String::new(), format);
    while let Some((before, after)) = rest.split_once("${") {
        pattern += before;
        pattern.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    pattern + rest
}

impl Key {
    fn read(name: &str, kind: &str) -> Option<Self> {
        let (many, one) = kind.strip_prefix("ArrayOf").map_or((false, kind), |one| (true, one));
        Some(Key { name: name.to_owned(), kind: Kind::read(one)?, many })
    }

    /// Whether this is the key that a policy or a request calls `name`, in any case.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        matches(&self.pattern().to_ascii_lowercase(), &name.to_ascii_lowercase())
    }

    /// The names that it stands for. What varies behind the last slash some services write in other ways than `${…}`:
    /// `s3:ExistingObjectTag/<key>`, `secretsmanager:ResourceTag/tag-key`, `glacier:ResourceTag/`.
    fn pattern(&self) -> String {
        match self.name.rsplit_once('/') {
            Some((family, "" | "tag-key")) => format!("{family}/*"),
            Some((family, tail)) if tail.starts_with('<') && tail.ends_with('>') => format!("{family}/*"),
            _ => varying(&self.name),
        }
    }
}

impl Kind {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "String" => Kind::Text,
            "ARN" => Kind::Arn,
            "Bool" => Kind::Bool,
            "Numeric" => Kind::Number,
            "Date" => Kind::Time,
            "IPAddress" => Kind::Address,
            _ => return None,
        })
    }
}

impl Level {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "List" => Level::List,
            "Read" => Level::Read,
            "Write" => Level::Write,
            "Tagging" => Level::Tagging,
            "Permissions" => Level::Permissions,
            _ => return None,
        })
    }
}

/// A pattern of actions, in lower case.
struct Pattern(String);

impl Pattern {
    fn new(pattern: &str) -> Self {
        Pattern(pattern.to_ascii_lowercase())
    }

    /// The services whose actions it can mean.
    fn services(&self) -> Vec<&'static str> {
        let of = self.0.split_once(':').map_or(self.0.as_str(), |(service, _)| service);
        prefixes().filter(|prefix| matches(of, prefix)).collect()
    }

    fn names(&self, action: &Action) -> bool {
        matches(&self.0, &action.name.to_ascii_lowercase())
    }
}

fn several(cell: &str) -> Vec<String> {
    let mut texts: Vec<String> = cell.split('|').filter(|text| !text.is_empty()).map(str::to_owned).collect();
    texts.shrink_to_fit(); // there are 40,000 such lists
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str) -> Vec<String> {
        matching(pattern).into_iter().map(|action| action.name).collect()
    }

    #[test]
    fn an_action_is_told_with_its_level_its_resources_and_its_keys() {
        let found = matching("RDS:createdbcluster");
        let [action] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((action.name.as_str(), action.level), ("rds:CreateDBCluster", Level::Write));
        assert!(action.resources.contains(&"cluster".to_owned()), "{action:?}");
        assert!(action.keys.contains(&"rds:DatabaseClass".to_owned()), "{action:?}");
        let table = [
            ("iam:ListUsers", Level::List),
            ("s3:GetObject", Level::Read),
            ("iam:PassRole", Level::Write),
            ("iam:AttachGroupPolicy", Level::Permissions),
            ("iam:TagUser", Level::Tagging),
        ];
        for (name, level) in table {
            assert_eq!(matching(name).first().map(|action| action.level), Some(level), "{name}");
        }
    }

    #[test]
    fn a_pattern_names_the_actions_that_it_matches_and_no_others() {
        let table: [(&str, &[&str]); 6] = [
            ("ec2:Stop*", &["ec2:StopInstances"]),
            ("EC2:st?pinstances", &["ec2:StopInstances"]),
            ("sts:*SessionToken", &["sts:GetSessionToken"]),
            ("ec2:NoSuchThing", &[]),
            ("nosuchservice:*", &[]),
            ("ec2", &[]),
        ];
        for (pattern, expected) in table {
            assert_eq!(names(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn all_actions_are_those_of_all_services_in_order() {
        let all = names("*");
        assert!(all.len() > 22_000, "{}", all.len());
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(all, names("*:*"));
        assert_eq!(all.len(), prefixes().filter_map(service).map(|service| service.actions.len()).sum::<usize>());
    }

    #[test]
    fn everything_that_an_action_refers_to_is_there() {
        let catalogue = Catalogue::default();
        for service in prefixes().filter_map(service) {
            assert!(!service.actions.is_empty() || !service.keys.is_empty(), "{}", service.prefix);
            for action in &service.actions {
                assert!(action.name.starts_with(&format!("{}:", service.prefix)));
                for named in &action.resources {
                    assert!(service.resources.iter().any(|kind| kind.name == *named), "{}: {named}", action.name);
                }
                for key in &action.keys {
                    assert!(catalogue.key(key).is_some(), "{}: {key}", action.name);
                }
            }
            assert!(service.resources.iter().all(|kind| kind.arn.starts_with("arn:*:") && !kind.arn.contains('$')));
            assert!(service.resources.iter().all(|kind| kind.format.starts_with("arn:${Partition}:")));
        }
    }

    #[test]
    fn no_row_of_the_tables_is_passed_over() {
        for prefix in prefixes() {
            let table = PACKED.entry(&format!("services/{prefix}.tsv")).unwrap().text;
            let service = service(prefix).unwrap();
            assert_eq!(
                table.lines().count(),
                service.actions.len() + service.resources.len() + service.keys.len(),
                "{prefix}"
            );
        }
        assert_eq!(PACKED.entry("keys.tsv").unwrap().text.lines().count(), other_keys().len());
    }

    #[test]
    fn a_condition_key_is_found_in_any_case_with_what_its_values_are() {
        let catalogue = Catalogue::default();
        let table = [
            ("aws:MultiFactorAuthPresent", Kind::Bool, false),
            ("AWS:multifactorauthage", Kind::Number, false),
            ("aws:SourceIp", Kind::Address, false),
            ("aws:CurrentTime", Kind::Time, false),
            ("aws:PrincipalArn", Kind::Arn, false),
            ("aws:PrincipalTag/team", Kind::Text, false),
            ("aws:TagKeys", Kind::Text, true),
            ("ec2:ResourceTag/Owner", Kind::Text, false),
            ("iam:PolicyARN", Kind::Arn, false),
            ("saml:aud", Kind::Text, false),
            ("s3:ExistingObjectTag/secret", Kind::Text, false),
            ("s3:RequestObjectTag/secret", Kind::Text, false),
            ("s3-outposts:ExistingObjectTag/secret", Kind::Text, false),
            ("secretsmanager:ResourceTag/team", Kind::Text, false),
            ("ssm:resourceTag/team", Kind::Text, false),
            ("elasticloadbalancing:ResourceTag/team", Kind::Text, false),
            ("glacier:ResourceTag/team", Kind::Text, false),
        ];
        for (name, kind, many) in table {
            let key = catalogue.key(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((key.kind, key.many), (kind, many), "{name}");
        }
        for unknown in ["aws:PrincipalTag", "aws:SourceIP6", "ec2:NoSuchKey", "ec2:Add/nobody", "nothing"] {
            assert!(catalogue.key(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn what_is_kept_says_the_same_as_what_is_unpacked_each_time() {
        let catalogue = Catalogue::default();
        assert_eq!(catalogue.matching("iam:*Policy").cloned().collect::<Vec<_>>(), matching("iam:*Policy"));
        assert_eq!(catalogue.service("IAM"), service("iam").as_ref());
        assert_eq!(catalogue.action("iam:passrole").unwrap().name, "iam:PassRole");
        assert!(catalogue.service("nosuchservice").is_none() && catalogue.action("PassRole").is_none());
    }

    #[test]
    fn source_date_and_licence_are_told_here_as_in_the_notice() {
        let about = about();
        let told = about.strip_prefix("AWS Service Authorization Reference of ").unwrap();
        let (date, source) = told.split_once(", from ").unwrap();
        let (source, licence) = source.split_once(" (").unwrap();
        let notice = include_str!("../../NOTICE");
        for part in [date, source, licence.trim_end_matches(')')] {
            assert!(notice.contains(part), "{part}");
        }
    }
}
