#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# teamctl(1) and the program have the same commands and options, both ways.
. "${0%/*}/lib.sh"

page=$ROOT/man/teamctl.1
export page

# "COMMAND --option" for each option that a section on a command marks up as
# an item, and "COMMAND" for the section.
cat >from-page.awk <<'EOF'
$1 == ".Sh" { in_commands = $2 == "COMMANDS" }
$1 == ".Ss" && $2 == "Options" { in_commands = 1; command = "(all)"; next }
$1 == ".Ss" && $2 == "Which" { in_commands = 0 }
$1 == ".Ss" && in_commands { command = $2; if (command != "Output") print command }
$1 == ".It" && in_commands {
	for (i = 2; i < NF; i++) {
		if ($i != "Fl")
			continue
		option = $(i + 1)
		if (substr(option, 1, 2) == "\\-")
			option = "-" substr(option, 3)
		print command " -" option
	}
}
EOF

test_expect_success 'the same commands and options, both ways' '
	awk -f from-page.awk "$page" | sort -u >expect &&
	{ teamctl completion --list options | sed "s/^/(all) /" &&
	for command in $(teamctl completion --list commands); do
		[ "$command" = ps ] && continue
		echo "$command" &&
		teamctl completion --list options "$command" |
			sed "s/^/$command /" || return 1
	done; } | sort -u >actual &&
	test_cmp expect actual
'

words() {
	tr -cs "A-Za-z" "\n" | grep -vxE "Op|Oo|Oc|Ar|Cm|Fl|Ns|OPTION|" | sort -u
}

# That of add is an option that it must have.
test_expect_success 'the same operands' '
	for command in $(teamctl completion --list commands); do
		case $command in
		ps|add) continue ;;
		esac
		echo "$command:" &&
		sed -n "s/^\.Ss $command\( \|\$\)//p" "$page" | words || return 1
	done >expect &&
	for command in $(teamctl completion --list commands); do
		case $command in
		ps|add) continue ;;
		esac
		echo "$command:" &&
		teamctl help "$command" |
			sed -n "s/^usage: teamctl $command//p" | words ||
			return 1
	done >actual &&
	test_cmp expect actual
'

test_expect_success 'other names are told' '
	test_grep "^.Ic ps$" "$page"
'

test_expect_success 'every variable that the program reads is described' '
	grep -ho "\"TEAMCTL_[A-Z_]*\"" "$ROOT"/src/load.c "$ROOT"/src/main.c |
		tr -d "\"" | sort -u >names &&
	grep -v -e TEAMCTL_VERSION -e TEAMCTL_DATADIR names >variables &&
	test -s variables &&
	while read -r name; do
		test_grep "^.It Ev .*$name" "$page" || return 1
	done <variables
'

test_expect_success 'every exit code is described' '
	sed -n "s/^\tEXIT_[A-Z_]* = \([0-9]*\),.*/\1/p" "$ROOT/src/cmd.h" \
		>codes &&
	test -s codes &&
	sed -n "/^.Sh EXIT STATUS/,/^.Sh EXAMPLES/s/^.It //p" "$page" \
		>actual &&
	test_cmp codes actual
'

test_done
