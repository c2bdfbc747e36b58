/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See signame.h.  The signals of POSIX; their numbers differ by system.
 */
#include "signame.h"

#include "util.h"

#include <signal.h>
#include <string.h>

static const struct {
	int number;
	const char *name;
} signals[] = {
	{ SIGABRT, "ABRT" }, { SIGALRM, "ALRM" }, { SIGBUS, "BUS" },
	{ SIGCHLD, "CHLD" }, { SIGCONT, "CONT" }, { SIGFPE, "FPE" },
	{ SIGHUP, "HUP" }, { SIGILL, "ILL" }, { SIGINT, "INT" },
	{ SIGKILL, "KILL" }, { SIGPIPE, "PIPE" }, { SIGPROF, "PROF" },
	{ SIGQUIT, "QUIT" },
	{ SIGSEGV, "SEGV" }, { SIGSTOP, "STOP" }, { SIGSYS, "SYS" },
	{ SIGTERM, "TERM" }, { SIGTRAP, "TRAP" }, { SIGTSTP, "TSTP" },
	{ SIGTTIN, "TTIN" }, { SIGTTOU, "TTOU" }, { SIGURG, "URG" },
	{ SIGUSR1, "USR1" }, { SIGUSR2, "USR2" }, { SIGVTALRM, "VTALRM" },
	{ SIGXCPU, "XCPU" }, { SIGXFSZ, "XFSZ" },
};

int
signame_parse(const char *name)
{
	size_t i;

	if (str_starts(name, "SIG"))
		name += strlen("SIG");
	for (i = 0; i < nitems(signals); i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	return 0;
}

const char *
signame(int number)
{
	size_t i;

	for (i = 0; i < nitems(signals); i++)
		if (signals[i].number == number)
			return signals[i].name;
	return "?";
}
