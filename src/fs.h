/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Files: whole reads, atomic replacement, folders, locks.  Every function
 * returns 0, or -1 with one line in err ("cannot open 'x': No such ...") and
 * errno as it was.
 */
#ifndef FS_H
#define FS_H

#include "strbuf.h"

#include <sys/types.h>

/* Appends a whole regular file of at most max bytes (FIFOs are refused). */
int fs_read(const char *path, size_t max, struct strbuf *out,
    struct strbuf *err);

enum fs_write_flag {
	FS_SYNC = 1u << 0,       /* fsync before the rename, and the folder */
	FS_IF_CHANGED = 1u << 1, /* leave an equal file of that mode alone */
};
/* How the names of temporary files end. */
#define FS_TMP ".tmp"
/* Replaces path atomically (temporary file and rename) with that mode. */
int fs_write(const char *path, const void *data, size_t len, mode_t mode,
    unsigned flags, struct strbuf *err);

/*
 * The same, but with one write over what is there if it has the same length: on
 * ext4 a fiftieth of the time, and nothing is wanted of a full disk.  Not
 * atomic: who reads meanwhile may get parts of both.
 */
int fs_overwrite(const char *path, const void *data, size_t len, mode_t mode,
    struct strbuf *err);

/*
 * As fs_write with FS_SYNC, for a file of the user's: it keeps its mode, and
 * its owner, who may be another.  0600 and ours where there is none.
 */
int fs_replace(const char *path, const void *data, size_t len,
    struct strbuf *err);

/* All of it, interrupted or not; -1 and errno. */
int fs_write_all(int fd, const void *data, size_t len);

/* mkdir -p; the last folder gets that mode when it is made. */
int fs_mkdirs(const char *path, mode_t mode, struct strbuf *err);
/*
 * A folder of ours: made with 0700, tightened to it when it is wider.  That it
 * is another user's, or behind a link of one, is an error.
 */
int fs_private_dir(const char *path, struct strbuf *err);
/*
 * Removes what a killed fs_write has left in a folder for files whose names
 * begin so.
 */
void fs_sweep(const char *folder, const char *prefix);
/* Removes a file; one that is not there is fine. */
int fs_unlink(const char *path, struct strbuf *err);
/*
 * Finds a program as execvp would along search (a PATH): absolute or with a
 * slash as it is.  An allocated path, or NULL.
 */
char *fs_which(const char *program, const char *search);

#endif
