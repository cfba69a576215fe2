"""What boto3 sees of an account."""

PATH = "/foundation/"


def pages(iam, operation, key, **parameters):
    """All items of a list, over all its pages."""
    paginator = iam.get_paginator(operation)
    return [item for page in paginator.paginate(**parameters) for item in page[key]]


def foundation(iam):
    """Everything under our path, and the password policy."""
    return {
        "groups": {
            group["GroupName"]: {
                "policies": sorted(attached_to_group(iam, group["GroupName"])),
                "inline": pages(iam, "list_group_policies", "PolicyNames", GroupName=group["GroupName"]),
                "members": sorted(user["UserName"] for user in pages(iam, "get_group", "Users", GroupName=group["GroupName"])),
            }
            for group in pages(iam, "list_groups", "Groups")
            if group["Path"].startswith(PATH)
        },
        "documents": {
            policy["PolicyName"]: {"arn": policy["Arn"], "text": in_force(iam, policy)}
            for policy in pages(iam, "list_policies", "Policies", Scope="Local")
            if policy["Path"].startswith(PATH)
        },
        "passwordPolicy": password_policy(iam),
    }


def attached_to_group(iam, group):
    return [policy["PolicyArn"] for policy in pages(iam, "list_attached_group_policies", "AttachedPolicies", GroupName=group)]


def in_force(iam, policy):
    answer = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
    return answer["PolicyVersion"]["Document"]


def password_policy(iam):
    try:
        return iam.get_account_password_policy()["PasswordPolicy"]
    except iam.exceptions.NoSuchEntityException:
        return None


def everything(iam):
    """Users, groups, roles, customer managed policies and the password policy, as IAM tells them."""
    details = iam.get_paginator("get_account_authorization_details")
    lists = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"]
    kinds = ["User", "Group", "Role", "LocalManagedPolicy"]
    found = {name: [] for name in lists}
    for page in details.paginate(Filter=kinds):
        for name in lists:
            found[name] += page[name]
    return {**found, "PasswordPolicy": password_policy(iam)}
