/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See told.h.
 */
#include "told.h"

#include "util.h"

#include <string.h>

enum { DAY_S = 24 * 3600, MAX_AWAY_DAYS = 400, JUST_PAST_S = 4 * 3600 };

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_letter(char c)
{
	c = lower(c);
	return c >= 'a' && c <= 'z';
}

static const char *
skip_blank(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == ',')
		p++;
	return p;
}

/* A number of at most six digits; -1 when there is none. */
static const char *
read_number(const char *p, int *n)
{
	int digits = 0;

	*n = 0;
	for (; is_digit(*p) && digits < 6; digits++)
		*n = *n * 10 + (*p++ - '0');
	if (digits == 0)
		*n = -1;
	return p;
}

/* Does text begin with word, whatever the case? */
static bool
begins(const char *text, const char *word)
{
	for (; *word; word++, text++)
		if (lower(*text) != *word)
			return false;
	return true;
}

static int
unit_seconds(const char *p)
{
	static const struct {
		const char *word;
		int seconds;
	} units[] = { { "ms", 0 }, { "mo", 0 }, { "second", 1 }, { "sec", 1 },
		{ "s", 1 }, { "minute", 60 }, { "min", 60 }, { "m", 60 },
		{ "hour", 3600 }, { "hr", 3600 }, { "h", 3600 },
		{ "day", DAY_S }, { "d", DAY_S }, { "week", 7 * DAY_S },
		{ "w", 7 * DAY_S } };
	size_t i;
	char after;

	for (i = 0; i < nitems(units); i++) {
		if (!begins(p, units[i].word))
			continue;
		after = p[strlen(units[i].word)];
		if (lower(after) == 's')
			after = p[strlen(units[i].word) + 1];
		if (!is_letter(after))
			return units[i].seconds;
	}
	return 0;
}

bool
told_parse_span(const char *text, int64_t from_ms, int64_t *ms)
{
	const char *p = text, *after;
	int64_t sum = 0;
	int n, unit;

	while (*p) {
		if (!is_digit(*p)) {
			/* "1h and 5m" is one span; "5m. Or 3h" is not. */
			if (sum && !strchr(" ,and", lower(*p)) &&
			    !is_letter(*p))
				break;
			p++;
			continue;
		}
		after = read_number(p, &n);
		if (*after == '.' && is_digit(after[1]))
			for (after++; is_digit(*after); after++)
				;
		unit = unit_seconds(skip_blank(after));
		if (!unit && sum)
			break;
		sum += (int64_t)n * unit;
		for (p = after; is_digit(*p); p++)
			;
		p = skip_blank(p);
		while (unit && is_letter(*p))
			p++;
	}
	if (sum == 0 || sum > (int64_t)MAX_AWAY_DAYS * DAY_S)
		return false;
	*ms = from_ms + sum * 1000;
	return true;
}

/* Days since 1970 of a date (the usual proleptic Gregorian arithmetic). */
static int64_t
days_of(int64_t year, int month, int day)
{
	int64_t era, yoe, doy;

	year -= month <= 2;
	era = (year >= 0 ? year : year - 399) / 400;
	yoe = year - era * 400;
	doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t
year_of(int64_t days)
{
	int64_t year = 1970 + days / 366;

	while (days_of(year + 1, 1, 1) <= days)
		year++;
	return year;
}

struct date {
	int month, day, year; /* month 0: none was told; year 0: the next */
};

struct clock {
	int64_t second; /* of the day */
	bool is_utc;
};

/* "3pm", "3:05 PM", "15:05", "15:05:30 UTC"; NULL: it is none of these. */
static const char *
read_clock(const char *p, struct clock *clock)
{
	int hour, minute = 0, second = 0;
	bool has_colon, is_half;

	p = read_number(p, &hour);
	has_colon = *p == ':' && is_digit(p[1]) && is_digit(p[2]);
	if (has_colon)
		p = read_number(p + 1, &minute);
	if (has_colon && *p == ':' && is_digit(p[1]))
		p = read_number(p + 1, &second);
	if (has_colon && is_digit(*p))
		return NULL;
	p = skip_blank(p);
	/* Some write a narrow no-break space before AM. */
	if (str_starts(p, "\xe2\x80\xaf") || str_starts(p, "\xc2\xa0"))
		p += *p == '\xc2' ? 2 : 3;
	is_half = (begins(p, "am") || begins(p, "pm")) && !is_letter(p[2]);
	if (!has_colon && !is_half)
		return NULL;
	if (is_half) {
		if (hour < 1 || hour > 12)
			return NULL;
		hour = hour % 12 + (lower(*p) == 'p' ? 12 : 0);
		p += 2;
	}
	if (hour > 23 || minute > 59 || second > 60)
		return NULL;
	clock->second = hour * 3600 + minute * 60 + second;
	p = skip_blank(p);
	if (*p == '(')
		p++;
	clock->is_utc = ((begins(p, "utc") || begins(p, "gmt")) &&
	    !is_letter(p[3])) || ((*p == 'Z' || *p == 'z') &&
	    !is_letter(p[1]));
	return p;
}

/* "Oct 3", "October 3rd, 2026"; NULL: it is no date. */
static const char *
read_date(const char *p, struct date *date)
{
	int i;

	for (i = 0; i < 12; i++) {
		char name[4] = { months[i * 3], months[i * 3 + 1],
			months[i * 3 + 2], '\0' };

		if (begins(p, name))
			break;
	}
	if (i == 12)
		return NULL;
	date->month = i + 1;
	while (is_letter(*p))
		p++;
	p = read_number(skip_blank(p), &date->day);
	if (date->day < 1 || date->day > 31)
		return NULL;
	while (is_letter(*p))
		p++;
	p = skip_blank(p);
	date->year = 0;
	if (is_digit(p[0]) && is_digit(p[1]) && is_digit(p[2]) &&
	    is_digit(p[3]) && !is_digit(p[4]))
		p = read_number(p, &date->year);
	return p;
}

static bool
place(const struct date *date, const struct clock *clock, int64_t from_s,
    int offset, int64_t *ms)
{
	int64_t here = from_s + offset, day = here / DAY_S, at;

	if (date->month) {
		at = days_of(date->year ? date->year : year_of(day),
		    date->month, date->day) * DAY_S + clock->second;
		/* Told in December for January, but not yesterday's. */
		if (!date->year && at < here - 30 * DAY_S)
			at = days_of(year_of(day) + 1, date->month,
			    date->day) * DAY_S + clock->second;
	} else {
		at = day * DAY_S + clock->second;
		if (at < here - JUST_PAST_S)
			at += DAY_S;
		else if (at > here + DAY_S - JUST_PAST_S)
			at -= DAY_S;
	}
	if (at < here - (int64_t)MAX_AWAY_DAYS * DAY_S ||
	    at > here + (int64_t)MAX_AWAY_DAYS * DAY_S)
		return false;
	*ms = (at - offset) * 1000;
	return true;
}

bool
told_parse_clock(const char *text, int64_t from_ms, int utc_offset_s,
    int64_t *ms)
{
	struct date date = { 0 };
	struct clock clock;
	const char *p, *next;

	for (p = text; *p; p = next) {
		next = p + 1;
		if (p > text && (is_letter(p[-1]) || is_digit(p[-1])))
			continue;
		if (is_letter(*p) && !date.month) {
			next = read_date(p, &date);
			if (!next) {
				next = p + 1;
				date.month = 0;
			}
		} else if (is_digit(*p) && read_clock(p, &clock)) {
			return place(&date, &clock, from_ms / 1000,
			    clock.is_utc ? 0 : utc_offset_s, ms);
		}
	}
	return false;
}
