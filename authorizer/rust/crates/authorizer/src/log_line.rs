//! The one line that may be written about a decision: members from an allow-list, in a fixed order.
//!
//! Never a token, path, query, address, `sub` or header, the id of a valid trace aside (docs/reference/decision.md,
//! "The log line").

use crate::entities::{CredentialKind, Seconds, WhenStale};
use crate::json_text::JsonObject;
use crate::outcome::Decision;

/// One line of JSON without a line break; what is not known is left out.
pub fn log_line(decision: &Decision<'_>, decision_id: &str, now: Seconds, latency_ms: u64) -> String {
    let denied = decision.outcome.as_ref().err();
    let mut line = JsonObject::new();
    line.plain("time", rfc3339(now))
        .text("gateway", decision.gateway)
        .text("decision", if denied.is_some() { "deny" } else { "allow" })
        .optional("reason", denied.map(|denied| denied.1.as_str()))
        .optional("step", denied.map(|denied| denied.0.as_str()))
        .optional("route", decision.route)
        .optional("path", (decision.path_fits == Some(false)).then_some("differs"))
        .optional("credential", decision.credential.map(CredentialKind::as_str))
        .optional("client_id", decision.client_id)
        .optional("when_stale", decision.when_stale.map(WhenStale::as_str))
        .plain("revision", decision.position)
        .text("freshness", decision.freshness.state.as_str());
    if let Some(age) = decision.freshness.age {
        line.raw("age", age);
    }
    line.raw("latency_ms", latency_ms).text("decision_id", decision_id);
    if let Some(trace) = &decision.trace {
        line.plain("trace_id", trace);
    }
    line.finish()
}

/// UTC seconds as `2026-11-01T12:00:00Z` (RFC 3339).
pub fn rfc3339(time: Seconds) -> String {
    let (days, second) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    // Days since 0000-03-01 in eras of 400 years, since a leap day then ends its year.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + i64::from(month >= 10), if month < 10 { month + 3 } else { month - 9 });
    let mut text = format!("{year:04}");
    for (before, number) in
        [('-', month), ('-', day), ('T', second / 3_600), (':', second / 60 % 60), (':', second % 60)]
    {
        text.extend([before, digit(number / 10), digit(number % 10)]);
    }
    text.push('Z');
    text
}

fn digit(number: i64) -> char {
    u32::try_from(number).ok().and_then(|number| char::from_digit(number, 10)).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_written_as_the_calendar_has_them() {
        for (time, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_793_534_400, "2026-11-01T12:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(time), text);
        }
    }
}
