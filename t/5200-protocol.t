#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# A client in another language, written from teamctl-control(7) alone; and what
# bad ones do to the supervisor, which is nothing.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"
. "$ROOT/t/lib-json.sh"

command -v python3 >/dev/null || skip_all 'needs python3'

# TEST_SEED repeats what is sent at random.
TEST_SEED=${TEST_SEED:-$(date +%s)}
export TEST_SEED TEST_SLOW
t_say "# TEST_SEED=$TEST_SEED"

cat >client.py <<'EOF'
import json, os, random, socket, sys, time

SLOW = int(os.environ["TEST_SLOW"])

class Client:
    def __init__(self):
        path = "state/control.sock"
        if os.path.islink(path):
            path = os.readlink(path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30 * SLOW)
        self.socket.connect(path)
        self.data = b""
        self.hello = self.read()

    def line(self):
        while b"\n" not in self.data:
            more = self.socket.recv(65536)
            if not more:
                return None
            self.data += more
        line, self.data = self.data.split(b"\n", 1)
        return line

    def read(self):
        line = self.line()
        return line if line is None else json.loads(line)

    def raw(self, data):
        self.socket.sendall(data)

    def send(self, **request):
        self.raw(json.dumps(request).encode() + b"\n")

    def ask(self, **request):
        self.send(**request)
        return self.read()

    def is_closed(self):
        try:
            while self.read() is not None:
                pass
        except (ConnectionError, BrokenPipeError):
            pass
        return True

def refused(reply, code):
    assert reply["ok"] is False and reply["code"] == code, reply
    assert reply["error"], reply

def agent(client, name):
    reply = client.ask(op="state", ids=[name])
    assert reply["ok"] is True, reply
    return reply["agents"][0]
EOF

cat >talk.py <<'EOF'
from client import *
c = Client()
assert c.hello["teamctl"] == 1 and c.hello["pid"] == int(sys.argv[1])
state = c.ask(op="state", id=["x", 1])
assert state["ok"] and state["id"] == ["x", 1] and state["schema"] == 1
assert state["supervisor"]["pid"] == c.hello["pid"]
assert [a["agent"] for a in state["agents"]] == ["p:a", "p:b"]
pid = agent(c, "p:a")["pid"]
os.kill(pid, 0)

reply = c.ask(op="pause", ids=["p:a"], reason="why", by="me")
assert reply["ok"] and reply["reason"] == "why", reply
assert reply["claimed_by"] == "me" and reply["results"][0]["frozen"]
assert agent(c, "p:a")["frozen"] and agent(c, "p:a")["pid"] == pid
reply = c.ask(op="resume", ids=["p:a"], dry_run=True)
assert reply["dry_run"] and agent(c, "p:a")["frozen"]
reply = c.ask(op="resume", ids=["p:a"])
assert reply["ok"] and not agent(c, "p:a")["frozen"]
assert agent(c, "p:a")["pid"] == pid

reply = c.ask(op="pause", mode="stop", ids=["p:a"], command_id="one")
assert reply["results"][0]["state"] == "done", reply
assert reply["results"][0]["stop"]["outcome"] == "drained", reply
assert agent(c, "p:a")["operation"] == "paused"
again = c.ask(op="pause", mode="stop", ids=["p:a"], command_id="one")
assert again == reply, again
refused(c.ask(op="pause", ids=["p:a"], command_id="one"), "command_id_used")
reply = c.ask(op="resume", ids=["p:a"], wait=False)
assert reply["results"][0]["decision"] == "started_immediately", reply
while not agent(c, "p:a")["alive"]:
    time.sleep(0.05)
reply = c.ask(op="pause", mode="stop", ids=["p:a"], now=True, timeout_ms=100)
assert reply["ok"], reply
assert c.ask(op="resume", ids=["p:a"])["ok"]
EOF

cat >wrong.py <<'EOF'
from client import *
c = Client()
refused(c.ask(op="fly", id=1), "unknown_op")
refused(c.ask(), "bad_request")
refused(c.ask(op="state", idds=[]), "bad_request")
refused(c.ask(op="pause"), "bad_request")
refused(c.ask(op="pause", ids="p:a"), "bad_request")
refused(c.ask(op="pause", ids=["p:a"], mode="melt"), "bad_request")
refused(c.ask(op="pause", ids=["p:x"]), "unknown_agent")
refused(c.ask(op="state", ids=["p:x"]), "unknown_agent")
for line in (b"", b"{", b"[]", b"null", b"\0", b'{"op":"state"}\0', b"\xff\xfe",
    b'{"op":"state","op":"state"}', b'{"op":"\\ud800"}', b"{'op':1}",
    b'{"op":"state","id":' + b"[" * 17 + b"]" * 17 + b"}",
    b'{"op":"state","id":' + b"[" * 30000, b"[" * 60000):
    c.raw(line + b"\n")
    refused(c.read(), "bad_request")
c.raw(b'{"op":"state","id":"' + b"x" * 65000 + b'"}\r\n')
assert len(c.read()["id"]) == 65000
c.raw(b'{"op":"st')
time.sleep(0.1)
c.raw(b'ate"}\n{"op":"state"}\n')
assert c.read()["ok"] and c.read()["ok"]
c.raw(b"x" * 65537)
refused(c.read(), "bad_request")
assert c.is_closed()
c = Client()
try:
    c.raw(b"{" * (1 << 20) + b"\n")
except (ConnectionError, BrokenPipeError):
    pass
assert c.is_closed()
EOF

cat >slow.py <<'EOF'
from client import *
# Half a line, and one that never ends, byte by byte: the same deadline.
half, drip, other = Client(), Client(), Client()
begun = time.monotonic()
half.raw(b'{"op"')
try:
    while time.monotonic() - begun < 60 * SLOW:
        drip.raw(b" ")
        time.sleep(0.2)
    raise AssertionError("a line may drip for ever")
except (ConnectionError, BrokenPipeError):
    pass
assert time.monotonic() - begun > 4
assert half.is_closed() and other.ask(op="state")["ok"]
EOF

cat >last.py <<'EOF'
from client import *
# It says that it will ask nothing more: it is answered, and closed.
def last(**request):
    c = Client()
    c.send(**request)
    c.socket.shutdown(socket.SHUT_WR)
    reply = c.read()
    assert reply is None or c.is_closed()
    return reply
assert last(op="state")["ok"]
assert last(op="pause", mode="stop", ids=["p:a"])["ok"]
assert last(op="resume", ids=["p:a"])["results"][0]["state"] == "done"
last(op="yield")
last(op="subscribe")
other = Client()
while other.ask(op="state")["supervisor"]["yielded"]:
    time.sleep(0.05)
# It does not even stay for the answer.
c = Client()
c.send(op="pause", mode="stop", ids=["p:a"])
c.socket.close()
while agent(other, "p:a")["state"] != "paused":
    time.sleep(0.05)
assert last(op="resume", ids=["p:a"])["ok"]
EOF

cat >deaf.py <<'EOF'
from client import *
# It asks and never reads: it is dropped, and others are served.
deaf, other = Client(), Client()
deaf.socket.settimeout(0.5)
line = b'{"op":"state","id":"' + b"x" * 1000 + b'"}\n'
begun, sent = time.monotonic(), 0
try:
    while time.monotonic() - begun < 60 * SLOW:
        try:
            sent += deaf.socket.send(line * 20)
        except socket.timeout:
            pass
        assert other.ask(op="state")["ok"]
    raise AssertionError("it was never dropped")
except (ConnectionError, BrokenPipeError):
    pass
assert sent > 10000, sent
EOF

cat >many.py <<'EOF'
from client import *
held = [Client() for i in range(64)]
for i in range(20):
    refused(Client().hello, "busy")
for i, c in enumerate(held):
    assert c.ask(op="state", id=i)["id"] == i
for c in held:
    c.socket.close()
begun = time.monotonic()
while "teamctl" not in Client().hello:
    assert time.monotonic() - begun < 30 * SLOW
for i in range(300):
    c = Client()
    if i % 3 == 0:
        c.send(op="state")
    if i % 3 == 1:
        c.raw(b"{")
    c.socket.close()
assert Client().ask(op="state")["ok"]
EOF

cat >rubbish.py <<'EOF'
from client import *
r = random.Random(int(os.environ["TEST_SEED"]))
words = [b"{", b"}", b"[", b"]", b'"', b":", b",", b'"op"', b'"id"', b"\n",
    b'"state"', b'"subscribe"', b"null", b"1e999", b"-", b"\\u0000", b"\0",
    b"\xff", b'"ids"', b'"p:a"', b"99999999999999999999", b" ", b"\r"]
requests = [
    {"op": "state", "ids": ["p:a"]},
    {"op": "pause", "ids": ["p:a"], "dry_run": True, "mode": "stop"},
    {"op": "subscribe", "since": 0, "kinds": ["*"], "agent": "p:a"},
    {"op": "down", "ids": [], "dry_run": True, "timeout_ms": 1},
]
values = [None, True, -1, 0.5, "", "p:a", [], ["p:a"], [[]], {}, 2**62,
    "\u00b7" * 50]
def rubbish():
    kind = r.randrange(4)
    if kind == 0:
        return bytes(r.randrange(256) for i in range(r.randrange(300)))
    if kind == 1:
        return b"".join(r.choice(words) for i in range(r.randrange(60)))
    request = dict(r.choice(requests))
    if kind == 2: # dry_run stays: nothing is to be done
        key = r.choice([k for k in request if k != "dry_run"] + ["zz", "id"])
        request[key] = r.choice(values)
        return json.dumps(request).encode() + b"\n"
    line = bytearray(json.dumps(dict(request, dry_run=True)).encode())
    line[r.randrange(len(line) // 4)] = r.randrange(256)
    return bytes(line) + b"\n"
for i in range(200):
    c = Client()
    try:
        for j in range(r.randrange(6)):
            c.raw(rubbish())
    except (ConnectionError, BrokenPipeError):
        pass
    c.socket.close()
assert Client().ask(op="state")["ok"]
EOF

cat >subscribe.py <<'EOF'
from client import *
c, other = Client(), Client()
reply = c.ask(op="subscribe", kinds=["agent.paused", "agent.res*"], id=5)
assert reply["ok"] and reply["id"] == 5 and reply["seq"] > 0, reply
other.ask(op="pause", ids=["p:b"], reason="first")
other.ask(op="resume", ids=["p:b"])
event = c.read()
assert event["event"] == "agent.paused" and event["reason"] == "first", event
assert event["agent"] == "p:b" and event["seq"] > reply["seq"]
assert c.read()["event"] == "agent.resumed"
# A misspelt kind is refused, and the former wish holds.
reply = c.ask(op="subscribe", kinds=["agent.*", "agent.pauzed"])
assert reply["code"] == "bad_request", reply
assert "agent.pauzed" in reply["error"], reply
# So is a number that nothing has had yet; the last one may be known.
late = Client()
seq = late.ask(op="subscribe")["seq"]
reply = late.ask(op="subscribe", since=seq + 1000)
assert reply["code"] == "bad_request" and reply["seq"] >= seq, reply
assert str(seq + 1000) in reply["error"], reply
assert late.ask(op="subscribe", since=seq)["ok"]
reply = c.ask(op="subscribe", since=seq + 1000)
assert reply["code"] == "bad_request", reply
other.ask(op="pause", ids=["p:b"], reason="again")
assert c.read()["reason"] == "again"
other.ask(op="resume", ids=["p:b"])
assert c.read()["event"] == "agent.resumed"
# Lines of the journal as they stand there.
history = Client()
assert history.ask(op="subscribe", since=0)["seq"] == 0
journal = open("state/journal.jsonl", "rb").read().splitlines()
for line in journal:
    assert history.line() == line
# Another wish on the same connection; one agent only; other requests go on.
assert c.ask(op="subscribe", agent="p:a", since=event["seq"])["ok"]
other.ask(op="pause", ids=["p:b"])
other.ask(op="pause", ids=["p:a"], reason="second")
assert c.read()["reason"] == "second"
c.send(op="state")
while "agents" not in c.read():
    pass
other.ask(op="resume", ids=["p:a", "p:b"])
EOF

cat >lag.py <<'EOF'
from client import *
# What is to come is more than the system holds for it.
lag, other = Client(), Client()
last = lag.ask(op="subscribe", kinds=["agent.paused"])["seq"]
for i in range(60):
    for op in "pause", "resume":
        assert other.ask(op=op, ids=["p:b"], reason="r" * 20000)["ok"]
time.sleep(1)
events, missed = 0, 0
while events + missed < 60:
    event = lag.read()
    assert event["seq"] > last, (event["seq"], last)
    last = event["seq"]
    if "missed" in event:
        missed += event["missed"]
    else:
        events += 1
        assert event["event"] == "agent.paused"
assert missed > 0 and events > 0 and events + missed == 60, (missed, events)
other.ask(op="pause", ids=["p:b"], reason="after")
event = lag.read()
assert event["seq"] > last and event["reason"] == "after", event
other.ask(op="resume", ids=["p:b"])
EOF

pids() {
	for pids_of in p:a p:b; do field $pids_of pid && echo; done
}

test_expect_success 'a team with a supervisor' '
	team "$(fake a)" "$(fake b)" && teamctl up >out && supervisor
'

test_expect_success 'what the page says is so' '
	python3 talk.py "$sup"
'

test_expect_success 'who will ask nothing more is answered' '
	python3 last.py && pids >before
'

test_expect_success 'what is wrong is refused' '
	python3 wrong.py
'

test_expect_success 'a line has to end' '
	python3 slow.py
'

test_expect_success 'who never reads is dropped' '
	python3 deaf.py
'

test_expect_success 'too many are turned away' '
	python3 many.py
'

test_expect_success 'rubbish disturbs nobody' '
	python3 rubbish.py
'

test_expect_success 'events are sent as they come' '
	python3 subscribe.py
'

test_expect_success 'who lags is told how many he missed' '
	python3 lag.py
'

test_expect_success 'all the while the agents were the same' '
	pids >after && test_cmp before after && snapshot pid "$sup" &&
	no_supervisor && teamctl audit verify >out && teamctl down >out
'

test_expect_success 'a deep root: the socket is where the link points' '
	deep=$(printf "%0100d" 0)/$(printf "%0100d" 1) && mkdir -p "$deep" &&
	cp client.py talk.py "$deep" && cd "$deep" &&
	team "$(fake a)" "$(fake b)" && teamctl up >out && supervisor &&
	test -L state/control.sock && python3 talk.py "$sup" &&
	( unset XDG_RUNTIME_DIR && teamctl auto-resume status ) >out &&
	test_grep "unset (on)" out &&
	no_supervisor && teamctl down >out
'

# Whom nobody could accept would wait, and the supervisor would spin for him.
test_expect_success 'without a descriptor left everybody is told so' '
	team "$(fake a)" && teamctl up >out &&
	cat >many.py <<-\EOF &&
	import json, socket
	clients, greeted, busy = [], 0, 0
	for i in range(32):
	    s = socket.socket(socket.AF_UNIX)
	    s.settimeout(20)
	    s.connect("state/control.sock")
	    clients.append(s)
	for s in clients:
	    line = json.loads(s.makefile().readline())
	    greeted += "teamctl" in line
	    busy += line.get("code") == "busy"
	print(greeted + busy, busy > 0)
	EOF
	{ (ulimit -n 32 && exec teamctl supervise >>sup.out 2>>sup.log </dev/null) &
	sup=$!; } && wait_for 20 supervised && python3 many.py >actual &&
	echo "32 True" >expect && test_cmp expect actual &&
	wait_for 20 teamctl auto-resume status &&
	no_supervisor && teamctl down >out
'

test_done
