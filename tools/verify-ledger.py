#!/usr/bin/env python3
"""守り手から受け取った記録(JSON Lines)を、守り手を使わずに確かめます。

Checks a ledger taken from Mamorite without Mamorite. Python 3.9 or later, standard library only.
The form of the file and what is computed: docs/operate/ledger.md.

    verify-ledger.py ledger.jsonl
    verify-ledger.py ledger.jsonl --key public-keys.txt --fingerprint "26a3 1023 6fa5 aa43"
    verify-ledger.py ledger.jsonl --stamps FOLDER

Exit codes: 0 it holds, 6 it does not, 2 the file cannot be read as a ledger, 64 wrong use.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys

FORMAT = "mamorite-ledger-1"
START = "0" * 64
ENTRY = ("at_ms", "actor", "actor_name", "action", "subject", "before", "after")

# MARK: Ed25519, verification only (RFC 8032, sections 5.1 and 5.1.7)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)


def _add(a, b):
    """Points in extended coordinates (X, Y, Z, T): x = X/Z, y = Y/Z, xy = T/Z (section 5.1.4)."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, y, z, t = f - e, h - g, h + g, f + e
    return x * y % P, z * t % P, y * z % P, x * t % P


def _times(number, point):
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def _decode(raw):
    """The point that 32 bytes stand for; None when they stand for none (section 5.1.3)."""
    if len(raw) != 32:
        return None
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * SQRT_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def ed25519_holds(public_key, message, signature):
    """Whether `signature` (64 bytes) is one of `public_key` (32 bytes) over `message`."""
    key = _decode(public_key)
    if key is None or len(signature) != 64:
        return False
    point, s = _decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if point is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return _same(_times(s, BASE), _add(point, _times(h, key)))


# MARK: The chain


def netstring(value):
    if value is None:
        return b"-,"
    raw = str(value).encode("utf-8", "surrogatepass")
    return b"%d:%s," % (len(raw), raw)


def entry_hash(previous, facility, entry):
    fields = [facility, entry.get("seq")] + [entry.get(name) for name in ENTRY]
    return hashlib.sha256(previous.encode() + b"".join(map(netstring, fields))).hexdigest()


def key_id(public_key):
    return hashlib.sha256(public_key.encode()).hexdigest()[:16]


def signed_message(facility, point):
    fields = ("mamorite-checkpoint-1", facility, point["seq"], point["hash"], point["day"], point["at_ms"])
    return b"".join(map(netstring, fields))


def is_signed(facility, point):
    try:
        public_key, signature = bytes.fromhex(point["public_key"]), bytes.fromhex(point["signature"])
        return point["key"] == key_id(point["public_key"]) and ed25519_holds(
            public_key, signed_message(facility, point), signature)
    except (KeyError, TypeError, ValueError):
        return False


class Unreadable(Exception):
    """The file is no ledger, or a line of it is not what it should be."""

    def __init__(self, line, ja, en):
        super().__init__(ja, en)
        self.line, self.ja, self.en = line, ja, en


def records(file):
    for number, line in enumerate(file, 1):
        try:
            record = json.loads(line)
            kind = record["type"]
        except (ValueError, KeyError, TypeError):
            raise Unreadable(number, "JSON として読めません", "is no JSON of this form") from None
        yield number, kind, record


class Finding:
    """What does not hold: at which entry, on which line, and why."""

    def __init__(self, seq, line, ja, en):
        self.seq, self.line, self.ja, self.en = seq, line, ja, en


def verify(file, keys=(), fingerprints=()):
    """(header, entries, hash of the last, checkpoints, unknown keys, findings) of a file opened as binary lines."""
    lines = records(file)
    number, kind, header = next(lines, (1, None, {}))
    if kind != "ledger" or header.get("format") != FORMAT:
        raise Unreadable(number, f"はじめの行が {FORMAT} の見出しではありません", f"is no head of the form {FORMAT}")
    facility = header["facility"]
    seq, previous, broken, points, hashes = 0, START, None, [], {}
    wanted = [re.sub(r"[\s:-]", "", each).lower() for each in fingerprints]
    lengths, met = {len(each) for each in wanted}, {}
    for number, kind, record in lines:
        if kind == "checkpoint" and not seq and broken is None:
            points.append((number, record))
            hashes[record.get("seq")] = None
        elif kind == "entry":
            if broken is None:
                if record.get("seq") != seq + 1 or entry_hash(previous, facility, record) != record.get("hash"):
                    broken = Finding(seq + 1, number, "指紋が中身と合いません", "the fingerprint does not fit the content")
                else:
                    seq, previous = record["seq"], record["hash"]
            # Checkpoints are compared with what stands in the file, as it stands.
            if record.get("seq") in hashes:
                hashes[record["seq"]] = record.get("hash")
            for length in lengths:
                met[str(record.get("hash"))[:length]] = record.get("seq")
        else:
            raise Unreadable(number, "ここにあるはずのない行です", "is of a kind that does not belong here")
    if broken is None and (seq, previous) != (header.get("entries"), header.get("head")):
        broken = Finding(
            seq + 1, number, "見出しにある最後の記録まで続いていません", "the entries end before the one that the head names")
    findings = [broken] if broken else []
    strangers = set()
    for number, point in points:
        if point.get("hash") != hashes.get(point.get("seq")):
            findings.append(
                Finding(point.get("seq"), number, "署名した区切りと記録が合いません", "the entry is not the one that was signed"))
        elif not is_signed(facility, point):
            findings.append(Finding(point.get("seq"), number, "署名が合いません", "the signature does not hold"))
        elif keys and point["public_key"] not in keys:
            findings.append(
                Finding(point["seq"], number, "渡された鍵の署名ではありません", "it is signed by none of the given keys"))
        strangers.add(point.get("key"))
    for each in wanted:
        if each not in met:
            findings.append(
                Finding(seq + 1, None, f"指紋 {each} の記録がありません", f"no entry has the fingerprint {each}"))
    return header, seq, previous, len(points), strangers, findings


def write_stamps(path, folder):
    """Lays the time stamps of checkpoints (RFC 3161) in a folder; gives the commands by which OpenSSL checks them."""
    os.makedirs(folder, exist_ok=True)
    commands = []
    with open(path, "rb") as file:
        for number, kind, record in records(file):
            if kind == "entry":
                break
            if kind != "checkpoint" or not record.get("stamp"):
                continue
            try:
                name = os.path.join(folder, str(int(record["seq"])))
                answer, certificate = base64.b64decode(record["stamp"]), record["stamp_certificate"].encode()
                digest = bytes.fromhex(record["hash"]).hex()
            except (KeyError, TypeError, ValueError, AttributeError):
                raise Unreadable(number, "時刻の刻印として読めません", "holds no time stamp of this form") from None
            for end, content in ((".tsr", answer), (".pem", certificate)):
                with open(name + end, "wb") as out:
                    out.write(content)
            commands.append(
                f"openssl ts -verify -digest {digest} -in {name}.tsr -CAfile {name}.pem"
                f" -attime {int(record.get('stamped_at_ms', 0)) // 1000}")
    return commands


def read_keys(path):
    """Public keys, one on a line as 64 hexadecimal digits; what stands behind `#` is a remark."""
    with open(path, encoding="utf-8") as file:
        keys = [line.split("#")[0].strip().lower() for line in file]
    keys = [key for key in keys if key]
    if not keys or any(not re.fullmatch("[0-9a-f]{64}", key) for key in keys):
        raise ValueError(f"{path}: 公開鍵は64けたの16進数です / a public key is 64 hexadecimal digits")
    return keys


def main():
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    english = locale.startswith("en")
    parser = argparse.ArgumentParser(
        description="受け取った記録を確かめます。 Checks an exported ledger.", exit_on_error=True)
    parser.add_argument("file", help="記録のファイル (JSON Lines)。 The exported ledger.")
    parser.add_argument("--key", help="公開鍵を書いたファイル。署名がこの鍵のものかも確かめます。 File of public keys that are to be trusted.")
    parser.add_argument(
        "--fingerprint", action="append", default=[], help="印刷した指紋。この指紋の記録があるかを確かめます。 A printed fingerprint that has to be there.")
    parser.add_argument(
        "--stamps", metavar="FOLDER", help="時刻の刻印をこのフォルダに置き、openssl で確かめる命令を出します。 Lays time stamps here and says how OpenSSL checks them.")
    parser.add_argument("--json", action="store_true", help="JSONで答えます。 Answers in JSON.")
    try:
        words = parser.parse_args()
    except SystemExit as end:
        sys.exit(64 if end.code else 0)
    try:
        keys = read_keys(words.key) if words.key else ()
        with open(words.file, "rb") as file:
            header, entries, head, points, strangers, findings = verify(file, keys, words.fingerprint)
        stamps = write_stamps(words.file, words.stamps) if words.stamps else []
    except Unreadable as fault:
        where = f"line {fault.line} {fault.en}" if english else f"{fault.line}行目: {fault.ja}。"
        print(f"{words.file}: {where}", file=sys.stderr)
        sys.exit(2)
    except (OSError, ValueError) as fault:
        print(fault, file=sys.stderr)
        sys.exit(2)
    first = min(findings, key=lambda each: each.seq) if findings else None
    if words.json:
        print(json.dumps({
            "ok": first is None, "facility": header["facility"], "entries": entries, "head": head, "checkpoints": points,
            "broken_at": first.seq if first else None, "line": first.line if first else None,
            "findings": [[each.seq, each.line, each.en] for each in findings]}))
    elif first is None:
        fingerprint = " ".join(head[start:start + 4] for start in range(0, 16, 4))
        if english:
            print(f"{entries} entries and {points} signed checkpoints hold. Fingerprint {fingerprint}, head {head}")
        else:
            print(f"{entries}件の記録と{points}件の署名は、すべて合っています。指紋 {fingerprint} 最後の値 {head}")
        if points and not keys:
            print(
                f"The signing keys ({', '.join(sorted(strangers))}) were not compared with yours; give them by --key."
                if english else
                f"署名の鍵({'、'.join(sorted(strangers))})が本物かは確かめていません。控えた公開鍵を --key で渡してください。")
    else:
        for each in sorted(findings, key=lambda each: each.seq):
            line = f"line {each.line}, " if english and each.line else f"{each.line}行目、" if each.line else ""
            print(f"{line}entry {each.seq}: {each.en}." if english else f"{line}{each.seq}番: {each.ja}。")
    if words.stamps and not words.json:
        if english:
            print(f"{len(stamps)} time stamps lie in {words.stamps}. Each holds when OpenSSL says Verification: OK:")
        else:
            print(f"時刻の刻印{len(stamps)}件を {words.stamps} に置きました。次の命令で Verification: OK と出れば合っています。")
        for command in stamps:
            print(command)
    sys.exit(0 if first is None else 6)


if __name__ == "__main__":
    main()
