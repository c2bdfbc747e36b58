#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# Which team a command is about.  `completion --list agents` names the agents
# of the team that was found, and so tells which one it was.
. "${0%/*}/lib.sh"

# team DIR NAME [FILE]: a team of one agent, t:NAME.
team() {
	mkdir -p "$1" &&
	cat >"$1/${3:-team-compose.yaml}" <<-EOF
	version: 2
	projects:
	  - id: t
	    cwd: .
	    workers:
	      $2: { command: [sleep, "1"] }
	EOF
}

# found NAME ARG...: teamctl ARG... is about the team of that agent.
found() {
	found_name=$1
	shift
	printf 't\nt:%s\n' "$found_name" >expect &&
	teamctl "$@" completion --list agents >actual &&
	test_cmp expect actual
}

# lost TEXT ARG...: there is no team, exit 3, and the reason has TEXT.
lost() {
	lost_text=$1
	shift
	test_expect_code 3 teamctl "$@" env >out 2>err &&
	test_must_be_empty out &&
	test_grep "$lost_text" err
}

team repo/.team dot &&
mkdir -p repo/a/b &&
team flat flat &&
mkdir -p flat/x &&
team both/.team inner &&
team both outer &&
team other other-file mine.yaml || exit 1

test_expect_success 'the walk up finds .team/team-compose.yaml' '
	(cd repo && found dot) &&
	(cd repo/a/b && found dot) &&
	(cd repo/.team && found dot)
'

test_expect_success 'the walk up finds a flat team-compose.yaml' '
	(cd flat && found flat) &&
	(cd flat/x && found flat)
'

test_expect_success '.team comes before a flat file of the same folder' '
	(cd both && found inner)
'

test_expect_success 'the nearest folder wins' '
	team repo/a near &&
	test_when_finished rm repo/a/team-compose.yaml &&
	(cd repo/a/b && found near)
'

test_expect_success 'no team: exit 3, the folder and what to do' '
	lost "no team-compose.yaml found in .$TRASH." &&
	test_grep "hint: .teamctl init." err
'

test_expect_success 'a folder of the name of the file is not a team' '
	mkdir -p odd/team-compose.yaml &&
	(cd odd && lost "no team-compose.yaml found")
'

test_expect_success '-C names the folder, or the one above .team' '
	found flat -C flat &&
	found flat --root flat &&
	found flat --root=flat &&
	found dot -C repo/.team &&
	found dot -C repo &&
	found outer -C both
'

test_expect_success 'W40: -C and -f work behind the command too' '
	printf "t\nt:flat\n" >expect &&
	teamctl completion -C flat --list agents >actual &&
	test_cmp expect actual &&
	teamctl completion --list agents --root=flat >actual &&
	test_cmp expect actual &&
	teamctl completion --list agents -f flat/team-compose.yaml >actual &&
	test_cmp expect actual
'

test_expect_success '-C without a team there' '
	mkdir -p empty &&
	lost "no team-compose.yaml in .empty. (-C)" -C empty &&
	lost "no folder .gone. (-C)" -C gone
'

test_expect_success '-f names the file, whatever it is called' '
	found other-file -f other/mine.yaml &&
	(cd other && found other-file --file mine.yaml) &&
	found other-file -f "$TRASH/other/mine.yaml" &&
	lost "cannot open .other/gone.yaml.: No such file" \
		-f other/gone.yaml &&
	lost "it is a folder" -f other
'

test_expect_success '-f is relative to -C' '
	found other-file -C other -f mine.yaml
'

test_expect_success 'W41: -C, then TEAMCTL_ROOT, then the walk up' '
	(cd repo && TEAMCTL_ROOT=../flat && export TEAMCTL_ROOT &&
	found flat && found outer -C ../both &&
	found other-file -f ../other/mine.yaml)
'

test_expect_success 'an empty TEAMCTL_ROOT counts as unset' '
	(cd repo && TEAMCTL_ROOT= TEAMCTL_FILE= found dot)
'

test_expect_success 'TEAMCTL_ROOT without a team there is an error' '
	(TEAMCTL_ROOT=$TRASH/empty && export TEAMCTL_ROOT &&
	cd repo && lost "no team-compose.yaml in .*(TEAMCTL_ROOT)")
'

test_expect_success 'TEAMCTL_FILE is the twin of -f' '
	(TEAMCTL_FILE=$TRASH/other/mine.yaml && export TEAMCTL_FILE &&
	cd repo && found other-file && found flat -C ../flat)
'

test_expect_success 'validate tells that TEAMCTL_ROOT chose another team' '
	warning="warning: using \$TEAMCTL_ROOT=$TRASH/flat (CWD walk-up would" &&
	(TEAMCTL_ROOT=$TRASH/flat && export TEAMCTL_ROOT && cd repo &&
	teamctl validate >out 2>err &&
	test_grep "$warning resolve elsewhere or fail)" err &&
	TEAMCTL_QUIET=1 teamctl validate >out 2>err &&
	test_grep ! "warning: using" err &&
	teamctl validate -C ../flat 2>err &&
	test_grep ! "warning: using" err &&
	cd ../flat && teamctl validate 2>err &&
	test_grep ! "warning: using" err)
'

mkdir -m 1777 all && team all/.team planted && mkdir all/mine &&
chown -R 1234 all/.team 2>/dev/null && test_set_prereq CHOWN

test_expect_success CHOWN "another user's in a folder for all is passed over" '
	(cd all && lost "no team-compose.yaml found" &&
	test_grep "all/.team/team-compose.yaml. is passed over" err) &&
	(cd all/mine && lost "no team-compose.yaml found") &&
	found planted -C all &&
	(cd all && TEAMCTL_ROOT=. && export TEAMCTL_ROOT && found planted) &&
	team repo/.team dot && mkdir repo/all && chmod 1777 repo/all &&
	cp -R all/.team repo/all && chown -R 1234 repo/all/.team &&
	(cd repo/all && found dot) &&
	chown -R 0 all/.team && (cd all/mine && found planted) &&
	chown -R 1234 all/.team && chmod 755 all && (cd all && found planted)
'

test_expect_success 'a team behind a link is known by its real folder' '
	ln -s repo link &&
	(cd link/a && found dot) &&
	found dot -C link
'

test_done
