//! When a bulletin plays, as somebody says it on the command line: an instant, a delay, a rule, or an
//! event of an .ics file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use broadcast::calendar::Effect;
use broadcast::ics::{self, Event};
use broadcast::schedule;
use clap::ArgGroup;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::field::when;

/// Of local times in a file without a zone.
const DEFAULT_ZONE: &str = "Asia/Ho_Chi_Minh";

#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group(ArgGroup::new("when").required(true).args(["at", "rrule", "ics"])))]
pub(super) struct Schedule {
    id: String,
    /// A time such as 2026-09-02T06:30, of Viet Nam or with its zone, or a delay such as +90s by this
    /// machine's clock.
    /// At least 5 s ahead.
    #[arg(long, value_name = "T")]
    at: Option<String>,
    /// An RFC 5545 rule, its lines separated by \n; see the example above.
    #[arg(long, value_name = "RULE")]
    rrule: Option<String>,
    /// The schedule of an event of this iCalendar file.
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    /// Which event, where the file has several.
    #[arg(long, value_name = "UID", requires = "ics", conflicts_with_all = ["at", "rrule"])]
    event: Option<String>,
    /// What it does on days of a layer: not, only, earlier or later, such as public-holidays=not. With
    /// commas between several; the calendar page lists the layers.
    #[arg(long, value_name = "LAYER=EFFECT", value_delimiter = ',')]
    days: Vec<String>,
}

impl Schedule {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What the API takes.
    pub(super) fn body(&self, now: Timestamp) -> anyhow::Result<Value> {
        let mut body = self.when(now)?;
        if !self.days.is_empty() {
            body["days"] = Value::Object(self.effects()?);
        }
        Ok(body)
    }

    fn when(&self, now: Timestamp) -> anyhow::Result<Value> {
        if let Some(rule) = &self.rrule {
            return Ok(json!({ "rrule": rule.replace("\\n", "\n") }));
        }
        if let Some(file) = &self.ics {
            let bytes = std::fs::read(file)
                .with_context(|| format!("the file {} cannot be read", file.display()))?;
            return from_ics(&bytes, self.event.as_deref(), file);
        }
        let text = self.at.as_deref().unwrap_or_default();
        let at = match text.strip_prefix('+') {
            Some(delay) => {
                let delay: SignedDuration =
                    delay.parse().with_context(|| format!("--at {text} is not a delay"))?;
                now.checked_add(delay).context("--at is too far ahead")?
            }
            None => {
                when::instant(text).map_err(|how| anyhow!("--at {text} is not a time: {how}"))?
            }
        };
        Ok(json!({ "at": in_ms(at) }))
    }

    fn effects(&self) -> anyhow::Result<Map<String, Value>> {
        let effect = |text: &String| {
            let (layer, effect) = text
                .split_once('=')
                .with_context(|| format!("--days {text} is not such as public-holidays=not"))?;
            effect.parse::<Effect>().with_context(|| format!("--days {text}"))?;
            Ok((layer.trim().to_owned(), effect.into()))
        };
        self.days.iter().map(effect).collect()
    }
}

fn from_ics(bytes: &[u8], uid: Option<&str>, file: &Path) -> anyhow::Result<Value> {
    let calendar = ics::read_schedules(bytes, DEFAULT_ZONE)
        .with_context(|| format!("{} is not taken", file.display()))?;
    let event = match (uid, &calendar.events[..]) {
        (Some(uid), events) => events.iter().find(|it| it.uid == uid).with_context(|| {
            format!("there is no event {uid:?}; the events are\n{}", listed(events))
        })?,
        (None, [event]) => event,
        (None, events) => bail!("say which with --event; the events are\n{}", listed(events)),
    };
    match &event.parts()?[..] {
        [part] => Ok(match &part.schedule {
            schedule::Schedule::At(at) => json!({ "at": in_ms(*at) }),
            schedule::Schedule::Rule(rule) => json!({ "rrule": rule.as_str() }),
        }),
        [] => bail!("every start of the event is called off"),
        [..] => {
            bail!("the event moves single starts: make an event of each, for a bulletin of its own")
        }
    }
}

fn listed(events: &[Event]) -> String {
    let lines: Vec<String> =
        events.iter().map(|it| format!("  {}  {}", it.uid, it.summary)).collect();
    lines.join("\n")
}

/// As precise as a start is on the wire.
fn in_ms(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(at: Option<&str>, rrule: Option<&str>) -> Schedule {
        let owned = |it: Option<&str>| it.map(str::to_owned);
        Schedule {
            id: "7".to_owned(),
            at: owned(at),
            rrule: owned(rrule),
            ics: None,
            event: None,
            days: Vec::new(),
        }
    }

    #[test]
    fn a_schedule_is_an_instant_a_delay_or_a_rule() {
        let now = "2026-01-05T00:00:00Z".parse().unwrap();
        let body = |at, rule| schedule(at, rule).body(now).unwrap();
        let local = Some("2026-01-05T08:00:00+07:00");
        assert_eq!(body(local, None), json!({ "at": "2026-01-05T01:00:00.000Z" }));
        assert_eq!(body(Some("+90s"), None), json!({ "at": "2026-01-05T00:01:30.000Z" }));
        let rule = Some(r"DTSTART:20260105T063000\nRRULE:FREQ=DAILY");
        let lines = "DTSTART:20260105T063000\nRRULE:FREQ=DAILY";
        assert_eq!(body(None, rule), json!({ "rrule": lines }));
        let wall_clock = Some("2026-01-05T08:00");
        assert_eq!(body(wall_clock, None), json!({ "at": "2026-01-05T01:00:00.000Z" }));
        let refused = schedule(Some("27/11/2026"), None).body(now).unwrap_err().to_string();
        assert!(refused.starts_with("--at 27/11/2026 is not a time: write 2026-"), "{refused}");
    }

    #[test]
    fn a_schedule_says_what_it_does_on_days_of_layers() {
        let now = "2026-01-05T00:00:00Z".parse().unwrap();
        let on = |days: &[&str]| {
            let days = days.iter().map(|it| (*it).to_owned()).collect();
            Schedule { days, ..schedule(Some("+90s"), None) }.body(now)
        };
        let body = on(&["public-holidays=not", "ram=only"]).unwrap();
        assert_eq!(body["days"], json!({ "public-holidays": "not", "ram": "only" }));
        assert!(on(&["ram"]).unwrap_err().to_string().contains("public-holidays=not"));
        assert!(format!("{:#}", on(&["ram=never"]).unwrap_err()).contains("use not, only"));
    }

    fn event(uid: &str, lines: &str) -> String {
        format!("BEGIN:VEVENT\r\nUID:{uid}\r\n{lines}\r\nSUMMARY:Tin {uid}\r\nEND:VEVENT\r\n")
    }

    fn read(events: &str, uid: Option<&str>) -> Result<Value, String> {
        let text = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
        let read = from_ics(text.as_bytes(), uid, Path::new("lich.ics"));
        read.map_err(|err| format!("{err:#}"))
    }

    #[test]
    fn a_schedule_is_an_event_of_a_file() {
        let morning = event("sang", "DTSTART:20260105T063000\r\nRRULE:FREQ=DAILY");
        let once = event("mot", "DTSTART:20260105T013000Z");
        let rule = "DTSTART;TZID=Asia/Ho_Chi_Minh:20260105T063000\nRRULE:FREQ=DAILY";
        assert_eq!(read(&morning, None), Ok(json!({ "rrule": rule })));
        let both = format!("{morning}{once}");
        assert_eq!(read(&both, Some("mot")), Ok(json!({ "at": "2026-01-05T01:30:00.000Z" })));
        for uid in [None, Some("toi")] {
            let refused = read(&both, uid).unwrap_err();
            assert!(refused.contains("  sang  Tin sang\n  mot  Tin mot"), "{refused}");
        }
        let refused = read(&event("a", "DTSTART:20260105T063000\r\nRRULE:FREQ=SECONDLY"), None);
        assert!(refused.unwrap_err().contains("86400 plays a day"));
        let refused = read(&event("a", "DTSTART;VALUE=DATE:20260105"), None).unwrap_err();
        assert!(refused.contains("needs a time of day"), "{refused}");
    }
}
