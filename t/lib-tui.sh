# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Agents with a screen (t/fake-tui): source it after lib-team.sh.

command -v perl >/dev/null || skip_all 'no perl'

mkdir runtimes &&
cat >runtimes/tui.yaml <<'EOF' || exit 1
binary: fake-tui
screens:
- name: dialog
  verdict: waiting
  kind: choice
  match: '^[ >] [0-9]\. '
  question: '^(Do you .*)'
  options: '^[ >] [0-9]\. (.*)$'
  selected: '^>'
- name: limit
  verdict: rate_limited
  match: 'limit reached'
  until: 'again in (.*)'
- name: turn
  verdict: working
  match: 'esc to interrupt'
- name: prompt
  verdict: idle
  match: "^----\n>.*\n([^-].*\n)*----"
EOF
ln -s "$ROOT/t/fake-tui" "$TEST_DIR/bin/fake-tui"

# tui NAME [OPTION...]: the line of a worker.
tui() {
	tui_name=$1
	shift
	echo "--log $tui_name.log --answers $tui_name.answers $*" \
		>"$tui_name.tui" &&
	echo "$tui_name: { runtime: tui }"
}

# outcome FILE WORD: of send --json and answer --json
outcome() {
	perl -MJSON::PP -e '
		local $/;
		my $is = decode_json(<STDIN>)->{outcome};
		exit 0 if $is eq $ARGV[0];
		print "the outcome is $is\n";
		exit 1' "$2" <"$1"
}
