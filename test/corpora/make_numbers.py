"""
Writes numbers.json: `python3 test/corpora/make_numbers.py`. What a number text is as a double comes from Python's float(),
which rounds as IEEE 754 wants and has nothing in common with the product. Bits are written, so that no digit is lost.
"""
import json
import math
import struct
from pathlib import Path

TEXTS = [
    ("0", "zero"), ("-0", "minus zero"), ("0.0", "zero with a point"), ("-0.0e5", "minus zero with all that a number can have"),
    ("0e999999999", "zero, however large its exponent"), ("0E-7", "zero with a negative exponent"),
    ("1", "one"), ("1.0", "a whole number with a point"), ("10e-1", "whole because of its exponent"), ("1E+2", "E and plus"),
    ("1e2", "a whole number with an exponent"), ("100e-2", "one, from both sides"), ("0.1e1", "one, from below"), ("-1", "minus one"),
    ("0.5", "a half"), ("1.5", "one and a half"), ("0.1", "a tenth, which no double is"), ("0.30000000000000004", "0.1 + 0.2"),
    ("3.14159265358979323846264338327950288", "more digits than a double has"), ("1.0000000000000002", "the double after one"),
    ("1.00000000000000011", "less than half way to it: one"), ("1.00000000000000012", "more than half way to it"),
    ("0.9999999999999999", "the double before one, nearly"), ("0.99999999999999999999", "rounds to one"),
    ("9007199254740993", "2^53 + 1: half way between two doubles, to the even one"), ("9007199254740992", "2^53"),
    ("9007199254740991", "2^53 - 1"), ("9007199254740990.9", "rounds to a whole number"), ("9007199254740995", "half way, to the even one above"),
    ("4503599627370495.5", "the largest half"), ("4503599627370496", "2^52"), ("4503599627370496.4", "rounds to 2^52"),
    ("4503599627370497", "2^52 + 1"), ("9223372036854775807", "2^63 - 1, the largest long of Java"), ("18446744073709551616", "2^64"),
    ("123456789012345678901234567890", "thirty digits"), ("100000000000000000000000", "10^23, which no double is"), ("1e23", "the same with an exponent"),
    ("8.41e21", "a text that older printers got wrong"), ("2.2250738585072011e-308", "the text that hung PHP and Java"),
    ("2.2250738585072014e-308", "the smallest normal double"), ("2.225073858507201e-308", "the largest below it"),
    ("5e-324", "the smallest of all"), ("2.4703282292062328e-324", "a little above half of it"), ("2.4703282292062327e-324", "a little below half of it: zero"),
    ("-2.4703282292062327e-324", "the same below zero: zero"), ("1e-400", "far too small: zero"), ("-1e-400", "far too small below zero: zero"),
    ("1e125", "the end of DynamoDB's numbers"), ("1e126", "beyond DynamoDB's numbers"), ("-1e200", "far beyond them"), ("1e-131", "too small for DynamoDB"),
    ("1e308", "near the end"), ("1.7976931348623157e308", "the largest double"), ("1.7976931348623158e308", "rounds to the largest"),
    ("-1.7976931348623157e308", "the smallest of all numbers"), ("1.797693134862315807e308", "below half way above it"),
    ("1.797693134862315808e308", "above half way: an infinity"), ("1e309", "an infinity"), ("-1e309", "minus infinity"), ("1e400", "an infinity"),
    ("-1E+999", "minus infinity in capitals"), ("1e99999999999", "an exponent that is no int"), ("1" + "0" * 308, "309 digits: finite"), ("1" + "0" * 309, "310 digits: an infinity"),
    ("0." + "0" * 322 + "5", "the smallest of all, without an exponent"), ("86400", "a day"), ("86400.00000000001", "the double after a day"), ("86400.000000000001", "rounds to a day"),
    ("86401", "a second more than a day"), ("1e4", "an interval with an exponent"), ("0.99", "nearly a second"),
]
DOUBLES = {text: float(text) for text, _ in TEXTS}


def bits(value):
    """The sign of a zero is not kept on its way (docs/events.md)."""
    return struct.pack(">d", value + 0.0).hex()


def metric(value):
    return bits(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def finite(field):
    return lambda value: bits(value) if math.isfinite(value) else f"invalid_input {field}"


def whole(field, largest):
    return lambda value: bits(value) if 0 <= value <= largest and value == math.floor(value) else f"invalid_input {field}"


def between(field, low, high):
    return lambda value: bits(value) if low <= value <= high else f"invalid_input {field}"


def family(name, because, place, judge, texts=None):
    cases = [[text, judge(DOUBLES[text]), why] for text, why in TEXTS if texts is None or texts(text, DOUBLES[text])]
    return {"family": name, "because": because, "on": {"in": place}, "cases": cases}


LARGEST_STEP, LARGEST_COUNT = 2**52, 2**53 - 1
edge = lambda text, value: abs(value) < 2 or value > 1e15 or value == 100
small = lambda text, value: math.isfinite(value) and len(text) < 30
is_duration = lambda text, value: 0 <= value <= 90000 or value < 0 or value > 1e308
families = [
    family("a metric's value, as it fires", "docs/events.md: numbers are doubles; one above all doubles is an infinity", "value", metric),
    family("the average of two equal values", "it is that value, also where their sum is above all doubles", "average", finite(""), small),
    family("the least of two equal values", "min and max are values that came, bit by bit", "min", finite(""), lambda text, value: small(text, value) and not 1e-300 < abs(value) < 1e15),
    family("metadata", "docs/events.md: a number above all doubles is refused outside of metrics", "metadata", finite("metadata.x")),
    family("a step", "docs/events.md: a whole number from 0 to 2^52", "step", whole("points.0.step", LARGEST_STEP)),
    family("rewind_to", "as a step", "rewind_to", whole("rewind_to", LARGEST_STEP), edge),
    family("an attempt", "docs/events.md: a whole number from 0, below 2^53", "attempt", whole("run.attempt", LARGEST_COUNT), edge),
    family("a version's index", "as an attempt", "index", whole("index", LARGEST_COUNT), edge),
    family("an interval", "docs/events.md: 1 s to 24 h", "interval", between("interval", 1, 86400), is_duration),
]
about = "Number texts, and what arrives: the bits of a double, a word, or code and field of the refusal. Written by make_numbers.py."
path = Path(__file__).with_name("numbers.json")
path.write_text(json.dumps({"about": about, "families": families}, indent=1) + "\n")
print(sum(len(one["cases"]) for one in families), "cases")
