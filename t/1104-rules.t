#!/bin/sh
# The table of rules (src/rules.h) and what is done with it agree, both ways.
. "$(dirname "$0")/lib.sh"

test_expect_success 'each rule is in the table and used' '
	sed -n "s/^#define \(RULE_[A-Z0-9_]*\) .*/\1/p" "$ROOT/src/rules.h" |
		sort >defined &&
	test -s defined &&
	sed -n "s/^	{ \(RULE_[A-Z0-9_]*\),.*/\1/p" "$ROOT/src/rules.c" |
		sort >listed &&
	test_cmp defined listed &&
	(cd "$ROOT/src" && ls *.c | grep -v "^rules.c" |
		xargs grep -ho "RULE_[A-Z0-9_]*") | sort -u >used &&
	test_cmp defined used
'

test_expect_success 'ids are the names in lower case, and no id is there twice' '
	sed -n "s/^#define RULE_\([A-Z0-9_]*\) \"\(.*\)\"/\1 \2/p" \
		"$ROOT/src/rules.h" |
		while read -r name id; do
			[ "$(echo "$name" | tr A-Z_ a-z-)" = "$id" ] ||
				echo "$name $id"
		done >wrong &&
	test_must_be_empty wrong
'

test_expect_success 'no finding has a rule that is not of the table' '
	cat "$ROOT"/src/*.c | tr "\n\t" "  " |
		grep -oE "diag_(error|warning|note)\([^;]*\"" >calls &&
	test -s calls &&
	awk "!/RULE_[A-Z0-9_]*,|[( ]rule,|rule_of\\(key\\),/" calls >wrong &&
	test_must_be_empty wrong
'

test_done
