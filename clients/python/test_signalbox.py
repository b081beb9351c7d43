"""What clients/python/signalbox.py promises, against a server that answers as each test wants."""

import gzip
import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import signalbox
from signalbox import Signalbox

KEY = "sbx_secret"
PLACE = {"key": KEY, "team": "vision", "flush_interval": 0.05}


class Server:
    """Takes events as Signalbox does. `answer(events)` may answer otherwise, `watched` is what GET /v1/watched says."""

    def __init__(self, answer=None, watched=None, port=0):
        self.requests, self.asked, self.headers = [], [], []
        self.answer, self.watched = answer, watched
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.path, self.headers.get("If-None-Match")))
                etag = json.dumps(outer.watched)
                if outer.watched is None:
                    self.reply(404, {"code": "not_found"})
                elif self.headers.get("If-None-Match") == etag:
                    self.reply(304, None)
                else:
                    self.reply(200, outer.watched, {"ETag": etag})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                events = json.loads(gzip.decompress(body))
                outer.headers.append(dict(self.headers))
                outer.requests.append(events)
                told = outer.answer(events) if outer.answer else None
                if told == "hang up":
                    return
                self.reply(*(told or (202, {"events": [{"index": at} for at in range(len(events))]})))

            def reply(self, status, body, headers=()):
                text = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                for name, value in dict(headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        # A client that gave up is no news.
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def events(self):
        return [event for request in self.requests for event in request]

    def of(self, type):
        return [event for event in self.events if event["type"] == type]

    @property
    def points(self):
        return [point for event in self.of("run.metrics") for point in event["points"]]

    @property
    def states(self):
        return [event["state"] for event in self.of("run.state")]


class Case(unittest.TestCase):
    def setUp(self):
        self.said = []
        handler = logging.Handler()
        handler.emit = lambda record: self.said.append(record.getMessage())
        signalbox.logger.addHandler(handler)
        self.addCleanup(signalbox.logger.removeHandler, handler)

    def box(self, server, **settings):
        box = Signalbox(server.url, **{**PLACE, **settings})
        self.addCleanup(box.close, 0)
        return box

    def refusing(self, is_bad, problem):
        """An answer that refuses some events."""

        def answer(events):
            refused = [{"index": at, **problem} for at, event in enumerate(events) if is_bad(event)]
            if len(events) == 1 and refused:
                return (413 if problem["code"] == "too_large" else 422), problem
            taken = [{"index": at} for at, event in enumerate(events) if not is_bad(event)]
            return (207 if taken else 422), {"events": taken, "refused": refused, "refused_count": len(refused)}

        return answer


class Sending(Case):
    def test_points_go_out_in_order_in_few_requests_as_the_server_wants_them(self):
        with Server() as server:
            run = self.box(server, flush_interval=5).run("mnist", "r1", "calm", user="ada", tags=["a"], config={"lr": 0.1})
            for step in range(7_000):
                run.log({"loss": step / 7}, step=step)
            self.assertTrue(run._box.flush(20))
            self.assertEqual([p["step"] for p in server.points], list(range(7_000)))
            self.assertEqual([p["metrics"]["loss"] for p in server.points], [step / 7 for step in range(7_000)])
            self.assertLess(len(server.requests), 10)
            event = server.of("run.metrics")[0]
            about = {"id": "r1", "name": "calm", "tags": ["a"], "config": {"lr": 0.1}}
            self.assertEqual((event["team"], event["project"], event["user"]), ("vision", "mnist", "ada"))
            self.assertEqual(event["run"], about)
            for headers in server.headers:
                self.assertEqual(headers["Authorization"], f"Bearer {KEY}")
                self.assertEqual((headers["Content-Type"], headers["Content-Encoding"]), ("application/gzip", "gzip"))
            ids = [event["id"] for event in server.events]
            self.assertEqual(len(ids), len(set(ids)))
            self.assertEqual(self.said, [])

    def test_the_life_of_a_run(self):
        with Server() as server:
            box = self.box(server)
            with box.run("mnist", "r1", attempt=2, rewind_to=40) as run:
                run.log({"loss": 1})
                run.rewind(10)
                run.log({"loss": 2})
            box.flush(20)
            states = [(e["state"], e.get("rewind_to"), e["run"]["attempt"]) for e in server.of("run.state")]
            self.assertEqual(states, [("RUNNING", 40, 2), ("RUNNING", 10, 2), ("FINISHED", None, 2)])
            # A newer attempt names its first step in each event.
            steps = [[p["step"] for p in event["points"]] for event in server.of("run.metrics")]
            self.assertEqual(steps, [[41, 41], [11, 11]])
            # What came before a rewind was answered for before the rewind was sent.
            for request in server.requests:
                self.assertNotIn("rewind_to", [key for event in request[1:] for key in event])

    def test_one_tag_may_be_given_as_a_text(self):
        with Server() as server:
            box = self.box(server)
            box.run("mnist", "r1", tags="baseline").finish()
            box.flush(20)
            self.assertEqual([event["run"]["tags"] for event in server.of("run.state")], [["baseline"]] * 2)

    def test_artifacts_and_events_of_ones_own(self):
        with Server() as server:
            box = self.box(server)
            model = {"collection": "detector", "version": "v3", "type": "model", "registry": "models"}
            box.artifact("linked", **model, index=3, metadata={"accuracy": float("nan")})
            box.artifact("alias_added", **model, alias="production", aliases=["latest", "production"], id="promote-3")
            box.send("custom.data.refreshed", project="mnist", data={"rows": {3}, "path": os})
            box.flush(20)
            linked, added, custom = server.events
            self.assertEqual(linked["collection"], {"name": "detector", "type": "model"})
            self.assertEqual((added["type"], added["id"]), ("artifact.alias_added", "promote-3"))
            self.assertEqual((custom["project"], custom["data"]["rows"]), ("mnist", [3]))

    def test_values(self):
        class Scalar:
            def item(self):
                return 2.5

        with Server() as server:
            run = self.box(server).run("mnist")
            nan, inf = float("nan"), float("inf")
            run.log({"a": nan, "b": inf, "c": -inf, "d": True, "e": 3, "f": Scalar(), "g": 10**400, "h": 1e-7})
            run.log({"text": "0.5", "none": None, "list": [1, 2], 5: 1, "": 1, "n" * 257: 1, "\ud800": 1, "ok": 1})
            run.log({"text": "0.6", "__proto__": 1})
            run._box.flush(20)
            first = {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": 1, "e": 3, "f": 2.5, "g": "Infinity", "h": 1e-7}
            self.assertEqual([point["metrics"] for point in server.points], [first, {"ok": 1}])
            self.assertEqual(len(self.said), 8)
            self.assertIn("signalbox: metric 'text' is left out: a text is no number", self.said)

    def test_steps_count_on_and_wrong_ones_are_told_once(self):
        with Server() as server:
            run = self.box(server).run("mnist")
            for step in (None, None, 10, None, 4, None, 2.5, -1, "7", 2**60, 12.0):
                run.log({"loss": 1}, step=step)
            run._box.flush(20)
            self.assertEqual([p["step"] for p in server.points], [0, 1, 10, 11, 4, 12, 12])
            self.assertEqual(len(self.said), 1)
            self.assertIn("Run.log was ignored: ValueError: a step is a whole number from 0 on", self.said[0])

    def test_a_point_of_very_many_metrics_is_cut(self):
        with Server() as server:
            run = self.box(server).run("mnist")
            run.log({f"m{at}": at for at in range(1_200)}, step=3)
            run._box.flush(20)
            self.assertEqual([(p["step"], len(p["metrics"])) for p in server.points], [(3, 500), (3, 500), (3, 200)])

    def test_threads_share_a_run(self):
        with Server() as server:
            run = self.box(server).run("mnist")
            work = lambda: [run.log({"loss": 1}) for _ in range(500)]
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            run._box.flush(20)
            self.assertEqual(sorted(p["step"] for p in server.points), list(range(4_000)))

    def test_runs_that_log_in_turns_share_requests(self):
        with Server() as server:
            box = self.box(server, flush_interval=5)
            runs = [box.run("mnist", id) for id in ("a", "b")]
            box.flush(20)
            for step in range(100):
                for run in runs:
                    run.log({"loss": step}, step=step)
            box.flush(20)
            events = [(e["run"]["id"], len(e["points"])) for e in server.of("run.metrics")]
            self.assertEqual(events, [("a", 100), ("b", 100)])


class Failing(Case):
    def test_what_was_not_answered_is_sent_again_under_the_same_ids(self):
        tries = []
        # Taken, but nobody learns of it; two outages; a page of somebody else; a verdict on nothing.
        answers = ["hang up", (503, {}), (500, {"code": "internal"}), (404, {}), (202, {}), None]

        def answer(events):
            tries.append(events)
            return answers[len(tries) - 1]

        with Server(answer) as server:
            signalbox_first, signalbox.FIRST_RETRY_S = signalbox.FIRST_RETRY_S, 0.01
            self.addCleanup(setattr, signalbox, "FIRST_RETRY_S", signalbox_first)
            box = self.box(server)
            box.send("custom.x", data=1)
            self.assertTrue(box.flush(20))
            self.assertEqual(len(tries), 6)
            self.assertTrue(all(events == tries[0] for events in tries))
            self.assertEqual(box.counts["sent"], 1)
            self.assertEqual(len(self.said), 1)
            self.assertIn("training goes on, and what is logged waits", self.said[0])

    def test_a_server_that_is_not_there_yet_gets_everything(self):
        with Server() as server:
            port = server.port
        box = Signalbox(f"http://127.0.0.1:{port}", **PLACE)
        self.addCleanup(box.close, 0)
        run = box.run("mnist")
        for step in range(3_000):
            run.log({"loss": step})
        self.assertFalse(box.flush(0.2))
        with Server(port=port) as server:
            self.assertTrue(box.flush(20))
            self.assertEqual([p["step"] for p in server.points], list(range(3_000)))
        counts = box.counts
        self.assertEqual((counts["waiting"], counts["dropped"], counts["logged"]), (0, 0, counts["sent"]))

    def test_an_answer_of_a_strange_form_is_none(self):
        strange = [(202, {"events": [7]}), (207, {"events": [], "refused": "x"}), (202, [1]), None]
        with Server(lambda events: strange.pop(0), watched={"metrics": [[]], "event_types": []}) as server:
            first, signalbox.FIRST_RETRY_S = signalbox.FIRST_RETRY_S, 0.01
            self.addCleanup(setattr, signalbox, "FIRST_RETRY_S", first)
            box = self.box(server)
            box.run("mnist").log({"loss": 1})
            self.assertTrue(box.flush(20))
            self.assertEqual([p["metrics"] for p in server.points][-1:], [{"loss": 1}])
            self.assertEqual((box.counts["waiting"], box.counts["refused"]), (0, 0))

    def test_a_refusal_is_told_once_and_does_not_take_others_along(self):
        problem = {"code": "invalid_input", "field": "alias", "detail": "must not be empty", "hint": "give it"}
        with Server(self.refusing(lambda event: event.get("alias") == "", problem)) as server:
            box = self.box(server, flush_interval=0.5)
            for alias in ("", "a", "", "b"):
                box.artifact("alias_added", "detector", "v3", registry="models", alias=alias)
            self.assertTrue(box.flush(20))
            self.assertEqual([event["alias"] for event in server.events], ["", "a", "", "b"])
            self.assertEqual((box.counts["sent"], box.counts["refused"]), (2, 2))
            said = "signalbox: an event was refused: invalid_input: alias: must not be empty: give it"
            self.assertEqual(self.said, [said])

    def test_points_that_spoil_an_event_are_cut_out(self):
        taken = []

        def is_bad(event):
            return any("bad" in point["metrics"] for point in event.get("points", ()))

        refuse = self.refusing(is_bad, {"code": "invalid_input", "field": "points.7.metrics.bad", "detail": "no"})

        def answer(events):
            taken.extend(p["step"] for e in events if not is_bad(e) for p in e.get("points", ()))
            return refuse(events)

        with Server(answer) as server:
            run = self.box(server).run("mnist")
            for step in range(1_000):
                run.log({"bad" if step in (3, 700) else "good": 1}, step=step)
            run._box.flush(20)
            self.assertEqual(sorted(taken), [step for step in range(1_000) if step not in (3, 700)])
            self.assertEqual(run._box.counts["refused"], 2)
            self.assertEqual(len(self.said), 1)

    def test_an_event_that_is_too_large_is_cut_and_the_next_are_smaller(self):
        is_large = lambda event: len(event.get("points", ())) > 100
        with Server(self.refusing(is_large, {"code": "too_large", "detail": "200,000 bytes"})) as server:
            run = self.box(server).run("mnist")
            for step in range(1_000):
                run.log({"loss": 1}, step=step)
            run._box.flush(20)
            small = [e for e in server.of("run.metrics") if not is_large(e)]
            self.assertEqual(sorted(p["step"] for e in small for p in e["points"]), list(range(1_000)))
            before = len(server.requests)
            for step in range(1_000, 2_000):
                run.log({"loss": 1}, step=step)
            run._box.flush(20)
            self.assertFalse(any(is_large(event) for request in server.requests[before:] for event in request))
            self.assertEqual(self.said, [])

    def test_a_request_that_is_too_large_for_something_on_the_way_is_cut(self):
        answer = lambda events: (413, {}) if len(events) > 3 else None
        with Server(answer) as server:
            box = self.box(server, flush_interval=0.5)
            for at in range(20):
                box.send("custom.x", data=at)
            self.assertTrue(box.flush(20))
            self.assertEqual([e["data"] for r in server.requests if len(r) <= 3 for e in r], list(range(20)))

    def test_a_full_queue_drops_the_oldest_points_and_says_so_once(self):
        with Server() as server:
            port = server.port
        box = Signalbox(f"http://127.0.0.1:{port}", **PLACE, max_queue_bytes=100_000)
        self.addCleanup(box.close, 0)
        run = box.run("mnist")
        box.flush(0.2)
        for step in range(2_000):
            run.log({"loss": 1}, step=step)
        for _ in range(500):
            box.artifact("linked", "detector", "v3", registry="models")
        run.finish()
        self.assertLess(box._outbox._bytes, 300_000)
        dropped = box.counts["dropped"]
        with Server(port=port) as server:
            self.assertTrue(box.flush(20))
            self.assertEqual(server.states, ["RUNNING", "FINISHED"])
            self.assertEqual(len(server.of("artifact.linked")), 500)
            steps = [p["step"] for p in server.points]
            self.assertEqual(len(steps) + dropped, 2_000)
            self.assertEqual(steps, list(range(2_000 - len(steps), 2_000)))
        self.assertEqual(len([text for text in self.said if "oldest points are dropped" in text]), 1)

    def test_a_redirect_is_not_followed(self):
        with Server() as other, Server(lambda events: (307, {}, {"Location": other.url + "/v1/events"})) as server:
            box = self.box(server)
            box.send("custom.x")
            self.assertFalse(box.flush(0.3))
            self.assertEqual((server.requests != [], other.requests), (True, []))
            self.assertIn("HTTP 307", self.said[0])

    def test_retry_after(self):
        seconds = lambda text: signalbox._retry_after_s({"Retry-After": text})
        self.assertEqual([seconds(text) for text in ("7", "", "soon", "-1", "99999")], [7, 0, 0, 0, 600])
        self.assertEqual(seconds("Wed, 21 Oct 2099 07:28:00 GMT"), 600)
        self.assertEqual(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), 0)
        waits = []
        with Server() as server:
            box = self.box(server)
            box._outbox.changed.wait_for = lambda until, timeout=None: waits.append(timeout)
            for told, failures in (("20", 0), ("", 0), ("", 3), ("", 99)):
                box._sender._sit_out(signalbox._Answer(429, {}, {"Retry-After": told}, "HTTP 429"), failures)
            self.assertEqual(waits[0], 20)
            for waited, longest in zip(waits[1:], (0.5, 4, 30)):
                self.assertTrue(longest / 2 <= waited <= longest)


class Watching(Case):
    WATCHED = {"everything": False, "event_types": ["run.metrics", "run.state"], "metrics": ["loss"], "collections": []}

    def log(self, box):
        run = box.run("mnist", "r1")
        box.flush(20)
        for step in range(10):
            run.log({"loss": step, "lr": 1}, step=step)
            run.log({"gradient": 1}, step=step)
        box.flush(20)
        return run

    def test_what_nobody_watches_stays_at_home(self):
        with Server(watched=self.WATCHED) as server:
            box = self.box(server)
            self.log(box).finish()
            box.artifact("linked", "detector", "v3", registry="models")
            box.flush(20)
            self.assertEqual([p["metrics"] for p in server.points], [{"loss": step} for step in range(10)])
            self.assertEqual(server.states, ["RUNNING", "FINISHED"])
            self.assertEqual((len(server.of("run.heartbeat")), len(server.of("artifact.linked"))), (0, 1))
            self.assertEqual(server.asked, [("/v1/watched?team=vision&project=mnist", None)])
            self.assertEqual(box.counts["unwatched"], 10)

    def test_a_point_is_left_out_only_as_docs_watched_md_allows(self):
        dice = random.Random(1)
        with Server(watched=self.WATCHED) as server:
            box = self.box(server)
            for world in range(60):
                server.requests.clear()
                attempt = dice.choice((None, 0, 1))
                run = box.run("mnist", f"r{world}", attempt=attempt)
                box.flush(20)
                logged = [(dice.randrange(20), dice.choice(("loss", "lr"))) for _ in range(dice.randrange(1, 8))]
                for step, metric in logged:
                    run.log({metric: 1}, step=step)
                box.flush(20)
                run.finish()
                told = [step for step, metric in logged if metric == "loss"]
                points = [point for event in server.of("run.metrics") for point in event["points"]]
                with self.subTest(attempt=attempt, logged=logged):
                    self.assertTrue(all(type(point["step"]) is int for point in points))
                    self.assertEqual([p["step"] for p in points if p["metrics"] == {"loss": 1}], told)
                    empty = [p["step"] for p in points if p["metrics"] == {}]
                    self.assertEqual(len(points), len(told) + len(empty))
                    if attempt and points:
                        self.assertEqual(min(p["step"] for p in points), min(step for step, _ in logged))
                    if not attempt:
                        self.assertEqual(empty, [])
                    if not told and len(logged) == 1:
                        self.assertEqual(points, [])

    def test_it_asks_again_with_the_etag_and_believes_the_answer(self):
        with Server(watched=self.WATCHED) as server:
            box = self.box(server)
            run = self.log(box)
            sender = box._sender
            for watched in (self.WATCHED, {**self.WATCHED, "metrics": ["lr"], "event_types": ["run.heartbeat"]}, None):
                server.watched = watched
                sender._ask_at = 0.0
                box._runs[run] = 0.0
                box.send("custom.wake")
                box.flush(20)
                run.log({"loss": 1, "lr": 2})
            box.flush(20)
            self.assertEqual([p["metrics"] for p in server.points[10:]], [{"loss": 1}, {"lr": 2}, {"loss": 1, "lr": 2}])
            self.assertEqual([etag is None for _, etag in server.asked], [True, False, False, False])
            self.assertEqual(len(server.of("run.heartbeat")), 2)

    def test_everything_goes_out_where_the_server_says_so_or_nothing_or_the_script_does(self):
        everything = {"everything": True, "event_types": None, "metrics": None, "collections": None}
        for watched, send in ((everything, "watched"), (None, "watched"), ({"a": 1}, "watched"), (self.WATCHED, "everything")):
            with self.subTest(watched), Server(watched=watched) as server:
                self.log(self.box(server, send=send))
                self.assertEqual(len(server.points), 20)
                self.assertEqual(len(server.asked), int(send == "watched"))
                self.assertEqual(len(server.of("run.heartbeat")), 1)


def run_to_its_end(command, env):
    """The exit code, and what it said. A session of its own, so that no child of it outlives the time it has."""
    folder = os.path.dirname(os.path.abspath(__file__))
    script = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        _, said = script.communicate(timeout=30)
        return script.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(script.pid, signal.SIGKILL)
        raise


SCRIPT = """
import logging, os, signal, sys, threading
from signalbox import Signalbox
box = Signalbox(exit_timeout=%s)
"""


class Ending(Case):
    """Scripts in processes of their own."""

    def script(self, server, text, exit_timeout=10, url=None):
        env = {**os.environ, "SIGNALBOX_URL": url or server.url, "SIGNALBOX_API_KEY": KEY, "SIGNALBOX_TEAM": "vision"}
        # Newer Pythons warn of any fork beside threads.
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT % exit_timeout + text]
        return run_to_its_end(command, env)

    def test_how_a_run_ended(self):
        run = "run = box.run('mnist', 'r1')\nrun.log({'loss': 1})\n"
        inside = "with box.run('mnist', 'r1') as run:\n  run.log({'loss': 1})\n  "
        own = "signal.signal(signal.SIGTERM, lambda *_: (run.finish('PREEMPTED'), sys.exit(0)))\n"
        kill = "os.kill(os.getpid(), signal.SIG%s)"
        cases = [
            (run, 0, "FINISHED"),
            (run + "1 / 0", 1, "FAILED"),
            (run + "sys.exit(3)", 3, "FAILED"),
            (run + "sys.exit()", 0, "FINISHED"),
            (run + kill % "INT", -2, "KILLED"),
            (run + kill % "TERM", -15, "KILLED"),
            (run + own + kill % "TERM", 0, "PREEMPTED"),
            ("box._on_sigterm = 'PREEMPTED'\n" + run + kill % "TERM", -15, "PREEMPTED"),
            (run + "run.finish('PREEMPTED'); 1 / 0", 1, "PREEMPTED"),
            (inside + "pass", 0, "FINISHED"),
            (inside + "1 / 0", 1, "FAILED"),
            (inside + "raise SystemExit(3)", 3, "FAILED"),
            (inside + "raise KeyboardInterrupt", -2, "KILLED"),
            (inside + "run.finish()\n  run.log({'loss': 2})", 0, "FINISHED"),
        ]
        for text, code, state in cases:
            with self.subTest(text), Server() as server:
                self.assertEqual(self.script(server, text)[0], code)
                self.assertEqual(server.states, ["RUNNING", state])
                self.assertEqual([p["metrics"] for p in server.points], [{"loss": 1}])

    def test_the_end_does_not_wait_for_ever(self):
        with Server() as server:
            dead = server.url
        never = threading.Event()
        with Server(lambda events: never.wait() and None) as hanging:
            for url in (dead, hanging.url):
                code, said = self.script(None, "box.send('custom.x')", exit_timeout=0.3, url=url)
                self.assertEqual(code, 0)
                self.assertIn("signalbox: 1 points and events could not be sent in time, 0 were dropped before", said)
            never.set()

    def test_children_of_a_fork_have_a_life_of_their_own(self):
        text = """
run = box.run('mnist', 'r1')
run.log({'loss': 1}, step=0)
for n in range(3):
    pid = os.fork()
    if pid == 0:
        run.log({'worker': n}, step=n)
        sys.exit(0 if box.flush(10) else 1)
    assert os.waitpid(pid, 0)[1] == 0
pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), signal.SIGTERM)
assert os.waitpid(pid, 0)[1] == signal.SIGTERM
run.log({'loss': 2}, step=1)
"""
        with Server() as server:
            code, said = self.script(server, text)
            self.assertEqual((code, said), (0, ""))
            self.assertEqual(server.states, ["RUNNING", "FINISHED"])
            values = [list(p["metrics"].items())[0] for p in server.points]
            expected = [("loss", 1), ("loss", 2), ("worker", 0), ("worker", 1), ("worker", 2)]
            self.assertEqual(sorted(values), expected)

    def test_a_fork_while_other_threads_log(self):
        text = """
run = box.run('mnist', 'r1')
threading.Thread(target=lambda: [run.log({'loss': n}) for n in range(20000)]).start()
for n in range(20):
    pid = os.fork()
    if pid == 0:
        run.log({'worker': n}, step=n)
        os._exit(0 if box.flush(10) else 1)
    assert os.waitpid(pid, 0)[1] == 0
"""
        with Server() as server:
            self.assertEqual(self.script(server, text), (0, ""))
            self.assertEqual(len([p for p in server.points if "worker" in p["metrics"]]), 20)
            self.assertEqual(len([p for p in server.points if "loss" in p["metrics"]]), 20_000)

    def test_a_signal_may_come_at_any_moment(self):
        text = """
run = box.run('mnist', 'r1')
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
while True:
    run.log({'loss': 1})
"""
        with Server() as server:
            self.assertEqual(self.script(server, text)[0], -15)
            self.assertEqual(server.states, ["RUNNING", "KILLED"])


class Leaving(Case):
    """What training is spared."""

    def test_import_does_nothing(self):
        text = """
import sys, signal, threading
before = (sys.excepthook, sys.exit, signal.getsignal(signal.SIGTERM), threading.active_count())
import signalbox
assert before == (sys.excepthook, sys.exit, signal.getsignal(signal.SIGTERM), threading.active_count())
box = signalbox.Signalbox()
assert box.mode == "disabled"
with box.run("mnist") as run:
    run.log({"loss": object()})
    run.rewind(3)
box.artifact("linked", "a", "v1", registry="r")
assert box.flush() and box.close()
assert before == (sys.excepthook, sys.exit, signal.getsignal(signal.SIGTERM), threading.active_count())
"""
        env = {name: value for name, value in os.environ.items() if not name.startswith("SIGNALBOX_")}
        self.assertEqual(run_to_its_end([sys.executable, "-c", text], env), (0, ""))

    def test_logging_does_no_io_on_the_threads_of_the_script(self):
        done = []
        me = threading.get_ident()
        io = ("socket.", "open", "os.", "subprocess.", "time.sleep", "http.", "urllib.")
        watching = [True]

        def hook(name, args):
            if watching and name.startswith(io):
                done.append((threading.get_ident() == me, name))

        sys.addaudithook(hook)
        with Server() as server:
            box = self.box(server)
            del done[:]
            run = box.run("mnist")
            for _ in range(20_000):
                run.log({"loss": 0.5, "accuracy": 0.5})
            box.artifact("linked", "detector", "v3", registry="models")
            run.finish()
            mine = [name for is_mine, name in done if is_mine]
            box.flush(20)
            watching.clear()
            self.assertEqual(mine, [])
            # The hook does see what the other thread does.
            self.assertIn((False, "socket.connect"), done)
            self.assertEqual(len(server.points), 20_000)

    def test_wrong_settings_raise_at_the_start_without_the_key(self):
        good = {"url": "https://a.example", "key": KEY, "team": "t"}
        wrong = [{"url": "a.example"}, {"url": "ftp://a"}, {"url": "https://u:p@a"}, {"key": "sbx_a\nb"}, {"team": ""}]
        wrong += [{"url": "https://a.example/v1"}, {"url": "https://a.example/v1/"}]
        wrong += [{"mode": "offline"}, {"send": "some"}, {"heartbeat_interval": 0.5}]
        for one in wrong:
            with self.subTest(one), self.assertRaises(ValueError) as raised:
                Signalbox(**{**good, **one})
            self.assertNotIn("sbx_a", str(raised.exception))

    def test_nothing_raises_into_training(self):
        with Server() as server:
            box = self.box(server)
            run = box.run("mnist")
            run.log(None)
            run.log("loss")
            run.log({"loss": 1}, step="x")
            run.log({"loss": 1}, time="today")
            run.state("RUNNING", rewind_to="x")
            box.send("custom.x", data={(1, 2): 3})
            box.send(None, id=object())
            self.assertTrue(box.flush(20))
            box.close()
            run.log({"loss": 1})
            self.assertEqual(len(self.said), 5)
            self.assertFalse(any(KEY in text for text in self.said))


if __name__ == "__main__":
    unittest.main()
