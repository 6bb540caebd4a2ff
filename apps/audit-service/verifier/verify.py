#!/usr/bin/env python3
"""Checks what the audit says of itself, with nothing of Hub Export: Python's standard library alone.

    verify.py proof.json --key checkpoint.pub.pem
    verify.py consistency.json --key checkpoint.pub.pem

The first document is an answer of GET /v1/audit/entries/<n>/proof, the second one of
GET /v1/audit/checkpoints/consistency. Checked are the Ed25519 signature of each checkpoint (RFC 8032, C2SP
signed-note), the leaf, and the path of hashes (RFC 6962, RFC 9162). Exits with 0 where all holds, 1 where it does not.
"""
import argparse
import base64
import hashlib
import json
import sys

# Ed25519, verification alone (RFC 8032, 5.1)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if x & 1 != sign else x


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def is_same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def is_signed(public_key, message, signature):
    if len(public_key) != 32 or len(signature) != 64:
        return False
    a, r = decompress(public_key), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return is_same(multiply(s, BASE), add(r, multiply(h, a)))


# The tree (RFC 6962, 2.1; RFC 9162, 2.1.3.2 and 2.1.4.2)


def leaf_hash(leaf):
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def proves_inclusion(index, size, leaf, proof, root):
    if not 0 <= index < size:
        return False
    place, last, value = index, size - 1, leaf
    for neighbour in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            value = node_hash(neighbour, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, neighbour)
        place, last = place >> 1, last >> 1
    return last == 0 and value == root


def proves_consistency(first, second, first_root, second_root, proof):
    if not 1 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = [first_root] + proof if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    earlier = later = path[0]
    for neighbour in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            earlier, later = node_hash(neighbour, earlier), node_hash(neighbour, later)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            later = node_hash(later, neighbour)
        place, last = place >> 1, last >> 1
    return last == 0 and earlier == first_root and later == second_root


# Checkpoints and documents


class Refused(Exception):
    pass


def hash_of(text):
    value = base64.b64decode(text, validate=True)
    if len(value) != 32:
        raise Refused("a hash has another length")
    return value


def public_key_of(path):
    with open(path, encoding="ascii") as file:
        body = "".join(line.strip() for line in file if not line.startswith("-----"))
    der = base64.b64decode(body, validate=True)
    if len(der) != 44 or der[:12] != bytes.fromhex("302a300506032b6570032100"):
        raise Refused("the key is no Ed25519 public key in PEM")
    return der[12:]


def open_checkpoint(note, public_key):
    """The size and root of a checkpoint that the key signed."""
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    origin, size, root = text[:-1].split("\n")
    key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public_key).digest()[:4]
    for line in signatures.splitlines():
        dash, name, value = line.split(" ")
        data = base64.b64decode(value, validate=True)
        if dash == "\u2014" and name == origin and data[:4] == key_id:
            if not is_signed(public_key, text.encode(), data[4:]):
                raise Refused("the signature of a checkpoint is wrong")
            return int(size), hash_of(root)
    raise Refused("a checkpoint is not signed by this key")


def check_inclusion(document, public_key):
    size, root = open_checkpoint(document["checkpoint"]["note"], public_key)
    text = "\n".join(["hub-export/audit-entry/v1", document["entry_hash"], document["entry_text"]])
    place = document["global_seq"]
    if document["entry_text"].split("\n", 1)[0] != str(place):
        raise Refused("the entry is another one")
    proof = [hash_of(value) for value in document["proof"]]
    if not proves_inclusion(place - 1, size, leaf_hash(text.encode()), proof, root):
        raise Refused("the entry is not in the tree of the checkpoint")
    return f"Entry {place} is in the record of {size} entries that the key signed."


def check_consistency(document, public_key):
    first, first_root = open_checkpoint(document["from_checkpoint"]["note"], public_key)
    second, second_root = open_checkpoint(document["to_checkpoint"]["note"], public_key)
    proof = [hash_of(value) for value in document["proof"]]
    if not proves_consistency(first, second, first_root, second_root, proof):
        raise Refused("the later record does not begin with the earlier one")
    return f"The record of {second} entries begins with that of {first}; the key signed both."


def main():
    parser = argparse.ArgumentParser(description="Checks a proof of the audit by a public key alone.")
    parser.add_argument("document")
    parser.add_argument("--key", required=True)
    arguments = parser.parse_args()
    try:
        with open(arguments.document, encoding="utf-8") as file:
            document = json.load(file)
        check = check_consistency if "from_checkpoint" in document else check_inclusion
        print(check(document, public_key_of(arguments.key)))
        return 0
    except (Refused, KeyError, TypeError, ValueError, OSError) as error:
        reason = str(error) if isinstance(error, Refused) else "a file is not what it should be"
        print(f"REFUSED: {reason}.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
