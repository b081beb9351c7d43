"""
Writes windows.json and order.json: `python3 test/corpora/make_windows.py`. The reference below keeps every value of the run
in a list and looks at it anew each time, in exact fractions: slow, and docs/triggers.md word for word.
"""
import itertools
import json
import math
import statistics
from fractions import Fraction
from pathlib import Path

WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
number = lambda value: WORDS[value] if isinstance(value, str) else float(value)


def average(values):
    total = sum(map(Fraction, values))
    try:
        return float(total) / len(values)
    except OverflowError:
        return float(total / len(values))


AGGREGATES = {"last": lambda values: values[-1], "min": min, "max": max, "average": average}
COMPARISONS = {">": float.__gt__, ">=": float.__ge__, "<": float.__lt__, "<=": float.__le__, "==": float.__eq__, "!=": float.__ne__}


class TooNear(Exception):
    """Nearer to the bound than doubles tell apart: docs/triggers.md promises nothing there."""


def reach_of(when):
    if "threshold" in when:
        return when["threshold"].get("window", 1)
    if "change" in when:
        return when["change"].get("window", 10) + when["change"].get("prior_window", 50)
    return when["zscore"].get("window", 30) + 1


def is_met(when, values):
    """Whether a condition is met by as many values as it reaches, oldest first."""
    if "threshold" in when:
        of = when["threshold"]
        x = float(AGGREGATES[of.get("aggregate", "last")](values))
        if of["comparison"] in ("between", "outside"):
            return (of["values"][0] <= x <= of["values"][1]) == (of["comparison"] == "between")
        return COMPARISONS[of["comparison"]](x, float(of["value"]))
    if "change" in when:
        of = when["change"]
        aggregate = AGGREGATES[of.get("aggregate", "average")]
        split = of.get("prior_window", 50)
        p, c = Fraction(aggregate(values[:split])), Fraction(aggregate(values[split:]))
        if of.get("change_type", "relative") == "relative":
            if p == 0:
                return False
            p, c = p / abs(p), c / abs(p)
        amount, direction = Fraction(of["amount"]), of.get("direction", "either")
        return (direction != "decrease" and c - p >= amount) or (direction != "increase" and p - c >= amount)
    of = when["zscore"]
    before, newest = [Fraction(value) for value in values[:-1]], Fraction(values[-1])
    variance = statistics.variance(before)
    if variance == 0:
        return False
    distance = newest - sum(before) / len(before)
    bound = Fraction(of.get("threshold", 3)) ** 2 * variance
    if 0 < abs(distance**2 - bound) < bound * Fraction(1, 10**12):
        raise TooNear
    direction, is_far = of.get("direction", "either"), distance**2 >= bound
    return is_far and direction != ("below" if distance > 0 else "above")


def firings(when, script):
    """The steps that end the windows which fire, in order. A script holds points, and states that rewind."""
    reach, series, attempt, state_attempt, newest, fired = reach_of(when), {}, 0, 0, -1, []
    for event in script:
        own = event.get("attempt")
        if "rewind_to" in event:
            if own is not None and own < state_attempt:
                continue
            state_attempt = max(state_attempt, own or 0)
            series = {step: value for step, value in series.items() if step <= event["rewind_to"]}
            newest = min(newest, event["rewind_to"])
            continue
        if own is not None and own < attempt:
            continue
        points = event["points"]
        if own is not None and own > attempt:
            attempt = own
            named = [step for step, _ in points if step is not None]
            if named:
                series = {step: value for step, value in series.items() if step < min(named)}
                newest = min(newest, min(named) - 1)
        for step, value in points:
            step = newest + 1 if step is None else step
            newest = max(newest, step)
            value = number(value)
            if not math.isfinite(value) or step in series or (len(series) == reach and step < min(series)):
                continue
            series[step] = value
            series = dict(sorted(series.items())[-reach:])
            end = (attempt, max(series))
            if len(series) == reach and end not in fired and is_met(when, list(series.values())):
                fired.append(end)
    return [step for _, step in fired]


def threshold(comparison, value, window=1, aggregate="last"):
    bound = {"values": value} if isinstance(value, list) else {"value": value}
    return {"threshold": {"metric": "loss", "aggregate": aggregate, "window": window, "comparison": comparison, **bound}}


def change(amount, window, prior, **more):
    return {"change": {"metric": "loss", "amount": amount, "window": window, "prior_window": prior, **more}}


def zscore(threshold, window, **more):
    return {"zscore": {"metric": "loss", "threshold": threshold, "window": window, **more}}


SERIES = {
    "rises": [0, 1, 2, 3, 4, 5, 6, 7], "falls": [7, 6, 5, 4, 3, 2, 1, 0], "stays": [2] * 8, "stays at zero": [0] * 8, "minus zero among zeros": [0, -0.0, 0, -0.0, 0, 0],
    "zigzags": [0, 4, 0, 4, 0, 4, 0, 4], "has a spike": [1, 1, 1, 1, 9, 1, 1, 1, 1], "has a dip": [5, 5, 5, 5, -5, 5, 5, 5], "steps up": [1, 1, 1, 1, 3, 3, 3, 3], "steps down": [4, 4, 4, 4, 1, 1, 1, 1],
    "changes its sign": [-3, -2, -1, 0, 1, 2, 3], "is below zero": [-1, -2, -4, -8, -4, -2, -1], "doubles": [1, 2, 4, 8, 16, 32, 64], "halves": [64, 32, 16, 8, 4, 2, 1],
    "has NaN between": [1, "NaN", 2, "NaN", 3, 4, "NaN", 5], "has infinities between": ["Infinity", 3, "-Infinity", 3, 3, "Infinity", 5, 5], "is never finite": ["NaN", "Infinity", "-Infinity", "NaN"], "begins with NaN": ["NaN", "NaN", 4, 4, 4, 1, 1, 1],
    "tenths": [0.1] * 8, "tenths that add up": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], "thirds": [1 / 3, 2 / 3, 1 / 3, 2 / 3, 1, 4 / 3], "largest doubles": [1.7e308, 1.7e308, -1.7e308, 1.7e308, 1.7e308, 1.7e308], "smallest doubles": [5e-324, 1e-323, 5e-324, 0, -5e-324, 5e-324],
    "large and small": [1e16, 1, -1e16, 1, 1e16, 2, -1e16], "above 2^53": [9007199254740992, 9007199254740993, 9007199254740994, 9007199254740996], "nearly the same": [1, 1 + 2**-52, 1, 1 - 2**-53, 1, 1 + 2**-51], "two values": [3, 1], "one value": [2], "noise and a jump": [1, 2, 1, 3, 2, 1, 2, 3, 30, 2, 1, 2],
    "a late jump": [2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 50], "grows slowly": [10, 10.5, 11, 11.5, 12, 12.5, 13, 13.5], "relapses": [8, 4, 2, 1, 2, 4, 8, 4, 2],
}
CONDITIONS = {
    "last < 2": threshold("<", 2), "last <= 2": threshold("<=", 2), "last > 2": threshold(">", 2), "last >= 2": threshold(">=", 2), "last == 2": threshold("==", 2), "last != 2": threshold("!=", 2), "last == 0": threshold("==", 0),
    "last between 1 and 3": threshold("between", [1, 3]), "last outside 1 and 3": threshold("outside", [1, 3]), "last between 2 and 2": threshold("between", [2, 2]), "last of three > 2": threshold(">", 2, 3),
    "min of two > 1": threshold(">", 1, 2, "min"), "max of two < 3": threshold("<", 3, 2, "max"), "min of four <= 1": threshold("<=", 1, 4, "min"), "max of three >= 5": threshold(">=", 5, 3, "max"),
    "average of two > 2": threshold(">", 2, 2, "average"), "average of three == 0.1": threshold("==", 0.1, 3, "average"), "average of four <= 1": threshold("<=", 1, 4, "average"), "average of two >= 1.7e308": threshold(">=", 1.7e308, 2, "average"), "average of three between 0.25 and 2": threshold("between", [0.25, 2], 3, "average"), "average of seven < 4": threshold("<", 4, 7, "average"),
    "one against one, up by 1": change(1, 1, 1, change_type="absolute", direction="increase"), "one against one, by half": change(0.5, 1, 1), "two against two, down by half": change(0.5, 2, 2, direction="decrease"), "one against three, by 2": change(2, 1, 3, change_type="absolute"), "two against one, up by a quarter": change(0.25, 2, 1, direction="increase"), "min of two against two, by 1": change(1, 2, 2, aggregate="min", change_type="absolute"), "max of three against two, twice as high": change(1, 3, 2, aggregate="max", direction="increase"), "three against four, by the smallest amount": change(5e-324, 3, 4, change_type="absolute"),
    "z of two, 1 or more": zscore(1, 2), "z of three, 2 or more": zscore(2, 3), "z of four above 1.5": zscore(1.5, 4, direction="above"), "z of four below 1.5": zscore(1.5, 4, direction="below"), "z of seven, 3 or more": zscore(3, 7),
}


def window_families():
    for title, when in CONDITIONS.items():
        kept, cases = [], []
        for name, values in SERIES.items():
            try:
                fired = firings(when, [{"points": [[step, value]]} for step, value in enumerate(values)])
            except TooNear:
                continue
            # A series that fires as another one did would catch nothing more.
            if fired not in kept:
                kept.append(fired)
                cases.append([values, fired, f"a metric that {name}" if " " not in name or name.split()[0] in ("has", "is", "begins", "stays", "steps", "changes", "grows") else f"a metric of {name}"])
        yield {"family": title, "because": "docs/triggers.md, Run metrics and Windows: a window counts when it is full, and slides by one value", "on": {"when": when}, "cases": cases}


p = lambda step, value, attempt=None: {"points": [[step, value]], **({} if attempt is None else {"attempt": attempt})}
r = lambda step, attempt=None: {"rewind_to": step, **({} if attempt is None else {"attempt": attempt})}
RISE = threshold(">", 2, 2, "average")
SCRIPTS = [
    ([p(0, 3), p(0, 9), p(1, 3)], "a step twice: the first value stands"), ([p(0, 1), p(0, 9), p(1, 3)], "a step twice, low and then high: the first value stands"), ([p(0, 3), p(1, 3), p(1, 3)], "the same again fires once"), ([p(5, 3), p(9, 3)], "steps with gaps"), ([p(9, 3), p(5, 3)], "a late value fills the window that ends at the newest step"), ([p(9, 3), p(5, 1), p(7, 9)], "a value between takes its place, and the older falls out"), ([p(9, 3), p(8, 3), p(7, 9)], "older than all of a full window: late"), ([p(9, 1), p(8, 1), p(7, 99)], "a late value moves nothing"),
    ([p(None, 3), p(None, 3)], "points without a step are the next ones"), ([p(7, 3), p(None, 3)], "without a step: after the newest"), ([p(7, 3), p(3, 1), p(None, 3)], "without a step: after the newest, not after the last that came"), ([p(None, 3), p(0, 9), p(1, 3)], "without a step the first one is at 0"), ([p(4503599627370496, 3), p(0, 3)], "the largest step"), ([p(0, "NaN"), p(0, 3), p(1, 3)], "NaN leaves its step free"), ([p(0, 3), p(1, "NaN"), p(None, 3)], "NaN is a step that was had"), ([p(0, 3), p(1, "Infinity"), p(2, 3)], "infinity is no value of a window"),
    ([p(0, 3), p(1, 3), p(1, 3, 1)], "a newer attempt at the same step fires again"), ([p(0, 3), p(1, 3), p(0, 1, 1), p(1, 3, 1)], "a newer attempt from the begin"), ([p(0, 3), p(1, 3), p(0, 3, 1), p(1, 3, 1)], "a newer attempt from the begin fires again"), ([p(0, 9), p(1, 1), p(2, 3, 1)], "a newer attempt goes on behind: values before stand"), ([p(0, 3, 2), p(1, 3, 1), p(1, 3, 2)], "an older attempt is late"), ([p(0, 3, 2), p(1, 3)], "without an attempt: the current one"), ([p(0, 3), p(None, 3, 1)], "a newer attempt that names no step forgets nothing"), ([p(5, 3, 1), p(None, 3, 2), p(None, 3, 2)], "and goes on counting"), ([p(0, 3), p(1, 3), p(0, "NaN", 1), p(1, 3, 1)], "a newer attempt that begins with NaN"), ([p(0, 3, 1), p(1, 3, 3), p(2, 3, 2), p(2, 3, 3)], "attempts out of order"), ([p(3, 3), p(4, 3), p(2, 9, 1), p(None, 9, 1)], "a newer attempt takes the newest step back"),
    ([p(0, 3), p(1, 1), r(0), p(1, 9)], "rewound: the value at a later step is forgotten"), ([p(0, 3), p(1, 3), r(0), p(1, 3)], "rewound and come again: the same occurrence"), ([p(0, 3), p(1, 1), r(1), p(1, 9)], "the value at the step itself stays"), ([p(0, 3), p(1, 1), r(5), p(2, 9)], "rewound to what is still ahead"), ([p(0, 3), p(1, 3), p(2, 3), r(0), p(None, 9)], "without a step behind a rewind"), ([p(0, 3), p(1, 1), p(2, 1), r(1), p(2, 9)], "what fell out of the window does not come back, and is not needed"), ([p(0, 9), p(1, 1), p(2, 1), r(0), p(1, 9)], "all that the window holds is forgotten"), ([p(0, 3), r(0), r(0), p(1, 3)], "rewound twice"), ([r(3), p(4, 3), p(5, 3)], "rewound before anything came"), ([p(0, 3), p(1, 1), r(0, 1), p(1, 9)], "a state of a newer attempt rewinds as well"), ([r(9, 2), p(0, 3), p(1, 1), r(0, 1), p(1, 9)], "a state of an older attempt does nothing"), ([p(0, 3), p(1, 1, 1), r(0, 1), p(1, 9, 1)], "a rewind in a newer attempt"), ([p(0, 3), p(1, 1), r(0), p(0, 9), p(1, 9)], "the step that stayed is still a repeat"),
    ([{"points": [[1, 3], [0, 3]]}], "one event with its points in the wrong order"), ([{"points": [[0, 3], [0, 1], [1, 3]]}], "one event that names a step twice"), ([{"points": [[None, 3], [None, 3], [None, 1]]}], "one event whose points name no step"), ([{"points": [[5, 3], [None, 3]]}], "one event with both"), ([{"points": [[0, 3], [1, 3], [2, 3]]}], "one event that fires twice"), ([{"points": [[2, 3], [1, 3]], "attempt": 1}, {"points": [[0, 9]], "attempt": 1}], "an attempt whose lowest step is not its first"),
]
MET, NOT = 1, 9
MODES = {
    "once_a_day": lambda at, last, armed, ever: last is None or at - last >= 86400, "once_per_run": lambda at, last, armed, ever: not ever, "every_time": lambda at, last, armed, ever: True,
    "after_false": lambda at, last, armed, ever: armed, "interval": lambda at, last, armed, ever: last is None or at - last >= 600,
}
TIMES = [
    ([[0, 1], [1, 1], [2, 1]], "met three times at once"), ([[0, 1], [1, 9], [2, 1]], "met, not, and met again"), ([[0, 9], [1, 1], [2, 9], [3, 9], [4, 1]], "not at first"), ([[0, 1], [599, 1], [600, 1], [1199, 1], [1200, 1]], "around ten minutes"), ([[0, 1], [86399, 1], [86400, 1]], "around a day"), ([[0, 1], [50000, 9], [86401, 9], [86402, 1]], "a day in which it was not met"), ([[0, 1], [600, 9], [601, 1], [602, 1]], "not met at ten minutes"), ([[0, 9], [86400, 9]], "never met"), ([[0, 1], [300, 1], [600, 1], [900, 1], [1300, 1]], "held back does not count as fired"), ([[0, 1], [1, 9], [2, 9], [90000, 1], [90001, 9], [90002, 1], [200000, 1]], "over days"),
]


def repeats(mode):
    rows = []
    for script, why in TIMES:
        last, armed, ever, fired = None, True, False, []
        for step, (at, value) in enumerate(script):
            if value != MET:
                armed = True
            elif MODES[mode](at, last, armed, ever):
                fired.append(step)
                last, ever, armed = at, True, False
            else:
                armed = False
        rows.append([script, fired, why])
    return rows


def order_families():
    steps = list(itertools.permutations([[0, 1], [1, 4], [2, 2], [3, 5]]))
    conditions = {"the average of two, above 2": RISE, "the last of three, above 2": threshold(">", 2, 3), "one against one, up by 1": change(1, 1, 1, change_type="absolute", direction="increase")}
    for title, when in conditions.items():
        rows = [[[p(*point) for point in order], firings(when, [p(*point) for point in order]), "steps come as " + ", ".join(str(step) for step, _ in order)] for order in steps]
        yield {"family": f"any order: {title}", "because": "docs/triggers.md, Windows 1 to 4: values apply as they come and stand in the order of steps", "on": {"when": when}, "cases": rows}
    rows = [[script, firings(RISE, script), why] for script, why in SCRIPTS]
    yield {"family": "repeats, gaps, attempts and rewinds", "because": "docs/triggers.md, Windows 1 to 8", "on": {"when": RISE}, "cases": rows}
    for mode in MODES:
        repeat = {"mode": mode, **({"seconds": 600} if mode == "interval" else {})}
        yield {"family": f"firing again: {mode}", "because": "docs/triggers.md, Firing again. Input: second and value; met below 2", "on": {"when": threshold("<", 2), "repeat": repeat}, "cases": repeats(mode)}


for name, families, about in (
    ("windows", list(window_families()), "Series of a metric, one value a step from 0 on, and the steps at which a condition fires each time it is met."),
    ("order", list(order_families()), "Events in the order in which they come, and the steps that end the windows which fire."),
):
    path = Path(__file__).with_name(f"{name}.json")
    path.write_text(json.dumps({"about": f"{about} Written by make_windows.py.", "families": families}, indent=1) + "\n")
    print(name, sum(len(one["cases"]) for one in families), "cases")
