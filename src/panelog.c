/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See panelog.h.
 */
#include "panelog.h"

#include "fs.h"
#include "logname.h"
#include "os.h"
#include "proc.h"
#include "shim-settle.h"
#include "strbuf.h"
#include "units.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CHUNK = 65536,
	MIN_SIZE = 4096,
	MAX_TIMES = 16 << 20,
	NICE = 10, /* of gzip */
};

struct panelog {
	const char *folder, *id;
	int64_t generation, keep, max_size, max_age_ms;
	int fd, times;
	int64_t base, size; /* of the file: where it begins, what it has */
	int64_t timed_ms;   /* of the last line in the times file */
	pid_t packer;       /* 0: none */
	size_t seen;        /* of our own question, and held back */
};

static char *
path_of(const struct panelog *log, int64_t generation, enum log_part part,
    bool is_packed)
{
	char *name = logname_format(generation, part, is_packed);
	char *path = xasprintf("%s/%s", log->folder, name);

	free(name);
	return path;
}

static int
open_part(const struct panelog *log, enum log_part part)
{
	char *path = path_of(log, log->generation, part, false);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	free(path);
	return fd;
}

/* ---- runs of before ---- */

struct old_run {
	int64_t generation;
	int64_t touched_ms;
};

struct old_runs {
	struct old_run *r;
	size_t nr, alloc;
};

static void
add_run(struct old_runs *runs, int64_t generation, int64_t touched_ms)
{
	size_t i;

	for (i = 0; i < runs->nr; i++)
		if (runs->r[i].generation == generation)
			break;
	if (i == runs->nr) {
		ARRAY_GROW(runs->r, runs->nr, runs->alloc);
		runs->r[runs->nr++] = (struct old_run){ generation, 0 };
	}
	if (touched_ms > runs->r[i].touched_ms)
		runs->r[i].touched_ms = touched_ms;
}

/* All but our own, and of them what gzip has to do. */
static void
list_runs(const struct panelog *log, struct old_runs *runs,
    struct strvec *plain)
{
	DIR *dir = opendir(log->folder);
	struct dirent *entry;
	struct logname name;
	struct stat st;
	char *path;

	while (dir && (entry = readdir(dir))) {
		if (!logname_parse(entry->d_name, &name) ||
		    name.generation == log->generation)
			continue;
		path = xasprintf("%s/%s", log->folder, entry->d_name);
		if (stat(path, &st) == 0)
			add_run(runs, name.generation,
			    (int64_t)st.st_mtime * 1000);
		if (!name.is_packed && name.part != LOG_TIMES)
			strvec_push(plain, path);
		free(path);
	}
	if (dir)
		closedir(dir);
}

static int
newest_first(const void *a, const void *b)
{
	const struct old_run *x = a, *y = b;

	return (x->generation < y->generation) -
	    (x->generation > y->generation);
}

static void
remove_run(const struct panelog *log, int64_t generation)
{
	static const enum log_part parts[] = { LOG_OLD, LOG_NOW, LOG_TIMES };
	char *path;
	size_t i;

	for (i = 0; i < 2 * nitems(parts); i++) {
		path = path_of(log, generation, parts[i / 2], i % 2);
		unlink(path);
		free(path);
	}
}

static void
prune(const struct panelog *log, struct old_runs *runs)
{
	int64_t now_ms = os_wall_ms();
	size_t i;

	if (runs->nr)
		qsort(runs->r, runs->nr, sizeof(*runs->r), newest_first);
	for (i = 0; i < runs->nr; i++)
		if ((int64_t)i + 2 > log->keep || (log->max_age_ms &&
		    now_ms - runs->r[i].touched_ms > log->max_age_ms))
			remove_run(log, runs->r[i].generation);
}

/* ---- gzip ---- */

/* Its writer may not have read the last bytes yet: they come before us. */
static void
pack(const char *path)
{
	const char *const words[] = { "gzip", "-f", "-n", "--", path };
	struct strvec argv = STRVEC_INIT;
	const struct proc_options options = { .timeout_ms = 0 };
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	struct proc_result result;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t i;

	for (i = 0; i < nitems(words); i++)
		strvec_push(&argv, words[i]);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		proc_run(argv.v, &options, &out, &err, &result);
	strvec_release(&argv);
	if (fd >= 0)
		close(fd);
	strbuf_release(&out);
	strbuf_release(&err);
}

/* Without gzip they stay as they are. */
static void
begin_packing(struct panelog *log, const struct strvec *paths)
{
	size_t i;

	if (!paths->nr)
		return;
	log->packer = fork();
	if (log->packer != 0) {
		if (log->packer < 0)
			log->packer = 0;
		return;
	}
	close(STDIN_FILENO);
	close(log->fd);
	setpriority(PRIO_PROCESS, 0, NICE);
	for (i = 0; i < paths->nr; i++)
		pack(paths->v[i]);
	_exit(0);
}

/* Two at a time could take each other's file away. */
static void
end_packing(struct panelog *log)
{
	while (log->packer > 0 && waitpid(log->packer, NULL, 0) < 0 &&
	    errno == EINTR)
		continue;
	log->packer = 0;
}

/* ---- our own run ---- */

/* When what comes now was printed. */
static void
add_time(const struct panelog *log)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%lld %lld\n", (long long)log->timed_ms,
	    (long long)(log->base + log->size));
	fs_write_all(log->times, line.buf, line.len);
	strbuf_release(&line);
}

/* Here a file begins; the time is known again when those before are gone. */
static void
add_base(const struct panelog *log)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "B %lld\n", (long long)log->base);
	fs_write_all(log->times, line.buf, line.len);
	strbuf_release(&line);
	add_time(log);
}

/* Only lines about what is kept. */
static void
shorten_times(struct panelog *log, int64_t from)
{
	char *path = path_of(log, log->generation, LOG_TIMES, false);
	struct strbuf text = STRBUF_INIT, kept = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	const char *line, *space;

	if (fs_read(path, MAX_TIMES, &text, &err) == 0) {
		strbuf_addf(&kept, "B %lld\n", (long long)from);
		for (line = text.buf; *line; line += strcspn(line, "\n") + 1) {
			space = strchr(line, ' ');
			if (!strchr(line, '\n'))
				break;
			if (*line != 'B' && space &&
			    strtoll(space, NULL, 10) >= from)
				strbuf_add(&kept, line, strcspn(line, "\n") +
				    1);
		}
		close(log->times);
		fs_write(path, kept.buf, kept.len, 0600, 0, &err);
		log->times = open_part(log, LOG_TIMES);
	}
	strbuf_release(&text);
	strbuf_release(&kept);
	strbuf_release(&err);
	free(path);
}

static void
put_aside(struct panelog *log)
{
	char *now = path_of(log, log->generation, LOG_NOW, false);
	char *old = path_of(log, log->generation, LOG_OLD, false);
	char *packed = path_of(log, log->generation, LOG_OLD, true);
	struct strvec paths = STRVEC_INIT;

	end_packing(log);
	unlink(packed);
	if (rename(now, old) == 0) {
		shorten_times(log, log->base);
		close(log->fd);
		log->fd = open_part(log, LOG_NOW);
		flock(log->fd, LOCK_EX | LOCK_NB);
		log->base += log->size;
		log->size = 0;
		add_base(log);
		strvec_push(&paths, old);
		begin_packing(log, &paths);
	}
	strvec_release(&paths);
	free(now);
	free(old);
	free(packed);
}

static void
take(struct panelog *log, const char *buf, size_t len)
{
	int64_t now_ms = os_wall_ms(), n;

	if (now_ms - log->timed_ms >= LOG_TIME_MS || now_ms < log->timed_ms) {
		log->timed_ms = now_ms;
		add_time(log);
	}
	while (len) {
		n = log->max_size - log->size;
		n = n > (int64_t)len ? (int64_t)len : n;
		if (n > 0) {
			/* What cannot be kept is not: tmux must go on. */
			fs_write_all(log->fd, buf, (size_t)n);
			log->size += n;
			buf += n;
			len -= (size_t)n;
		}
		if (log->size >= log->max_size)
			put_aside(log);
	}
}

/*
 * Without the question of the shim at the end of a run: the terminal of
 * whoever reads the log would answer it, and type that into his shell.
 */
static void
take_theirs(struct panelog *log, const char *buf, size_t len)
{
	const char *question = shim_settle_question;
	struct strbuf out = STRBUF_INIT;
	size_t i;

	if (log->seen == 0 && !memchr(buf, *question, len)) {
		take(log, buf, len);
		return;
	}
	for (i = 0; i < len; i++) {
		if (buf[i] != question[log->seen]) {
			strbuf_add(&out, question, log->seen);
			log->seen = 0;
		}
		if (buf[i] != question[log->seen])
			strbuf_addch(&out, buf[i]);
		else if (question[++log->seen] == '\0')
			log->seen = 0;
	}
	if (out.len)
		take(log, out.buf, out.len);
	strbuf_release(&out);
}

static int
open_log(struct panelog *log, struct strbuf *err)
{
	char *path = xasprintf("%s/id", log->folder);
	struct stat st;
	int rc = fs_private_dir(log->folder, err);

	if (rc == 0)
		rc = fs_write(path, log->id, strlen(log->id), 0600,
		    FS_IF_CHANGED, err);
	free(path);
	if (rc < 0)
		return -1;
	log->fd = open_part(log, LOG_NOW);
	log->times = open_part(log, LOG_TIMES);
	if (log->fd < 0 || log->times < 0 || fstat(log->fd, &st) < 0)
		return -1;
	flock(log->fd, LOCK_EX | LOCK_NB);
	log->size = st.st_size;
	return 0;
}

static void
tend_others(struct panelog *log)
{
	struct old_runs runs = { 0 };
	struct strvec plain = STRVEC_INIT;

	list_runs(log, &runs, &plain);
	prune(log, &runs);
	begin_packing(log, &plain);
	strvec_release(&plain);
	free(runs.r);
}

int
panelog_main(int argc, char **argv)
{
	struct panelog log = { .fd = -1, .times = -1 };
	struct strbuf err = STRBUF_INIT;
	char *buf;
	ssize_t n;
	int rc;

	if (argc != 6 || units_parse_int(argv[2], &log.generation) < 0 ||
	    units_parse_int(argv[3], &log.keep) < 0 ||
	    units_parse_int(argv[4], &log.max_size) < 0 ||
	    units_parse_int(argv[5], &log.max_age_ms) < 0)
		return 2;
	log.folder = argv[0];
	log.id = argv[1];
	if (log.max_size < MIN_SIZE)
		log.max_size = MIN_SIZE;
	umask(077);
	rc = open_log(&log, &err);
	strbuf_release(&err);
	if (rc < 0)
		return 1;
	tend_others(&log);
	buf = xmalloc(CHUNK);
	while ((n = read(STDIN_FILENO, buf, CHUNK)) > 0 ||
	    (n < 0 && errno == EINTR))
		if (n > 0)
			take_theirs(&log, buf, (size_t)n);
	if (log.seen)
		take(&log, shim_settle_question, log.seen);
	free(buf);
	close(log.fd);
	close(log.times);
	return 0;
}
