//! What is known of a call beside action and resource: the condition keys of IAM's requests, with their types.
//!
//! Source: IAM user guide, "AWS global condition context keys"; Service Authorization Reference, keys of IAM.

use super::{Wanted, aim::Aim};
use crate::{
    policy::context::{Context, Fact},
    sandbox::{
        caller::{Caller, Temporary},
        entities::{PolicyKey, Tags, User},
    },
};

impl Wanted<'_> {
    /// The context of the call on one of its aims.
    pub fn facts(&self, aim: &Aim) -> Context {
        let context = self.of_caller(self.of_connection(Context::default()));
        let context = self.of_resource(aim, self.of_session(context));
        self.of_parameters(context)
    }

    /// IAM is reached by TLS alone, so the key says so here as well, and its region is always this one.
    fn of_connection(&self, context: Context) -> Context {
        #[allow(clippy::cast_precision_loss, reason = "seconds of our time fit exactly")]
        let seconds = self.now.as_second() as f64;
        context
            .with("aws:SourceIp", Fact::Address(self.origin.address))
            .with("aws:UserAgent", Fact::text(self.origin.agent.unwrap_or_default()))
            .with("aws:CurrentTime", Fact::Time(self.now))
            .with("aws:EpochTime", Fact::Number(seconds))
            .with("aws:SecureTransport", Fact::Bool(true))
            .with("aws:ViaAWSService", Fact::Bool(false))
            .with("aws:RequestedRegion", Fact::text("us-east-1"))
    }

    fn of_caller(&self, context: Context) -> Context {
        let context = context
            .with("aws:PrincipalArn", Fact::Arn(self.caller.arn(self.state)))
            .with("aws:PrincipalAccount", Fact::text(&self.state.account_id))
            .with("aws:PrincipalType", Fact::text("User"))
            .with("aws:PrincipalIsAWSService", Fact::Bool(false))
            .with("aws:userid", Fact::text(self.caller.id()));
        let user = self.caller.user().and_then(|name| self.state.users.get(name));
        let Some(user) = user else { return context };
        with_tags(context.with("aws:username", Fact::text(&user.name)), "aws:PrincipalTag", &user.tags)
    }

    /// Long-term keys carry no word of MFA: the keys are absent, not false.
    fn of_session(&self, context: Context) -> Context {
        let Caller::Session(_, Temporary { mfa, issued }) = self.caller else { return context };
        let context = context.with("aws:MultiFactorAuthPresent", Fact::Bool(*mfa));
        let Some(issued) = issued else { return context };
        let context = context.with("aws:TokenIssueTime", Fact::Time(*issued));
        let age = self.now.duration_since(*issued).as_secs_f64().floor();
        if *mfa { context.with("aws:MultiFactorAuthAge", Fact::Number(age)) } else { context }
    }

    fn of_resource(&self, aim: &Aim, context: Context) -> Context {
        let context = context.with("aws:ResourceAccount", Fact::text(&self.state.account_id));
        let tags = match self.kind() {
            "user" => self.user_aimed_at().map(|user| &user.tags),
            "policy" => self.policy_aimed_at(&aim.arn),
            "mfa" => self.state.devices.get(&aim.arn).map(|device| &device.tags),
            _ => None,
        };
        let Some(tags) = tags else { return context };
        with_tags(with_tags(context, "aws:ResourceTag", tags), "iam:ResourceTag", tags)
    }

    fn kind(&self) -> &str {
        self.reference().and_then(|action| action.resources.first()).map_or("", String::as_str)
    }

    fn user_aimed_at(&self) -> Option<&User> {
        self.user_name().and_then(|name| self.state.users.get(&name)).filter(|_| self.action != "CreateUser")
    }

    fn policy_aimed_at(&self, arn: &str) -> Option<&Tags> {
        match self.state.policy_key(arn).ok()?? {
            PolicyKey::Customer(name) => self.state.policies.get(&name).map(|policy| &policy.tags),
            PolicyKey::Aws(_) => None,
        }
    }

    /// The keys that the reference has for the action, from its parameters.
    fn of_parameters(&self, mut context: Context) -> Context {
        let keys = self.reference().map(|action| action.keys.as_slice()).unwrap_or_default();
        let knows = |key: &str| keys.iter().any(|known| known == key);
        if let Some(arn) = self.params.get("PolicyArn").filter(|_| knows("iam:PolicyARN")) {
            context = context.with("iam:PolicyARN", Fact::Arn(arn.to_owned()));
        }
        if let Some(arn) = self.boundary().filter(|_| knows("iam:PermissionsBoundary")) {
            context = context.with("iam:PermissionsBoundary", Fact::Arn(arn));
        }
        if !knows("aws:TagKeys") {
            return context;
        }
        let tags = self.tags();
        let removed = (1..).map_while(|n| self.params.get(&format!("TagKeys.member.{n}")));
        let named = tags.iter().map(|(key, _)| key.as_str()).chain(removed);
        let named: Vec<Fact> = named.map(Fact::text).collect();
        context = if named.is_empty() { context } else { context.with("aws:TagKeys", Fact::List(named)) };
        with_tags(context, "aws:RequestTag", &tags)
    }

    fn tags(&self) -> Tags {
        let value = |n: usize, part: &str| self.params.get(&format!("Tags.member.{n}.{part}"));
        let pair = |n| Some((value(n, "Key")?.to_owned(), value(n, "Value").unwrap_or_default().to_owned()));
        (1..).map_while(pair).collect()
    }

    /// The boundary that a user is to have, or has.
    fn boundary(&self) -> Option<String> {
        let asked = self.params.get("PermissionsBoundary").map(str::to_owned);
        let has = || self.state.policy_arn(self.user_aimed_at()?.boundary.as_ref()?).into();
        asked.or_else(has)
    }
}

fn with_tags(context: Context, key: &str, tags: &Tags) -> Context {
    tags.iter().fold(context, |context, (name, value)| context.with(&format!("{key}/{name}"), Fact::text(value)))
}
