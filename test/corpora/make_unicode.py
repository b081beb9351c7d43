"""
Writes unicode.json: `python3 test/corpora/make_unicode.py`. NFC comes from Python's unicodedata, and what a name must not hold is written out once more.
"""
import json
import unicodedata
from pathlib import Path

TEXTS = [
    ("a", "a letter"), ("A b", "a blank inside"), (" a ", "blanks around: nothing is trimmed"), (" ", "a blank alone"), ("", "nothing"),
    ("caf\u00e9", "e with acute as one character"), ("cafe\u0301", "the same as two"), ("\u212b", "the sign of Angstrom, which NFC makes a letter"),
    ("\u2126", "the sign of Ohm"), ("\u1e9b\u0323", "two marks in another order"), ("q\u0307\u0323", "marks that are put in order"),
    ("\u1100\u1161\u11a8", "Hangul in its parts"), ("\uac01", "the same syllable"), ("\u0958", "a letter that NFC takes apart"), ("\ufb01n", "a ligature, which only NFKC takes apart"),
    ("\u00bd", "a half: NFC leaves it"), ("\uff21", "a letter of full width: NFC leaves it"), ("\u00b5\u03bc", "two mus: NFC leaves them apart"), ("\u0130i\u0131", "Turkish i: case is not touched"),
    ("\u00df\u1e9e", "sharp s, small and capital"), ("\ufa10", "a compatibility ideograph, which NFC makes another"), ("\U0002f800", "the same beyond 16 bits"), ("\U0001d15e", "a note that NFC takes apart"),
    ("\U0001f680", "an emoji"), ("\U0001f469\u200d\U0001f52c", "an emoji of three characters"), ("\U0001f1e9\U0001f1ea", "a flag of two characters"), ("\u2764\ufe0f", "a heart with a variation selector"), ("1\ufe0f\u20e3", "a keycap"),
    ("\u4e2d\u6587\u6a21\u578b", "Chinese"), ("\u65e5\u672c\u8a9e", "Japanese"), ("\u043c\u043e\u0434\u0435\u043b\u044c", "Cyrillic"), ("m\u043edel", "a Cyrillic letter among Latin ones"), ("\u0646\u0645\u0648\u0630\u062c", "Arabic"), ("\u05de\u05d5\u05d3\u05dc", "Hebrew"),
    ("\u0e01\u0e33", "Thai with a vowel that NFC leaves"), ("\u0915\u094d\u0937\u093f", "Devanagari"), ("\u202eabc", "a sign that turns the direction"), ("a\u2066b\u2069", "an isolated direction"), ("a\u200bb", "a blank of no width"), ("a\u200d", "a joiner at the end"),
    ("\ufeffa", "a byte-order mark before"), ("a\u00ad", "a soft hyphen"), ("a\u00a0b", "a no-break space"), ("\u3000", "an ideographic space alone"), ("a\u2028b", "a line separator"), ("a\u2029b", "a paragraph separator"), ("a\u0085b", "NEL, a control character above ASCII"),
    ("a\u009fb", "the last control character above ASCII"), ("\u0000", "NUL"), ("a\u0000b", "NUL inside"), ("a\tb", "a tab"), ("a\nb", "a line break"), ("a\r\n", "CRLF at the end"), ("a\u001b[31m", "a colour of terminals"), ("\u007f", "DEL"), ("\u0007", "a bell"),
    ("\ufffd", "the replacement character"), ("\ufffe", "a noncharacter that SQS refuses bare"), ("\uffff", "the other one"), ("\U0001ffff", "a noncharacter beyond 16 bits"), ("\U0010ffff", "the last code point"), ("\ue000", "private use"), ("\U000e0001", "a tag character"),
    ("a/b", "a slash"), ("a\\b", "a backslash"), ("a:b", "a colon"), ("a#b", "a number sign"), ("a?b", "a question mark"), ("a%20b", "a per cent sign"), ("a\u2044b", "a slash that is none of ASCII's"), ("a\uff0fb", "a slash of full width"), ("a|b", "a bar"), ("a\\u0041", "the text of an escape"),
    (".", "a dot"), ("..", "two dots"), ("a.b", "a dot inside"), ("*", "a star"), ("-", "a dash"), ("_", "an underline"), ("0", "a digit"), ("'", "a quote"), ('"', "a double quote"), ("<script>", "HTML"), ("${alias}", "a variable of templates"), ("$&", "what replaces in JavaScript"), ("{}", "braces"), ("`", "a backtick"), ("@here", "a mention"), ("<!channel>", "a command of Slack"), ("null", "the word null"), ("NaN", "the word NaN"), ("true", "the word true"), ("toString", "a method of all objects"), ("constructor", "a property of all objects"), ("hasOwnProperty", "another one"), ("e\u0301" * 40, "forty letters as two characters each"),
]
HALVES = [
    ("\\ud800", "a high half"), ("\\udfff", "a low half"), ("a\\udbff", "a high half at the end"), ("\\ude00b", "a low half at the begin"), ("\\ude80\\ud83d", "a pair the wrong way round"), ("\\ud83d\\ud83d\\ude80", "a half before a whole pair"), ("\\ud83d \\ude80", "a pair with a blank inside"), ("e\\u0301\\ud800", "a half behind what NFC changes"),
]
LENGTHS = [("a", "ASCII"), ("\u00e9", "Latin"), ("e\u0301", "two characters that NFC makes one"), ("\u0958", "one that NFC makes two"), ("\U0001f680", "an emoji, one code point"), ("\u4e2d", "an ideograph"), ("\u1100\u1161", "two that make one syllable")]

nfc = lambda text: unicodedata.normalize("NFC", text)
is_name = lambda text: 1 <= len(nfc(text)) <= 128 and not any(char in '/\\#?%:' or ord(char) < 32 or ord(char) == 127 for char in nfc(text))
is_label = lambda text: 1 <= len(nfc(text)) <= 256
is_metric = lambda text: 1 <= len(text) <= 256
RULES = {
    "run.id": (is_name, nfc), "project": (is_name, nfc), "collection.name": (is_name, nfc),
    "user": (is_label, nfc), "alias": (is_label, nfc), "metric": (is_metric, str), "metadata": (lambda text: True, str),
}
FIELDS = {"metric": "points.0.metrics"}


def judged(place, text):
    fits, arrives = RULES[place]
    return arrives(text) if fits(text) else f"-invalid_input {FIELDS.get(place, place)}"


def family(name, because, place, cases):
    return {"family": name, "because": because, "on": {"in": place}, "cases": cases}


def texts(name, because, place):
    # A registry's prefix and a metric's name with dots are matters of other corpora.
    return family(name, because, place, [[text, judged(place, text), why] for text, why in TEXTS])


def lengths(place, largest):
    rows = []
    for char, why in LENGTHS:
        arrives = RULES[place][1](char)
        most = largest // len(arrives)
        for count in (most, most + 1):
            fate = {"length": len(arrives * count)} if count == most else judged(place, char * count)
            rows.append([{"repeat": char, "times": count}, fate, f"{why}, {count} times"])
    return family(f"lengths of {place}", "docs/events.md: limits count code points of Unicode, after NFC where that is made", place, rows)


def halves(place):
    field = {"metric": "points.0.metrics", "metadata": "metadata.x"}.get(place, place)
    return family(f"half pairs in {place}", "docs/events.md: half surrogate pairs are refused", place, [[{"escaped": text}, f"-invalid_input {field}", why] for text, why in HALVES])


ASCII_ID = lambda text: text if text and len(text) <= 128 and all(0x21 <= ord(char) <= 0x7E for char in text) else "-invalid_input id"
families = [
    texts("a name", "docs/events.md: NFC; 1 to 128 characters; no control characters and none of / \\ # ? % :", "run.id"),
    texts("a label", "docs/events.md: NFC; 1 to 256 characters of any kind", "user"),
    texts("a metric's name", "docs/events.md: taken as it is, 1 to 256 characters of any kind", "metric"),
    texts("metadata", "docs/events.md: any JSON, as it came: as a key, in it and as a value", "metadata"),
    family("an id", "docs/events.md: 1 to 128 printable ASCII characters without spaces", "id", [[text, ASCII_ID(text), why] for text, why in TEXTS]),
    *[lengths(place, most) for place, most in (("run.id", 128), ("collection.name", 128), ("alias", 256), ("metric", 256))],
    *[halves(place) for place in ("run.id", "user", "metric", "metadata")],
]
about = "Texts, and how they arrive; behind a minus code and field of the refusal. Written by make_unicode.py."
path = Path(__file__).with_name("unicode.json")
path.write_text(json.dumps({"about": about, "families": families}, indent=1) + "\n")
print(sum(len(one["cases"]) for one in families), "cases")
