//! How a run of a check ended, in one word of a closed set.

/// How a run of a check ended: a closed set, the values of the label `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// As expected and within budget.
    Ok,
    /// As expected, but slower than its budget.
    OverBudget,
    /// Another status code than expected.
    Status,
    /// The body lacks the text that was looked for.
    Body,
    /// The name has no address.
    Dns,
    /// No connection.
    Connect,
    /// No TLS, or a certificate that isn't believed.
    Tls,
    /// The time was over.
    Timeout,
    /// Not HTTP, or cut off.
    Http,
    /// The body was longer than the check reads.
    BodyTooLarge,
    /// Too many redirects, or one to nowhere.
    Redirect,
    /// The host isn't in `probe_targets`; scheduled checks never end so.
    NotAllowed,
    /// Due while its last run was still going, so left out.
    Skipped,
    /// Cut off because the probe was told to stop.
    Cancelled,
}

impl Outcome {
    /// The outcomes of scheduled checks.
    pub const SCHEDULED: [Self; 13] = [
        Self::Ok,
        Self::OverBudget,
        Self::Status,
        Self::Body,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Http,
        Self::BodyTooLarge,
        Self::Redirect,
        Self::Skipped,
        Self::Cancelled,
    ];

    /// The value of the label `outcome`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::OverBudget => "over_budget",
            Self::Status => "status",
            Self::Body => "body",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Http => "http",
            Self::BodyTooLarge => "body_too_large",
            Self::Redirect => "redirect",
            Self::NotAllowed => "not_allowed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}
