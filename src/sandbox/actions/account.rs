//! What belongs to the account as a whole: its alias.

use super::{Answer, Call, Reply, result};
use crate::sandbox::{
    error::{Code, Error},
    paging::Page,
    rules,
};

/// Gives the account an alias. An account has one: a second takes the place of the first, as at AWS. There a name is
/// taken when any account has it; here there is no other account.
pub fn create_alias(call: &mut Call<'_>) -> Answer {
    let alias = read_alias(call)?;
    if call.state.alias.as_deref() == Some(alias) {
        let message = format!("The account alias {alias} already exists.");
        return Err(Error::new(Code::EntityAlreadyExists, message));
    }
    call.state.alias = Some(alias.to_owned());
    Ok(Reply::Done)
}

/// Takes the alias away, if it is this one.
pub fn delete_alias(call: &mut Call<'_>) -> Answer {
    let alias = read_alias(call)?;
    match call.state.alias.take_if(|there| there == alias) {
        Some(_) => Ok(Reply::Done),
        None => Err(Error::no_such("account alias", alias)),
    }
}

fn read_alias<'p>(call: &Call<'p>) -> Result<&'p str, Error> {
    let mut reader = call.params.reader();
    let alias = reader.required("AccountAlias", &rules::ACCOUNT_ALIAS);
    reader.finish()?;
    Ok(alias)
}

/// Lists the alias, if there is one.
pub fn list_aliases(call: &mut Call<'_>) -> Answer {
    let mut reader = call.params.reader();
    let page = Page::read(&mut reader);
    reader.finish()?;
    let paged = page.take(call.state.alias.iter().map(|alias| (alias, alias)));
    result(|xml| {
        xml.texts("AccountAliases", &paged.items);
        paged.finish(xml);
    })
}

#[cfg(test)]
mod tests {
    use crate::sandbox::actions::testing::Account;

    #[test]
    fn a_second_alias_takes_the_place_of_the_first() {
        let mut account = Account::new();
        let [one, two] = [("AccountAlias", "one-1"), ("AccountAlias", "two")];
        account.ok("CreateAccountAlias", &[one]);
        account.refused("CreateAccountAlias", &[one], "EntityAlreadyExists");
        account.ok("CreateAccountAlias", &[two]);
        let xml = account.ok("ListAccountAliases", &[]);
        assert!(xml.starts_with("<AccountAliases><member>two</member></AccountAliases>"));
        account.refused("DeleteAccountAlias", &[one], "NoSuchEntity");
        account.ok("DeleteAccountAlias", &[two]);
        assert!(account.ok("ListAccountAliases", &[]).starts_with("<AccountAliases></AccountAliases>"));
    }

    #[test]
    fn an_alias_keeps_its_pattern() {
        let mut account = Account::new();
        let long = "a".repeat(64);
        for alias in ["ab", "-abc", "abc-", "a--b", "Abc", "a_b", "a.b", "", &long] {
            account.refused("CreateAccountAlias", &[("AccountAlias", alias)], "ValidationError");
            account.refused("DeleteAccountAlias", &[("AccountAlias", alias)], "ValidationError");
        }
        account.ok("CreateAccountAlias", &[("AccountAlias", &long[..63])]);
    }
}
