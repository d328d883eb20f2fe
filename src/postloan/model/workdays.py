"""Working days by the official calendar of holidays and make-up days; a year without one is an error."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar

from postloan.model.fault import Fault


def is_workday(day: date) -> bool:
    """Say whether a day is a working day, make-up days among them.

    Raises:
        Fault: 2 for a year whose holidays are not published, or not known to the installed calendar.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise Fault(
            f"no official calendar of working days for {day.year}",
            "install a release of chinesecalendar that has the year",
        ) from None


def after_workdays(day: date, count: int) -> date:
    """Return the ``count``-th working day after a day; the day itself does not count."""
    left = count
    while left:
        day += timedelta(days=1)
        left -= is_workday(day)
    return day
