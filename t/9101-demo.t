#!/bin/sh
# make demo keeps its promises.
. "$(dirname "$0")/lib.sh"

test_expect_success 'the demo' '
	mkdir bin && cp "$ROOT/bin/demo" bin/ && ln -s "$TEAMCTL" bin/teamctl &&
	bin/demo >out &&
	test_grep "^demo: everything was as promised" out
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
