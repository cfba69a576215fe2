"""Tags of users, policies and MFA devices."""

from documents import document
from table import PAGES, QUOTAS, equal, names, paged, refused, row

TAGS = "IAM User Guide, id_tags"
CDK = "aws/aws-cdk #26253"


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def many(count):
    return [{"Key": f"key{number:02}", "Value": "x"} for number in range(count)]


class User:
    def __init__(self, aws):
        aws.iam.create_user(UserName="lamp")
        self.who = {"UserName": "lamp"}
        self.tag, self.untag, self.listed = aws.iam.tag_user, aws.iam.untag_user, aws.iam.list_user_tags


class Policy:
    def __init__(self, aws):
        arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document())["Policy"]["Arn"]
        self.who = {"PolicyArn": arn}
        self.tag, self.untag, self.listed = aws.iam.tag_policy, aws.iam.untag_policy, aws.iam.list_policy_tags


class Device:
    def __init__(self, aws):
        made = aws.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
        self.who = {"SerialNumber": made["SerialNumber"]}
        self.tag, self.untag = aws.iam.tag_mfa_device, aws.iam.untag_mfa_device
        self.listed = aws.iam.list_mfa_device_tags


def seen(thing):
    return sorted(thing.listed(**thing.who)["Tags"], key=lambda tag: tag["Key"])


def every(aws):
    return [User(aws), Policy(aws), Device(aws)]


@row(
    "tags are added, replaced by key and removed",
    "API TagUser, TagPolicy, TagMFADevice: a tag of the same key is overwritten; API UntagUser",
)
def _(aws):
    for thing in every(aws):
        thing.tag(Tags=tags(Team="blue", Site="Seoul"), **thing.who)
        thing.tag(Tags=tags(Team="red"), **thing.who)
        equal(seen(thing), tags(Site="Seoul", Team="red"), str(thing.who))
        thing.untag(TagKeys=["Team"], **thing.who)
        equal(seen(thing), tags(Site="Seoul"), str(thing.who))


@row(
    "tags are listed in the order of their keys",
    "API ListUserTags, ListPolicyTags, ListMFADeviceTags: sorted by tag key",
)
def _(aws):
    for thing in every(aws):
        thing.tag(Tags=tags(c="1", a="2", b="3"), **thing.who)
        equal(names(thing.listed(**thing.who)["Tags"], "Key"), ["a", "b", "c"])


@row(
    "removing a tag that is not there succeeds",
    "API UntagUser, UntagPolicy, UntagMFADevice: no error for a key that is missing",
)
def _(aws):
    for thing in every(aws):
        thing.untag(TagKeys=["None"], **thing.who)


@row("a tag's value may be empty, its key not", f"API tagKeyType: min 1, tagValueType: min 0; {TAGS}")
def _(aws):
    for thing in every(aws):
        thing.tag(Tags=tags(Team=""), **thing.who)
        equal(seen(thing), tags(Team=""))
        refused("ValidationError", thing.tag, Tags=[{"Key": "", "Value": "x"}], **thing.who)


@row(
    "a tag's key has at most 128 characters, its value 256", f"API tagKeyType: max 128, tagValueType: max 256; {QUOTAS}"
)
def _(aws):
    for thing in every(aws):
        thing.tag(Tags=[{"Key": "k" * 128, "Value": "v" * 256}], **thing.who)
        refused("ValidationError", thing.tag, Tags=[{"Key": "k" * 129, "Value": "v"}], **thing.who)
        refused("ValidationError", thing.tag, Tags=[{"Key": "k", "Value": "v" * 257}], **thing.who)


@row("tags hold letters of every language, digits, spaces and _.:/=+-@", "API tagKeyType, tagValueType: pattern")
def _(aws):
    for thing in every(aws):
        thing.tag(Tags=[{"Key": "팀 이름", "Value": "a_b.c:d/e=f+g-h@i 1"}], **thing.who)
        equal(seen(thing), [{"Key": "팀 이름", "Value": "a_b.c:d/e=f+g-h@i 1"}])
        for wrong in ("a*b", "a,b", "a#b"):
            refused("ValidationError", thing.tag, Tags=[{"Key": wrong, "Value": "x"}], **thing.who)


@row("keys that begin with aws: are AWS's own", f"{TAGS}: the prefix aws: is reserved; API TagUser: InvalidInput 400")
def _(aws):
    for thing in every(aws):
        for wrong in ("aws:team", "AWS:team"):
            refused("InvalidInput", thing.tag, Tags=[{"Key": wrong, "Value": "x"}], **thing.who)


@row(
    "a user, policy or device has at most 50 tags",
    f"{QUOTAS}: tags, 50; API TagUser, TagPolicy, TagMFADevice: LimitExceeded 409",
)
def _(aws):
    for thing in every(aws):
        thing.tag(Tags=many(50), **thing.who)
        refused("LimitExceeded", thing.tag, Tags=tags(More="x"), **thing.who)
        thing.tag(Tags=tags(key00="other"), **thing.who)
        equal(len(seen(thing)), 50)


@row("more than 50 tags in one request are refused", "API tagListType: max 50")
def _(aws):
    for thing in every(aws):
        refused("ValidationError", thing.tag, Tags=many(51), **thing.who)


@row(
    "a user's tag keys are not distinguished by case",
    f"{TAGS}: case sensitivity; {CDK}: the later spelling replaces the earlier",
)
def _(aws):
    thing = User(aws)
    thing.tag(Tags=tags(Team="blue"), **thing.who)
    thing.tag(Tags=tags(team="red"), **thing.who)
    equal(seen(thing), tags(team="red"))


@row("a policy's and a device's tag keys are distinguished by case", f"{TAGS}: case sensitivity")
def _(aws):
    for thing in (Policy(aws), Device(aws)):
        thing.tag(Tags=tags(Team="blue"), **thing.who)
        thing.tag(Tags=tags(team="red"), **thing.who)
        equal(len(seen(thing)), 2, str(thing.who))


@row(
    "a user is not tagged twice with a key in one request, in any case",
    f"{CDK}, serverless #7885: InvalidInput, Duplicate tag keys found",
)
def _(aws):
    thing = User(aws)
    refused("InvalidInput", thing.tag, Tags=tags(Team="blue", team="red"), says="Duplicate tag keys found", **thing.who)
    equal(seen(thing), [])


@row(
    "one wrong tag refuses the whole request",
    "API TagUser: if any one of the tags is invalid, the entire request fails",
)
def _(aws):
    for thing in every(aws):
        refused("ValidationError", thing.tag, Tags=[*tags(Team="blue"), {"Key": "a*", "Value": "x"}], **thing.who)
        equal(seen(thing), [])


@row("what is tagged must exist", "API TagUser, TagPolicy, TagMFADevice and their Untag and List: NoSuchEntity 404")
def _(aws):
    for thing, name in zip(every(aws), ("nobody", aws.arn("policy", "None"), aws.arn("mfa", "none")), strict=True):
        who = dict.fromkeys(thing.who, name)
        refused("NoSuchEntity", thing.tag, Tags=tags(Team="x"), **who)
        refused("NoSuchEntity", thing.untag, TagKeys=["Team"], **who)
        refused("NoSuchEntity", thing.listed, **who)


@row("tags come in pages", f"API ListUserTags, ListPolicyTags, ListMFADeviceTags; {PAGES}")
def _(aws):
    for thing in every(aws):
        thing.tag(Tags=many(5), **thing.who)
        paged(thing.listed, "Tags", "Key", 2, names(many(5), "Key"), **thing.who)


@row("tags given at the making are there", "API CreateUser, CreatePolicy, CreateVirtualMFADevice, Tags")
def _(aws):
    aws.iam.create_user(UserName="lamp", Tags=tags(Team="blue"))
    arn = aws.iam.create_policy(PolicyName="P", PolicyDocument=document(), Tags=tags(Team="blue"))["Policy"]["Arn"]
    made = aws.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone", Tags=tags(Team="blue"))
    serial = made["VirtualMFADevice"]["SerialNumber"]
    equal(aws.iam.list_user_tags(UserName="lamp")["Tags"], tags(Team="blue"))
    equal(aws.iam.list_policy_tags(PolicyArn=arn)["Tags"], tags(Team="blue"))
    equal(aws.iam.list_mfa_device_tags(SerialNumber=serial)["Tags"], tags(Team="blue"))


@row("GetUser tells the tags", "API User, Tags")
def _(aws):
    aws.iam.create_user(UserName="lamp", Tags=tags(Team="blue"))
    equal(aws.iam.get_user(UserName="lamp")["User"]["Tags"], tags(Team="blue"))


@row(
    "a wrong tag prevents the making",
    "API TagUser, CreateUser: the entire request fails and the resource is not created",
)
def _(aws):
    refused("ValidationError", aws.iam.create_user, UserName="lamp", Tags=[{"Key": "a*", "Value": "x"}])
    refused("NoSuchEntity", aws.iam.get_user, UserName="lamp")
