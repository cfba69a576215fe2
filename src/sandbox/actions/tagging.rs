//! Tags of users, managed policies and virtual MFA devices. IAM has none for groups.

use super::{Answer, Call, Reply, page_of};
use crate::sandbox::{
    entities::{PolicyKey, Tags},
    error::Error,
    limits,
    paging::Page,
    params::Reader,
    rules, shapes,
    tags::{self, Case},
};

/// What carries tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// A user, named.
    User,
    /// A managed policy, by its ARN.
    Policy,
    /// A virtual MFA device, by its serial number.
    Device,
}

impl Carrier {
    const fn case(self) -> Case {
        match self {
            Self::User => Case::Ignored,
            Self::Policy | Self::Device => Case::Counts,
        }
    }

    fn read<'p>(self, reader: &mut Reader<'p>) -> &'p str {
        match self {
            Self::User => reader.required("UserName", &rules::EXISTING_USER_NAME),
            Self::Policy => reader.required("PolicyArn", &rules::ARN),
            Self::Device => reader.required("SerialNumber", &rules::SERIAL_NUMBER),
        }
    }
}

/// Puts tags on.
pub fn tag(call: &mut Call<'_>, carrier: Carrier) -> Answer {
    let mut reader = call.params.reader();
    let id = carrier.read(&mut reader);
    reader.required_list("Tags");
    let new = tags::read(&mut reader, carrier.case());
    reader.finish()?;
    tags::put(of(call, carrier, "TagPolicy", id)?, new, carrier.case())?;
    Ok(Reply::Done)
}

/// Takes tags off.
pub fn untag(call: &mut Call<'_>, carrier: Carrier) -> Answer {
    let mut reader = call.params.reader();
    let id = carrier.read(&mut reader);
    reader.required_list("TagKeys");
    let keys = reader.list("TagKeys", &rules::TAG_KEY);
    reader.at_most("TagKeys", keys.len(), limits::TAGS);
    reader.finish()?;
    tags::remove(of(call, carrier, "UntagPolicy", id)?, &keys, carrier.case());
    Ok(Reply::Done)
}

/// The tags to be changed; `action` is what AWS's own policies do not allow.
fn of<'c>(call: &'c mut Call<'_>, carrier: Carrier, action: &str, id: &str) -> Result<&'c mut Tags, Error> {
    match carrier {
        Carrier::User => Ok(&mut call.state.user_mut(id)?.tags),
        Carrier::Device => Ok(&mut call.state.device_mut(id)?.tags),
        Carrier::Policy => {
            let key = call.own_policy(action, id)?;
            let policy = call.state.policies.get_mut(&key);
            policy.map(|policy| &mut policy.tags).ok_or_else(|| Error::no_such_policy(id))
        }
    }
}

/// Lists tags, in the order of their keys.
pub fn list(call: &mut Call<'_>, carrier: Carrier) -> Answer {
    let mut reader = call.params.reader();
    let id = carrier.read(&mut reader);
    let page = Page::read(&mut reader);
    reader.finish()?;
    let state = &*call.state;
    let tags = match carrier {
        Carrier::User => Some(&state.user(id)?.tags),
        Carrier::Device => Some(&state.device(id)?.tags),
        Carrier::Policy => match state.known_policy(id)? {
            PolicyKey::Customer(name) => state.policies.get(&name).map(|policy| &policy.tags),
            PolicyKey::Aws(_) => None,
        },
    };
    let paged = page.take(tags.into_iter().flatten().map(|tag| (&tag.0, tag)));
    page_of("Tags", &paged, |xml, tag| shapes::tag(xml, tag))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    const ARN: (&str, &str) = ("PolicyArn", "arn:aws:iam::123456789012:policy/P");
    const USER: (&str, &str) = ("UserName", "u");
    const DEVICE: (&str, &str) = ("SerialNumber", "arn:aws:iam::123456789012:mfa/d");

    fn account() -> Account {
        let mut account = Account::new();
        account.ok("CreateUser", &[USER]);
        account.ok("CreatePolicy", &[("PolicyName", "P"), ("PolicyDocument", Account::DOCUMENT)]);
        account.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "d")]);
        account
    }

    fn put(account: &mut Account, action: &str, id: (&str, &str), key: &str, value: &str) {
        account.ok(action, &[id, ("Tags.member.1.Key", key), ("Tags.member.1.Value", value)]);
    }

    #[test]
    fn a_tag_of_the_same_key_is_replaced_and_only_users_ignore_its_case() {
        let mut account = account();
        for (tag, list, id, count) in [
            ("TagUser", "ListUserTags", USER, 1),
            ("TagPolicy", "ListPolicyTags", ARN, 2),
            ("TagMFADevice", "ListMFADeviceTags", DEVICE, 2),
        ] {
            put(&mut account, tag, id, "team", "a");
            put(&mut account, tag, id, "Team", "b");
            put(&mut account, tag, id, "Team", "c");
            let xml = account.ok(list, &[id]);
            assert_eq!(xml.matches("<member>").count(), count, "{list}: {xml}");
            assert!(xml.starts_with("<Tags><member><Key>Team</Key><Value>c</Value></member>"), "{xml}");
        }
    }

    #[test]
    fn keys_that_are_not_there_can_be_taken_off() {
        let mut account = account();
        put(&mut account, "TagUser", USER, "Team", "a");
        account.ok("UntagUser", &[USER, ("TagKeys.member.1", "team"), ("TagKeys.member.2", "other")]);
        assert!(account.ok("ListUserTags", &[USER]).starts_with("<Tags></Tags>"));
        account.refused("UntagUser", &[USER], "ValidationError");
        let long = "x".repeat(129);
        let error = account.refused("UntagUser", &[USER, ("TagKeys.member.1", &long)], "ValidationError");
        assert!(error.contains("Value at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: ["));
    }

    #[test]
    fn a_carrier_has_fifty_tags_at_most_and_they_come_in_pages() {
        let mut account = account();
        for n in 0..50 {
            put(&mut account, "TagPolicy", ARN, &format!("k{n:02}"), "");
        }
        let more = [ARN, ("Tags.member.1.Key", "more"), ("Tags.member.1.Value", "")];
        let error = account.refused("TagPolicy", &more, "LimitExceeded");
        assert_eq!(error, "The number of tags has reached the maximum limit.");
        put(&mut account, "TagPolicy", ARN, "k07", "new");
        let first = account.ok("ListPolicyTags", &[ARN, ("MaxItems", "20")]);
        let marker = Account::marker(&first);
        let rest = account.ok("ListPolicyTags", &[ARN, ("Marker", &marker)]);
        assert_eq!((first + &rest).matches("<Key>").count(), 50);
    }

    #[test]
    fn pages_of_the_longest_keys_can_be_turned() {
        let mut account = account();
        let keys = ["a", "b", "c"].map(|end| "\u{d55c}".repeat(127) + end);
        for key in &keys {
            put(&mut account, "TagUser", USER, key, "");
        }
        let one = ("MaxItems", "1");
        let mut xml = account.ok("ListUserTags", &[USER, one]);
        for key in &keys[1..] {
            xml = account.ok("ListUserTags", &[USER, one, ("Marker", &Account::marker(&xml))]);
            assert_eq!(Account::text(&xml, "Key"), *key);
        }
        assert!(xml.contains("<IsTruncated>false"));
    }

    #[test]
    fn tags_of_aws_and_repeated_keys_are_refused() {
        let mut account = account();
        let twice = |one, two| {
            [
                ("Tags.member.1.Key", one),
                ("Tags.member.1.Value", ""),
                ("Tags.member.2.Key", two),
                ("Tags.member.2.Value", ""),
            ]
        };
        account.refused("TagUser", &[&[USER][..], &twice("a", "AWS:b")].concat(), "InvalidInput");
        account.refused("TagUser", &[&[USER][..], &twice("a", "A")].concat(), "InvalidInput");
        let error = account.refused("TagPolicy", &[&[ARN][..], &twice("a", "a")].concat(), "InvalidInput");
        assert_eq!(error, "Duplicate tag keys found.");
        account.ok("TagPolicy", &[&[ARN][..], &twice("a", "A")].concat());
        account.refused("TagUser", &[USER], "ValidationError");
        let aws = ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        account.refused("TagPolicy", &[&[aws][..], &twice("a", "b")].concat(), "AccessDenied");
        assert!(account.ok("ListPolicyTags", &[aws]).starts_with("<Tags></Tags>"));
        let none = ("SerialNumber", "arn:aws:iam::123456789012:mfa/none");
        account.refused("TagMFADevice", &[&[none][..], &twice("a", "b")].concat(), "NoSuchEntity");
    }
}
