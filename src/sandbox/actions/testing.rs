//! An account to drive through the action table in tests, without a network.

use jiff::Timestamp;

use data_encoding::BASE64;

use super::{Call, IAM, Reply, STS};
use crate::sandbox::{
    caller::{Caller, Credential},
    error::Error,
    params::Params,
    state::State,
    totp,
};

/// A virtual MFA device in somebody's hand.
pub struct Device {
    /// Its serial number.
    pub serial: String,
    seed: String,
}

impl Device {
    /// The parameters that name a user and the codes shown at two steps.
    pub fn shows(&self, user: &str, steps: [i64; 2]) -> Vec<(&'static str, String)> {
        let [first, second] = steps.map(|step| totp::code(&self.seed, step).unwrap());
        let who = [("UserName", user.to_owned()), ("SerialNumber", self.serial.clone())];
        [who, [("AuthenticationCode1", first), ("AuthenticationCode2", second)]].concat()
    }
}

/// A state, a caller and a clock.
pub struct Account {
    /// The account's state, for tests that look inside.
    pub state: State,
    /// Who asks.
    pub caller: Caller,
    /// The time.
    pub now: Timestamp,
}

impl Account {
    /// A document that IAM takes.
    pub const DOCUMENT: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}"#;

    /// An empty account.
    pub fn new() -> Self {
        Self {
            state: State::new("123456789012"),
            caller: Caller::Operator,
            now: Timestamp::from_second(1_790_000_000).unwrap(),
        }
    }

    /// The ARN of a policy of this account.
    pub fn arn(full_name: &str) -> String {
        format!("arn:aws:iam::123456789012:policy/{full_name}")
    }

    /// Does an action and gives the inside of its result.
    pub fn call(&mut self, action: &str, pairs: &[(&str, &str)]) -> Result<String, Error> {
        let caller = self.caller.clone();
        self.call_as(&caller, action, pairs)
    }

    /// The same, with parameters that are owned.
    pub fn call_with(&mut self, action: &str, pairs: &[(&str, String)]) -> Result<String, Error> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.call(action, &pairs)
    }

    fn call_as(&mut self, caller: &Caller, action: &str, pairs: &[(&str, &str)]) -> Result<String, Error> {
        let handler = IAM.handler(action).or_else(|| STS.handler(action)).unwrap();
        let reply = handler(&mut Call {
            state: &mut self.state,
            params: &Params::of(pairs.iter().copied()),
            caller,
            now: self.now,
        })?;
        Ok(match reply {
            Reply::Done => String::new(),
            Reply::Result(xml) => xml.into_string(),
        })
    }

    /// Does an action that must succeed.
    #[track_caller]
    pub fn ok(&mut self, action: &str, pairs: &[(&str, &str)]) -> String {
        match self.call(action, pairs) {
            Ok(xml) => xml,
            Err(error) => panic!("{action} {pairs:?}: {error}"),
        }
    }

    /// Does an action that must be refused with this code, and gives the message.
    #[track_caller]
    pub fn refused(&mut self, action: &str, pairs: &[(&str, &str)], code: &str) -> String {
        match self.call(action, pairs) {
            Ok(xml) => panic!("{action} {pairs:?} was not refused: {xml}"),
            Err(error) => {
                assert_eq!(error.code.name(), code, "{action} {pairs:?}: {error}");
                error.message
            }
        }
    }

    /// Does an action of STS with an access key.
    pub fn as_key(&mut self, key: &str, action: &str, pairs: &[(&str, &str)]) -> Result<String, Error> {
        let caller = self.identify(key, STS.service)?;
        self.call_as(&caller, action, pairs)
    }

    /// Who calls a service with an access key.
    pub fn identify(&mut self, key: &str, service: &str) -> Result<Caller, Error> {
        let token = self.state.sessions.get(key).and_then(|session| session.token.clone());
        let credential = Credential { key, region: "us-east-1", token: token.as_deref() };
        Caller::identify(&mut self.state, &credential, service, self.now)
    }

    /// Makes an access key of a user.
    pub fn key_of(&mut self, user: &str) -> String {
        Self::text(&self.ok("CreateAccessKey", &[("UserName", user)]), "AccessKeyId")
    }

    /// Makes a device of that name.
    pub fn device(&mut self, name: &str) -> Device {
        let xml = self.ok("CreateVirtualMFADevice", &[("VirtualMFADeviceName", name)]);
        let seed = BASE64.decode(Self::text(&xml, "Base32StringSeed").as_bytes()).unwrap();
        Device { serial: Self::text(&xml, "SerialNumber"), seed: String::from_utf8(seed).unwrap() }
    }

    /// Enables a device with the last code and the present one.
    pub fn enable(&mut self, user: &str, device: &Device) -> Result<String, Error> {
        let now = totp::step(self.now);
        self.call_with("EnableMFADevice", &device.shows(user, [now - 1, now]))
    }

    /// Asks for a session with the code that a device shows at a step.
    pub fn get_session_token(&mut self, key: &str, device: &Device, step: i64) -> Result<String, Error> {
        let code = totp::code(&device.seed, step).unwrap();
        self.as_key(key, "GetSessionToken", &[("SerialNumber", &device.serial), ("TokenCode", &code)])
    }

    /// The text of the first element of that name.
    pub fn text(xml: &str, element: &str) -> String {
        let (_, rest) = xml.split_once(&format!("<{element}>")).unwrap();
        rest.split('<').next().unwrap_or_default().to_owned()
    }

    /// The marker of a page.
    pub fn marker(xml: &str) -> String {
        Self::text(xml, "Marker")
    }
}
