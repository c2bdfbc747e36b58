/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See decision.h.
 */
#include "decision.h"

#include "bottom.h"
#include "digest.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINES_ABOVE = 8, LAST_NUMBER_KEY = 9, CONTEXT_LINES = 12 };

/*
 * Only letters, digits and what is written with them: no blanks, frames and
 * signs of selection, which change with the width and the keys.
 */
static void
squeeze(struct strbuf *out, const char *from, const char *to)
{
	static const char signs[] = " \t\r\n>*|+-";
	size_t len;

	while (from < to) {
		/* U+2000 to U+2FFF: punctuation, arrows, boxes, symbols. */
		len = (unsigned char)*from == 0xe2 && to - from >= 3 ? 3 : 1;
		if (len == 1 && !strchr(signs, *from))
			strbuf_addch(out, *from);
		from += len;
	}
}

/* Where a question is on the screen: its first line, or NULL. */
static const char *
place_of(const char *screen, const char *question)
{
	struct strbuf line = STRBUF_INIT, asked = STRBUF_INIT;
	const char *at, *end, *found = NULL;

	squeeze(&asked, question, question + strlen(question));
	for (at = screen; *at && asked.len; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		strbuf_reset(&line);
		squeeze(&line, at, end);
		if (line.len && (strstr(line.buf, asked.buf) ||
		    str_starts(asked.buf, line.buf)))
			found = at;
	}
	strbuf_release(&line);
	strbuf_release(&asked);
	return found;
}

/* The lines before it: what it is that the question is about. */
static const char *
lines_above(const char *screen, const char *at)
{
	int nr = 0;

	while (at > screen && nr <= LINES_ABOVE) {
		at--;
		if (*at == '\n' && at > screen && at[-1] != '\n')
			nr++;
	}
	return at;
}

void
decision_id(const struct activity_verdict *verdict, const char *screen,
    int64_t generation, char id[DECISION_ID])
{
	const char *question = verdict->question ? verdict->question : "";
	const char *at = screen ? place_of(screen, question) : NULL;
	struct strbuf text = STRBUF_INIT;
	char hex[DIGEST_SIZE];
	size_t i;

	strbuf_addf(&text, "%lld %s ", (long long)generation,
	    wait_kind_name(verdict->kind));
	squeeze(&text, question, question + strlen(question));
	for (i = 0; i < verdict->options.nr; i++) {
		strbuf_addf(&text, " %zu", i);
		squeeze(&text, verdict->options.v[i], verdict->options.v[i] +
		    strlen(verdict->options.v[i]));
	}
	if (at)
		squeeze(&text, lines_above(screen, at), at);
	digest_text(text.buf, text.len, hex);
	memcpy(id, hex + strlen("sha256:"), DECISION_ID - 1);
	id[DECISION_ID - 1] = '\0';
	strbuf_release(&text);
}

json_t *
decision_json(const struct activity_verdict *verdict, const char *id)
{
	static const char *const keys[] = { "kind", "question", "options",
		"default", "since", "line", "confidence" };
	json_t *object = json_object(), *all = activity_json(verdict);
	size_t i;

	json_object_set_new(object, "question_id", json_string(id));
	for (i = 0; i < nitems(keys); i++)
		json_object_set(object, keys[i], json_object_get(all,
		    keys[i]));
	json_decref(all);
	return object;
}

static enum answer_how
how_of(const struct activity_verdict *verdict)
{
	if (verdict->answer != ANSWER_UNSAID)
		return verdict->answer;
	return verdict->default_option >= 0 ? ANSWER_KEYS : ANSWER_LINE;
}

bool
decision_is_by_color(const struct activity_verdict *verdict)
{
	return verdict->activity == ACTIVITY_WAITING &&
	    verdict->default_option < 0 && verdict->options.nr > 1 &&
	    (verdict->answer == ANSWER_KEYS ||
	    verdict->answer == ANSWER_SIDEWAYS);
}

/* A line across the screen, which begins a dialog. */
static bool
is_rule(const char *line)
{
	return str_starts(line, "\xe2\x94\x80\xe2\x94\x80");
}

/* Where the line of the first answer begins, or NULL. */
static const char *
first_answer(const struct activity_verdict *verdict, const char *text)
{
	size_t *at = xcalloc(verdict->options.nr, sizeof(*at));
	const char *found = NULL;

	if (bottom_find_all(text, &verdict->options, at))
		found = text + at[0];
	free(at);
	return found;
}

void
decision_context(const struct activity_verdict *verdict, const char *screen,
    struct strvec *lines)
{
	struct strvec all = STRVEC_INIT;
	struct bottom bottom;
	const char *at, *end, *stop;
	char *line;
	size_t i;

	if (!verdict->options.nr || !screen)
		return;
	bottom_init(&bottom, screen);
	stop = first_answer(verdict, bottom.text.buf);
	for (at = bottom.text.buf; stop && *at; at = end + 1) {
		end = at + strcspn(at, "\n");
		if (end >= stop)
			break;
		if (is_rule(at))
			strvec_release(&all);
		line = bottom_unframed(at, end);
		if (*line)
			strvec_take(&all, line);
		else
			free(line);
	}
	for (i = all.nr > CONTEXT_LINES ? all.nr - CONTEXT_LINES : 0;
	    i < all.nr; i++)
		strvec_push(lines, all.v[i]);
	strvec_release(&all);
	bottom_release(&bottom);
}

void
decision_keys(const struct activity_verdict *verdict, int n,
    struct decision_keys *keys)
{
	enum answer_how how = how_of(verdict);
	int from = verdict->default_option > 0 ? verdict->default_option : 0;

	*keys = (struct decision_keys){ .enter = true };
	if (how == ANSWER_NUMBER && n < LAST_NUMBER_KEY)
		keys->enter = false;
	if (how == ANSWER_NUMBER || how == ANSWER_LINE) {
		keys->text = xasprintf("%d", n + 1);
		return;
	}
	keys->moves = n > from ? n - from : from - n;
	if (how == ANSWER_KEYS)
		keys->move = n > from ? "Down" : "Up";
	else
		keys->move = n > from ? "Right" : "Left";
	keys->is_visible = verdict->default_option >= 0;
}

int
decision_option(const struct activity_verdict *verdict, const char *word)
{
	size_t i, len = strlen(word);
	int64_t n;
	int found = -1, nr = 0;

	if (units_parse_int(word, &n) == 0)
		return n >= 1 && n <= (int64_t)verdict->options.nr ?
		    (int)n - 1 : -1;
	for (i = 0; i < verdict->options.nr && len; i++) {
		if (strcasecmp(verdict->options.v[i], word) == 0)
			return (int)i;
		if (strncasecmp(verdict->options.v[i], word, len) == 0) {
			found = (int)i;
			nr++;
		}
	}
	return nr == 1 ? found : -1;
}
