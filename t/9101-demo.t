#!/bin/sh
# make demo keeps its promises.
. "$(dirname "$0")/lib.sh"

test_expect_success 'the demo' '
	mkdir bin && cp "$ROOT/bin/demo" bin/ && ln -s "$TEAMCTL" bin/teamctl &&
	bin/demo >out &&
	test_grep "^demo: everything was as promised" out
'

# What differs between two runs: the folder, pids, times, and which of two
# agents settled first.
plain() {
	sed -e "s,/[^ ]*/teamctl-demo[.A-Za-z0-9]*,DIR," \
	    -e "s/[0-9.]*s  [0-9][0-9]* /TIME PID /" \
	    -e "s/ in [0-9.]*s\]/ in TIME]/" -e "s/  */ /g" "$1" | sort
}

test_expect_success 'the README shows what it prints' '
	sed -n "/^    . teamctl init --template demo/,/^    demo: every/s/^    //p" \
		"$ROOT/README.md" >readme &&
	grep -v "^$" readme >shown && plain shown >expect &&
	grep -v "^$" out >printed && plain printed >actual &&
	test_cmp expect actual
'

test_expect_success 'the team in the README is valid' '
	mkdir -p readme.d/.team/roles && : >readme.d/.team/roles/lead.md &&
	sed -n "/^    version: 2/,/^## /s/^    //p" "$ROOT/README.md" \
		>readme.d/.team/team-compose.yaml &&
	test_grep "tests:" readme.d/.team/team-compose.yaml &&
	teamctl -C readme.d validate --strict
'

test_expect_success 'it can fail' '
	cat >bin/without-drain <<-\EOF &&
	#!/bin/sh
	case " $* " in
	*" reload "*) exec "$TEAMCTL" reload --timeout 1ms ;;
	esac
	exec "$TEAMCTL" "$@"
	EOF
	chmod +x bin/without-drain && ln -sf without-drain bin/teamctl &&
	test_must_fail bin/demo >out 2>err &&
	test_grep "NOT SO: the counter was drained" err
'

test_done
