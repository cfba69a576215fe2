"""GetAccountSummary."""

from documents import document
from table import QUOTAS, equal, row

QUOTA = {
    "UsersQuota": 5000,
    "GroupsQuota": 300,
    "GroupsPerUserQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "VersionsPerPolicyQuota": 5,
    "PolicySizeQuota": 6144,
    "GroupPolicySizeQuota": 5120,
    "UserPolicySizeQuota": 2048,
    "AccessKeysPerUserQuota": 2,
    "PoliciesQuota": 1500,
}


@row("the summary tells the quotas", f"API GetAccountSummary: SummaryMap; {QUOTAS}")
def _(aws):
    summary = aws.iam.get_account_summary()["SummaryMap"]
    equal({name: summary.get(name) for name in QUOTA}, QUOTA)


@row(
    "the summary counts users, groups and own policies",
    "API GetAccountSummary: Users, Groups, Policies, PolicyVersionsInUse",
)
def _(aws):
    for name in ("a", "b"):
        aws.iam.create_user(UserName=name)
    aws.iam.create_group(GroupName="G")
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
    aws.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())
    summary = aws.iam.get_account_summary()["SummaryMap"]
    wanted = {"Users": 2, "Groups": 1, "Policies": 1, "PolicyVersionsInUse": 2}
    equal({name: summary.get(name) for name in wanted}, wanted)


@row("the summary counts MFA devices, and those in use apart", "API GetAccountSummary: MFADevices, MFADevicesInUse")
def _(aws):
    aws.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")
    summary = aws.iam.get_account_summary()["SummaryMap"]
    equal((summary["MFADevices"], summary["MFADevicesInUse"]), (1, 0))
