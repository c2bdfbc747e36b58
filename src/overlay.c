/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See overlay.h.
 */
#include "overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
overlay_read(void *ctx, const char *path, size_t max, struct strbuf *out,
    struct strbuf *err)
{
	const struct overlay *overlay = ctx;
	const struct source *below = overlay->below;
	const struct strbuf *text = strmap_get(&overlay->texts, path);

	if (strmap_has(&overlay->hidden, path)) {
		strbuf_addf(err, "cannot open '%s': %s", path,
		    strerror(ENOENT));
		errno = ENOENT;
		return -1;
	}
	if (!text)
		return below->read(below->ctx, path, max, out, err);
	strbuf_add(out, text->buf, text->len);
	return 0;
}

static enum source_kind
overlay_kind(void *ctx, const char *path)
{
	const struct overlay *overlay = ctx;
	const struct source *below = overlay->below;

	return strmap_has(&overlay->hidden, path) ? SOURCE_ABSENT :
	    below->kind(below->ctx, path);
}

static void
overlay_list(void *ctx, const char *path, struct strvec *names)
{
	const struct overlay *overlay = ctx;
	const struct source *below = overlay->below;
	struct strvec all = STRVEC_INIT;
	char *full;
	size_t i;

	below->list(below->ctx, path, &all);
	for (i = 0; i < all.nr; i++) {
		full = xasprintf("%s/%s", path, all.v[i]);
		if (!strmap_has(&overlay->hidden, full))
			strvec_push(names, all.v[i]);
		free(full);
	}
	strvec_release(&all);
}

static const char *
overlay_getenv(void *ctx, const char *name)
{
	const struct source *below = ((const struct overlay *)ctx)->below;

	return below->getenv(below->ctx, name);
}

static int
overlay_run(void *ctx, const char *command, struct strbuf *out,
    struct strbuf *err)
{
	const struct source *below = ((const struct overlay *)ctx)->below;

	return below->run(below->ctx, command, out, err);
}

void
overlay_init(struct overlay *overlay, const struct source *below)
{
	*overlay = (struct overlay){
		.source = {
			.root = below->root,
			.file = below->file,
			.share = below->share,
			.read = overlay_read,
			.kind = overlay_kind,
			.list = overlay_list,
			.getenv = overlay_getenv,
			.run = overlay_run,
			.ctx = overlay,
		},
		.below = below,
	};
}

void
overlay_replace(struct overlay *overlay, const char *path,
    const struct strbuf *text)
{
	strmap_set(&overlay->texts, path, (void *)(uintptr_t)text);
}

void
overlay_hide(struct overlay *overlay, const char *path)
{
	strmap_set(&overlay->hidden, path, NULL);
}

void
overlay_release(struct overlay *overlay)
{
	strmap_release(&overlay->texts, NULL);
	strmap_release(&overlay->hidden, NULL);
}
