/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See topscreen.h.
 */
#define _XOPEN_SOURCE 700 /* for wcwidth, which is XSI */
#define _XOPEN_SOURCE_EXTENDED 1 /* for the wide functions of curses */
#define _DEFAULT_SOURCE 1 /* for TIOCGWINSZ in <sys/ioctl.h> */
#include "topscreen.h"

#ifdef HAVE_NCURSES

#include <curses.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum { ESCAPE = 27, ESCAPE_MS = 25 };

/* The colour of a style is the pair of its number. */
static bool colorful;

static void
init_colors(void)
{
	if (!colorful)
		return;
	start_color();
	use_default_colors();
	init_pair(TOP_GOOD, COLOR_GREEN, -1);
	init_pair(TOP_WARN, COLOR_YELLOW, -1);
	init_pair(TOP_BAD, COLOR_RED, -1);
}

static attr_t
attributes_of(enum top_style style)
{
	switch (style) {
	case TOP_TITLE:
	case TOP_PROJECT:
		return A_BOLD;
	case TOP_HEADING:
		return A_UNDERLINE;
	case TOP_DIM:
	case TOP_RULE:
		return A_DIM;
	case TOP_FOOTER:
		return A_REVERSE;
	case TOP_GOOD:
	case TOP_WARN:
	case TOP_BAD:
		return colorful ? (attr_t)COLOR_PAIR(style) :
		    style == TOP_BAD ? A_BOLD : A_NORMAL;
	case TOP_PLAIN:
		break;
	}
	return A_NORMAL;
}

/* Can the cursor be put anywhere?  Not on TERM=dumb, say. */
static bool
is_able(void)
{
	const char *move = tigetstr("cup");

	return move && move != (char *)-1;
}

int
topscreen_begin(bool color)
{
	/* Lines are UTF-8, whatever the locale of the person says. */
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	SCREEN *screen;

	if (utf8 != (locale_t)0)
		uselocale(utf8);
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return -1;
	if (!is_able()) {
		endwin();
		delscreen(screen);
		return -1;
	}
	colorful = color && has_colors();
	init_colors();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, true);
	nodelay(stdscr, true);
	set_escdelay(ESCAPE_MS);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	return 0;
}

void
topscreen_end(void)
{
	endwin();
}

void
topscreen_again(void)
{
	reset_prog_mode();
	clearok(stdscr, true);
	refresh();
}

void
topscreen_size(size_t *rows, size_t *cols)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row &&
	    (size.ws_row != LINES || size.ws_col != COLS))
		resizeterm(size.ws_row, size.ws_col);
	*rows = (size_t)LINES;
	*cols = (size_t)COLS;
}

/* As much of the text as fits, in columns of the terminal. */
static void
paint_text(int row, const char *text)
{
	size_t len = strlen(text), i;
	wchar_t *wide = xcalloc(len + 1, sizeof(*wide));
	int room = COLS, width;

	len = mbstowcs(wide, text, len);
	for (i = 0; len != (size_t)-1 && i < len; i++) {
		width = wcwidth(wide[i]);
		if (width < 0)
			wide[i] = L'?', width = 1;
		if (width > room)
			break;
		room -= width;
	}
	if (len != (size_t)-1)
		mvaddnwstr(row, 0, wide, (int)i);
	free(wide);
}

static void
paint_line(int row, const struct top_line *line)
{
	attr_t attributes = attributes_of(line->style);
	bool whole = line->from == 0;
	short pair = colorful && attributes == (attr_t)COLOR_PAIR(line->style)
	    ? (short)line->style : 0;

	attrset(whole ? attributes : A_NORMAL);
	if (line->is_selected)
		attron(A_REVERSE);
	paint_text(row, line->text);
	if (!whole)
		mvchgat(row, (int)line->from, (int)(line->to - line->from),
		    (attributes & ~(attr_t)A_COLOR) |
		    (line->is_selected ? A_REVERSE : 0), pair, NULL);
	attrset(A_NORMAL);
}

void
topscreen_paint(const struct top_lines *lines, bool cursor)
{
	const char *last;
	size_t i;

	erase();
	for (i = 0; i < lines->nr; i++)
		paint_line((int)i, &lines->l[i]);
	curs_set(cursor);
	if (cursor && lines->nr > 0) {
		last = lines->l[lines->nr - 1].text;
		i = strlen(last);
		while (i > 0 && last[i - 1] == ' ')
			i--;
		i = utf8_width(last) - (strlen(last) - i);
		move((int)lines->nr - 1, (int)i + 1 < COLS ? (int)i + 1 :
		    COLS - 1);
	}
	refresh();
}

static struct top_input
read_mouse(void)
{
	struct top_input input = { .key = TOP_KEY_OTHER };
	MEVENT event;

	if (getmouse(&event) != OK)
		return input;
	input.row = (size_t)event.y;
	if (event.bstate & BUTTON1_PRESSED)
		input.key = TOP_KEY_CLICK;
	else if (event.bstate & BUTTON4_PRESSED)
		input.key = TOP_KEY_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		input.key = TOP_KEY_DOWN;
	return input;
}

static enum top_key
function_key(wint_t key)
{
	static const struct {
		wint_t code;
		enum top_key key;
	} keys[] = {
		{ KEY_UP, TOP_KEY_UP },
		{ KEY_DOWN, TOP_KEY_DOWN },
		{ KEY_PPAGE, TOP_KEY_PAGE_UP },
		{ KEY_NPAGE, TOP_KEY_PAGE_DOWN },
		{ KEY_HOME, TOP_KEY_HOME },
		{ KEY_END, TOP_KEY_END },
		{ KEY_ENTER, TOP_KEY_ENTER },
		{ KEY_BACKSPACE, TOP_KEY_ERASE },
		{ KEY_RESIZE, TOP_KEY_RESIZE },
	};
	size_t i;

	for (i = 0; i < nitems(keys); i++)
		if (keys[i].code == key)
			return keys[i].key;
	return TOP_KEY_OTHER;
}

struct top_input
topscreen_read(void)
{
	struct top_input input = { .key = TOP_KEY_NONE };
	wint_t key;
	int rc = get_wch(&key);

	if (rc == ERR)
		return input;
	if (rc == KEY_CODE_YES && key == KEY_MOUSE)
		return read_mouse();
	if (rc == KEY_CODE_YES)
		input.key = function_key(key);
	else if (key == L'\r' || key == L'\n')
		input.key = TOP_KEY_ENTER;
	else if (key == ESCAPE)
		input.key = TOP_KEY_ESCAPE;
	else if (key == L'\b' || key == 127)
		input.key = TOP_KEY_ERASE;
	else if (key < L' ')
		input.key = TOP_KEY_OTHER;
	else if (wctomb(input.text, (wchar_t)key) > 0)
		input.key = TOP_KEY_TEXT;
	return input;
}

#else /* !HAVE_NCURSES */

int
topscreen_begin(bool color)
{
	(void)color;
	return -1;
}

void
topscreen_end(void)
{
}

void
topscreen_again(void)
{
}

void
topscreen_size(size_t *rows, size_t *cols)
{
	*rows = *cols = 0;
}

void
topscreen_paint(const struct top_lines *lines, bool cursor)
{
	(void)lines;
	(void)cursor;
}

struct top_input
topscreen_read(void)
{
	return (struct top_input){ .key = TOP_KEY_NONE };
}

#endif
