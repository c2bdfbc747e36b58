/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util ere */
#include "ere.h"
#include "tap.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static void
check(const char *text, const char *expect)
{
	char why[128] = "";
	bool good = ere_check(text, REG_ICASE, why, sizeof(why));

	ok(good == !expect && (good || strstr(why, expect)),
	    "%.30s: %s", text, why);
}

static char *
repeat(const char *part, size_t nr)
{
	size_t len = strlen(part), i;
	char *text = malloc(nr * len + 1);

	for (i = 0; i < nr; i++)
		memcpy(text + i * len, part, len);
	text[nr * len] = '\0';
	return text;
}

static void
test_ere__what_is_written_in_descriptors(void)
{
	check("", NULL);
	check("rate.?limit[^0-9]*(retry|wait) ([0-9]+[smh])", NULL);
	check("^(> |.*\\$ )$", NULL);
	check("[[:space:]]+[]x(]{2,8}", NULL);
	check("[^](]", NULL);
	check("(", "");
	check("[[:", "");
	check("a{1", "");
	check("\\", "");
}

static void
test_ere__what_regcomp_cannot_stand(void)
{
	char *deep = repeat("(", 50000), *wide = repeat("a", 100000);

	check(deep, "too large");
	check(wide, "too large");
	check("a{255}{255}{255}", "too large");
	check("(((a{1,200}){1,200}){1,200})", "too large");
	check("(abcdefgh)*{32767}", "too large");
	check("a{32767}", "too large");
	check("((((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+)+", "too large");
	check("a{200}", NULL);
	free(deep);
	free(wide);
}
