/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See typing.h.
 */
#include "typing.h"

#include "state.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A byte of one file for each agent: nothing is left behind by it, and the
 * kernel gives it back when we end.
 */
bool
typing_claim(struct typing *typing, const char *root, const char *id)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_len = 1 };
	const char *p;
	uint32_t at = 0;
	char *path;

	if (typing->fd < 0) {
		path = state_path(root, "send.lock");
		typing->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		free(path);
	}
	for (p = id; *p; p++)
		at = at * 31 + (unsigned char)*p;
	lock.l_start = (off_t)(at & INT32_MAX);
	return typing->fd < 0 || fcntl(typing->fd, F_SETLK, &lock) == 0;
}

void
typing_release(struct typing *typing)
{
	if (typing->fd >= 0)
		close(typing->fd);
	typing->fd = -1;
}
