#!/usr/bin/env python3
"""A real training loop that tells Signalbox about itself. Python 3.9+, standard library only.

It fits a logistic regression by stochastic gradient descent to two overlapping clouds of points,
posts loss and accuracy while it learns, then links the model to a registry and promotes it.

    SIGNALBOX_URL=http://127.0.0.1:8787 SIGNALBOX_API_KEY=sbx_... python3 examples/train.py

examples/train.ts is the same program in TypeScript: same data, same arithmetic, same numbers.
"""

import argparse
import math
import os
import secrets
import sys

# The client is one file; a project of your own has a copy of it, or its folder on PYTHONPATH.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients", "python"))
from signalbox import Signalbox  # noqa: E402

FEATURES = 4
TRAINING_ROWS = 600
VALIDATION_ROWS = 100
BATCH_ROWS = 16
LEARNING_RATE = 0.02


def random_numbers(seed):
    """Numbers in [0, 1). Every product stays below 2**53, so JavaScript computes the same ones."""
    state = seed
    while True:
        state = (state * 1664525 + 1013904223) % 4294967296
        yield state / 4294967296


def normal(numbers):
    """Nearly a standard normal value, by sums alone: no library's cosine to disagree about."""
    total = 0.0
    for _ in range(12):
        total += next(numbers)
    return total - 6.0


def make_rows(count, numbers):
    """Rows of (label, features) from two clouds that overlap: their centres lie 1.4 apart on each axis."""
    rows = []
    for index in range(count):
        label = index % 2
        centre = 1.9 if label == 1 else 0.5
        rows.append((label, [centre + normal(numbers) for _ in range(FEATURES)]))
    return rows


def probability(weights, features):
    """How likely the model finds label 1; the last weight is the bias."""
    score = weights[FEATURES]
    for index in range(FEATURES):
        score += weights[index] * features[index]
    return 1.0 / (1.0 + math.exp(-score))


def learn(weights, batch):
    """One step down the gradient, in place; returns the batch's mean loss before the step."""
    gradient = [0.0] * (FEATURES + 1)
    loss = 0.0
    for label, features in batch:
        guess = probability(weights, features)
        loss -= math.log(guess if label == 1 else 1.0 - guess)
        for index in range(FEATURES):
            gradient[index] += (guess - label) * features[index]
        gradient[FEATURES] += guess - label
    for index in range(FEATURES + 1):
        weights[index] -= LEARNING_RATE * gradient[index] / len(batch)
    return loss / len(batch)


def accuracy(weights, rows):
    """The share of rows that the model labels right."""
    right = sum((probability(weights, features) >= 0.5) == (label == 1) for label, features in rows)
    return right / len(rows)


def train(steps):
    """Yields (step, loss, accuracy) once per step, rounded as they are printed and posted."""
    numbers = random_numbers(seed=20261123)
    rows = make_rows(TRAINING_ROWS, numbers)
    unseen = make_rows(VALIDATION_ROWS, numbers)
    weights = [0.0] * (FEATURES + 1)
    for step in range(steps):
        batch = [rows[int(next(numbers) * TRAINING_ROWS)] for _ in range(BATCH_ROWS)]
        score = accuracy(weights, unseen)
        yield step, round(learn(weights, batch), 6), round(score, 6)


def publish(box, options, metadata):
    """Links the model to the registry, then moves its aliases as a release process would."""
    model = {
        "registry": options.registry,
        "user": options.user,
        "collection": options.collection,
        "type": "model",
        "version": "v0",
        "index": 0,
        "tags": [],
        "metadata": metadata,
    }
    box.artifact("linked", aliases=["latest"], **model)
    settle(box)
    print("linked  %s/%s:v0" % (options.registry, options.collection), flush=True)
    aliases = ["latest"]
    for alias in ["staging", "production"]:
        aliases = aliases + [alias]
        box.artifact("alias_added", alias=alias, aliases=aliases, **model)
        settle(box)
        print("alias   %s" % alias, flush=True)


def settle(box):
    """Waits until Signalbox has taken everything; ends the script if it does not. A real one would train on."""
    if not box.flush(20) or box.counts["refused"]:
        sys.exit("Signalbox did not take everything.")


def read_options():
    parser = argparse.ArgumentParser(description="Train a small model and post its progress to Signalbox.")
    parser.add_argument("--team", default="demo")
    parser.add_argument("--project", default="two-clouds")
    parser.add_argument("--registry", default="models")
    parser.add_argument("--collection", default="two-clouds")
    parser.add_argument("--user", default=os.environ.get("USER") or "ada")
    parser.add_argument("--run", default=secrets.token_hex(4), help="the run's id; random by default")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--print-every", type=int, default=100, help="steps from one printed line to the next")
    return parser.parse_args()


def main():
    options = read_options()
    box = Signalbox(team=options.team)
    if box.mode == "disabled":
        sys.exit("Set SIGNALBOX_URL and SIGNALBOX_API_KEY to where and as whom to post.")
    config = {"learning_rate": LEARNING_RATE}
    with box.run(options.project, options.run, "two-clouds-" + options.run, user=options.user, config=config) as run:
        for step, loss, score in train(options.steps):
            run.log({"loss": loss, "accuracy": score}, step=step)
            if step % options.print_every == 0:
                print("step %4d  loss %.6f  accuracy %.6f" % (step, loss, score), flush=True)
        settle(box)
        print("posted  %d points" % options.steps, flush=True)
    publish(box, options, {"loss": loss, "accuracy": score, "steps": options.steps})


if __name__ == "__main__":
    main()
