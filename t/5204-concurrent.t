#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Two or three people at a time, at random: ROUNDS (12), from SEED.  What each
# is told must be what one of the orders of their commands gives by the table
# of teamctl-control(7); no agent runs twice, the journal is whole, and each
# command stands in it once as accepted and once as completed.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

command -v python3 >/dev/null || skip_all 'needs python3'
export ROUNDS="${ROUNDS:-12}" SEED="${SEED:-$$}"
t_say "# SEED=$SEED ROUNDS=$ROUNDS"

# An agent that notices a second copy of itself: both hold the same lock.
guarded() {
	printf '%s: { command: [sh, -c, "exec 9>>lock.%s; flock -n 9 || { echo %s >>double; exit 9; }; exec %s"], restart: { max_restarts: 1000, within: 1s, backoff: { initial: 20ms, max: 50ms, jitter: 0 } } }' \
	    "$1" "$1" "$1" "$FAKE_AGENT"
}

cat >clients.py <<'EOF'
import itertools, json, os, random, signal, subprocess, sys, time

random.seed(int(os.environ["SEED"]))
A, S, P, F, Q, R = "active", "stopped", "paused", "frozen", "quarantined", "removed"
SAME, NO = "same", "no"
# verb: what becomes of active, stopped, paused, frozen, quarantined, removed
TABLE = {
    "up": [SAME, A, NO, NO, NO, A],
    "down": [S, SAME, S, S, SAME, SAME],
    "restart": [A, A, NO, NO, NO, NO],
    "pause --freeze": [F, P, SAME, SAME, NO, NO],
    "pause --stop": [P, P, SAME, P, NO, NO],
    "resume": [SAME, SAME, A, A, NO, NO],
    "quarantine": [Q, Q, Q, Q, SAME, NO],
    "release": [SAME, SAME, SAME, SAME, A, NO],
    "remove": [R, R, R, R, R, SAME],
}
STATES = [A, S, P, F, Q, R]

def operation(state):
    return P if state == F else state

class Command:
    nr = 0
    def __init__(self, verb, agent):
        Command.nr += 1
        self.id = "c-%d" % Command.nr
        self.verb, self.agent = verb, agent
        self.process = subprocess.Popen(["timeout", "100", "teamctl"] +
            verb.split() + ["p:" + agent, "--json", "--command-id", self.id,
            "--lock-timeout", "90s"], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def wait(self):
        self.out, self.err = self.process.communicate()
        self.code = self.process.returncode
        try:
            self.result = json.loads(self.out)["results"][0]
        except Exception:
            self.result = None

    def __str__(self):
        r = self.result or {}
        return "%s %s: exit %d, %s %s -> %s, %s (%s)" % (self.verb,
            self.agent, self.code, r.get("decision"),
            r.get("operation_before"), r.get("operation_after"),
            r.get("state"), self.err.strip().split("\n")[0])

def fits(command, state, last, crashed):
    """The states that it may leave behind, had it come now."""
    r = command.result
    if not r:
        return []
    after = TABLE[command.verb][STATES.index(state)]
    if r["operation_before"] not in (None, operation(state)):
        return []
    if after == NO:
        return [state] if command.code == 6 else []
    if command.code == 6:
        return []
    if command.code != 0 and (last or r["state"] != "superseded"):
        return []
    if after == SAME:
        return [state] if crashed or \
            r["decision"] in ("unchanged", "already_pending") else []
    # Who is on his way down or up is held, not frozen.
    return [F, P] if after == F else [after]

def orders(commands, states, crashed):
    found = set()
    for order in itertools.permutations(commands):
        ends = set(states)
        for i, command in enumerate(order):
            ends = {e for s in ends for e in fits(command, s,
                i == len(order) - 1, crashed)}
        found |= ends
    return found

def now():
    out = subprocess.run(["teamctl", "status", "--json"], text=True,
        stdout=subprocess.PIPE, check=True).stdout
    return {a["id"][2:]: a for a in json.loads(out)["agents"]}

def stands(agent, states):
    """Those of the states that it may be in, by what is told of it."""
    good = []
    for s in states:
        runs = agent["pid"] is not None
        if agent["operation"] == operation(s) and \
                runs == (s in (A, F)) and \
                (not runs or (agent["state"] == "frozen") == (s == F)):
            good.append(s)
    return good

def fail(text, commands):
    print(text)
    for command in commands:
        print("  ", command)
    sys.exit(1)

def settle(may, commands):
    until = time.time() + 90
    while True:
        told = now()
        left = {n: stands(told[n], may[n]) for n in may}
        if all(left.values()):
            return left
        if time.time() > until:
            fail("wanted %s, is %s" % (may, {n: (a["operation"], a["state"],
                a["pid"]) for n, a in told.items()}), commands)
        time.sleep(0.1)

def crash(name):
    try:
        record = json.load(open("state/exits/p-%s.json" % name))
        if record["state"] == "running":
            os.kill(record[random.choice(["pid", "shim_pid"])], signal.SIGKILL)
    except (OSError, ValueError, KeyError):
        pass

may = {name: [A] for name in "abc"}
all_commands = []
for n in range(int(os.environ["ROUNDS"])):
    names = random.choice(["a", "ab", "abc", "bc"])
    commands = [Command(random.choice(list(TABLE)), random.choice(names))
        for i in range(random.randint(2, 3))]
    crashed = os.environ["CRASHES"] and random.random() < 0.3 and random.choice(names)
    if crashed:
        crash(crashed)
    for command in commands:
        command.wait()
    all_commands += commands
    for name in may:
        its = [c for c in commands if c.agent == name]
        ends = orders(its, may[name], name == crashed)
        # What was frozen when it was killed is held; nothing is frozen then.
        if name == crashed:
            ends |= {P for s in ends | set(may[name]) if s == F}
        if not ends:
            fail("round %d: no order of these gives it from %s%s" % (n,
                may[name], ", with a crash" if crashed == name else ""),
                commands)
        may[name] = sorted(ends)
    may = settle(may, commands)
    if os.path.exists("double"):
        fail("round %d: two copies: %s" % (n, open("double").read()),
            commands)

counts = {}
for line in open("state/journal.jsonl"):
    event = json.loads(line)
    if event["event"] in ("command.accepted", "command.completed"):
        key = (event["correlation_id"], event["event"])
        counts[key] = counts.get(key, 0) + 1
for command in all_commands:
    for kind in ("command.accepted", "command.completed"):
        if counts.get((command.id, kind)) != 1:
            fail("%s: %s times %s" % (command.id, counts.get((command.id,
                kind)), kind), [command])
EOF

test_expect_success 'with a supervisor' '
	team "$(guarded a)" "$(guarded b)" "$(guarded c)" &&
	teamctl up >out && supervisor && CRASHES=1 python3 clients.py &&
	teamctl audit verify && no_supervisor && teamctl down --now >out
'

test_expect_success 'without one' '
	rm -rf state double && teamctl up >out &&
	CRASHES= SEED=$((SEED + 1)) python3 clients.py && teamctl audit verify &&
	teamctl down --now >out
'

test_done
