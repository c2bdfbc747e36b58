/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See shim-settle.h.  The terminal is asked for its status, which every
 * terminal answers and in the order of what it reads: tcdrain(3) knows nothing
 * of what waits in a pty.
 */
#include "shim-settle.h"

#include "os.h"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* As long as a busy tmux server may take; that one is gone shows at once. */
#define SETTLE_MS 2000

/* CAN ends a sequence that the agent left unfinished; then DSR (ECMA-48). */
const char shim_settle_question[] = "\030\033[5n";
static const char answer[] = "\033[0n";

/* Nothing typed is to be shown or waited for. */
static int
take_terminal(void)
{
	struct termios mode;

	if (!isatty(STDIN_FILENO) ||
	    tcsetpgrp(STDIN_FILENO, getpgrp()) != 0 ||
	    tcgetattr(STDIN_FILENO, &mode) != 0)
		return -1;
	mode.c_iflag &= ~(tcflag_t)IXON; /* lets go on what Ctrl-S stopped */
	mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSANOW, &mode);
}

/* False at the deadline, or when the terminal is gone. */
static bool
read_byte(char *byte, struct mono deadline)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int64_t left = mono_ms_until(os_now(), deadline);

	return left > 0 && poll(&fd, 1, (int)left) == 1 &&
	    read(STDIN_FILENO, byte, 1) == 1;
}

void
shim_settle(void)
{
	struct mono deadline = mono_add_ms(os_now(), SETTLE_MS);
	size_t seen = 0;
	char byte;

	if (take_terminal() != 0 ||
	    write(STDIN_FILENO, shim_settle_question,
	    strlen(shim_settle_question)) < 0)
		return;
	while (seen < strlen(answer) && read_byte(&byte, deadline))
		seen = byte == answer[seen] ? seen + 1 : byte == answer[0];
}
