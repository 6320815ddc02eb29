//! The one spelling of every outcome: in schemas, builds, logs and dashboards alike.

macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident { $($(#[$one:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $(#[doc = concat!("`", $text, "`")] $(#[$one])* $variant,)* }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// Its one spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The value of this spelling.
            pub fn named(text: &str) -> Option<Self> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use spelled;

spelled! {
    /// Why a request is denied. The first group is authentication (401), the second authorization (403).
    Reason {
        MissingCredential = "missing_credential",
        MalformedRequest = "malformed_request",
        MalformedToken = "malformed_token",
        MultipleCredentials = "multiple_credentials",
        WrongTokenType = "wrong_token_type",
        AlgorithmNotAllowed = "algorithm_not_allowed",
        UntrustedIssuer = "untrusted_issuer",
        UnknownKey = "unknown_key",
        KeyNotActive = "key_not_active",
        InvalidSignature = "invalid_signature",
        Expired = "expired",
        NotYetValid = "not_yet_valid",
        LifetimeTooLong = "lifetime_too_long",
        WrongAudience = "wrong_audience",
        TokenRevoked = "token_revoked",
        UnknownClient = "unknown_client",
        ClientSuspended = "client_suspended",
        InvalidApiKey = "invalid_api_key",
        InvalidCertificate = "invalid_certificate",

        CredentialNotAllowed = "credential_not_allowed",
        ClaimMismatch = "claim_mismatch",
        AddressNotAllowed = "address_not_allowed",
        InsufficientScope = "insufficient_scope",
        UnknownGateway = "unknown_gateway",
        UnknownRoute = "unknown_route",
        PathNotAllowed = "path_not_allowed",
        StalePolicy = "stale_policy",
    }
}

impl Reason {
    /// HTTP status of this denial: 401 for a failed authentication, 403 for a failed authorization.
    pub const fn status(self) -> u16 {
        match self {
            Reason::CredentialNotAllowed
            | Reason::ClaimMismatch
            | Reason::AddressNotAllowed
            | Reason::InsufficientScope
            | Reason::UnknownGateway
            | Reason::UnknownRoute
            | Reason::PathNotAllowed
            | Reason::StalePolicy => 403,
            _ => 401,
        }
    }
}

spelled! {
    /// Why a follower refuses a record of the log; the last good view stays.
    RefusalReason {
        TooLarge = "too_large",
        Malformed = "malformed",
        WrongType = "wrong_type",
        BadSignature = "bad_signature",
        WrongEnvironment = "wrong_environment",
        UnknownLog = "unknown_log",
        Unsupported = "unsupported",
        BrokenChain = "broken_chain",
        OverBlastLimit = "over_blast_limit",
        Rollback = "rollback",
    }
}
