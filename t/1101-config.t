#!/bin/sh
# config prints a team that loads back to itself: t/1101/NAME.yaml is the team
# file, NAME.expect what is printed.  GOLDEN=1 rewrites them.
. "$(dirname "$0")/lib.sh"

cases=$ROOT/t/1101

# The variables that the cases name.
export NAME=name EMPTY='' COUNT=3 BOTH='of the environment' INHERITED=secret
unset GONE DIR FILE OUTER

setup() { # CASE
	rm -rf team && mkdir -p team &&
	printf 'FILE=of .env\nBOTH=of .env\n' >team/.env &&
	printf 'FILE=of the outer .env\nOUTER="of the outer\\t.env"\n' >.env &&
	printf 'HIDDEN=value-of-a-file\n' >team/more.env &&
	cp "$cases/$1.yaml" team/team-compose.yaml
}

for case in "$cases"/*.yaml; do
	name=$(basename "$case" .yaml)
	if [ -n "$GOLDEN" ]; then
		(cd "$TRASH" && setup "$name" &&
			teamctl -q -C team config >"$cases/$name.expect")
	fi
	test_expect_success "config $name" '
		setup $name &&
		teamctl -C team config >actual &&
		test_cmp "$cases/$name.expect" actual
	'
	test_expect_success "config of config $name is the same" '
		setup $name &&
		teamctl -C team config --json >json &&
		cp "$cases/$name.expect" team/team-compose.yaml &&
		teamctl -C team config >again &&
		test_cmp "$cases/$name.expect" again &&
		teamctl -C team config --json >json-again &&
		test_cmp json json-again &&
		cp json team/team-compose.yaml &&
		teamctl -C team config --json >json-again 2>err &&
		test_cmp json json-again && test_grep ! "unknown key" err &&
		teamctl -C team config >again &&
		test_cmp "$cases/$name.expect" again
	'
done

test_expect_success 'no value of an env_file, a secret or a bare name is shown' '
	setup forms &&
	TOKEN=hush-hush teamctl -C team config >out &&
	TOKEN=hush-hush teamctl -C team config --json >>out &&
	test_grep ! "value-of-a-file" out &&
	test_grep ! "hush-hush" out &&
	test_grep ! "INHERITED: secret" out &&
	test_grep "INHERITED: null" out
'

test_expect_success 'a target picks agents' '
	setup forms &&
	teamctl -C team config nested:a >out &&
	test_grep "id: nested" out &&
	test_grep "^      a:" out &&
	test_grep ! "id: flat" out &&
	test_grep ! "^      b:" out &&
	test_expect_code 4 teamctl -C team config nobody
'

test_expect_success 'W37: nothing is written on load' '
	setup all &&
	echo "version: 2" >team/team-compose.yaml &&
	find team -type f -exec cksum {} + | sort >before &&
	teamctl -C team validate && teamctl -C team config >/dev/null &&
	find team -type f -exec cksum {} + | sort >after &&
	test_cmp before after
'

test_done
