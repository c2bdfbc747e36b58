/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See signame.h.
 */
#include "signame.h"

#include "util.h"

#include <signal.h>
#include <string.h>

static const struct {
	int number;
	const char *name;
} signals[] = {
#define ROW(name) { SIG##name, #name },
	SIGNAMES(ROW)
#undef ROW
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
