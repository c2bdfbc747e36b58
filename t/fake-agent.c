/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * An agent that behaves as badly as wanted, for the tests.  Without options it
 * waits for ever and dies of the first signal.
 *
 * Options come from the command line; from FAKE_AGENT_OPTIONS (split at
 * blanks) when that is set, or when the program is run under another name than
 * fake-agent (as a fake `claude` on PATH): the command line is then only there
 * for --dump-argv.
 *
 * What it writes down (FILE is made or replaced at once and whole):
 *	--dump-env FILE       its environment, each variable ended by NUL
 *	--dump-argv FILE      its arguments, likewise, without the program
 *	--dump-cwd FILE       the folder it runs in
 *	--pid-file FILE       its pid
 *	--count FILE          adds a line for this start
 *	--ready FILE          "ready", last of all; FILE may be a FIFO
 *	--print TEXT          a line on the terminal
 * How it ends:
 *	--exit N              the code of its end (0), which comes at once, or
 *	                      as --after, --slow-stop, --presses, --prompt say
 *	--die SIG             ends by that signal, likewise
 *	--after MS            the time for these two
 *	--fail-first N        exits with 1 while --count counts up to N starts
 *	--stop-self           SIGSTOP to its group, after --ready
 * How it takes being told to end (SIGS: INT,TERM,HUP,... or all):
 *	--ignore SIGS         ignores them
 *	--trap SIGS           says "caught SIG" and goes on
 *	--slow-stop MS        INT, TERM, HUP or the presses: ends after MS
 *	--presses N           raw mode: ends at N Ctrl-C ...
 *	--within MS           ... that come within MS (1000)
 *	--fork-on-term MS     on TERM, HUP or INT: a chain of forks for MS, the
 *	                      first 200 leaving a child behind, all immune
 * What it leaves behind (the pids go to --children FILE, one a line):
 *	--child KIND          plain, group (its own), setsid, daemon (double
 *	                      fork), env-i (a daemon without environment) or
 *	                      headless (setsid, its first thread has ended);
 *	                      may be repeated
 *	--child-ignore SIGS   what the children ignore; HUP may be given so
 *	--close-terminal      closes its standard descriptors, after --ready
 * How it talks:
 *	--prompt TEXT         shows TEXT and answers each line with
 *	                      "got: LINE"; "exit N" ends it
 *	--raw                 the same in raw mode with bracketed paste: "got
 *	                      pasted: LINE" for a line with a paste in it
 *	--bytes FILE          adds all bytes it reads
 * What it uses:
 *	--eat MIB             memory, touched
 *	--spin                all of a processor, from --ready on
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define nitems(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_CHILDREN 16
#define MAX_LEAVES 200
#define MAX_LINE 65536
#define CTRL_C 3

extern char **environ;

static struct {
	const char *dump_env, *dump_argv, *dump_cwd, *pid_file, *count, *ready;
	const char *print, *exit, *die, *after, *fail_first;
	const char *ignore, *trap, *slow_stop, *presses, *within, *fork_on_term;
	const char *children, *child_ignore;
	const char *child[MAX_CHILDREN];
	const char *prompt, *bytes, *eat;
	bool stop_self, close_terminal, raw, spin;
} opts;

enum option_kind { OPTION_TEXT, OPTION_FLAG, OPTION_LIST };

static const struct option {
	const char *name;
	enum option_kind kind;
	void *at;
} options[] = {
	{ "--dump-env", OPTION_TEXT, &opts.dump_env },
	{ "--dump-argv", OPTION_TEXT, &opts.dump_argv },
	{ "--dump-cwd", OPTION_TEXT, &opts.dump_cwd },
	{ "--pid-file", OPTION_TEXT, &opts.pid_file },
	{ "--count", OPTION_TEXT, &opts.count },
	{ "--ready", OPTION_TEXT, &opts.ready },
	{ "--print", OPTION_TEXT, &opts.print },
	{ "--exit", OPTION_TEXT, &opts.exit },
	{ "--die", OPTION_TEXT, &opts.die },
	{ "--after", OPTION_TEXT, &opts.after },
	{ "--fail-first", OPTION_TEXT, &opts.fail_first },
	{ "--stop-self", OPTION_FLAG, &opts.stop_self },
	{ "--ignore", OPTION_TEXT, &opts.ignore },
	{ "--trap", OPTION_TEXT, &opts.trap },
	{ "--slow-stop", OPTION_TEXT, &opts.slow_stop },
	{ "--presses", OPTION_TEXT, &opts.presses },
	{ "--within", OPTION_TEXT, &opts.within },
	{ "--fork-on-term", OPTION_TEXT, &opts.fork_on_term },
	{ "--child", OPTION_LIST, opts.child },
	{ "--children", OPTION_TEXT, &opts.children },
	{ "--child-ignore", OPTION_TEXT, &opts.child_ignore },
	{ "--close-terminal", OPTION_FLAG, &opts.close_terminal },
	{ "--prompt", OPTION_TEXT, &opts.prompt },
	{ "--raw", OPTION_FLAG, &opts.raw },
	{ "--bytes", OPTION_TEXT, &opts.bytes },
	{ "--eat", OPTION_TEXT, &opts.eat },
	{ "--spin", OPTION_FLAG, &opts.spin },
};

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "INT", SIGINT }, { "TERM", SIGTERM }, { "HUP", SIGHUP },
	{ "QUIT", SIGQUIT }, { "USR1", SIGUSR1 }, { "USR2", SIGUSR2 },
	{ "TSTP", SIGTSTP }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM },
	{ "ABRT", SIGABRT }, { "SEGV", SIGSEGV }, { "KILL", SIGKILL },
	{ "XCPU", SIGXCPU },
};

static int wake[2];         /* the numbers of caught signals */
static int64_t end_at = -1; /* when to end, in ms */
static bool has_stdin;      /* there is something to read there */

#if defined(__GNUC__)
__attribute__((noreturn, format(printf, 1, 2)))
#endif
static void
fail(const char *fmt, ...)
{
	va_list ap;

	fputs("fake-agent: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fflush(stdout);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static void
sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static long
number(const char *text, long fallback)
{
	char *end;
	long n;

	if (!text)
		return fallback;
	n = strtol(text, &end, 10);
	if (*end || end == text)
		fail("'%s' is not a number", text);
	return n;
}

static int
signal_number(const char *name)
{
	size_t i;

	for (i = 0; i < nitems(signals); i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	fail("unknown signal '%s'", name);
}

static const char *
signal_name(int number_)
{
	size_t i;

	for (i = 0; i < nitems(signals); i++)
		if (signals[i].number == number_)
			return signals[i].name;
	return "?";
}

/* --- options --- */

static void
set_option(const struct option *option, const char *value)
{
	const char **list = option->at;
	size_t i;

	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)option->at = true;
		break;
	case OPTION_TEXT:
		*list = value;
		break;
	case OPTION_LIST:
		for (i = 0; list[i]; i++)
			if (i == MAX_CHILDREN - 2)
				fail("too many %s", option->name);
		list[i] = value;
		break;
	}
}

static void
parse_options(char **argv)
{
	const struct option *option;
	size_t i;

	for (; *argv; argv++) {
		option = NULL;
		for (i = 0; i < nitems(options); i++)
			if (strcmp(options[i].name, *argv) == 0)
				option = &options[i];
		if (!option)
			fail("unknown option '%s'", *argv);
		if (option->kind != OPTION_FLAG && !*++argv)
			fail("%s needs a value", option->name);
		set_option(option, *argv);
	}
}

static void
read_options(char **argv)
{
	char *text = getenv("FAKE_AGENT_OPTIONS");
	const char *base = strrchr(argv[0], '/');
	static char *words[128];
	char *saved = NULL;
	size_t nr = 0;

	base = base ? base + 1 : argv[0];
	if (!text) {
		if (strcmp(base, "fake-agent") == 0)
			parse_options(argv + 1);
		return;
	}
	text = strdup(text);
	for (text = strtok_r(text, " ", &saved); text && nr < 127;
	    text = strtok_r(NULL, " ", &saved))
		words[nr++] = text;
	parse_options(words);
}

/* --- files --- */

static FILE *
open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file)
		fail("cannot open '%s': %s", path, strerror(errno));
	return file;
}

/* Whole and at once, so that who waits for the file can read it. */
static void
write_strings(const char *path, char *const *strings, char end)
{
	char temporary[4096];
	FILE *file;

	snprintf(temporary, sizeof(temporary), "%s.tmp%ld", path,
	    (long)getpid());
	file = open_file(temporary, "w");
	for (; *strings; strings++) {
		fputs(*strings, file);
		fputc(end, file);
	}
	if (fclose(file) != 0 || rename(temporary, path) != 0)
		fail("cannot write '%s': %s", path, strerror(errno));
}

static void
write_text(const char *path, char *text)
{
	char *strings[] = { text, NULL };

	write_strings(path, strings, '\n');
}

static void
append(const char *path, const void *data, size_t len)
{
	FILE *file = open_file(path, "a");

	fwrite(data, 1, len, file);
	fclose(file);
}

static void
append_pid(const char *path, pid_t pid)
{
	char line[32];

	snprintf(line, sizeof(line), "%ld\n", (long)pid);
	append(path, line, strlen(line));
}

static long
count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	long nr = 0;
	int c;

	if (!file)
		return 0;
	while ((c = getc(file)) != EOF)
		nr += c == '\n';
	fclose(file);
	return nr;
}

static void
write_down(char **argv)
{
	char text[4096];

	if (opts.dump_env)
		write_strings(opts.dump_env, environ, '\0');
	if (opts.dump_argv)
		write_strings(opts.dump_argv, argv + 1, '\0');
	if (opts.dump_cwd && getcwd(text, sizeof(text)))
		write_text(opts.dump_cwd, text);
	if (opts.count)
		append_pid(opts.count, getpid());
	snprintf(text, sizeof(text), "%ld", (long)getpid());
	if (opts.pid_file)
		write_text(opts.pid_file, text);
	if (opts.print)
		say("%s\n", opts.print);
}

static void
tell_ready(void)
{
	static char text[] = "ready";
	struct stat st;

	if (!opts.ready)
		return;
	if (stat(opts.ready, &st) == 0 && S_ISFIFO(st.st_mode))
		append(opts.ready, "ready\n", 6);
	else
		write_text(opts.ready, text);
}

/* --- signals --- */

static void
on_signal(int number_)
{
	unsigned char byte = (unsigned char)number_;
	int saved = errno;

	if (write(wake[1], &byte, 1) < 0)
		errno = 0;
	errno = saved;
}

static void
set_signals(const char *list, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler,
		.sa_flags = SA_RESTART };
	char *copy, *name, *saved = NULL;
	size_t i;

	if (!list)
		return;
	if (strcmp(list, "all") == 0) {
		for (i = 0; i < nitems(signals); i++)
			sigaction(signals[i].number, &action, NULL);
		return;
	}
	copy = strdup(list);
	for (name = strtok_r(copy, ",", &saved); name;
	    name = strtok_r(NULL, ",", &saved))
		sigaction(signal_number(name), &action, NULL);
	free(copy);
}

static void
prepare_signals(void)
{
	if (pipe(wake) != 0)
		fail("cannot make a pipe: %s", strerror(errno));
	fcntl(wake[0], F_SETFL, O_NONBLOCK);
	fcntl(wake[1], F_SETFL, O_NONBLOCK);
	if (opts.slow_stop || opts.fork_on_term)
		set_signals("INT,TERM,HUP", on_signal);
	set_signals(opts.trap, on_signal);
	set_signals(opts.ignore, SIG_IGN);
}

/* --- children --- */

static void
wait_for_ever(void)
{
	for (;;)
		pause();
}

/* In the child: its pid written down by itself, then nothing more. */
static void
live(void)
{
	set_signals("INT,TERM,HUP", SIG_DFL);
	set_signals(opts.child_ignore, SIG_IGN);
	if (opts.children)
		append_pid(opts.children, getpid());
	close(STDIN_FILENO);
	wait_for_ever();
}

static void *
other_thread(void *arg)
{
	(void)arg;
	live();
	return NULL;
}

/* Its first thread is gone, and /proc/PID/stat says Z. */
static void
live_headless(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, other_thread, NULL) != 0)
		fail("cannot start a thread");
	pthread_exit(NULL);
}

/* The same in a program that was run without an environment. */
static void
live_without_environment(void)
{
	char path[4096], none[] = "none";
	char name[] = "fake-agent", children[] = "--children",
	     ignore[] = "--child-ignore", child[] = "--child", self[] = "self";
	char *argv[] = { name, children,
		strdup(opts.children ? opts.children : "/dev/null"), child,
		self, opts.child_ignore ? ignore : NULL,
		opts.child_ignore ? strdup(opts.child_ignore) : none, NULL };
	char *nothing[] = { NULL };
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n > 0) {
		path[n] = '\0';
		execve(path, argv, nothing);
	}
	_exit(2);
}

static void
start_child(const char *kind)
{
	bool is_daemon = strcmp(kind, "daemon") == 0,
	     is_bare = strcmp(kind, "env-i") == 0;
	pid_t pid;

	if (strcmp(kind, "self") == 0)
		live();
	pid = fork();
	if (pid < 0)
		fail("cannot fork: %s", strerror(errno));
	if (pid > 0) {
		if (is_daemon || is_bare)
			waitpid(pid, NULL, 0);
		return;
	}
	if (strcmp(kind, "group") == 0)
		setpgid(0, 0);
	else if (strcmp(kind, "plain") != 0)
		setsid();
	if ((is_daemon || is_bare) && fork() != 0)
		_exit(0);
	if (is_bare)
		live_without_environment();
	if (strcmp(kind, "headless") == 0)
		live_headless();
	live();
}

static void
start_children(void)
{
	long want = 0;
	int i;

	for (i = 0; opts.child[i]; i++, want++)
		start_child(opts.child[i]);
	while (want && opts.children && count_lines(opts.children) < want)
		sleep_ms(2);
}

/* A moving target: the one that forks is a new process each time. */
static void
fork_while_dying(void)
{
	int64_t until = now_ms() + number(opts.fork_on_term, 0);
	int leaves = 0;

	set_signals("INT,TERM,HUP", SIG_IGN);
	while (now_ms() < until) {
		if (opts.children)
			append_pid(opts.children, getpid());
		if (leaves++ < MAX_LEAVES && fork() == 0) {
			setsid();
			wait_for_ever();
		}
		if (fork() > 0)
			_exit(0);
		sleep_ms(1);
	}
	wait_for_ever();
}

/* --- the end --- */

static void
end(void)
{
	if (opts.die) {
		set_signals(opts.die, SIG_DFL);
		raise(signal_number(opts.die));
	}
	exit((int)number(opts.exit, 0));
}

static void
end_slowly(void)
{
	static bool is_ending;

	if (is_ending)
		return;
	is_ending = true;
	if (opts.slow_stop)
		say("stopping\n");
	end_at = now_ms() + number(opts.slow_stop, 0);
}

static bool
is_listed(const char *list, const char *name)
{
	const char *s = list ? strstr(list, name) : NULL;
	size_t len = strlen(name);

	if (list && strcmp(list, "all") == 0)
		return true;
	return s && (s == list || s[-1] == ',') && (!s[len] || s[len] == ',');
}

static void
take_signal(int number_)
{
	if (is_listed(opts.trap, signal_name(number_)))
		say("caught %s\n", signal_name(number_));
	else if (opts.fork_on_term)
		fork_while_dying();
	else
		end_slowly();
}

/* --- the terminal --- */

static struct termios terminal;

static void
restore_terminal(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	if (opts.raw)
		say("\033[?2004l");
}

static void
make_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &terminal) != 0)
		return;
	raw = terminal;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	atexit(restore_terminal);
	if (opts.raw)
		say("\033[?2004h");
}

static void
press(void)
{
	static int64_t times[64];
	static long nr;
	long need = number(opts.presses, 1);

	times[nr++ % 64] = now_ms();
	if (nr >= need && now_ms() - times[(nr - need) % 64] <=
	    number(opts.within, 1000))
		end_slowly();
	else
		say("press Ctrl-C again to exit\n");
}

static void
take_line(const char *line, bool was_pasted)
{
	if (strncmp(line, "exit ", 5) == 0)
		exit((int)number(line + 5, 0));
	say("got%s: %s\n%s", was_pasted ? " pasted" : "", line,
	    opts.prompt ? opts.prompt : "");
}

static bool
ends_with(const char *line, size_t len, const char *tail)
{
	size_t n = strlen(tail);

	return len >= n && memcmp(line + len - n, tail, n) == 0;
}

/* One byte of a line; a newline within a paste belongs to the line. */
static void
take_byte(char c)
{
	static char line[MAX_LINE];
	static size_t len;
	static bool in_paste, was_pasted;

	if (opts.presses && c == CTRL_C) {
		press();
		return;
	}
	if ((c == '\r' || c == '\n') && !in_paste) {
		line[len] = '\0';
		if (opts.prompt)
			take_line(line, was_pasted);
		len = 0;
		was_pasted = false;
		return;
	}
	if (len < MAX_LINE - 1)
		line[len++] = c;
	if (ends_with(line, len, "\033[200~")) {
		in_paste = was_pasted = true;
		len -= 6;
	} else if (ends_with(line, len, "\033[201~")) {
		in_paste = false;
		len -= 6;
	}
}

static void
take_input(void)
{
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf)), i;

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		has_stdin = false;
		return;
	}
	if (opts.bytes)
		append(opts.bytes, buf, (size_t)n);
	for (i = 0; i < n; i++)
		take_byte(buf[i]);
}

/* --- the whole --- */

static int
poll_timeout(void)
{
	int64_t left = end_at - now_ms();

	if (opts.spin)
		return 0;
	if (end_at < 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

#if defined(__GNUC__)
__attribute__((noreturn))
#endif
static void
run(void)
{
	struct pollfd fds[2] = { { wake[0], POLLIN, 0 },
		{ STDIN_FILENO, POLLIN, 0 } };
	unsigned char caught;

	for (;;) {
		fds[1].fd = has_stdin ? STDIN_FILENO : -1;
		fds[0].revents = fds[1].revents = 0;
		poll(fds, 2, poll_timeout());
		while (read(wake[0], &caught, 1) == 1)
			take_signal(caught);
		if (fds[1].revents)
			take_input();
		if (end_at >= 0 && now_ms() >= end_at)
			end();
	}
}

static void
prepare_terminal(void)
{
	has_stdin = opts.prompt || opts.presses || opts.bytes;
	if (opts.presses || opts.raw)
		make_raw();
	if (opts.prompt)
		say("%s", opts.prompt);
}

static void
close_terminal(void)
{
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	has_stdin = false;
}

/* An end that nothing has to ask for. */
static void
set_end(void)
{
	bool is_asked_for = opts.slow_stop || opts.presses || opts.prompt;

	if (opts.after || ((opts.exit || opts.die) && !is_asked_for))
		end_at = now_ms() + number(opts.after, 0);
}

static void
eat(void)
{
	size_t bytes = (size_t)number(opts.eat, 0) << 20;
	volatile char *memory = bytes ? malloc(bytes) : NULL;
	size_t i;

	for (i = 0; memory && i < bytes; i += 1024)
		memory[i] = 1;
}

int
main(int argc, char **argv)
{
	(void)argc;
	read_options(argv);
	prepare_signals();
	write_down(argv);
	start_children();
	eat();
	prepare_terminal();
	if (opts.fail_first && opts.count &&
	    count_lines(opts.count) <= number(opts.fail_first, 0))
		return 1;
	tell_ready();
	if (opts.close_terminal)
		close_terminal();
	if (opts.stop_self)
		kill(0, SIGSTOP);
	set_end();
	run();
}
