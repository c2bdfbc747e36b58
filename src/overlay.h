/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A source in which some files have another text than on disk, and some are
 * not there: how a team would read after an edit.
 */
#ifndef OVERLAY_H
#define OVERLAY_H

#include "source.h"
#include "strmap.h"

struct overlay {
	struct source source; /* to be read from; root and file are below's */
	const struct source *below;
	struct strmap texts;  /* absolute path to const struct strbuf */
	struct strmap hidden; /* absolute path */
};

/* below must outlive it. */
void overlay_init(struct overlay *overlay, const struct source *below);
/* text is borrowed. */
void overlay_replace(struct overlay *overlay, const char *path,
    const struct strbuf *text);
void overlay_hide(struct overlay *overlay, const char *path);
void overlay_release(struct overlay *overlay);

#endif
