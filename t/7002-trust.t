#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# trust_workspace: what up does to ~/.claude.json, and what it must not do.
. "${0%/*}/lib.sh"
. "$ROOT/t/lib-team.sh"

mkdir bin work
cat >bin/claude <<-\EOF2
	#!/bin/sh
	exec "$FAKE_AGENT"
EOF2
chmod +x bin/claude
PATH=$TRASH/bin:$PATH
export PATH
SETTINGS=$HOME/.claude.json
export SETTINGS

# trusted FOLDER: by a JSON reader that is not ours.
trusted() {
	perl -MJSON::PP -e '
		local $/;
		my $all = decode_json(<STDIN>);
		exit !$all->{projects}{$ARGV[0]}{hasTrustDialogAccepted};
	' "$1" <"$SETTINGS"
}

# A team of one claude-code agent in ./work and one plain command elsewhere.
trusting() {
	TEAM_TOP="trust_workspace: ${1:-true}" team \
		"dev: { runtime: claude-code, cwd: work }" "$(fake other)"
}

test_expect_success 'nobody asked: nothing is touched' '
	team "dev: { runtime: claude-code, cwd: work }" &&
	teamctl up 2>err && teamctl down &&
	test_must_fail test -e "$SETTINGS" &&
	trusting false &&
	teamctl up && teamctl down &&
	test_must_fail test -e "$SETTINGS"
'

test_expect_success 'the folder of the agent is trusted, and said so once' '
	trusting &&
	teamctl up 2>err && teamctl down &&
	test_grep "^trust · auto-accepted .* $TRASH/work$" err &&
	trusted "$TRASH/work" &&
	test_must_fail trusted "$TRASH" &&
	test "$(stat -c %a "$SETTINGS")" = 600 &&
	cp "$SETTINGS" before &&
	inode=$(stat -c %i "$SETTINGS") &&
	teamctl up 2>err && teamctl down &&
	test_must_fail grep trust err &&
	cmp before "$SETTINGS" &&
	test "$(stat -c %i "$SETTINGS")" = "$inode"
'

test_expect_success 'a folder that up makes is trusted before it is there' '
	cat >team-compose.yaml <<-\EOF &&
	version: 2
	trust_workspace: true
	projects:
	- id: p
	  cwd: ./new
	  create_cwd: true
	  workers: { dev: { runtime: claude-code } }
	EOF
	teamctl up && teamctl down &&
	trusted "$TRASH/new"
'

test_expect_success 'all else stays: content, order, mode, a link' '
	mkdir dotfiles &&
	cat >dotfiles/claude.json <<-EOF &&
	{
	  "zeta": [1, 2.5, "grüße", null, {"deep": true}],
	  "projects": {
	    "/else": {"hasTrustDialogAccepted": false, "x": "y"},
	    "$TRASH/work": {"allowedTools": ["a"]}
	  },
	  "alpha": "\u0000 and \" and \\\\"
	}
	EOF
	chmod 640 dotfiles/claude.json &&
	perl -MJSON::PP -e "local \$/; my \$j = decode_json(<STDIN>);
		\$j->{projects}{qq($TRASH/work)}{hasTrustDialogAccepted} =
		JSON::PP::true; print JSON::PP->new->canonical->encode(\$j)" \
		<dotfiles/claude.json >expect &&
	ln -sf "$TRASH/dotfiles/claude.json" "$SETTINGS" &&
	trusting &&
	teamctl up && teamctl down &&
	test -L "$SETTINGS" &&
	test "$(stat -c %a dotfiles/claude.json)" = 640 &&
	perl -MJSON::PP -e "local \$/; print JSON::PP->new->canonical->encode(
		decode_json(<STDIN>))" <dotfiles/claude.json >actual &&
	test_cmp expect actual &&
	test "$(grep -n zeta dotfiles/claude.json | cut -d: -f1)" -lt \
		"$(grep -n alpha dotfiles/claude.json | cut -d: -f1)"
'

# untouched TEXT: up says why and leaves the file alone.
untouched() {
	rm -f "$SETTINGS" &&
	printf "%s" "$1" >"$SETTINGS" &&
	cp "$SETTINGS" before &&
	{ teamctl up >out 2>err || :; } && teamctl down &&
	test_grep "claude.json" err &&
	cmp before "$SETTINGS" &&
	ls -A "$HOME" >files &&
	test_must_fail grep "claude.json." files
}

touch whose && chown 1234 whose 2>/dev/null && test_set_prereq CHOWN

test_expect_success CHOWN 'the file of another stays that of another' '
	trusting && echo "{}" >"$SETTINGS" && chown 1234:4321 "$SETTINGS" &&
	chmod 640 "$SETTINGS" &&
	teamctl up 2>err && teamctl down && trusted "$PWD/work" &&
	echo "1234 4321 640" >expect &&
	stat -L -c "%u %g %a" "$SETTINGS" >actual && test_cmp expect actual
'

test_expect_success 'W18: what cannot be parsed stays as it is' '
	trusting &&
	untouched "{ \"projects\": { " &&
	untouched "{ \"a\": 1, }" &&
	untouched "[]" &&
	untouched "" &&
	untouched "{ \"projects\": [] }" &&
	untouched "{ \"projects\": { \"$TRASH/work\": 1 } }" &&
	untouched "{ \"n\": 123456789012345678901234567890 }" &&
	untouched "{ \"a\": 1, \"a\": 2 }"
'

test_expect_success 'a link to nothing stays one' '
	rm -f "$SETTINGS" &&
	ln -s nowhere "$SETTINGS" &&
	{ teamctl up >out 2>err || :; } && teamctl down &&
	test_grep "claude.json" err &&
	test -L "$SETTINGS"
'

test_expect_success 'CLAUDE_CONFIG_DIR moves it' '
	rm -f "$SETTINGS" &&
	mkdir conf &&
	CLAUDE_CONFIG_DIR=$TRASH/conf teamctl up && teamctl down &&
	test_must_fail test -e "$SETTINGS" &&
	test_grep hasTrustDialogAccepted conf/.claude.json
'

test_done
