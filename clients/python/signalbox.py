"""Signalbox for training scripts: this one file, Python 3.9 or newer, standard library only.

    box = Signalbox()                                # SIGNALBOX_URL, SIGNALBOX_API_KEY, SIGNALBOX_TEAM
    with box.run("mnist", "r1", config={"lr": 0.1}) as run:
        for step in range(1000):
            run.log({"loss": train_one_step()}, step=step)
    box.artifact("alias_added", "detector", "v3", registry="models", alias="production")

Nothing here does I/O on the caller's thread, and nothing raises once a run has begun: one background thread batches,
compresses and sends, and tries again until the server has answered for each event. docs/python.md tells the rest.
"""

from __future__ import annotations

import atexit
# What a thread begins to import while the process forks stays locked in the child: sockets would load this later.
import encodings.idna  # noqa: F401
import functools
import gzip
import itertools
import json
import logging
import math
import os
import random
import re
import secrets
import signal
import sys
import threading
import time as clock
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, Callable, Mapping, NamedTuple, Sequence

__all__ = ["Run", "Signalbox"]

logger = logging.getLogger("signalbox")

# Below the server's limits (docs/events.md), so that what goes out fits.
REQUEST_ITEMS, REQUEST_BYTES = 5_000, 3_000_000
EVENT_POINTS, EVENT_BYTES, POINT_METRICS = 1_000, 100_000, 500
MAX_STEP, MAX_METRIC_NAME = 2**52, 256

REQUEST_TIMEOUT_S, WATCHED_TIMEOUT_S, WATCHED_EVERY_S = 15.0, 5.0, 30.0
FIRST_RETRY_S, LONGEST_RETRY_S, LONGEST_LAST_RETRY_S, LONGEST_RETRY_AFTER_S = 0.5, 30.0, 1.0, 600.0
OUTAGE_WARNING_S, MAX_WARNINGS = 600.0, 100
ITEM_OVERHEAD_BYTES = 200


def _never_raises(method: Callable[..., Any]) -> Callable[..., Any]:
    """Telling Signalbox about training must not end it: what goes wrong is warned about, once."""

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **named: Any) -> Any:
        try:
            return method(self, *args, **named)
        except Exception as error:
            name = f"{type(self).__name__}.{method.__name__}"
            self._box._warn(f"{name} {type(error)}", f"{name} was ignored: {type(error).__name__}: {error}")

    return guarded


class Signalbox:
    """One team's place to send events to. Threads may share it; a child of a fork gets a fresh one by itself.

    url, key, team      SIGNALBOX_URL, SIGNALBOX_API_KEY, SIGNALBOX_TEAM where not given
    mode                "online"; "disabled" does nothing, and is the default where no URL is known
    send                "watched" leaves at home the metrics that no automation looks at; "everything" does not
    flush_interval      how long points are gathered before they are sent, in seconds
    heartbeat_interval  seconds between signs of life; three that are missed make a run CRASHED
    exit_timeout        how long the end of the process may wait for the server, in seconds
    max_queue_bytes     what may wait in memory; beyond it the oldest points are dropped, and counted
    on_sigterm          the state of runs that SIGTERM ends: KILLED, or PREEMPTED where the scheduler preempts so;
                        None leaves the signal alone
    """

    def __init__(
        self, url: str | None = None, key: str | None = None, team: str | None = None, *,
        mode: str | None = None, send: str = "watched", flush_interval: float = 1.0,
        heartbeat_interval: float = 30.0, exit_timeout: float = 10.0,
        max_queue_bytes: int = 64_000_000, on_sigterm: str | None = "KILLED",
    ) -> None:  # fmt: skip
        self.url = (url or os.environ.get("SIGNALBOX_URL") or "").strip().rstrip("/")
        self.team = team or os.environ.get("SIGNALBOX_TEAM") or ""
        self.mode = mode or ("online" if self.url else "disabled")
        self._key = (key or os.environ.get("SIGNALBOX_API_KEY") or "").strip()
        self._send, self._heartbeat_interval = send, heartbeat_interval
        self._flush_interval, self._exit_timeout = flush_interval, exit_timeout
        self._max_queue_bytes, self._on_sigterm = max_queue_bytes, on_sigterm
        self._box, self._warned = self, {}
        self._check()
        self._start_afresh()
        if self.mode == "online":
            _process.watch(self)

    def _check(self) -> None:
        """A wrong setting raises: at the start, before training has cost anything."""
        parts = urllib.parse.urlsplit(self.url)
        is_url = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        checks = [
            (self.mode in ("online", "disabled"), 'mode is "online" or "disabled"'),
            (self._send in ("watched", "everything"), 'send is "watched" or "everything"'),
            (1 <= self._heartbeat_interval <= 86_400, "heartbeat_interval is 1 to 86,400 seconds"),
        ]
        if self.mode != "disabled":
            checks += [
                (is_url, "url is such as https://signalbox.example.com (SIGNALBOX_URL)"),
                (not self.url.endswith("/v1"), "url is without /v1, which each path has already (SIGNALBOX_URL)"),
                (re.fullmatch(r"[\x21-\x7e]+", self._key), "key is a key of the team (SIGNALBOX_API_KEY)"),
                (self.team, "team is the team whose events these are (SIGNALBOX_TEAM)"),
            ]
        for is_right, rule in checks:
            if not is_right:
                raise ValueError(rule)

    def _start_afresh(self) -> None:
        """What each process has for itself: a child must not use its parent's lock, thread, queue, runs or ids."""
        self._outbox = _Outbox(self._max_queue_bytes, self._flush_interval)
        self._sender = _Sender(self)
        self._thread: threading.Thread | None = None
        # Runs that are under way, each with the time of its next heartbeat.
        self._runs: dict[Run, float] = {}

    def run(
        self, project: str, id: str | None = None, name: str | None = None, *,
        user: str | None = None, tags: Sequence[str] = (), config: Mapping[str, Any] | None = None,
        url: str | None = None, attempt: int | None = None, rewind_to: int | None = None,
    ) -> Run:  # fmt: skip
        """Begins a run and reports it RUNNING. `attempt` counts restarts of the same id, from 0 on. `rewind_to` is
        the last step that a resumed run keeps; its first step without a number is the one after."""
        # One tag given as a text would be taken apart into its letters.
        all_tags = [tags] if isinstance(tags, str) else list(tags)
        about = {"id": str(id or secrets.token_hex(4)), "name": name, "tags": all_tags, "url": url}
        run = Run(self, project, user, {**about, "attempt": attempt, "config": dict(config or {})})
        if self.mode == "online":
            run.state("RUNNING", rewind_to=rewind_to)
            with self._outbox.lock:
                self._runs[run] = 0.0
                self._outbox.changed.notify_all()
        return run

    def artifact(self, event: str, collection: str, version: str, *, type: str | None = None, **fields: Any) -> None:
        """Sends created, linked, unlinked, alias_added, alias_removed, tag_added or tag_removed, with further fields
        of docs/events.md: registry or project, index, aliases, tags, metadata, user, url, and alias or tag."""
        about = {"name": collection, **({"type": type} if type else {})}
        self.send(f"artifact.{event}", collection=about, version=version, **fields)

    @_never_raises
    def send(self, type: str, *, id: str | None = None, time: datetime | None = None, **fields: Any) -> None:
        """Sends any event of docs/events.md: send("custom.data.refreshed", project="mnist", data={"rows": 60000}).
        The same `id` is the same event, whichever process sends it again."""
        self._put_event(type, _members(team=self.team, **fields), id=id, time=time)

    def flush(self, timeout: float | None = None) -> bool:
        """Waits until the server has answered for all that was logged before; False when the time is up."""
        if self.mode == "disabled":
            return True
        self._ensure_thread()
        return self._outbox.flush(timeout if self._thread else 0)

    def close(self, timeout: float | None = None, *, state: str = "FINISHED") -> bool:
        """Ends the runs that still run and sends what waits, within `timeout` (exit_timeout); what is logged later
        is ignored. False when something was not sent. Happens by itself at the end of the process."""
        outbox = self._outbox
        if self.mode == "disabled" or outbox.close_at is not None:
            return outbox.waiting() == 0
        for run in list(self._runs):
            run.finish(state)
        if outbox.waiting():
            self._ensure_thread()
        seconds = self._exit_timeout if timeout is None else timeout
        with outbox.lock:
            outbox.close_at = clock.monotonic() + seconds
            outbox.changed.notify_all()
            if self._thread:
                # Not a join: a signal handler may have come while this very thread held the lock, which this gives up.
                outbox.changed.wait_for(lambda: outbox.waiting() == 0, seconds)
        if not self._thread:
            self._sender.work()
        _process.forget(self)
        waiting, dropped = outbox.waiting(), outbox.counts["dropped"]
        if waiting or dropped:
            self._warn("end", f"{waiting} points and events could not be sent in time, {dropped} were dropped before")
        return waiting == 0

    @property
    def counts(self) -> dict[str, int]:
        """Points and events, heartbeats too: logged = sent + dropped + refused + waiting. Points that were left at
        home are apart, as unwatched."""
        with self._outbox.lock:
            return {**self._outbox.counts, "waiting": self._outbox.waiting()}

    def _put_event(
        self, type: str, about: str, *, id: str | None = None, time: datetime | None = None, begins_request: bool = False
    ) -> None:
        if self.mode == "online":
            stamp = _members(type=type, id=id or self._outbox.next_id(), time=_timestamp(time))
            self._put("", f"{stamp},{about}", begins_request)

    def _put(self, head: str, text: str, begins_request: bool = False) -> None:
        if self._outbox.close_at is not None:
            return self._warn("closed", "what is logged after close() is ignored")
        if self._outbox.put(head, text, begins_request):
            full = f"{self._max_queue_bytes:,} bytes wait for the server, which is the limit"
            self._warn("full", f"{full}: the oldest points are dropped from now on")
        if self._thread is None or not self._thread.is_alive():
            self._ensure_thread()

    def _ensure_thread(self) -> None:
        with self._outbox.lock:
            if self._thread and self._thread.is_alive():
                return
            self._thread = threading.Thread(target=self._sender.work, name="signalbox", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:
                # The interpreter is ending and starts no threads any more: close() does the work itself.
                self._thread = None

    def _warn(self, what: str, text: str, again_after_s: float = math.inf) -> None:
        """Says something once, or once in a while."""
        now = clock.monotonic()
        is_due = now - self._warned.get(what, -math.inf) >= again_after_s or what not in self._warned
        if is_due and (what in self._warned or len(self._warned) < MAX_WARNINGS):
            self._warned[what] = now
            logger.warning("signalbox: %s", text)


class Run:
    """A run that is under way. As a context it ends FINISHED, FAILED by an exception, or KILLED by ctrl-C."""

    def __init__(self, box: Signalbox, project: str, user: str | None, about: dict[str, Any]) -> None:
        self._box, self.project, self.id = box, project, about["id"]
        run = {name: value for name, value in about.items() if value not in (None, [], {})}
        # Written once: what the script does to its config later is not what it began with.
        self._about = _members(team=box.team, project=project, user=user, run=run)
        self._is_resumed = bool(about["attempt"])
        self._points_head = ""
        self._next_step = self._first_step = 0
        self._is_over = False
        self._names: dict[str, str] = {}

    @_never_raises
    def log(self, metrics: Mapping[str, Any], step: int | None = None, *, time: datetime | None = None) -> None:
        """Logs numbers at a step, or at the next one. NaN and the infinities are values. What has .item() (NumPy,
        PyTorch, …) is read by it. The first value of a metric at a step is the one that counts."""
        box = self._box
        if box.mode == "disabled":
            return
        if self._is_over:
            return box._warn(f"over {self.id}", f"what is logged to run {self.id} after its end is ignored")
        with box._outbox.lock:
            at = self._next_step if step is None else int(step)
            if (step is not None and at != step) or not 0 <= at <= MAX_STEP:
                raise ValueError(f"a step is a whole number from 0 on, and {step!r} is not")
            self._next_step = max(self._next_step, at + 1)
            self._points_head = head = self._points_head or self._head_from(at)
            # A newer attempt replaces what came at the lowest step of its event and later: that point may not stay
            # at home, even where all its metrics do.
            is_lower, self._first_step = self._is_resumed and at < self._first_step, min(self._first_step, at)
        watched = box._sender.watched.get(self.project)
        values = [text for item in metrics.items() for text in self._value(*item, watched)]
        if metrics and not values and watched and not is_lower:
            return box._outbox.count("unwatched")
        moment = _timestamp(time)
        # What is too much for an event becomes more points of the same step.
        for start in range(0, len(values) or int(is_lower), POINT_METRICS):
            texts = ",".join(values[start : start + POINT_METRICS])
            box._put(head, f'{{"step":{at},"time":"{moment}","metrics":{{{texts}}}}}')

    @_never_raises
    def state(self, state: str, *, rewind_to: int | None = None) -> None:
        """Reports a state of docs/events.md. With `rewind_to`, values at later steps are forgotten."""
        is_rewind = rewind_to is not None
        if is_rewind:
            with self._box._outbox.lock:
                self._next_step, self._points_head = int(rewind_to) + 1, ""
        about = f"{self._about},{_members(state=state, rewind_to=rewind_to)}"
        # What came before a rewind must be settled before it is sent: sent again later, it would come back.
        self._box._put_event("run.state", about, begins_request=is_rewind)

    def rewind(self, step: int) -> None:
        """Goes back to a checkpoint: values at steps after `step` are forgotten, and the next step follows it."""
        self.state("RUNNING", rewind_to=step)

    def finish(self, state: str = "FINISHED") -> None:
        """Ends the run, once: FINISHED, FAILED, KILLED, PREEMPTED or CRASHED. Sent in the background, like all."""
        with self._box._outbox.lock:
            # A child of a fork has no runs under way: its end is not theirs.
            if self._box._runs.pop(self, None) is None:
                return
        self.state(state)
        self._is_over = True

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self.finish(_state_after(error))

    def _value(self, name: str, value: Any, watched: _Watched | None) -> list[str]:
        """A metric as JSON, if it is watched and good."""
        if watched is not None and name not in watched.metrics:
            return []
        try:
            text = self._names.get(name) or self._name(name)
            number = value if type(value) is float else _number(value)
        except Exception as error:
            self._box._warn(f"metric {name}", f"metric {name!r} is left out: {error}")
            return []
        return [text + (repr(number) if math.isfinite(number) else NOT_FINITE[str(number)])]

    def _name(self, name: Any) -> str:
        # As the server has it: counted as JavaScript counts, and no half of a surrogate pair.
        is_text = isinstance(name, str) and name != "__proto__" and not re.search("[\ud800-\udfff]", name)
        if not is_text or not 0 < len(name) + sum(letter > "\uffff" for letter in name) <= MAX_METRIC_NAME:
            raise ValueError(f"a name is a text of 1 to {MAX_METRIC_NAME} characters")
        self._names[name] = text = json.dumps(name) + ":"
        return text

    def _head_from(self, step: int) -> str:
        """How an event of points begins. A newer attempt replaces what came at its first step and later: so each
        event names that step, since its point may have stayed at home."""
        self._first_step = step
        first = f'{{"step":{step},"metrics":{{}}}},' if self._is_resumed else ""
        return f'"type":"run.metrics",{self._about},"points":[{first}'


class _Item(NamedTuple):
    """What waits: a point, and how the event begins that it may share with others; or, without a head, an event."""

    number: int
    head: str
    text: str
    begins_request: bool


class _Event:
    """An event of a request: a whole one, or points of a run under an id of their own. Each attempt sends the same."""

    def __init__(self, number: int, head: str, id: str = "", points: list[str] | None = None) -> None:
        self.number, self.head, self.id, self.points = number, head, id, points
        self.weight, self.size = (1 if points is None else len(points)), len(head)

    def add(self, point: str) -> None:
        self.points.append(point)
        self.weight += 1
        self.size += len(point)

    def json(self) -> str:
        if self.points is None:
            return f"{{{self.head}}}"
        return f'{{"id":"{self.id}",{self.head}{",".join(self.points)}]}}'

    def halves(self) -> list[_Event]:
        middle = len(self.points) // 2
        halves = (("a", self.points[:middle]), ("b", self.points[middle:]))
        return [_Event(self.number, self.head, self.id + mark, half) for mark, half in halves]


class _Outbox:
    """What waits for the server, in order and bounded, and what became of the rest. For all threads and, since its
    lock is reentrant, for signal handlers."""

    def __init__(self, max_bytes: int, gather_s: float) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.counts = dict.fromkeys(("logged", "unwatched", "sent", "dropped", "refused"), 0)
        self.batch: list[_Event] = []
        self.close_at: float | None = None
        self._session, self._ids = secrets.token_hex(8), itertools.count(1)
        self._points: deque[_Item] = deque()
        self._events: deque[_Item] = deque()
        self._max_bytes, self._gather_s = max_bytes, gather_s
        self._number = self._bytes = 0
        self._due_at = math.inf

    def next_id(self) -> str:
        return f"{self._session}-{next(self._ids)}"

    def count(self, what: str, by: int = 1) -> None:
        with self.lock:
            self.counts[what] += by

    def put(self, head: str, text: str, begins_request: bool) -> bool:
        """Queues an item. True when a point had to be dropped for it: the oldest, since the newest tell how a run
        does now; and points only, since an event is never one of many."""
        with self.lock:
            self._number += 1
            self.counts["logged"] += 1
            (self._points if head else self._events).append(_Item(self._number, head, text, begins_request))
            self._bytes += len(text) + ITEM_OVERHEAD_BYTES
            is_full = self._bytes > self._max_bytes and len(self._points) > 0
            while self._bytes > self._max_bytes and self._points:
                self._pop(self._points)
                self.counts["dropped"] += 1
            if len(self._points) + len(self._events) == REQUEST_ITEMS:
                self._due_at = 0.0
                self.changed.notify_all()
            elif self._due_at == math.inf:
                self._due_at = clock.monotonic() + self._gather_s
                self.changed.notify_all()
            return is_full

    def take(self, event_points: int) -> None:
        """Makes the next batch: items in order, points of a run in one event until an event comes between."""
        open_events: dict[str, _Event] = {}
        size = 0
        for _ in range(REQUEST_ITEMS):
            # One item at a time, so that log() never waits for more than that.
            with self.lock:
                queue = self._next_queue()
                if queue is None or size > REQUEST_BYTES or (queue[0].begins_request and self.batch):
                    break
                size += self._add(self._pop(queue), open_events, event_points)
        with self.lock:
            self._due_at = 0.0 if self._next_queue() else math.inf

    def _add(self, item: _Item, open_events: dict[str, _Event], event_points: int) -> int:
        """Adds an item to the batch; returns by how much that grew."""
        number, head, text, _ = item
        if not head:
            open_events.clear()
            self.batch.append(_Event(number, text))
            return len(text)
        event = open_events.get(head)
        size = len(text)
        if event is None or event.weight >= event_points or event.size > EVENT_BYTES:
            event = open_events[head] = _Event(number, head, self.next_id(), [])
            self.batch.append(event)
            size += event.size
        event.add(text)
        return size

    def settle(self, rest: list[_Event], sent: int, refused: int) -> None:
        """Notes what of the batch nobody answered for yet, and how many points and events were taken and refused."""
        with self.lock:
            self.batch = rest
            self.counts["sent"] += sent
            self.counts["refused"] += refused
            self.changed.notify_all()

    def flush(self, timeout: float | None) -> bool:
        """Waits until all that was put before is settled."""
        with self.lock:
            last = self._number
            self._due_at = 0.0 if self._next_queue() else math.inf
            self.changed.notify_all()
            return self.changed.wait_for(lambda: self._oldest() > last, timeout)

    def wait(self, until: float) -> bool:
        """Waits until something is to be sent, or until then; False once it is closed, and empty or out of time."""
        with self.lock:
            while self.close_at is None:
                seconds = min(self._due_at, until) - clock.monotonic()
                if seconds <= 0 or self.batch:
                    return True
                self.changed.wait(None if seconds == math.inf else seconds)
            return self.waiting() > 0 and not self.is_late()

    def is_late(self) -> bool:
        return self.close_at is not None and clock.monotonic() >= self.close_at

    def waiting(self) -> int:
        with self.lock:
            return len(self._points) + len(self._events) + sum(event.weight for event in self.batch)

    def _oldest(self) -> float:
        queue = self._next_queue()
        heads = [event.number for event in self.batch] + ([queue[0].number] if queue else [])
        return min(heads, default=math.inf)

    def _next_queue(self) -> deque[_Item] | None:
        queues = [queue for queue in (self._points, self._events) if queue]
        return min(queues, key=lambda queue: queue[0].number, default=None)

    def _pop(self, queue: deque[_Item]) -> _Item:
        item = queue.popleft()
        self._bytes -= len(item.text) + ITEM_OVERHEAD_BYTES
        return item


class _Watched(NamedTuple):
    """What somebody looks at in a project."""

    etag: str
    metrics: frozenset[str]
    heartbeats: bool


class _Answer(NamedTuple):
    """An answer; its body is {} where that is no JSON object. Status 0: there was none, and `reason` says why."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    reason: str


class _Sender:
    """What the background thread does: asks what is watched, sends heartbeats and batches, tries again."""

    def __init__(self, box: Signalbox) -> None:
        self._box, self._outbox = box, box._outbox
        self._opener = urllib.request.build_opener(_NoRedirects)
        self.watched: dict[str, _Watched] = {}
        self._ask_at = 0.0 if box._send == "watched" else math.inf
        self._with_pulse: set[Run] = set()
        # Both become smaller where the server finds an event, or something on the way a request, too large.
        self._event_points, self._request_events = EVENT_POINTS, REQUEST_ITEMS

    def work(self) -> None:
        """Works until close()."""
        while self._outbox.wait(self._next_duty_at()):
            try:
                self._turn()
            except Exception as error:
                # An answer of a form that nobody expects must not end the thread.
                self._sit_out(_Answer(0, {}, {}, repr(error)), failures=5)

    def _turn(self) -> None:
        if self._outbox.close_at is None:
            self._ask_what_is_watched()
            self._beat()
        if not self._outbox.batch:
            self._outbox.take(self._event_points)
        self._deliver()

    def _next_duty_at(self) -> float:
        beats = list(self._box._runs.values())
        return min([*beats, self._ask_at]) if beats else math.inf

    def _beat(self) -> None:
        """A sign of life of each run whose time has come. None pile up in an outage: the thread is busy then."""
        now, interval = clock.monotonic(), self._box._heartbeat_interval
        with self._outbox.lock:
            for run in [run for run, due_at in self._box._runs.items() if due_at <= now]:
                self._box._runs[run] = now + interval
                watched = self.watched.get(run.project)
                # Once begun they go on, or the run would look silent.
                if watched is None or watched.heartbeats or run in self._with_pulse:
                    self._with_pulse.add(run)
                    about = f"{run._about},{_members(interval=interval)}"
                    self._box._put_event("run.heartbeat", about)

    def _ask_what_is_watched(self) -> None:
        """Asks for each project in turn. Where the server says nothing that is understood, everything is sent."""
        if clock.monotonic() < self._ask_at:
            return
        self._ask_at = clock.monotonic() + WATCHED_EVERY_S
        for project in {run.project for run in list(self._box._runs)}:
            known = self.watched.get(project)
            query = urllib.parse.urlencode({"team": self._box.team, "project": project})
            headers = {"If-None-Match": known.etag} if known else {}
            answer = self._request(f"/v1/watched?{query}", None, headers, WATCHED_TIMEOUT_S)
            if known and answer.status == 304:
                continue
            self.watched.pop(project, None)
            metrics, types = answer.body.get("metrics"), answer.body.get("event_types")
            if answer.status == 200 and isinstance(metrics, list) and isinstance(types, list):
                etag = answer.headers.get("ETag") or ""
                self.watched[project] = _Watched(etag, frozenset(metrics), "run.heartbeat" in types)

    def _deliver(self) -> None:
        """Sends the batch until the server has answered for each of its events, or close() runs out of time."""
        failures = 0
        outbox = self._outbox
        while outbox.batch and not outbox.is_late():
            part, later = outbox.batch[: self._request_events], outbox.batch[self._request_events :]
            answer = self._post(part)
            if answer.status == 413 and len(part) > 1:
                self._request_events = len(part) // 2
                continue
            settled = self._read(part, answer)
            if settled is None:
                self._sit_out(answer, failures)
                failures += 1
            else:
                rest, sent, refused = settled
                outbox.settle(rest + later, sent, refused)
                failures = 0

    def _read(self, part: list[_Event], answer: _Answer) -> tuple[list[_Event], int, int] | None:
        """What of these events is to be sent again, and how many points and events were taken and refused. None
        where the answer is not Signalbox's verdict: then all are sent again."""
        body = answer.body
        if answer.status in (202, 207, 422) and isinstance(body.get("events"), list):
            taken = {one["index"] for one in body["events"]}
            refusals = {one["index"]: one for one in body.get("refused") or ()}
        elif answer.status == 413 or (answer.status in (400, 403, 422) and "code" in body):
            problem = body if "code" in body else {"code": "too_large", "detail": answer.reason}
            taken, refusals = set(), dict.fromkeys(range(len(part)), problem)
        else:
            return None
        rest: list[_Event] = []
        sent = refused = 0
        for index, event in enumerate(part):
            if index in taken:
                sent += event.weight
            elif index not in refusals:
                # An answer lists the first 100 refusals only: this one is told next time.
                rest.append(event)
            elif self._may_be_halved(event, refusals[index]):
                rest += event.halves()
            else:
                refused += event.weight
                self._warn_of_refusal(refusals[index])
        return None if rest == part else (rest, sent, refused)

    def _may_be_halved(self, event: _Event, problem: Mapping[str, Any]) -> bool:
        """Where some points spoil an event, the others need not be lost."""
        if event.weight < 2:
            return False
        if problem.get("code") == "too_large":
            self._event_points = max(1, min(self._event_points, event.weight // 2))
            return True
        return str(problem.get("field")).startswith("points")

    def _warn_of_refusal(self, problem: Mapping[str, Any]) -> None:
        kind = f"{problem.get('code')} {problem.get('field')}"
        said = [str(problem[part]) for part in ("code", "field", "detail", "hint") if problem.get(part)]
        self._box._warn(re.sub(r"\d+", "", kind), f"an event was refused: {': '.join(said)}")

    def _sit_out(self, answer: _Answer, failures: int) -> None:
        """Waits before the next attempt: longer each time, never equally long for all, and as told by Retry-After."""
        why = f"{self._box.url} took no events ({answer.reason})"
        self._box._warn("outage", f"{why}: training goes on, and what is logged waits", OUTAGE_WARNING_S)
        told_s = _retry_after_s(answer.headers)
        delay_s = min(FIRST_RETRY_S * 2 ** min(failures, 10), LONGEST_RETRY_S) * random.uniform(0.5, 1.0)
        with self._outbox.lock:
            if self._outbox.close_at is None:
                self._outbox.changed.wait_for(lambda: self._outbox.close_at is not None, max(delay_s, told_s))
                return
        left_s = self._outbox.close_at - clock.monotonic()
        clock.sleep(max(0.0, min(max(min(delay_s, LONGEST_LAST_RETRY_S), told_s), left_s)))

    def _post(self, part: list[_Event]) -> _Answer:
        body = "[" + ",".join(event.json() for event in part) + "]"
        # API Gateway hands on a body of application/json as text, which gzip does not survive.
        headers = {"Content-Type": "application/gzip", "Content-Encoding": "gzip"}
        return self._request("/v1/events", gzip.compress(body.encode("ascii")), headers, REQUEST_TIMEOUT_S)

    def _request(self, path: str, body: bytes | None, headers: dict[str, str], timeout_s: float) -> _Answer:
        headers = {**headers, "Authorization": f"Bearer {self._box._key}", "User-Agent": "signalbox-python"}
        request = urllib.request.Request(self._box.url + path, data=body, headers=headers)
        if self._outbox.close_at is not None:
            timeout_s = max(0.1, min(timeout_s, self._outbox.close_at - clock.monotonic()))
        try:
            try:
                response = self._opener.open(request, timeout=timeout_s)
            except urllib.error.HTTPError as error:
                response = error
            with response:
                return _answer(response)
        except Exception as error:
            return _Answer(0, {}, {}, str(getattr(error, "reason", "") or error) or type(error).__name__)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key goes nowhere but to the address that was given."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Process:
    """How this process ends, told to the boxes that are open. Hooks nothing until there is one."""

    def __init__(self) -> None:
        self._boxes: list[Signalbox] = []
        self._state = "FINISHED"
        self._is_hooked = False

    def watch(self, box: Signalbox) -> None:
        self._boxes.append(box)
        if not self._is_hooked:
            self._is_hooked = True
            self._exit, sys.exit = sys.exit, self._on_exit
            self._excepthook, sys.excepthook = sys.excepthook, self._on_exception
            atexit.register(self._on_end)
            if hasattr(os, "register_at_fork"):
                os.register_at_fork(after_in_child=self._on_fork)
        # A handler of the script's own knows better, and only the main thread may set one.
        is_main = threading.current_thread() is threading.main_thread()
        if box._on_sigterm and is_main and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def forget(self, box: Signalbox) -> None:
        if box in self._boxes:
            self._boxes.remove(box)

    def _on_end(self) -> None:
        for box in list(self._boxes):
            box.close(state=self._state)

    def _on_exit(self, status: Any = None, /) -> None:
        # Nothing that runs at the end of a process is told its exit code.
        if threading.current_thread() is threading.main_thread():
            self._state = _state_after(SystemExit(status))
        self._exit(status)

    def _on_exception(self, kind: Any, error: BaseException, trace: Any) -> None:
        self._state = _state_after(error)
        self._excepthook(kind, error, trace)

    def _on_sigterm(self, number: int, frame: Any) -> None:
        for box in list(self._boxes):
            box.close(state=box._on_sigterm or "KILLED")
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _on_fork(self) -> None:
        self._state = "FINISHED"
        for box in self._boxes:
            box._start_afresh()


_process = _Process()
NOT_FINITE = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def _state_after(error: BaseException | None) -> str:
    """The state of a run that such an exception ended."""
    if isinstance(error, SystemExit):
        # A shell's codes for ctrl-C and SIGTERM.
        return "FINISHED" if error.code in (None, 0) else "KILLED" if error.code in (130, 143) else "FAILED"
    if isinstance(error, KeyboardInterrupt):
        return "KILLED"
    return "FINISHED" if error is None else "FAILED"


def _members(**fields: Any) -> str:
    """The fields that are given, as JSON without the braces around."""
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(given, default=_plain, separators=(",", ":"))[1:-1]


def _plain(value: Any) -> Any:
    """What JSON has instead of a value that it has not."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return sorted(value, key=str) if isinstance(value, (set, frozenset)) else str(value)


def _number(value: Any) -> float:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (str, bytes, bytearray)):
        raise TypeError("a text is no number")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _timestamp(moment: datetime | None) -> str:
    if moment is None:
        moment = datetime.now(timezone.utc)
    return (moment if moment.tzinfo else moment.astimezone()).isoformat(timespec="milliseconds")


def _answer(response: Any) -> _Answer:
    try:
        body = json.loads(response.read(10_000_000))
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    reason = f"HTTP {response.status}" + (f", {body['detail']}" if "detail" in body else "")
    return _Answer(response.status, body, response.headers, reason)


def _retry_after_s(headers: Mapping[str, str]) -> float:
    """How long an answer asks to wait: in seconds or until a date, and never for ever."""
    text = (headers.get("Retry-After") or "").strip()
    try:
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - clock.time()
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(0.0, min(seconds, LONGEST_RETRY_AFTER_S))
