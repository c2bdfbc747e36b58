/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * In a temporary folder of its own, which is the current one during a test.
 */
/* objs: util strbuf fs */
#include "fs.h"

#include "tap.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/u-fs.XXXXXX";

static void
enter(void)
{
	memset(folder + sizeof(folder) - 7, 'X', 6);
	if (!mkdtemp(folder) || chdir(folder) == -1)
		BUG("%s: %s", folder, strerror(errno));
}

static void
leave(void)
{
	char *command = xasprintf("rm -rf '%s'", folder);

	ok(chdir("/") == 0 && system(command) == 0, "%s", command);
	free(command);
}

static void
put(const char *path, const char *text, mode_t mode)
{
	struct strbuf err = STRBUF_INIT;

	is_int(fs_write(path, text, strlen(text), mode, 0, &err), 0, err.buf);
	strbuf_release(&err);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static ino_t
inode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_ino : 0;
}

/* fs_read must fail with that text and leave out as it was. */
static void
read_fails(const char *path, size_t max, const char *text, int code)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

	strbuf_addstr(&out, "before");
	is_int(fs_read(path, max, &out, &err), -1, text);
	is_int(errno, code, "errno");
	is_str(err.buf, text, "text");
	is_str(out.buf, "before", "nothing was added");
	strbuf_release(&out);
	strbuf_release(&err);
}

static void
test_fs__read_appends_all_bytes(void)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	char big[50000];

	enter();
	memset(big, 'x', sizeof(big));
	big[100] = '\0';
	is_int(fs_write("big", big, sizeof(big), 0600, 0, &err), 0, err.buf);
	strbuf_addstr(&out, "head");
	is_int(fs_read("big", sizeof(big), &out, &err), 0, err.buf);
	is_int((intmax_t)out.len, 4 + sizeof(big), "length");
	ok(memcmp(out.buf, "head", 4) == 0, "appended");
	ok(memcmp(out.buf + 4, big, sizeof(big)) == 0, "bytes");
	strbuf_release(&out);
	strbuf_release(&err);
	leave();
}

static void
test_fs__read_refuses(void)
{
	enter();
	put("five", "12345", 0600);
	mkdir("folder", 0700);
	mkfifo("fifo", 0600);
	read_fails("absent", 10,
	    "cannot open 'absent': No such file or directory", ENOENT);
	read_fails("a\033b", 10,
	    "cannot open 'a\\x1bb': No such file or directory", ENOENT);
	read_fails("folder", 10, "'folder' is not a regular file", EINVAL);
	read_fails("fifo", 10, "'fifo' is not a regular file", EINVAL);
	read_fails("five", 4, "'five' is larger than 4 bytes", EFBIG);
	truncate("five", 64 << 20);
	read_fails("five", 2 << 10, "'five' is larger than 2 KiB", EFBIG);
	read_fails("five", 16 << 20, "'five' is larger than 16 MiB", EFBIG);
	/* Its size is 0 for stat: only reading shows the truth. */
	read_fails("/proc/self/maps", 10,
	    "'/proc/self/maps' is larger than 10 bytes", EFBIG);
	leave();
}

static void
test_fs__write_replaces_whole(void)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	ino_t before;

	enter();
	put("file", "a long first text", 0644);
	before = inode_of("file");
	is_int(fs_write("file", "b", 1, 0600, FS_SYNC, &err), 0, err.buf);
	ok(inode_of("file") != before, "it is another file");
	is_int(mode_of("file"), 0600, "mode");
	fs_read("file", 100, &out, &err);
	is_str(out.buf, "b", "text");
	is_int(system("test \"$(ls -A)\" = file"), 0, "nothing else is left");
	strbuf_release(&out);
	strbuf_release(&err);
	leave();
}

static void
test_fs__write_mode_is_not_masked(void)
{
	mode_t old = umask(077);

	enter();
	put("open", "x", 0644);
	is_int(mode_of("open"), 0644, "in spite of the umask");
	umask(old);
	leave();
}

static void
test_fs__write_if_changed(void)
{
	struct strbuf err = STRBUF_INIT;
	ino_t before;

	enter();
	put("file", "text", 0600);
	before = inode_of("file");
	fs_write("file", "text", 4, 0600, FS_IF_CHANGED, &err);
	ok(inode_of("file") == before, "an equal one is left alone");
	fs_write("file", "text", 4, 0640, FS_IF_CHANGED, &err);
	is_int(mode_of("file"), 0640, "another mode is a change");
	before = inode_of("file");
	fs_write("file", "tex", 3, 0640, FS_IF_CHANGED, &err);
	ok(inode_of("file") != before, "another text is a change");
	is_int(symlink("file", "link"), 0, "symlink");
	fs_write("link", "tex", 3, 0640, FS_IF_CHANGED, &err);
	is_int(mode_of("link"), 0640, "a link is replaced by a file");
	is_str(err.buf, "", "no error");
	strbuf_release(&err);
	leave();
}

static void
test_fs__write_failure_leaves_the_old_file(void)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;

	enter();
	is_int(fs_write("absent/file", "x", 1, 0600, 0, &err), -1, "no folder");
	is_int(errno, ENOENT, "errno");
	ok(str_starts(err.buf, "cannot create 'absent/file."), "%s", err.buf);
	strbuf_reset(&err);
	mkdir("folder", 0700);
	is_int(fs_write("folder", "x", 1, 0600, 0, &err), -1, "over a folder");
	is_str(err.buf, "cannot write 'folder': Is a directory", "text");
	is_int(system("test \"$(ls -A)\" = folder"), 0, "nothing else is left");
	strbuf_release(&out);
	strbuf_release(&err);
	leave();
}

static void
test_fs__write_takes_over_what_a_killed_one_left(void)
{
	char *left = xasprintf("file.%ld.tmp", (long)getpid());

	enter();
	put(left, "half", 0600);
	put("file", "whole", 0600);
	ok(access(left, F_OK) == -1, "it is gone");
	free(left);
	leave();
}

static void
test_fs__mkdirs(void)
{
	struct strbuf err = STRBUF_INIT;
	mode_t old = umask(022);

	enter();
	is_int(fs_mkdirs("a//b/c/", 0700, &err), 0, err.buf);
	is_int(mode_of("a"), 0755, "those on the way are ordinary");
	is_int(mode_of("a/b/c"), 0700, "the last one is as asked");
	is_int(fs_mkdirs("a/b/c", 0777, &err), 0, "again");
	is_int(mode_of("a/b/c"), 0700, "one that was there is left alone");
	put("file", "", 0600);
	is_int(fs_mkdirs("file/x", 0700, &err), -1, "through a file");
	is_str(err.buf, "cannot create folder 'file': Not a directory", "text");
	strbuf_reset(&err);
	is_int(fs_mkdirs("file", 0700, &err), -1, "a file");
	is_int(errno, ENOTDIR, "errno");
	umask(old);
	strbuf_release(&err);
	leave();
}

static void
test_fs__private_dir(void)
{
	struct strbuf err = STRBUF_INIT;

	enter();
	is_int(fs_private_dir("state", &err), 0, err.buf);
	is_int(mode_of("state"), 0700, "made");
	chmod("state", 0755);
	is_int(fs_private_dir("state", &err), 0, err.buf);
	is_int(mode_of("state"), 0700, "tightened");
	symlink("state", "link");
	is_int(fs_private_dir("link", &err), 0, err.buf);
	strbuf_release(&err);
	leave();
}

static void
test_fs__private_dir_is_behind_no_link_of_another(void)
{
	struct strbuf err = STRBUF_INIT;

	enter();
	mkdir("ours", 0755);
	chmod("ours", 0755); /* whatever the umask */
	symlink("ours", "link");
	if (geteuid() == 0 && lchown("link", 1234, 1234) == 0) {
		is_int(fs_private_dir("link", &err), -1, "refused");
		is_str(err.buf, "'link' is a link of another user", "said so");
		is_int(fs_private_dir("link/", &err), -1, "with a slash");
		is_int(mode_of("ours"), 0755, "and left as it was");
	}
	strbuf_release(&err);
	leave();
}

static void
test_fs__overwrite_keeps_the_file_when_the_length_fits(void)
{
	struct strbuf out = STRBUF_INIT, err = STRBUF_INIT;
	ino_t before;

	enter();
	is_int(fs_overwrite("file", "one", 3, 0600, &err), 0, err.buf);
	before = inode_of("file");
	is_int(fs_overwrite("file", "two", 3, 0600, &err), 0, err.buf);
	ok(inode_of("file") == before, "it is the same file");
	is_int(link("file", "other"), 0, "another name of it");
	is_int(fs_overwrite("file", "six", 3, 0600, &err), 0, err.buf);
	ok(inode_of("file") != before, "what has two names is left alone");
	before = inode_of("file");
	is_int(fs_overwrite("file", "three", 5, 0600, &err), 0, err.buf);
	ok(inode_of("file") != before, "so is what is not as long");
	is_int(symlink("other", "link"), 0, "a link");
	is_int(fs_overwrite("link", "ten", 3, 0600, &err), 0, err.buf);
	fs_read("other", 100, &out, &err);
	is_str(out.buf, "two", "nor is a link followed");
	strbuf_reset(&out);
	fs_read("link", 100, &out, &err);
	is_str(out.buf, "ten", "it is replaced");
	strbuf_release(&out);
	strbuf_release(&err);
	leave();
}

static void
test_fs__replace_keeps_mode_and_owner(void)
{
	struct strbuf err = STRBUF_INIT;
	struct stat st;

	enter();
	is_int(fs_replace("new", "a", 1, &err), 0, err.buf);
	is_int(mode_of("new"), 0600, "ours");
	put("file", "a", 0640);
	is_int(fs_replace("file", "b", 1, &err), 0, err.buf);
	is_int(mode_of("file"), 0640, "its mode");
	if (geteuid() == 0 && chown("file", 1234, 4321) == 0) {
		is_int(fs_replace("file", "c", 1, &err), 0, err.buf);
		is_int(stat("file", &st), 0, "there");
		is_int(st.st_uid, 1234, "its owner");
		is_int(st.st_gid, 4321, "its group");
		is_int(mode_of("file"), 0640, "its mode, too");
	}
	strbuf_release(&err);
	leave();
}

static void
test_fs__unlink(void)
{
	struct strbuf err = STRBUF_INIT;

	enter();
	put("file", "", 0600);
	is_int(fs_unlink("file", &err), 0, "there");
	is_int(fs_unlink("file", &err), 0, "not there");
	mkdir("folder", 0700);
	is_int(fs_unlink("folder", &err), -1, "a folder");
	ok(str_starts(err.buf, "cannot remove 'folder': "), "%s", err.buf);
	strbuf_release(&err);
	leave();
}

static void
test_fs__which(void)
{
	static const struct {
		const char *program, *search, *found;
	} rows[] = {
		{ "prog", "a:b", "b/prog" },
		{ "prog", "b:c", "b/prog" },
		{ "prog", "a", NULL },
		{ "prog", "", NULL },
		{ "prog", NULL, NULL },
		{ "here", "a::b", "./here" },
		{ "here", "a:", "./here" },
		{ "./here", NULL, "./here" },
		{ "b/prog", "a", "b/prog" },
		{ "b/none", "b", NULL },
		{ "", "a:b", NULL },
	};
	char *found;
	size_t i;

	enter();
	mkdir("a", 0700);
	mkdir("b", 0700);
	mkdir("c", 0700);
	put("a/prog", "not executable", 0644);
	put("b/prog", "", 0755);
	mkdir("c/prog", 0755);
	put("here", "", 0755);
	for (i = 0; i < nitems(rows); i++) {
		found = fs_which(rows[i].program, rows[i].search);
		is_str(found, rows[i].found, rows[i].program);
		free(found);
	}
	leave();
}
