#!/bin/sh
# make install puts there what uninstall removes, and the installed program
# finds its own files.
. "$(dirname "$0")/lib.sh"

# make as from a shell of its own, with the output of this build as it is.
install_make() {
	(
		unset MAKEFLAGS MAKELEVEL MFLAGS
		O=$BUILD
		[ "$BUILD" = "$ROOT/build" ] && [ "$TEAMCTL" = "$ROOT/bin/teamctl" ] && O=
		make -s -C "$ROOT" -o all ${O:+O="$O" TEAMCTL="$TEAMCTL"} \
			DESTDIR="$TRASH/root" PREFIX=/opt/t "$@"
	)
}

test_expect_success 'install, by somebody whose files are private' '
	(umask 077 && install_make install)
'

test_expect_success 'the program, its data and the manual pages are there' '
	for f in bin/teamctl share/teamctl/wrappers/claude-code \
		share/teamctl/runtimes/claude-code.yaml \
		share/teamctl/templates/solo/team-compose.yaml \
		share/teamctl/teamctl.schema.json \
		share/man/man1/teamctl.1 share/man/man5/teamctl-compose.5 \
		share/man/man7/teamctl-wrapper.7 \
		share/bash-completion/completions/teamctl \
		share/zsh/site-functions/_teamctl \
		share/fish/vendor_completions.d/teamctl.fish
	do
		test -s root/opt/t/$f || { echo "no $f" && return 1; }
	done
'

test_expect_success 'modes: programs 755, all else 644' '
	find root -type f -perm 755 | sort >programs &&
	{
		echo root/opt/t/bin/teamctl &&
		find root/opt/t/share/teamctl/wrappers \
			root/opt/t/share/teamctl/hooks -type f
	} | sort >expect &&
	test_cmp expect programs &&
	find root -type f ! -perm 755 ! -perm 644 >others &&
	find root -type d ! -perm 755 >>others &&
	test_must_be_empty others
'

test_expect_success 'everything below share/ of the tree was installed' '
	(cd "$ROOT/share" && find . -type f | sort) >expect &&
	(
		cd root/opt/t/share/teamctl &&
		find . -type f ! -name teamctl.schema.json | sort
	) >actual &&
	test_cmp expect actual
'

test_expect_success 'the installed schema is that of the program' '
	teamctl schema >expect &&
	test_cmp expect root/opt/t/share/teamctl/teamctl.schema.json
'

test_expect_success 'the installed program finds its own share folder' '
	unset TEAMCTL_SHARE &&
	root/opt/t/bin/teamctl version &&
	root/opt/t/bin/teamctl init --yes team &&
	root/opt/t/bin/teamctl -C team/.team validate &&
	cat >share-of <<-\EOF &&
	version: 2
	projects:
	- id: p
	  cwd: .
	  workers:
	    a: { runtime: claude-code }
	EOF
	mkdir t && mv share-of t/team-compose.yaml &&
	root/opt/t/bin/teamctl -C t validate
'

test_expect_success 'uninstall removes exactly that' '
	: >root/opt/t/bin/other && mkdir -p root/opt/t/share/man/man1 &&
	: >root/opt/t/share/man/man1/other.1 &&
	install_make uninstall &&
	find root -type f | sort >actual &&
	printf "%s\n" root/opt/t/bin/other root/opt/t/share/man/man1/other.1 >expect &&
	test_cmp expect actual &&
	! test -e root/opt/t/share/teamctl
'

test_expect_success 'folders with blanks and quotes in their names' '
	set -- DESTDIR="$TRASH/a root" PREFIX="/opt/it'\''s here" &&
	install_make install "$@" &&
	"a root/opt/it'\''s here/bin/teamctl" version &&
	test -s "a root/opt/it'\''s here/share/man/man1/teamctl.1" &&
	install_make uninstall "$@" &&
	find "a root" -type f >left && test_must_be_empty left &&
	find . -name "it*" ! -path "./a root/*" >left &&
	test_must_be_empty left
'

command -v git >/dev/null && git -C "$ROOT" rev-parse HEAD >/dev/null 2>&1 &&
	test_set_prereq GIT

test_expect_success GIT 'the tarball holds what a build needs' '
	install_make dist DIST="$TRASH/x" && mkdir tar &&
	gzip -dc x.tar.gz | tar xf - -C tar &&
	mv "tar$TRASH/x" x &&
	for f in Makefile src/main.c src/layers t/lib.sh bin/setup COPYING; do
		test -s x/$f || { echo "no $f" && return 1; }
	done &&
	(unset MAKEFLAGS MAKELEVEL MFLAGS && make -n -C x all) >plan &&
	test_grep src/main.c plan
'

test_expect_success 'without a repository there is no tarball' '
	test_must_fail env GIT_DIR="$TRASH" make -s -C "$ROOT" dist \
		DIST="$TRASH/none" &&
	test ! -e none.tar.gz
'

test_done
