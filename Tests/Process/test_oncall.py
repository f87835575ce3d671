"""当番: 祝日を jpholiday と比べ、予定表を icalendar で読む。"""

import datetime
import json
import re

import icalendar
import jpholiday
from program import Server, Visitor, run, run_json

# The demonstration's clock: 2026-11-21 10:42 in Japan, a Saturday.
NOW = datetime.datetime(2026, 11, 21, 1, 42, tzinfo=datetime.timezone.utc)


def test_holidays_are_those_of_jpholiday():
    """2000年から2050年まで、日がすべて同じで、名前も同じ。"""
    for year in range(2000, 2051):
        ours = {each["day"]: each["name"] for each in run_json("oncall", "holidays", "--year", year)["holidays"]}
        theirs = {str(day): name for day, name in jpholiday.year_holidays(year)}
        assert sorted(ours) == sorted(theirs), year
        for day, name in theirs.items():
            # They name the holiday that moved, and shorten one of 2019.
            known = "振替休日" if name.endswith("振替休日") else name
            assert ours[day].startswith(known), (day, ours[day], name)


def test_years_without_rules_are_refused():
    for year in (1999, 2100):
        done = run("oncall", "holidays", "--year", year)
        assert done.returncode == 64 and "2000" in done.stderr


def rota(visitor, **more):
    fields = {
        "_token": visitor.token("/oncall/new?pattern=week"), "version": "0", "name": "電子カルテ, 夜; 当番" + "の長い名前" * 8,
        "zone": "Asia/Tokyo", "yearEnd": "rest", "workFrom": "08:30", "workUntil": "17:15", "permit": "",
        "r0-layer": "primary", "r0-kind": "standby", "r0-days": "every", "r0-from": "17:15", "r0-until": "08:30",
        "r0-length": "1", "r0-counting": "calendar", "r0-first": "2026-11-01", "r0-last": "",
        "r0-members": "田中\n鈴木\n-", **more}
    status, headers, body = visitor.ask("/oncall", fields)
    assert status == 303, body.decode()
    return headers["Location"]


def feed(visitor, path, kind):
    page = visitor.ask(f"{path}/feeds", {"_token": visitor.token(f"{path}/feeds"), "kind": kind})[2].decode()
    return re.search(r"/calendar/[0-9a-f]{64}\.ics", page)[0]


def events(raw):
    calendar = icalendar.Calendar.from_ical(raw)
    assert calendar["VERSION"] == "2.0" and calendar["PRODID"]
    return calendar.walk("VEVENT")


def test_calendars_are_read_by_others(data):
    """icalendar が読み、行は75オクテットまで、CRLF、UID は次に読んでも同じ。"""
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        path = rota(visitor)
        team, own = feed(visitor, path, "team"), feed(visitor, path, "own")
        stranger = Visitor(server.url)
        status, headers, raw = stranger.ask(team)
        assert status == 200 and headers["Content-Type"].startswith("text/calendar")
        assert raw.endswith(b"END:VCALENDAR\r\n") and raw.replace(b"\r\n", b"").find(b"\n") < 0
        lines = raw.split(b"\r\n")
        assert max(map(len, lines)) <= 75 and any(line.startswith(b" ") for line in lines)
        for line in lines:
            line.decode()
        found = events(raw)
        # A night each day, with what nobody has among them; the turns are three days long.
        tonight = [event for event in found if event.start == datetime.datetime(2026, 11, 21, 8, 15, tzinfo=datetime.timezone.utc)]
        assert len(tonight) == 1 and tonight[0].end - tonight[0].start == datetime.timedelta(hours=15, minutes=15)
        # 1 November is the first of 田中: the 21st is the third turn, which nobody has.
        assert "未定" in tonight[0]["SUMMARY"] and "電子カルテ, 夜; 当番" in tonight[0]["SUMMARY"]
        uids = [str(event["UID"]) for event in found]
        assert len(set(uids)) == len(uids) > 150
        again = [str(event["UID"]) for event in events(stranger.ask(team)[2])]
        assert again == uids
        mine = events(stranger.ask(own)[2])
        names = {re.search(r": (.+?)\(", str(event["SUMMARY"]))[1] for event in mine}
        assert names == {"田中"}
    # A day later the same duties are the same events.
    later = str(int(NOW.timestamp() * 1000) + 86_400_000)
    with Server(data, MAMORITE_NOW=later) as server:
        tomorrow = {str(event["UID"]) for event in events(Visitor(server.url).ask(team)[2])}
        assert len(tomorrow & set(uids)) >= len(uids) - 1


def test_a_revoked_calendar_is_gone(data):
    with Server(data) as server:
        visitor = Visitor(server.url).sign_in()
        path = rota(visitor, name="取り消す当番")
        address = feed(visitor, path, "team")
        page = visitor.ask(f"{path}/feeds")[2].decode()
        for end in re.findall(r"/oncall/feeds/[0-9a-f-]+/revocation", page):
            assert visitor.ask(end, {"_token": visitor.token(f"{path}/feeds")})[0] == 303
        assert Visitor(server.url).ask(address)[0] == 404
        assert json.loads(run("oncall", "holidays", "--year", "2026", "--json").stdout)["year"] == 2026
