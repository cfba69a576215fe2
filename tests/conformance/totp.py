"""The codes that a virtual MFA device shows (RFC 6238: SHA-1, six digits, every 30 seconds)."""

import base64
import hashlib
import hmac
import struct
import time

STEP = 30


def code(seed, at):
    """The code at that time; `seed` is base32 text."""
    counter = struct.pack(">Q", int(at) // STEP)
    digest = hmac.new(base64.b32decode(seed), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def pair(seed, steps_ago=0):
    """The code of the last step and that of this one, or both so many steps earlier."""
    now = time.time() - steps_ago * STEP
    return code(seed, now - STEP), code(seed, now)
