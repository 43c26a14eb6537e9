"""Random recurrence rules with the starts that python-dateutil gives them.

Usage: expand.py SEED N. Prints N lines, fields by tabs:

    zone   rule lines joined by "|"   from   to   starts joined by ","

from, to and starts are seconds of the Unix epoch; starts are those in from..to, ascending, each once.
The rules are within RFC 5545 and within what a ward may schedule. Wall clock times become instants as
our documentation says: a time in a DST gap moves on by the gap, a time in a fold is its first pass.
"""

import datetime as datetime_module
import random
import sys
import warnings
from datetime import datetime, timedelta, timezone

from dateutil import tz
from dateutil.rrule import rrulestr

ZONES = ["Asia/Ho_Chi_Minh", "Europe/Paris", "Australia/Lord_Howe", "America/New_York"]
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
# Most starts a day that a rule may have, as in schedule/rule.rs.
MOST_A_DAY = 96
# dateutil stops looking here; else a rule that never matches is followed to the year 9999.
datetime_module.MAXYEAR = 2032
# Nights in which the clocks of these zones change. Rules near them are worth more.
CHANGES = [(2026, 3, 29), (2026, 10, 25), (2026, 4, 5), (2026, 10, 4), (2026, 3, 8), (2026, 11, 1)]


def stamp(moment):
    return moment.strftime("%Y%m%dT%H%M%S")


def instant(local, zone):
    resolved = tz.resolve_imaginary(local.replace(tzinfo=zone, fold=0))
    return int(resolved.astimezone(timezone.utc).timestamp())


def some(rng, values, most):
    return sorted(rng.sample(values, rng.randint(1, most)))


def joined(name, values):
    return f"{name}={','.join(str(it) for it in values)}"


def a_start(rng):
    if rng.random() < 0.4:
        day = datetime(*rng.choice(CHANGES)) - timedelta(days=rng.randint(0, 40))
    else:
        day = datetime(2024, 1, 1) + timedelta(days=rng.randint(0, 1200))
    hour = rng.choice([0, 1, 2, 2, 3, 5, 7, 11, 17, 20, 23])
    return day + timedelta(hours=hour, minutes=rng.choice([0, 0, 15, 30, 45]))


def by_days(rng, freq):
    """The parts that choose days, such as RFC 5545 section 3.3.10 allows them for `freq`."""
    parts = []
    if rng.random() < 0.25:
        parts.append(joined("BYMONTH", some(rng, list(range(1, 13)), 4)))
    if freq == "YEARLY" and rng.random() < 0.15:
        weeks = [it for it in range(-53, 54) if it != 0]
        parts.append(joined("BYWEEKNO", some(rng, weeks, 3)))
        if rng.random() < 0.7:
            parts.append(joined("BYDAY", rng.sample(WEEKDAYS, rng.randint(1, 3))))
        return parts
    if freq in ("YEARLY", "HOURLY") and rng.random() < 0.15:
        days = [it for it in range(-366, 367) if it != 0]
        parts.append(joined("BYYEARDAY", some(rng, days, 6)))
    if freq != "WEEKLY" and rng.random() < 0.3:
        days = [it for it in range(-31, 32) if it != 0]
        parts.append(joined("BYMONTHDAY", some(rng, days, 5)))
    if rng.random() < 0.45:
        days = rng.sample(WEEKDAYS, rng.randint(1, 4))
        if freq in ("MONTHLY", "YEARLY") and rng.random() < 0.6:
            monthly = freq == "MONTHLY" or any(it.startswith("BYMONTH=") for it in parts)
            # We take no fifth last weekday of a month, and no 53rd last one of a year.
            ordinals = [it for it in (range(-4, 6) if monthly else range(-52, 54)) if it != 0]
            days = [f"{rng.choice(ordinals)}{it}" for it in days]
        parts.append(joined("BYDAY", days))
    return parts


def by_times(rng, freq):
    """The parts that choose times of the day, and how many starts a day they allow."""
    parts, n_hours, n_minutes, n_seconds = [], 24 if freq == "HOURLY" else 1, 1, 1
    if rng.random() < 0.35:
        hours = some(rng, list(range(24)), 5)
        parts.append(joined("BYHOUR", hours))
        n_hours = len(hours)
    if rng.random() < 0.3:
        minutes = some(rng, list(range(0, 60, 5)), 4)
        parts.append(joined("BYMINUTE", minutes))
        n_minutes = len(minutes)
    if rng.random() < 0.1:
        seconds = some(rng, list(range(60)), 2)
        parts.append(joined("BYSECOND", seconds))
        n_seconds = len(seconds)
    return parts, n_hours * n_minutes * n_seconds


def a_rule(rng, start):
    freq = rng.choice(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"])
    parts = [f"FREQ={freq}"]
    if rng.random() < 0.5:
        parts.append(f"INTERVAL={rng.choice([1, 2, 2, 3, 4, 5, 7, 11])}")
    days = by_days(rng, freq)
    times, n_a_day = by_times(rng, freq)
    if n_a_day > MOST_A_DAY:
        times = []
    parts += days + times
    if (days or times) and rng.random() < 0.15:
        parts.append(joined("BYSETPOS", some(rng, [-3, -2, -1, 1, 2, 3, 5], 2)))
    if rng.random() < 0.3:
        parts.append(f"WKST={rng.choice(WEEKDAYS)}")
    ending = rng.random()
    if ending < 0.2:
        parts.append(f"COUNT={rng.randint(1, 60)}")
    elif ending < 0.4:
        until = start + timedelta(days=rng.randint(0, 500), hours=rng.randint(0, 23))
        parts.append(f"UNTIL={stamp(until)}")
    return ";".join(parts)


def a_case(rng):
    name = rng.choice(ZONES)
    zone = tz.gettz(name)
    start = a_start(rng)
    while tz.datetime_ambiguous(start, zone) or not tz.datetime_exists(start, zone):
        # We refuse a DTSTART that the clocks show twice or not at all.
        start = a_start(rng)
    rule = a_rule(rng, start)
    # The window is asked for in UTC; walls are at most 14 hours from it.
    begin = start + timedelta(days=rng.choice([-10, 0, 20, 300]))
    end = begin + timedelta(days=rng.choice([40, 200, 800]))
    walls = walls_until(rule, start, end + timedelta(days=2))
    lines = [f"DTSTART;TZID={name}:{stamp(start)}", f"RRULE:{rule}"]
    excluded = set()
    if rng.random() < 0.3 and walls:
        picked = rng.sample(walls, min(len(walls), rng.randint(1, 4)))
        lines.append(f"EXDATE:{','.join(stamp(it) for it in picked)}")
        excluded = {instant(it, zone) for it in picked}
    if rng.random() < 0.3:
        extra = [start + timedelta(days=rng.randint(0, 200), minutes=15 * rng.randint(0, 95)) for _ in range(3)]
        lines.append(f"RDATE:{','.join(stamp(it) for it in extra)}")
        walls += extra
    first = int(begin.replace(tzinfo=timezone.utc).timestamp())
    last = int(end.replace(tzinfo=timezone.utc).timestamp())
    starts = {instant(it, zone) for it in walls} - excluded
    starts = sorted(it for it in starts if first <= it < last)
    return [name, "|".join(lines), str(first), str(last), ",".join(map(str, starts))]


def walls_until(rule, start, end):
    """The wall clock times of a rule up to `end`."""
    parsed = rrulestr(rule, dtstart=start)
    last = min(parsed._until or end, end)
    with warnings.catch_warnings():
        # UNTIL beside COUNT is not for rules in files, but it only shortens this walk.
        warnings.simplefilter("ignore")
        return list(parsed.replace(until=last))


def main():
    seed, n_cases = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    while n_cases > 0:
        try:
            case = a_case(rng)
        except ValueError:
            # Such as FREQ=HOURLY;INTERVAL=2;BYHOUR=3 from an even hour, which dateutil will not have.
            continue
        print("\t".join(case))
        n_cases -= 1


if __name__ == "__main__":
    main()
