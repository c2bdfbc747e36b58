#!/bin/sh
# What validate says, case by case: t/1100/NAME.yaml is the team file,
# NAME.expect what is printed and the exit status.  GOLDEN=1 rewrites them.
. "$(dirname "$0")/lib.sh"

cases=$ROOT/t/1100

validate() { # CASE
	mkdir -p team &&
	cp "$cases/$1.yaml" team/team-compose.yaml || return 1
	(unset UNSET NEEDED && teamctl -C team validate) >out 2>&1
	echo "exit $?" >>out
	sed "s,$TRASH/,," out >actual
}

for case in "$cases"/*.yaml; do
	name=$(basename "$case" .yaml)
	if [ -n "$GOLDEN" ]; then
		(cd "$TRASH" && validate "$name" &&
			cp actual "$cases/$name.expect")
	fi
	test_expect_success "validate $name" '
		validate $name &&
		test_cmp "$cases/$name.expect" actual
	'
done

test_done
