# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# For tests that look into JSON and talk to the control socket.

# json FILE PATH: the member, "results/0/agent"; true, false or null as such.
json() {
	perl -MJSON::PP -e '
		local $/;
		my $at = decode_json(<STDIN>);
		$at = ref $at eq "ARRAY" ? $at->[$_] : $at->{$_}
		    for split "/", $ARGV[0];
		print ref $at ? $at ? "true" : "false" : defined $at ? $at :
		    "null"' "$2" <"$1"
}

# json_is FILE PATH VALUE
json_is() {
	json_got=$(json "$1" "$2")
	test "$json_got" = "$3" && return
	echo "$1: $2 is '$json_got', not '$3'"
	return 1
}

# ask LINE...: sends the lines to the control socket, one after the answer to
# the other; prints the answers, but not the greeting.
ask() {
	perl -MIO::Socket::UNIX -e '
		my $socket = IO::Socket::UNIX->new("state/control.sock")
		    or die "cannot connect: $!";
		<$socket>;
		for (@ARGV) {
			print $socket "$_\n";
			$socket->flush;
			print scalar <$socket> // exit 1;
		}' "$@"
}
