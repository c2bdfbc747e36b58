/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strvec bottom highlight */
#include "highlight.h"

#include "tap.h"

#include <stdlib.h>

#define E "\033["

static int
find(const char *screen, const char *a, const char *b, const char *c)
{
	struct strvec options = STRVEC_INIT;
	int found;

	strvec_push(&options, a);
	if (b)
		strvec_push(&options, b);
	if (c)
		strvec_push(&options, c);
	found = highlight_find(screen, &options);
	strvec_release(&options);
	return found;
}

static void
test_highlight__side_by_side(void)
{
	/* As OpenCode 1.18 does it. */
	static const char first[] = E "48;5;233m| " E "48;5;234m  "
	    E "48;5;215m " E "38;5;232mAllow once" E "38;5;15m " E "48;5;234m"
	    "  " E "38;5;8mAllow always   Reject                 enter\n";
	static const char second[] = E "48;5;234m Confirm  " E "48;5;215m "
	    E "38;5;232mCancel" E "38;5;15m " E "48;5;234m               \n";

	is_int(find(first, "Allow once", "Allow always", "Reject"), 0, "of 3");
	is_int(find(second, "Confirm", "Cancel", NULL), 1, "of 2");
	is_int(find("Yes  " E "7mNo" E "27m        \n", "Yes", "No", NULL), 1,
	    "in reverse");
	is_int(find("Yes  " E "41mNo" E "49m     \n", "Yes", "No", NULL), 1,
	    "one of eight colours");
	is_int(find("Yes  " E "48;2;1;2;3mNo" E "m     \n", "Yes", "No", NULL),
	    1, "one of many colours");
}

static void
test_highlight__below_each_other(void)
{
	static const char screen[] = "Red\n" E "48;5;233m Which?          \n"
	    " 1. " E "38;5;255mRed                   \n    as a rose     \n"
	    " " E "48;5;234m2. Blue" E "48;5;233m            \n"
	    " 3. Green                       \n";

	is_int(find(screen, "Red", "Blue", "Green"), 1, "the second");
}

static void
test_highlight__nothing_to_be_seen(void)
{
	is_int(find("Yes No\n", "Yes", "No", NULL), -1, "no colours");
	is_int(find(E "41mYes" E "m  " E "41mNo" E "m          \n", "Yes", "No",
	    NULL), -1, "both");
	is_int(find("Yes  " E "41mNever" E "m       \n", "Yes", "No", NULL),
	    -1, "one is missing");
	is_int(find(E "41mYes" E "m        \n", "Yes", NULL, NULL), -1,
	    "only one");
	is_int(find("", "Yes", "No", NULL), -1, "an empty screen");
	is_int(find(E, "Yes", "No", NULL), -1, "a code that breaks off");
	is_int(find(E "48;5", "Yes", "No", NULL), -1, "in its middle");
	is_int(find(E "48;5m" E "48;2;9m" E "38m" E "999999999999999999;;;;m"
	    "Yes No   \n", "Yes", "No", NULL), -1, "codes that are none");
	is_int(find("\033]8;;x://y\033\\Yes\033]8;;\033\\  \033(B" E "7mNo" E
	    "m   ", "Yes", "No", NULL), 1, "links and character sets");
	is_int(find("\033", "Yes", "No", NULL), -1, "a lone escape");
	is_int(find("\033]8", "Yes", "No", NULL), -1, "a link without end");
}
