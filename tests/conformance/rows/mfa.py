"""Virtual MFA devices."""

from table import PAGES, QUOTAS, equal, holds, names, paged, refused, row
from totp import pair

ENABLE = "API EnableMFADevice"


def device(aws, name="phone", **more):
    made = aws.iam.create_virtual_mfa_device(VirtualMFADeviceName=name, **more)["VirtualMFADevice"]
    return made["SerialNumber"], made["Base32StringSeed"]


def codes(seed, steps_ago=0):
    first, second = pair(seed, steps_ago)
    return {"AuthenticationCode1": first, "AuthenticationCode2": second}


def enabled(aws, user="lamp", name="phone"):
    """A device of the user, whom this makes when there is none."""
    try:
        aws.iam.create_user(UserName=user)
    except aws.iam.exceptions.EntityAlreadyExistsException:
        pass
    serial, seed = device(aws, name)
    aws.iam.enable_mfa_device(UserName=user, SerialNumber=serial, **codes(seed))
    return serial, seed


def wrong(seed):
    return {name: f"{(int(code) + 1) % 1_000_000:06}" for name, code in codes(seed).items()}


@row(
    "a new device has a serial number, a base32 seed and is nobody's",
    "API CreateVirtualMFADevice; API VirtualMFADevice",
)
def _(aws):
    serial, seed = device(aws)
    equal(serial, aws.arn("mfa", "phone"))
    holds(len(seed) >= 16 and set(seed.decode()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), f"the seed is {seed}")
    [listed] = aws.iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    holds("User" not in listed and "EnableDate" not in listed, f"it is {listed}")


@row("a new device comes with a QR code, a PNG", "API VirtualMFADevice, QRCodePNG")
def _(aws):
    made = aws.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    holds(made["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n"), f"it begins with {made['QRCodePNG'][:8]}")


@row(
    "the path of a device stands in its serial number",
    "API CreateVirtualMFADevice, Path; IAM User Guide, reference_identifiers: MFA device ARNs",
)
def _(aws):
    equal(device(aws, Path="/staff/")[0], aws.arn("mfa", "staff/phone"))


@row(
    "a device name is taken once on its path",
    "API CreateVirtualMFADevice, VirtualMFADeviceName: unique with its path; EntityAlreadyExists 409",
)
def _(aws):
    device(aws)
    refused("EntityAlreadyExists", aws.iam.create_virtual_mfa_device, VirtualMFADeviceName="phone")
    device(aws, Path="/other/")


@row("a device name holds no space or slash and is not empty", "API virtualMFADeviceName: min 1, pattern")
def _(aws):
    for name in ("a b", "a/b", "", "전화"):
        refused("ValidationError", aws.iam.create_virtual_mfa_device, VirtualMFADeviceName=name)


@row("a device is enabled with two codes in a row", f"{ENABLE}: two consecutive codes")
def _(aws):
    serial, _ = enabled(aws)
    [mine] = aws.iam.list_mfa_devices(UserName="lamp")["MFADevices"]
    equal((mine["UserName"], mine["SerialNumber"]), ("lamp", serial))


@row("wrong codes do not enable a device", f"{ENABLE}: InvalidAuthenticationCode 403")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    serial, seed = device(aws)
    refused("InvalidAuthenticationCode", aws.iam.enable_mfa_device, UserName="lamp", SerialNumber=serial, **wrong(seed))
    equal(aws.iam.list_mfa_devices(UserName="lamp")["MFADevices"], [])


@row("the same code twice does not enable a device", f"{ENABLE}, AuthenticationCode2: a subsequent code")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    serial, seed = device(aws)
    first = codes(seed)["AuthenticationCode1"]
    same = {"AuthenticationCode1": first, "AuthenticationCode2": first}
    refused("InvalidAuthenticationCode", aws.iam.enable_mfa_device, UserName="lamp", SerialNumber=serial, **same)


@row(
    "codes of an hour ago do not enable a device",
    f"{ENABLE}: codes of the time; IAM User Guide, id_credentials_mfa_sync: a device out of sync",
)
def _(aws):
    aws.iam.create_user(UserName="lamp")
    serial, seed = device(aws)
    old = codes(seed, steps_ago=120)
    refused("InvalidAuthenticationCode", aws.iam.enable_mfa_device, UserName="lamp", SerialNumber=serial, **old)


@row("a code has six digits", "API authenticationCodeType: min 6, max 6, pattern")
def _(aws):
    aws.iam.create_user(UserName="lamp")
    serial, _ = device(aws)
    for first, second in (("12345", "123456"), ("123456", "1234567"), ("abcdef", "123456")):
        bad = {"AuthenticationCode1": first, "AuthenticationCode2": second}
        refused("ValidationError", aws.iam.enable_mfa_device, UserName="lamp", SerialNumber=serial, **bad)


@row(
    "an unknown device or user is no such entity",
    f"{ENABLE}, DeactivateMFADevice, DeleteVirtualMFADevice, ListMFADevices: NoSuchEntity 404",
)
def _(aws):
    serial, seed = device(aws)
    refused("NoSuchEntity", aws.iam.enable_mfa_device, UserName="nobody", SerialNumber=serial, **codes(seed))
    aws.iam.create_user(UserName="lamp")
    unknown = aws.arn("mfa", "none")
    refused("NoSuchEntity", aws.iam.enable_mfa_device, UserName="lamp", SerialNumber=unknown, **codes(seed))
    refused("NoSuchEntity", aws.iam.deactivate_mfa_device, UserName="lamp", SerialNumber=unknown)
    refused("NoSuchEntity", aws.iam.delete_virtual_mfa_device, SerialNumber=unknown)
    refused("NoSuchEntity", aws.iam.list_mfa_devices, UserName="nobody")


@row("a device that is somebody's cannot be enabled for another", f"{ENABLE}: EntityAlreadyExists 409")
def _(aws):
    serial, seed = enabled(aws)
    aws.iam.create_user(UserName="other")
    refused("EntityAlreadyExists", aws.iam.enable_mfa_device, UserName="other", SerialNumber=serial, **codes(seed))


@row("a user has at most 8 devices", f"{QUOTAS}: MFA devices in use by an IAM user, 8; {ENABLE}: LimitExceeded 409")
def _(aws):
    for number in range(8):
        enabled(aws, name=f"phone-{number}")
    serial, seed = device(aws, "one-more")
    refused("LimitExceeded", aws.iam.enable_mfa_device, UserName="lamp", SerialNumber=serial, **codes(seed))


@row("an assigned device tells its user and since when", "API VirtualMFADevice, User, EnableDate")
def _(aws):
    serial, _ = enabled(aws)
    [listed] = aws.iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    equal((listed["SerialNumber"], listed["User"]["UserName"]), (serial, "lamp"))
    holds("EnableDate" in listed, "there is no date")


@row("a list of devices tells no seeds", "API ListVirtualMFADevices: the seed is shown at creation only")
def _(aws):
    device(aws)
    [listed] = aws.iam.list_virtual_mfa_devices()["VirtualMFADevices"]
    holds("Base32StringSeed" not in listed and "QRCodePNG" not in listed, f"it is {sorted(listed)}")


@row(
    "devices can be listed by whether they are somebody's",
    "API ListVirtualMFADevices, AssignmentStatus: Assigned, Unassigned, Any",
)
def _(aws):
    mine, _ = enabled(aws)
    free, _ = device(aws, "spare")

    def serials(**status):
        return sorted(names(aws.iam.list_virtual_mfa_devices(**status)["VirtualMFADevices"], "SerialNumber"))

    equal(serials(AssignmentStatus="Assigned"), [mine])
    equal(serials(AssignmentStatus="Unassigned"), [free])
    equal(serials(AssignmentStatus="Any"), sorted([mine, free]))
    equal(serials(), sorted([mine, free]))
    refused("ValidationError", aws.iam.list_virtual_mfa_devices, AssignmentStatus="assigned")


@row("virtual devices come in pages", f"API ListVirtualMFADevices; {PAGES}")
def _(aws):
    serials = [device(aws, f"phone-{number}")[0] for number in range(5)]
    paged(aws.iam.list_virtual_mfa_devices, "VirtualMFADevices", "SerialNumber", 2, serials)


@row("a user's devices come in pages", f"API ListMFADevices; {PAGES}")
def _(aws):
    serials = [enabled(aws, name=f"phone-{number}")[0] for number in range(3)]
    paged(aws.iam.list_mfa_devices, "MFADevices", "SerialNumber", 2, serials, UserName="lamp")


@row(
    "a user lists own devices without naming anyone",
    "API ListMFADevices: the user name is determined by the access key that signs",
)
def _(aws):
    serial, _ = enabled(aws)
    key = aws.iam.create_access_key(UserName="lamp")["AccessKey"]
    equal(names(aws.with_key(key).iam.list_mfa_devices()["MFADevices"], "SerialNumber"), [serial])


@row("a device in use cannot be deleted", "API DeleteVirtualMFADevice: deactivate first; DeleteConflict 409")
def _(aws):
    serial, _ = enabled(aws)
    refused("DeleteConflict", aws.iam.delete_virtual_mfa_device, SerialNumber=serial)
    aws.iam.deactivate_mfa_device(UserName="lamp", SerialNumber=serial)
    aws.iam.delete_virtual_mfa_device(SerialNumber=serial)
    equal(aws.iam.list_virtual_mfa_devices()["VirtualMFADevices"], [])


@row(
    "a deactivated device is nobody's and can be enabled again",
    "API DeactivateMFADevice: removes it from association with the user",
)
def _(aws):
    serial, seed = enabled(aws)
    aws.iam.deactivate_mfa_device(UserName="lamp", SerialNumber=serial)
    equal(aws.iam.list_mfa_devices(UserName="lamp")["MFADevices"], [])
    aws.iam.create_user(UserName="other")
    aws.iam.enable_mfa_device(UserName="other", SerialNumber=serial, **codes(seed))


@row(
    "only its own user's device can be deactivated",
    "API DeactivateMFADevice: the user it was enabled for; NoSuchEntity 404",
)
def _(aws):
    serial, _ = enabled(aws)
    aws.iam.create_user(UserName="other")
    refused("NoSuchEntity", aws.iam.deactivate_mfa_device, UserName="other", SerialNumber=serial)


@row(
    "a user with a device cannot be deleted",
    "API DeleteUser: MFA devices must be deactivated first; rebuy-de/aws-nuke #281: must delete MFA device first",
)
def _(aws):
    serial, _ = enabled(aws)
    refused("DeleteConflict", aws.iam.delete_user, UserName="lamp", says="must delete MFA device first")
    aws.iam.deactivate_mfa_device(UserName="lamp", SerialNumber=serial)
    aws.iam.delete_user(UserName="lamp")
    equal(len(aws.iam.list_virtual_mfa_devices()["VirtualMFADevices"]), 1)


@row("a device can be brought in step again with two codes", "API ResyncMFADevice")
def _(aws):
    serial, seed = enabled(aws)
    aws.iam.resync_mfa_device(UserName="lamp", SerialNumber=serial, **codes(seed))


@row("wrong codes do not bring a device in step", "API ResyncMFADevice: InvalidAuthenticationCode 403")
def _(aws):
    serial, seed = enabled(aws)
    refused("InvalidAuthenticationCode", aws.iam.resync_mfa_device, UserName="lamp", SerialNumber=serial, **wrong(seed))


@row("only an own device can be brought in step", "API ResyncMFADevice: NoSuchEntity 404")
def _(aws):
    serial, seed = enabled(aws)
    aws.iam.create_user(UserName="other")
    refused("NoSuchEntity", aws.iam.resync_mfa_device, UserName="other", SerialNumber=serial, **codes(seed))
    refused(
        "NoSuchEntity", aws.iam.resync_mfa_device, UserName="lamp", SerialNumber=aws.arn("mfa", "none"), **codes(seed)
    )


@row("a renamed user keeps the device", "API UpdateUser; IAM User Guide, id_users_manage: renaming")
def _(aws):
    serial, _ = enabled(aws)
    aws.iam.update_user(UserName="lamp", NewUserName="light")
    equal(names(aws.iam.list_mfa_devices(UserName="light")["MFADevices"], "SerialNumber"), [serial])
