#!/bin/sh
# teamctl-compose(5) and the program have the same keys and rules, both ways,
# and its examples are true.
. "${0%/*}/lib.sh"

page=$ROOT/man/teamctl-compose.5

# "path TAB kind TAB default TAB since TAB effect" of each key.
cat >"$TRASH/keys.awk" <<'EOT'
$1 == ".Sh" {
	table = $3 == "KEYS" ? tolower($2) : ""
}
table && $1 == ".It" && $2 == "Cm" {
	path = table "." $3
}
table && /^\(.*\)$/ {
	line = substr($0, 2, length($0) - 2)
	n = split(line, part, "; ")
	kind = part[1]
	def = since = effect = ""
	for (i = 2; i <= n; i++) {
		if (part[i] ~ /^default /)
			def = substr(part[i], 9)
		else if (part[i] == "new")
			since = "new"
		else if (part[i] ~ /^since /)
			since = substr(part[i], 7)
		else
			effect = part[i]
	}
	printf "%s\t%s\t%s\t%s\t%s\n", path, kind, def, since, effect
}
EOT
export page

test_expect_success 'the same keys: kind, default, first version, effect' '
	teamctl schema --keys | cut -f1-5 | sort >expect &&
	test -s expect &&
	awk -f keys.awk "$page" | sort >actual &&
	test_cmp expect actual
'

test_expect_success 'the same rules' '
	sed -n "s/^#define RULE_[A-Z0-9_]* \"\(.*\)\"/\1/p" "$ROOT/src/rules.h" |
		sort >expect &&
	test -s expect &&
	awk "/^\.Sh/ { rules = \$2 == \"RULES\" }
		rules && /^\.It Li/ { print \$3 }" "$page" | sort >actual &&
	test_cmp expect actual
'

test_expect_success 'the examples are teams without a finding' '
	awk "/^\.Sh/ { example = \$2 == \"EXAMPLES\" }
		example && /^\.Ed/ { inside = 0 }
		inside { print > (\"example\" nr \".yaml\") }
		example && /^\.Bd/ { inside = 1; nr++ }" "$page" &&
	test -s example1.yaml && test -s example2.yaml &&
	for f in example*.yaml; do
		teamctl -f "$f" validate 2>err || { cat err && return 1; }
		test_grep ! "error\|warning" err || return 1
	done
'

test_done
