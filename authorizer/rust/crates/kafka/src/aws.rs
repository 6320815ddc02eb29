//! AWS Signature Version 4, for the two requests that an authorizer signs: a connection to Amazon MSK, and its secret.
//!
//! Their canonical forms are written out, since each is one fixed shape. Pure: `now` is an argument.

use std::fmt::Write as _;

use authorizer::digests::Digest;
use authorizer::entities::Seconds;
use authorizer::json_text::JsonObject;
use authorizer::log_line::rfc3339;
use authorizer::strict_json::{Value, parse};
use ring::hmac::{HMAC_SHA256, Key, sign};

use crate::wire::bytes::Refused;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How many seconds a presigned request is valid, as Amazon's own libraries ask.
const EXPIRES: &str = "900";

/// Who asks AWS; Lambda puts it into the environment. Never shown.
#[derive(Clone)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`
    pub access_key: String,
    /// `AWS_SECRET_ACCESS_KEY`
    pub secret_key: String,
    /// `AWS_SESSION_TOKEN`
    pub session_token: Option<String>,
}

/// A secret of AWS Secrets Manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretArn {
    text: String,
    partition: String,
    region: String,
}

/// A request to be sent to `https://<host>/` by POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPost {
    /// Where to.
    pub host: String,
    /// All of them but `content-length`, in order.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// User name and password, as a secret holds them. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// `username`
    pub name: String,
    /// `password`
    pub password: String,
}

/// The message by which a role of IAM connects to a broker of Amazon MSK (`AWS_MSK_IAM`).
pub fn msk_iam_message(host: &str, region: &str, credentials: &Credentials, now: Seconds) -> String {
    let signing = Signing::new(region, "kafka-cluster", credentials, now);
    let credential = signing.credential();
    let mut query = vec![
        ("Action", "kafka-cluster:Connect"),
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &signing.time),
        ("X-Amz-Expires", EXPIRES),
    ];
    if let Some(token) = &credentials.session_token {
        query.push(("X-Amz-Security-Token", token));
    }
    query.push(("X-Amz-SignedHeaders", "host"));
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", uri_encoded(value))).collect();
    let nothing = Digest::of(b"");
    let canonical = format!("GET\n/\n{}\nhost:{host}\n\nhost\n{nothing}", query.join("&"));
    let mut message = JsonObject::new();
    message
        .text("version", "2020_10_22")
        .text("host", host)
        .text("user-agent", "gatefleet")
        .text("action", "kafka-cluster:Connect")
        .text("x-amz-algorithm", ALGORITHM)
        .text("x-amz-credential", &credential)
        .text("x-amz-date", &signing.time)
        .optional("x-amz-security-token", credentials.session_token.as_deref())
        .text("x-amz-signedheaders", "host")
        .text("x-amz-expires", EXPIRES)
        .text("x-amz-signature", &signing.signature(&canonical));
    message.finish()
}

impl SecretArn {
    /// Reads `arn:<partition>:secretsmanager:<region>:<account>:secret:<name>`.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        let ["arn", partition, "secretsmanager", region, account, "secret", name] = parts[..] else {
            return None;
        };
        let label = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let named = (1..=512).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte));
        let numbered = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (label(partition) && label(region) && named && numbered).then(|| SecretArn {
            text: text.to_owned(),
            partition: partition.to_owned(),
            region: region.to_owned(),
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The request that fetches the secret's value.
    pub fn request(&self, credentials: &Credentials, now: Seconds) -> SignedPost {
        let signing = Signing::new(&self.region, "secretsmanager", credentials, now);
        let suffix = if self.partition == "aws-cn" { ".cn" } else { "" };
        let host = format!("secretsmanager.{}.amazonaws.com{suffix}", self.region);
        let mut body = JsonObject::new();
        body.text("SecretId", &self.text);
        let body = body.finish();
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("host", host.clone()),
            ("x-amz-date", signing.time.clone()),
        ];
        headers.extend(credentials.session_token.clone().map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", "secretsmanager.GetSecretValue".to_owned()));
        let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
        let mut canonical = "POST\n/\n\n".to_owned();
        for (name, value) in &headers {
            let _ = writeln!(canonical, "{name}:{value}"); // a String takes everything
        }
        let _ = write!(canonical, "\n{names}\n{}", Digest::of(body.as_bytes()));
        let (credential, signature) = (signing.credential(), signing.signature(&canonical));
        let authorization =
            format!("{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}");
        headers.push(("authorization", authorization));
        SignedPost { host, headers, body }
    }
}

/// User name and password in what Secrets Manager answered.
pub fn user_in_secret(answer: &[u8]) -> Result<User, Refused> {
    let refused = Refused("it has no username and password");
    let Ok(Value::Object(answer)) = parse(answer) else {
        return Err(refused);
    };
    let secret = answer.get("SecretString").and_then(Value::as_text).ok_or(refused)?;
    let Ok(Value::Object(secret)) = parse(secret.as_bytes()) else {
        return Err(refused);
    };
    let text = |name| secret.get(name).and_then(Value::as_text).filter(|text| !text.is_empty()).ok_or(refused);
    Ok(User { name: text("username")?.to_owned(), password: text("password")?.to_owned() })
}

struct Signing<'a> {
    credentials: &'a Credentials,
    /// `20261101T120000Z`
    time: String,
    /// `20261101/<region>/<service>/aws4_request`
    scope: String,
    key: Key,
}

impl<'a> Signing<'a> {
    fn new(region: &str, service: &str, credentials: &'a Credentials, now: Seconds) -> Self {
        let time: String = rfc3339(now).chars().filter(|one| !"-:".contains(*one)).collect();
        let day = time.split('T').next().unwrap_or_default();
        let first = format!("AWS4{}", credentials.secret_key).into_bytes();
        let key = [day, region, service, "aws4_request"]
            .into_iter()
            .fold(first, |key, part| sign(&Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec());
        let scope = format!("{day}/{region}/{service}/aws4_request");
        Signing { credentials, scope, time, key: Key::new(HMAC_SHA256, &key) }
    }

    fn credential(&self) -> String {
        format!("{}/{}", self.credentials.access_key, self.scope)
    }

    fn signature(&self, canonical: &str) -> String {
        let to_sign = format!("{ALGORITHM}\n{}\n{}\n{}", self.time, self.scope, Digest::of(canonical.as_bytes()));
        sign(&self.key, to_sign.as_bytes()).as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// RFC 3986: everything but its unreserved characters.
fn uri_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
