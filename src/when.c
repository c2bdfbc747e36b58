/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See when.h.
 */
#include "when.h"

#include <ctype.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

/* Of years that begin in March, so that a leap day is a year's last. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t era, year_of_era;

	if (month <= 2)
		year--;
	month = (month + 9) % 12;
	era = year / 400;
	year_of_era = year % 400;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 -
	    year_of_era / 100 + (153 * month + 2) / 5 + day - 1 - 719468;
}

static bool
is_day(int64_t year, int64_t month, int64_t day)
{
	return year >= 1970 && year <= 9999 && month >= 1 && month <= 12 &&
	    day >= 1 && days_of(year, month, day) <
	    days_of(month == 12 ? year + 1 : year, month % 12 + 1, 1);
}

/* nr digits; -1 and *s not moved when there are fewer. */
static int64_t
digits(const char **s, int nr)
{
	int64_t n = 0;
	int i;

	for (i = 0; i < nr; i++) {
		if (!isdigit((unsigned char)(*s)[i]))
			return -1;
		n = n * 10 + (*s)[i] - '0';
	}
	*s += nr;
	return n;
}

/* The same behind c, or 0 when c is not next. */
static int64_t
after(const char **s, char c, int nr)
{
	if (**s != c)
		return 0;
	(*s)++;
	return digits(s, nr);
}

static int64_t
fraction_ms(const char **s)
{
	int64_t ms = 0, unit = 100;

	if (**s != '.')
		return 0;
	(*s)++;
	if (!isdigit((unsigned char)**s))
		return -1;
	for (; isdigit((unsigned char)**s); (*s)++, unit /= 10)
		ms += (**s - '0') * unit;
	return ms;
}

static int
parse_time(const char **s, int64_t *ms)
{
	int64_t hour, minute, second, rest;

	if (**s != 'T' && **s != 't' && **s != ' ')
		return 0;
	(*s)++;
	hour = digits(s, 2);
	minute = after(s, ':', 2);
	second = after(s, ':', 2);
	rest = fraction_ms(s);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
	    second < 0 || second > 60 || rest < 0)
		return -1;
	*ms += ((hour * 60 + minute) * 60 + second) * 1000 + rest;
	return 0;
}

static int
parse_zone(const char **s, int64_t *ms)
{
	int64_t hour, minute, sign;

	if (**s == 'Z' || **s == 'z') {
		(*s)++;
		return 0;
	}
	if (**s != '+' && **s != '-')
		return 0;
	sign = **s == '+' ? 1 : -1;
	(*s)++;
	hour = digits(s, 2);
	minute = after(s, ':', 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return -1;
	*ms -= sign * (hour * 60 + minute) * 60 * 1000;
	return 0;
}

int
when_parse(const char *s, int64_t *ms)
{
	int64_t year = digits(&s, 4), month = after(&s, '-', 2);
	int64_t day = after(&s, '-', 2);

	if (!is_day(year, month, day))
		return -1;
	*ms = days_of(year, month, day) * DAY_MS;
	if (parse_time(&s, ms) < 0 || parse_zone(&s, ms) < 0 || *s)
		return -1;
	return 0;
}

void
when_add(struct strbuf *out, int64_t ms)
{
	int64_t days, rest, year, month, day;

	if (ms < 0)
		ms = 0;
	days = ms / DAY_MS;
	rest = ms % DAY_MS;
	year = 1970 + days / 366;
	while (days_of(year + 1, 1, 1) <= days)
		year++;
	for (month = 12; days_of(year, month, 1) > days; month--)
		;
	day = days - days_of(year, month, 1) + 1;
	strbuf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year,
	    (int)month, (int)day, (int)(rest / 3600000),
	    (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
	    (int)(rest % 1000));
}
