#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Child manifests of the runtime control handle, as they are: those of
# ../shared/manifests, and one of our own with every key.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

SHARED=${SHARED:-$ROOT/../shared}
[ ! -d "$SHARED/manifests" ] || test_set_prereq SHARED

# The runtime of a manifest without a command is the team's default one.
cat >"$TEST_DIR/bin/claude" <<EOF
#!/bin/sh
echo '? for shortcuts'
exec "$FAKE_AGENT"
EOF
chmod +x "$TEST_DIR/bin/claude"

cat >ours.yaml <<'EOF'
name: worker
kind: blocking_worker
criticality: critical
restart_policy: transient
dependencies:
  - cache
health_check:
  check_interval_secs: 1
  timeout_secs: 1
  max_retries: 2
readiness:
  check_interval_secs: 1
  timeout_secs: 1
resource_limits:
  max_memory_mb: 512
  max_cpu_percent: 90
  max_file_descriptors: 177
command_permissions:
  allow_shutdown: false
  allow_restart: true
  allowed_signals:
    - SIGTERM
environment:
  - name: MODE
    value: queue
  - name: API_TOKEN
    secret_ref: ${API_TOKEN}
secrets:
  - name: API_TOKEN
    key: workers/api_token
    required: true
EOF

test_expect_success 'every key has an effect' '
	team "$(fake cache)" && teamctl up &&
	test_expect_code 6 teamctl add -f ours.yaml 2>err &&
	test_grep "secret-missing" err && test ! -e state/dynamic/p-worker.yaml &&
	supervisor &&
	API_TOKEN=s3cret teamctl add -f ours.yaml &&
	wait_for 30 is p:worker state ready &&
	test_grep "^API_TOKEN=s3cret$" state/envs/p-worker.env &&
	test_grep "^MODE=queue$" state/envs/p-worker.env &&
	test_grep "^NOFILE=177$" state/launch/p-worker.launch &&
	test_grep "^KILL_AFTER_MS=5000$" state/launch/p-worker.launch &&
	test_grep "^ARG=.*/wrappers/claude-code$" state/launch/p-worker.launch &&
	teamctl config >actual && test_grep "restart: transient" actual &&
	test_grep "criticality: critical" actual &&
	test_grep "p:cache:" actual && test_grep "max_memory_mb: 512" actual &&
	test_grep "max_cpu_percent: 90" actual &&
	test_grep "allow_restart: true" actual &&
	test_grep "check_interval_secs: 1" actual
'

test_expect_success 'a secret is nowhere but in the file of the agent' '
	grep -rl s3cret state . >where &&
	sort -u where | sed "s,^\./,," | sort -u >actual &&
	echo state/envs/p-worker.env >expect && test_cmp expect actual &&
	{ tmux show-environment -g && tmux show-environment -t "=a-p-worker"; } >env &&
	test_grep ! s3cret env && ps axww -o args >args && test_grep ! "[s]3cret" args
'

test_expect_success 'remove takes it away again' '
	teamctl remove p:worker && test ! -e state/dynamic/p-worker.yaml
'

test_expect_success SHARED 'those of ../shared/manifests' '
	for manifest in "$SHARED"/manifests/*; do
		echo "$manifest" &&
		API_TOKEN=s3cret teamctl add -f "$manifest" --project p --json >actual &&
		id=$(sed -n "s/.*\"agent\": \"\(.*\)\".*/\1/p" actual) &&
		test -n "$id" &&
		{ is "$id" state running || is "$id" state ready; } &&
		teamctl save && API_TOKEN=s3cret teamctl plan >plan &&
		test_grep "^no changes$" plan &&
		test_expect_code 6 teamctl add -f "$manifest" --project p &&
		team "$(fake cache)" && teamctl reload >out &&
		test_grep "removed · $id" out || return 1
	done
'

test_expect_success 'the end' '
	no_supervisor && teamctl down --now
'

test_done
